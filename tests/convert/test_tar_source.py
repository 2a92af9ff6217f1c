"""Tar archives, with everything in them that should not be."""

import io
import tarfile

import pytest
from whiteboards import pack, read_source

from sketch.convert import source_file
from sketch.ink import DamagedInk


def add(tar, name, kind=tarfile.REGTYPE, data=b"", **fields):
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    tar.addfile(member, io.BytesIO(data))


def test_read_tar_with_names_and_links_that_lead_out_leaves_them_out(tmp_path):
    archive = tmp_path / "bad.tar"
    with tarfile.open(archive, "w") as tar:
        add(tar, "good.xml", data=b"good")
        add(tar, "../out.xml", data=b"out")
        add(tar, "a/../../out.xml", data=b"out")
        add(tar, "/etc/absolute.xml", data=b"out")
        add(tar, "symbolic.xml", tarfile.SYMTYPE, linkname="/etc/passwd")
        add(tar, "hard.xml", tarfile.LNKTYPE, linkname="good.xml")
        add(tar, "device.xml", tarfile.CHRTYPE, devmajor=1, devminor=5)
        add(tar, "block.xml", tarfile.BLKTYPE)
        add(tar, "pipe.xml", tarfile.FIFOTYPE)
        add(tar, "folder.xml", tarfile.DIRTYPE)
        add(tar, "./also.xml", data=b"also")
    files, reported = read_source(archive)
    assert files == {"good.xml": b"good", "also.xml": b"also"}
    problems = {name.partition(": ")[2]: text for name, text in reported.items()}
    leads_out = {"../out.xml", "a/../../out.xml", "/etc/absolute.xml"}
    others = {"symbolic.xml", "hard.xml", "device.xml", "block.xml", "pipe.xml"}
    assert problems.keys() == leads_out | others
    for name, problem in problems.items():
        assert ("leads out" if name in leads_out else "link or device") in problem


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_read_tar_with_a_huge_header_is_refused(tmp_path, kind):
    member = tarfile.TarInfo("header")
    member.type, member.size = kind, 1 << 33
    archive = tmp_path / "header.tar"
    archive.write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    with pytest.raises(DamagedInk, match="a header of 8,589,934,592 bytes"):
        read_source(archive)


@pytest.mark.parametrize(
    ("limit", "told"),
    [("FIRST_BYTES", "100 times its size"), ("MAX_ARCHIVE_BYTES", "0 GiB")],
)
def test_read_tar_of_far_more_than_its_size_is_refused(
    tmp_path, monkeypatch, limit, told
):
    monkeypatch.setattr(source_file, limit, 1 << 20)
    archive = tmp_path / "bomb.tar.xz"
    with tarfile.open(archive, "w:xz") as tar:
        add(tar, "zeros.xml", data=bytes(3 << 20))
    with pytest.raises(DamagedInk, match=f"unpacks to more than {told}"):
        read_source(archive)


def header(name="a.xml", kind=tarfile.REGTYPE, size=0) -> bytes:
    """A member's header; any size goes into it."""
    member = tarfile.TarInfo(name)
    member.type = kind
    block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = b"\x80" + size.to_bytes(11, "big", signed=True)
    return with_sum(block)


def with_sum(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def extended(*records: bytes) -> bytes:
    """A pax header of records `key=value`."""
    data = b"".join(b"%d %s\n" % (len(one) + 2 + digits(one), one) for one in records)
    return pax(data)


def pax(data: bytes) -> bytes:
    """A pax header of any content."""
    padding = bytes(-len(data) % 512)
    return header("pax", tarfile.XHDTYPE, len(data)) + data + padding


def digits(record: bytes) -> int:
    count = 1
    while len(str(len(record) + 2 + count)) > count:
        count += 1
    return count


def old_sparse() -> bytes:
    block = bytearray(header(kind=tarfile.GNUTYPE_SPARSE, size=512))
    block[482] = 1  # its map goes on in the next block
    return with_sum(block)


FORGED = {
    "no end of it": header(size=2**80),
    "less than nothing": header("a.xml", size=-5120),
    "no end of it, pax": extended(b"size=" + b"9" * 30) + header(),
    "backwards": extended(b"size=-102400") + header(),
    "a number without end": extended(b"comment=" + b"1" * 500_000) + header(),
    "a record beyond any memory": pax(b"9" * 25 + b" comment=x\n") + header(),
    "not even text": extended(b"hdrcharset=\xff") + header(),
    "sparse, 0.0": extended(b"GNU.sparse.size=x") + header(size=512),
    "sparse, 0.1": extended(b"GNU.sparse.map=1,x") + header(size=512),
    "sparse, 1.0": extended(b"GNU.sparse.major=1", b"GNU.sparse.minor=0")
    + header(size=512)
    + b"1000000\n1",
    "sparse, of old": old_sparse(),
    "headers of headers": extended(b"a=b") * 5000,
    "names of names": (header("n", tarfile.GNUTYPE_LONGNAME, 9) + bytes(512)) * 5000,
}


@pytest.mark.parametrize("place", ["first", "later"])
@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_read_tar_with_a_forged_header_is_refused(tmp_path, forged, place):
    # Python's tarfile alone reads most of these for ever, or fails in its own way.
    archive = tmp_path / "forged.tar"
    archive.write_bytes((header() if place == "later" else b"") + forged)
    with pytest.raises(DamagedInk, match="forged.tar: not a whole tar archive"):
        read_source(archive)


@pytest.mark.parametrize("mode", ["", "gz", "bz2", "xz"])
def test_read_tar_cut_anywhere_is_refused(folder, tmp_path, mode):
    archive = pack(folder, tmp_path / "whole.tar", mode)
    data = archive.read_bytes()
    if not mode:
        data = data.rstrip(b"\0")  # of the zeros at the end, some would not be missed
    cut = tmp_path / "cut.tar"
    for size in {*range(0, len(data) - 1, max(1, len(data) // 24)), 512, 1024, 3}:
        cut.write_bytes(data[: min(size, len(data) - 1)])
        with pytest.raises(DamagedInk, match="cut.tar: not a whole tar archive"):
            read_source(cut)


def test_read_tar_with_a_wrong_check_sum_is_refused(folder, tmp_path):
    data = bytearray(pack(folder, tmp_path / "x.tar.gz", "gz").read_bytes())
    data[-6] ^= 1  # in the check sum, which is behind the last file
    (tmp_path / "x.tar.gz").write_bytes(data)
    with pytest.raises(DamagedInk, match="not a whole tar archive"):
        read_source(tmp_path / "x.tar.gz")

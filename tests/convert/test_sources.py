"""Folders and archives, with everything in them that should not be."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile

import pytest
from whiteboards import pack, pack_zip

from sketch.convert import source_file, sources, tar_source, zip_source
from sketch.convert.ink_source import SUFFIXES
from sketch.convert.sources import open_source
from sketch.ink import DamagedInk


def read(source, wanted=lambda parts: len(parts) > 1):
    """Places (without the source's name) -> content, and what was reported."""
    reported = {}
    opened = open_source(source, wanted, reported.__setitem__)
    files = {}
    progress = [0]
    for file in opened.files:
        files["/".join(file.parts[1:])] = file.read()
        progress.append(file.progress)
    assert progress == sorted(progress) and progress[-1] <= opened.size
    return files, reported


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    for place in ("b/2.xml", "a/c/1.xml", "top.txt", "a/long" + 120 * "g" + ".xml"):
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(place.encode() * 50)
    (root / "none.xml").write_bytes(b"")
    return root


@pytest.mark.parametrize("mode", ["", "gz", "bz2", "xz"])
def test_an_archive_reads_as_its_folder(folder, tmp_path, mode):
    expected, reported = read(folder)
    assert len(expected) == 5 and not reported
    archive = pack(folder, tmp_path / "data.tar", mode)  # no suffix is needed
    before = sorted(tmp_path.rglob("*"))
    assert read(archive) == (expected, {})
    assert sorted(tmp_path.rglob("*")) == before


def test_only_the_wanted_files_are_read(folder, tmp_path):
    archive = pack(folder, tmp_path / "x.tar.gz", "gz")
    for source in (folder, archive):
        files, _ = read(source, lambda parts: parts[-1] == "1.xml")
        assert list(files) == ["a/c/1.xml"]
    names = []
    read(archive, lambda parts: names.append(parts[0]))
    assert set(names) == {"x.tar.gz"}  # the source's own name says something too


def test_a_folder_with_links_and_pipes(folder):
    (folder / "link.xml").symlink_to(folder / "top.txt")
    (folder / "dangling.xml").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.xml")  # to open it would wait for ever
    files, reported = read(folder)
    assert files["link.xml"] == files["top.txt"]
    assert len(files) == 6
    problems = {os.path.basename(name): text for name, text in reported.items()}
    assert problems.keys() == {"dangling.xml", "loop", "pipe.xml"}
    assert "link to a folder" in problems["loop"]
    assert problems["pipe.xml"] == "not a plain file"


def add(tar, name, kind=tarfile.REGTYPE, data=b"", **fields):
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    tar.addfile(member, io.BytesIO(data))


def test_an_archive_with_everything_that_leads_elsewhere(tmp_path):
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
    files, reported = read(archive)
    assert files == {"good.xml": b"good", "also.xml": b"also"}
    problems = {name.partition(": ")[2]: text for name, text in reported.items()}
    leads_out = {"../out.xml", "a/../../out.xml", "/etc/absolute.xml"}
    others = {"symbolic.xml", "hard.xml", "device.xml", "block.xml", "pipe.xml"}
    assert problems.keys() == leads_out | others
    for name, problem in problems.items():
        assert ("leads out" if name in leads_out else "link or device") in problem


def test_a_file_too_large_for_ink_is_not_read(folder, tmp_path, monkeypatch):
    for module in (sources, tar_source, zip_source):
        monkeypatch.setattr(module, "MAX_FILE_BYTES", 1000)
    archive = pack(folder, tmp_path / "x.tar", "")
    for source in (folder, archive, pack_zip(folder, tmp_path / "x.zip")):
        files, reported = read(source)
        assert len(files) == 4 and len(reported) == 1
        assert "bytes are too many" in next(iter(reported.values()))


def test_an_archive_that_unpacks_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(source_file, "MAX_ARCHIVE_BYTES", 1 << 20)
    archive = tmp_path / "bomb.tar.xz"
    with tarfile.open(archive, "w:xz") as tar:
        add(tar, "zeros.xml", data=bytes(3 << 20))
    assert archive.stat().st_size < 5000
    with pytest.raises(DamagedInk, match="unpacks to more than"):
        read(archive)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_would_fill_the_memory(tmp_path, kind):
    member = tarfile.TarInfo("header")
    member.type, member.size = kind, 1 << 33
    archive = tmp_path / "header.tar"
    archive.write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    with pytest.raises(DamagedInk, match="a header of 8,589,934,592 bytes"):
        read(archive)


def test_an_archive_that_unpacks_to_far_more_than_pen_data(tmp_path, monkeypatch):
    monkeypatch.setattr(source_file, "FIRST_BYTES", 1 << 20)
    archive = tmp_path / "bomb.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        add(tar, "zeros.xml", data=bytes(3 << 20))
    with pytest.raises(DamagedInk, match="unpacks to more than 100 times its size"):
        read(archive)


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
def test_forged_headers_are_refused_and_hang_nobody(tmp_path, forged, place):
    # Python's tarfile alone reads most of these for ever, or fails in its own way.
    archive = tmp_path / "forged.tar"
    archive.write_bytes((header() if place == "later" else b"") + forged)
    with pytest.raises(DamagedInk, match="forged.tar: not a whole tar archive"):
        read(archive)


@pytest.mark.parametrize("mode", ["", "gz", "bz2", "xz"])
def test_an_archive_cut_anywhere_is_no_archive(folder, tmp_path, mode):
    archive = pack(folder, tmp_path / "whole.tar", mode)
    data = archive.read_bytes()
    if not mode:
        data = data.rstrip(b"\0")  # of the zeros at the end, some would not be missed
    cut = tmp_path / "cut.tar"
    for size in {*range(0, len(data) - 1, max(1, len(data) // 24)), 512, 1024, 3}:
        cut.write_bytes(data[: min(size, len(data) - 1)])
        with pytest.raises(DamagedInk, match="cut.tar: not a whole tar archive"):
            read(cut)


def test_a_changed_byte_in_a_packed_archive_is_found(folder, tmp_path):
    data = bytearray(pack(folder, tmp_path / "x.tar.gz", "gz").read_bytes())
    data[-6] ^= 1  # in the check sum, which is behind the last file
    (tmp_path / "x.tar.gz").write_bytes(data)
    with pytest.raises(DamagedInk, match="not a whole tar archive"):
        read(tmp_path / "x.tar.gz")


def test_what_is_no_source(tmp_path):
    (tmp_path / "letter.png").write_bytes(b"\x89PNG\r\n\x1a\n" * 100)
    with pytest.raises(DamagedInk, match="letter.png is neither ink .* nor an") as no:
        read(tmp_path / "letter.png")
    assert all(suffix in str(no.value) for suffix in (*SUFFIXES.values(), ".tar.xz"))
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        read(tmp_path / "missing")
    with pytest.raises(DamagedInk, match="neither a file nor a folder"):
        read("/dev/null")


def test_a_packed_file_is_no_broken_archive(folder, tmp_path):
    for name, module in (("a.svgz", gzip), ("a.ndjson.xz", lzma), ("a.inkml.bz2", bz2)):
        (tmp_path / name).write_bytes(module.compress(b"<svg/>" * 200))
        with pytest.raises(DamagedInk, match=f"{name} is one packed .* unpack it"):
            read(tmp_path / name)
    archive = pack(folder, tmp_path / "download.gz", "gz")
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(DamagedInk, match="not a whole tar archive"):
        read(archive)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2])
def test_a_zip_reads_as_its_folder(folder, tmp_path, compression):
    expected, _ = read(folder)
    archive = pack_zip(folder, tmp_path / "ink", compression)  # no suffix is needed
    assert read(archive) == (expected, {})


def test_a_zip_with_everything_that_should_not_be_there(tmp_path):
    archive = tmp_path / "bad.zip"
    link = zipfile.ZipInfo("link.xml")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good.xml", "good")
        packed.writestr("../out.xml", "out")
        packed.writestr("/etc/absolute.xml", "out")
        packed.writestr(link, "/etc/passwd")
    files, reported = read(archive)
    assert files == {"good.xml": b"good"}
    problems = {name.partition(": ")[2]: text for name, text in reported.items()}
    assert problems.keys() == {"../out.xml", "/etc/absolute.xml", "link.xml"}
    assert "link or device" in problems["link.xml"]
    # The flag of encryption, in the list of files at the end.
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)
    files, reported = read(archive)
    assert not files and "encrypted" in reported[f"{archive}: good.xml"]


def test_a_zip_with_a_file_of_no_name_is_no_whole_one(tmp_path):
    archive = tmp_path / "nameless.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good.xml", "good")
    archive.write_bytes(archive.read_bytes().replace(b"good.xml", b"\0ood.xml"))
    with pytest.raises(DamagedInk, match="nameless.zip: not a whole zip archive"):
        read(archive)


def test_a_zip_that_claims_more_than_it_holds_is_cut_off(tmp_path):
    archive = tmp_path / "less.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good.xml", "good")
    data = bytearray(archive.read_bytes())
    place = data.index(b"PK\1\2") + 20
    data[place : place + 4] = (2**32 - 2).to_bytes(4, "little")
    archive.write_bytes(data)
    with pytest.raises(DamagedInk, match="less.zip: .*cut off inside good.xml"):
        read(archive)


def test_a_zip_that_unpacks_without_end_or_lists_without_end(tmp_path, monkeypatch):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros.xml", bytes(3 << 20))
    assert archive.stat().st_size < 5000
    monkeypatch.setattr(source_file, "MAX_ARCHIVE_BYTES", 1 << 20)
    with pytest.raises(DamagedInk, match="unpacks to more than"):
        read(archive)
    monkeypatch.setattr(zip_source, "MAX_LIST_BYTES", 20)
    with pytest.raises(DamagedInk, match="lists more files"):
        read(archive)


def test_the_list_of_a_zip64_archive_is_measured_by_its_own_record(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    archive = tmp_path / "large.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good.xml", "good")
    data = bytearray(archive.read_bytes())
    assert data[-98:-94] == b"PK\6\6" and data[-22:-18] == b"PK\5\6"
    for size in (0xFFFFFFFF, 0):  # of the list, as the older record tells it
        data[-10:-6] = size.to_bytes(4, "little")
        archive.write_bytes(data)
        monkeypatch.undo()
        assert read(archive)[0] == {"good.xml": b"good"}
        monkeypatch.setattr(zip_source, "MAX_LIST_BYTES", 20)
        with pytest.raises(DamagedInk, match="lists more files"):
            read(archive)


def test_a_zip_cut_or_changed_anywhere_is_told_or_read_whole(folder, tmp_path):
    whole = pack_zip(folder, tmp_path / "whole.zip")
    expected, _ = read(whole)
    data = whole.read_bytes()
    bad = tmp_path / "bad.zip"
    for place in range(0, len(data), 7):
        bad.write_bytes(data[:place])
        with pytest.raises(DamagedInk, match="bad.zip"):
            read(bad)
        bad.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:  # the check sum is of a file's content, not of its name
            files, _ = read(bad)
        except DamagedInk as error:
            assert "bad.zip" in str(error)
        else:
            assert set(files.values()) <= set(expected.values())


def test_a_file_can_be_a_source(tmp_path):
    path = tmp_path / "mine.xml"
    path.write_bytes(b"ink")
    assert read(path, lambda parts: True) == ({"": b"ink"}, {})


@pytest.fixture
def records(tmp_path):
    """A folder, a zip and a tar, each with one file of 90,000 lines."""
    folder = tmp_path / "records"
    folder.mkdir()
    rows = [b'{"number": %d}\n' % number for number in range(90_000)]
    (folder / "r.ndjson").write_bytes(b"".join(rows).rstrip())
    zipped = pack_zip(folder, tmp_path / "r.zip")
    return rows, [
        folder,
        folder / "r.ndjson",
        zipped,
        pack(folder, tmp_path / "r.tgz", "gz"),
    ]


@pytest.mark.parametrize("limit", [None, 50_000, 1])
def test_files_of_one_record_a_line_come_in_whole_lines(records, limit, monkeypatch):
    rows, opened = records
    for source in opened:
        reported = {}
        wanted = [*open_source(source, is_records, reported.__setitem__, limit).files]
        assert not reported
        lines = b"".join(file.read() for file in wanted).splitlines()
        assert lines == [row.strip() for row in rows[:limit]]
        first = 1
        for file in wanted:
            assert file.first_line == first
            first += len(file.read().splitlines())
        assert max(len(file.read()) for file in wanted) < source_file.PIECE_BYTES + 99
        assert wanted[-1].progress <= open_source(source, is_records, None).size


def is_records(parts):
    return parts[-1].endswith(".ndjson")


@pytest.mark.parametrize("limit", [None, 41, 42])
@pytest.mark.parametrize("last", [b"[" * 5000, b"[" * 5000 + b"\n", b"{}"])
def test_a_line_that_is_too_long_is_passed_over(tmp_path, monkeypatch, limit, last):
    monkeypatch.setattr(source_file, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(source_file, "PIECE_BYTES", 100)
    rows = [*[b"{}\n"] * 40, b"[" * 3333 + b"\n", b"[1]\n", b"[" * 999 + b"\n"]
    rows += [b"[2]" + b" " * 900 + b"\n", b"[3]\r\n", last]
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "r.ndjson").write_bytes(b"".join(rows))
    zipped = pack_zip(folder, tmp_path / "r.zip")
    tarred = pack(folder, tmp_path / "r.tar", "")
    for source in (folder, folder / "r.ndjson", zipped, tarred):
        numbered, names, problems = {}, [], []

        def report(name, problem, names=names, problems=problems):
            names.append(name)
            problems.append(problem)

        opened = open_source(source, is_records, report, limit)
        for file in opened.files:
            for number, row in enumerate(file.read().splitlines(True), file.first_line):
                numbered[number] = row
        expected = dict(enumerate(rows[:limit], start=1))
        too_long = [number for number, row in expected.items() if len(row) >= 1000]
        assert numbered == {n: row for n, row in expected.items() if n not in too_long}
        assert problems == [
            f"line {number}: 1,000 bytes or more, no drawing" for number in too_long
        ]
        assert all(name.endswith("r.ndjson") for name in names)

"""Zip archives, with everything in them that should not be."""

import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from whiteboards import pack_zip, read_source

from sketch.convert import source_file, zip_source
from sketch.ink import DamagedInk

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_read_zip_reads_as_its_folder(folder, tmp_path, compression):
    expected, _ = read_source(folder)
    archive = pack_zip(folder, tmp_path / "ink", compression)  # no suffix is needed
    assert read_source(archive) == (expected, {})


def test_read_zip_with_links_and_names_that_lead_out_leaves_them_out(
    tmp_path,
):
    archive = tmp_path / "bad.zip"
    link = zipfile.ZipInfo("link.xml")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good.xml", "good")
        packed.writestr("../out.xml", "out")
        packed.writestr("/etc/absolute.xml", "out")
        packed.writestr(link, "/etc/passwd")
    files, reported = read_source(archive)
    assert files == {"good.xml": b"good"}
    problems = {name.partition(": ")[2]: text for name, text in reported.items()}
    assert problems.keys() == {"../out.xml", "/etc/absolute.xml", "link.xml"}
    assert "link or device" in problems["link.xml"]
    # The flag of encryption, in the list of files at the end.
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)
    files, reported = read_source(archive)
    assert not files and "encrypted" in reported[f"{archive}: good.xml"]


def test_read_zip_with_a_nameless_file_is_refused(tmp_path):
    archive = tmp_path / "nameless.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good.xml", "good")
    archive.write_bytes(archive.read_bytes().replace(b"good.xml", b"\0ood.xml"))
    with pytest.raises(DamagedInk, match="nameless.zip: not a whole zip archive"):
        read_source(archive)


def test_read_zip_that_claims_more_than_it_holds_is_refused(tmp_path):
    archive = tmp_path / "less.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("good.xml", "good")
    data = bytearray(archive.read_bytes())
    place = data.index(b"PK\1\2") + 20
    data[place : place + 4] = (2**32 - 2).to_bytes(4, "little")
    archive.write_bytes(data)
    with pytest.raises(DamagedInk, match="less.zip: .*cut off inside good.xml"):
        read_source(archive)


def test_read_zip_that_unpacks_or_lists_too_much_is_refused(tmp_path, monkeypatch):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros.xml", bytes(3 << 20))
    assert archive.stat().st_size < 5000
    monkeypatch.setattr(source_file, "MAX_ARCHIVE_BYTES", 1 << 20)
    with pytest.raises(DamagedInk, match="unpacks to more than"):
        read_source(archive)
    monkeypatch.setattr(zip_source, "MAX_LIST_BYTES", 20)
    with pytest.raises(DamagedInk, match="lists more files"):
        read_source(archive)


def test_read_zip_of_zip64_measures_its_own_list(tmp_path, monkeypatch):
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
        assert read_source(archive)[0] == {"good.xml": b"good"}
        monkeypatch.setattr(zip_source, "MAX_LIST_BYTES", 20)
        with pytest.raises(DamagedInk, match="lists more files"):
            read_source(archive)


def test_read_zip_with_backslashes_in_names_parts_folders_by_them(tmp_path):
    archive = tmp_path / "windows.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("data\\a\\1.xml", "one")
        packed.writestr("data\\..\\..\\out.xml", "out")
    files, left_out = read_source(archive)
    assert files == {"data/a/1.xml": b"one"}
    assert "leads out" in left_out[f"{archive}: data/../../out.xml"]


def forge_size(archive, size):
    """Has both headers of an archive's one file claim a size, and its check sum."""
    with zipfile.ZipFile(archive) as packed:
        [member] = packed.infolist()
    data = bytearray(archive.read_bytes())
    for signature, place in ((b"PK\3\4", 14), (b"PK\1\2", 16)):
        start = data.index(signature) + place
        data[start : start + 4] = zlib.crc32(bytes(size)).to_bytes(4, "little")
        data[start + 8 : start + 12] = size.to_bytes(4, "little")
    archive.write_bytes(data)


READ_IN_LITTLE_MEMORY = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from whiteboards import read_source
from pathlib import Path
size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 50_000_000,) * 2)
try:
    files, left_out = read_source(Path(sys.argv[2]))
    print([*map(len, files.values())], *left_out.values())
except ValueError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and RLIMIT_AS")
@pytest.mark.parametrize(
    ("name", "method", "answer"),
    [
        ("a.xml", zipfile.ZIP_DEFLATED, "[1000]\n"),
        ("a.ndjson", zipfile.ZIP_DEFLATED, "[1000]\n"),
        ("a.xml", zipfile.ZIP_BZIP2, "[] only stored and deflated files are read"),
    ],
)
def test_read_zip_that_unpacks_to_more_than_it_claims_stays_in_memory(
    tmp_path, name, method, answer
):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", method) as packed:
        packed.writestr(name, bytes(80_000_000))
    forge_size(archive, 1000)
    code = [sys.executable, "-c", READ_IN_LITTLE_MEMORY, "tests", archive]
    done = subprocess.run(code, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.startswith(answer), done.stderr[-300:]

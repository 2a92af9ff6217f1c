"""Folders, files and archives as sources."""

import bz2
import gzip
import lzma
import os

import pytest
from whiteboards import pack, pack_zip, read_source

from sketch.convert import FORMATS, source_file
from sketch.ink import DamagedInk


@pytest.mark.parametrize("mode", ["", "gz", "bz2", "xz"])
def test_open_source_of_a_tar_reads_as_its_folder(folder, tmp_path, mode):
    expected, reported = read_source(folder)
    assert len(expected) == 5 and not reported
    archive = pack(folder, tmp_path / "data.tar", mode)  # no suffix is needed
    before = sorted(tmp_path.rglob("*"))
    assert read_source(archive) == (expected, {})
    assert sorted(tmp_path.rglob("*")) == before


def test_open_source_reads_only_wanted_files(folder, tmp_path):
    archive = pack(folder, tmp_path / "x.tar.gz", "gz")
    for source in (folder, archive):
        files, _ = read_source(source, lambda parts: parts[-1] == "1.xml")
        assert list(files) == ["a/c/1.xml"]
    names = []
    read_source(archive, lambda parts: names.append(parts[0]))
    assert set(names) == {"x.tar.gz"}  # the source's own name says something too


def test_open_source_of_a_folder_with_links_and_pipes_reads_plain_files(folder):
    (folder / "link.xml").symlink_to(folder / "top.txt")
    (folder / "dangling.xml").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.xml")  # to open it would wait for ever
    files, reported = read_source(folder)
    assert files["link.xml"] == files["top.txt"]
    assert len(files) == 6
    problems = {os.path.basename(name): text for name, text in reported.items()}
    assert problems.keys() == {"dangling.xml", "loop", "pipe.xml"}
    assert "link to a folder" in problems["loop"]
    assert problems["pipe.xml"] == "not a plain file"


def test_open_source_with_a_file_too_large_leaves_it_out(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(source_file, "MAX_FILE_BYTES", 1000)
    archive = pack(folder, tmp_path / "x.tar", "")
    for source in (folder, archive, pack_zip(folder, tmp_path / "x.zip")):
        files, reported = read_source(source)
        assert len(files) == 4 and len(reported) == 1
        assert "bytes are too many" in next(iter(reported.values()))


def test_open_source_of_no_source_says_what_it_is(tmp_path):
    (tmp_path / "letter.png").write_bytes(b"\x89PNG\r\n\x1a\n" * 100)
    with pytest.raises(DamagedInk, match="letter.png is neither ink .* nor an") as no:
        read_source(tmp_path / "letter.png")
    suffixes = [suffix for _, suffix in FORMATS.values()]
    assert all(suffix in str(no.value) for suffix in (*suffixes, ".tar.xz"))
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        read_source(tmp_path / "missing")
    with pytest.raises(DamagedInk, match="neither a file nor a folder"):
        read_source("/dev/null")


def test_open_source_of_one_packed_file_says_so(folder, tmp_path):
    for name, module in (("a.svgz", gzip), ("a.ndjson.xz", lzma), ("a.inkml.bz2", bz2)):
        (tmp_path / name).write_bytes(module.compress(b"<svg/>" * 200))
        with pytest.raises(DamagedInk, match=f"{name} is one packed .* unpack it"):
            read_source(tmp_path / name)
    archive = pack(folder, tmp_path / "download.gz", "gz")
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(DamagedInk, match="not a whole tar archive"):
        read_source(archive)


def test_open_source_of_a_file_reads_it(tmp_path):
    path = tmp_path / "mine.xml"
    path.write_bytes(b"ink")
    assert read_source(path, lambda parts: True) == ({"": b"ink"}, {})

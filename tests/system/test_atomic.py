"""Files: whole or not at all."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

import pytest

from sketch.system.atomic import is_temporary, whole_file, write_bytes, write_text


@contextlib.contextmanager
def read_only(folder: Path):
    """A folder nobody may write to; root may everywhere, so it becomes another user."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_writes_text_and_bytes(tmp_path):
    path = tmp_path / "file"
    write_text(path, "é\n")
    assert path.read_bytes() == b"\xc3\xa9\n"
    write_bytes(str(path), b"\0")
    assert path.read_bytes() == b"\0"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_mode_of_any_other(tmp_path):
    old = os.umask(0o027)
    try:
        write_text(tmp_path / "file", "")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "target").write_text("mine")
    (tmp_path / "link").symlink_to("target")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "target").read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()


def test_a_file_that_became_a_folder_is_named(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="cannot write .*file: "):
        write_text(tmp_path / "file", "x")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in ("file/a.png", "file/deep/a.png"):
        with pytest.raises(NotADirectoryError, match="file is a file, not a folder"):
            write_text(tmp_path / path, "a")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_read_only_folder_is_named():
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "file").write_text("old")
        with read_only(folder):
            with pytest.raises(PermissionError, match="cannot write .*file: "):
                write_text(folder / "file", "new")
        assert (folder / "file").read_text() == "old"
        assert [path.name for path in folder.iterdir()] == ["file"]


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "file.png"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as temporary:
        temporary.write_text("half")
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        assert is_temporary(temporary)
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_it_is_synced_before_it_takes_its_place(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))
        )
    write_text(tmp_path / "new" / "file", "x")
    assert calls == ["fsync", "replace", "fsync"]  # the file; its name; the folder


@pytest.mark.parametrize("name", ["notes.tmp", ".notes", ".a.tmp", "a.0123abcd.tmp"])
def test_nobody_elses_file_is_taken_for_a_temporary_one(name):
    assert not is_temporary(Path(name))


def test_a_name_as_long_as_they_come(tmp_path):
    write_text(tmp_path / ("é" * 127), "x")
    assert len(list(tmp_path.iterdir())) == 1

"""Files and folders written whole or not at all; the user's cache."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

import pytest

from sketch.system import atomic
from sketch.system.atomic import (
    is_temporary,
    user_cache,
    whole_file,
    whole_folder,
    write_bytes,
    write_text,
)


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


def test_write_text_and_bytes(tmp_path):
    path = tmp_path / "file"
    write_text(path, "é\n")
    assert path.read_bytes() == b"\xc3\xa9\n"
    write_bytes(str(path), b"\0")
    assert path.read_bytes() == b"\0"
    assert list(tmp_path.iterdir()) == [path]


def test_write_text_obeys_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        write_text(tmp_path / "file", "")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_write_text_replaces_a_link(tmp_path):
    (tmp_path / "target").write_text("mine")
    (tmp_path / "link").symlink_to("target")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "target").read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()


def test_write_text_onto_a_folder_names_it(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="cannot write .*file: "):
        write_text(tmp_path / "file", "x")
    assert len(list(tmp_path.iterdir())) == 1


def test_write_text_below_a_file_names_that(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in ("file/a.png", "file/deep/a.png"):
        with pytest.raises(NotADirectoryError, match="file is a file, not a folder"):
            write_text(tmp_path / path, "a")
    assert (tmp_path / "file").read_text() == "mine"


def test_write_text_in_a_read_only_folder_names_the_file():
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "file").write_text("old")
        with read_only(folder):
            with pytest.raises(PermissionError, match="cannot write .*file: "):
                write_text(folder / "file", "new")
        assert (folder / "file").read_text() == "old"
        assert [path.name for path in folder.iterdir()] == ["file"]


def test_whole_file_interrupted_leaves_the_old_file_alone(tmp_path):
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


def test_write_text_syncs_before_it_renames(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))
        )
    write_text(tmp_path / "new" / "file", "x")
    assert calls == ["fsync", "replace", "fsync"]  # the file; its name; the folder


@pytest.mark.parametrize("name", ["notes.tmp", ".notes", ".a.tmp", "a.0123abcd.tmp"])
def test_is_temporary_is_false_for_other_names(name):
    assert not is_temporary(Path(name))


def test_write_text_to_a_name_of_255_bytes(tmp_path):
    write_text(tmp_path / ("é" * 127), "x")
    assert len(list(tmp_path.iterdir())) == 1


def test_write_to_a_folder_that_cannot_be_synced_succeeds(tmp_path, monkeypatch):
    sync, refused = os.fsync, []

    def refuse_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            refused.append(descriptor)
            raise OSError(22, "Invalid argument")  # as FUSE, 9p and CIFS do
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_text(tmp_path / "file", "x")
    with whole_folder(tmp_path / "folder"):
        pass
    assert (tmp_path / "file").read_text() == "x"
    assert (tmp_path / "folder").is_dir() and len(refused) == 2
    monkeypatch.setattr(os, "fsync", lambda _: os.close(-1))
    with pytest.raises(OSError, match="cannot write .*file"):  # a file's own must work
        write_text(tmp_path / "file", "y")
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.parametrize("home", ["/dev/null", "~"])
def test_user_cache_without_a_usable_home_is_temporary(home, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path.replace("~", home))
    atomic._writable_folder.cache_clear()
    cache = user_cache()
    write_text(cache / "file", "x")
    assert user_cache() == cache
    assert capsys.readouterr().err.startswith("no cache at ")  # once
    atomic._writable_folder.cache_clear()


def test_user_cache_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache() == tmp_path / "sketch"

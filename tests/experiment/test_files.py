"""Files: whole or not at all."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

import numpy as np
import pytest

from sketch.experiment.files import atomic_write, read_json, read_text, to_json_text


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
    atomic_write(path, "é\n")
    assert path.read_bytes() == b"\xc3\xa9\n"
    atomic_write(str(path), b"\0")
    assert path.read_bytes() == b"\0"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_mode_of_any_other(tmp_path):
    old = os.umask(0o027)
    try:
        atomic_write(tmp_path / "file", "")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "target").write_text("mine")
    (tmp_path / "link").symlink_to("target")
    atomic_write(tmp_path / "link", "new")
    assert (tmp_path / "target").read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()


def test_a_file_that_became_a_folder_is_named(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="cannot write .*file: "):
        atomic_write(tmp_path / "file", "x")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_read_only_folder_is_named():
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "file").write_text("old")
        with read_only(folder):
            with pytest.raises(PermissionError, match="cannot write .*file: "):
                atomic_write(folder / "file", "new")
        assert (folder / "file").read_text() == "old"
        assert [path.name for path in folder.iterdir()] == ["file"]


def test_json_text_takes_numpy_and_refuses_what_is_no_json():
    text = to_json_text({"a": np.float32(0.5), "b": np.arange(2), "c": Path("x")})
    assert text == '{\n  "a": 0.5,\n  "b": [\n    0,\n    1\n  ],\n  "c": "x"\n}\n'
    for value in (float("nan"), float("inf"), object(), {1, 2}):
        with pytest.raises(ValueError):
            to_json_text({"a": value})


def test_reading_refuses_what_lies_outside(tmp_path):
    inside = tmp_path / "experiment"
    inside.mkdir()
    (tmp_path / "secret").write_text("{}")
    (inside / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="link is a link"):
        read_json(inside / "link" / "secret", inside=inside)
    with pytest.raises(ValueError):
        read_text(tmp_path / "secret", inside=inside)
    with pytest.raises(OSError):
        read_text(inside / "nothing", inside=inside)

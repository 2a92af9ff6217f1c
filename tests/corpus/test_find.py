"""Where the corpus is looked for."""

import os

import h5py
import numpy as np
import pytest

from sketch.corpus.find import find_corpus


def test_find_corpus_looks_in_each_place_in_turn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_corpus() is None
    files = {}
    for name in ("data", "fuel/handwriting", "env", "given"):
        (tmp_path / name).mkdir(parents=True)
        files[name] = tmp_path / name / "handwriting.hdf5"
        files[name].write_text("")
    monkeypatch.setenv("FUEL_DATA_PATH", f"/nowhere{os.pathsep}{tmp_path / 'fuel'}")
    assert find_corpus().resolve() == files["data"]
    files["data"].unlink()
    assert find_corpus() == files["fuel/handwriting"]
    monkeypatch.setenv("SKETCH_DATA", str(tmp_path / "env"))
    assert find_corpus() == files["env"]
    assert find_corpus(tmp_path / "given") == files["given"]
    assert find_corpus(files["given"]) == files["given"]


def test_find_corpus_passes_over_another_programs_and_says_so_once(
    path, tmp_path, monkeypatch, capsys
):
    """udibr's and this project's go by the same name."""
    monkeypatch.chdir(tmp_path)
    theirs, ours = (tmp_path / name / "handwriting" for name in ("theirs", "ours"))
    for folder in (theirs, ours):
        folder.mkdir(parents=True)
    with h5py.File(theirs / "handwriting.hdf5", "w") as file:
        file["features"] = np.zeros((3, 4, 3))
    monkeypatch.setenv("FUEL_DATA_PATH", str(theirs.parent))
    assert find_corpus() is None is find_corpus()
    (told,) = capsys.readouterr().err.splitlines()
    assert str(theirs) in told and "passed over" in told
    path.rename(ours / "handwriting.hdf5")
    monkeypatch.setenv("FUEL_DATA_PATH", f"{theirs.parent}{os.pathsep}{ours.parent}")
    assert find_corpus() == ours / "handwriting.hdf5"
    assert not capsys.readouterr().err


def test_find_corpus_of_a_missing_name_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="--data names gone.hdf5, .*convert"):
        find_corpus("gone.hdf5")
    with pytest.raises(ValueError, match="--data is empty: name a file"):
        find_corpus("")
    monkeypatch.setenv("SKETCH_DATA", "gone")
    with pytest.raises(FileNotFoundError, match=r"\$SKETCH_DATA names gone"):
        find_corpus()

"""What the directories of all runs share."""

import json
import os
import time

import numpy as np
import pytest

from sketch.experiment.checkpoint import STATE_NAME
from sketch.experiment.run_directory import OLD_SECONDS
from sketch.system.atomic import temporary_beside


def save(experiment, kind="latest", **state):
    experiment.save_checkpoint(kind, lambda p: p.write_bytes(b"1"), {"step": 1} | state)


def test_lock_removes_old_temporary_files(experiment):
    save(experiment)
    checkpoints = experiment.checkpoints_dir
    experiment.samples_dir.mkdir()
    left_over = [
        temporary_beside(experiment.history_path),
        temporary_beside(experiment.path / "sketch.png"),
        temporary_beside(experiment.samples_dir / "sketch-3.png"),
    ]
    long_ago = time.time() - OLD_SECONDS - 60
    for path in left_over:
        path.write_text("half")
        os.utime(path, (long_ago, long_ago))
    temporary_beside(checkpoints / "latest").mkdir()
    (checkpoints / "latest").rename(checkpoints / "latest.next")
    notes = experiment.path / ".notes"
    notes.write_text("mine")
    os.utime(notes, (long_ago, long_ago))
    with experiment.lock():
        assert not any(path.exists() for path in left_over)
        assert [path.name for path in checkpoints.iterdir()] == ["latest"]
    assert notes.exists()


def test_lock_leaves_the_temporary_file_of_another_process(experiment):
    path = temporary_beside(experiment.path / "mine.png")
    path.write_text("half")  # a `sketch sample` is writing it
    with experiment.lock():
        assert path.exists()


def test_has_checkpoint_reads_nothing(experiment, monkeypatch):
    assert not experiment.has_checkpoint()
    save(experiment, "best")
    monkeypatch.setattr("sketch.experiment.checkpoint._sha256", None)
    assert experiment.has_checkpoint() and experiment.has_checkpoint("best")
    assert not experiment.has_checkpoint("latest")
    folder = experiment.checkpoints_dir
    (folder / "best").rename(folder / "best.previous")
    assert experiment.has_checkpoint("best")  # a swap was interrupted


def test_kept_options_are_those_of_the_state(experiment):
    assert experiment.kept_options() == {}
    save(experiment)
    assert experiment.kept_options() == {}
    save(experiment, options={"epochs": 3, "precision": None, "of a newer one": 1})
    assert experiment.kept_options() == {"epochs": 3, "precision": None}


@pytest.mark.parametrize(
    "options, problem",
    [
        ({"epochs": -3}, "--epochs must be a whole number, at least 1, received -3"),
        ({"precision": [1]}, "--precision must be one of"),
        ({"patience": 1e9}, "--patience must be a whole number"),
        ("no object", "`options` must be a JSON object"),
    ],
)
def test_kept_options_that_are_damaged_name_the_file(experiment, options, problem):
    save(experiment, options=options)
    path = experiment.checkpoints_dir / "latest" / STATE_NAME
    with pytest.raises(ValueError) as error:
        experiment.kept_options()
    assert str(error.value).startswith(f"{path} is damaged: {problem}")


def test_write_environment_is_plain_json(experiment):
    environment = {"keras": "3.15.1", "devices": ["cpu"], "n": np.int64(2)}
    experiment.write_environment(environment)
    content = json.loads((experiment.path / "environment.json").read_text())
    assert content == {"keras": "3.15.1", "devices": ["cpu"], "n": 2}


def test_write_environment_keeps_that_of_the_first_run(experiment):
    path = experiment.path / "environment.json"
    runs = [{"command": ["sketch", word], "commit": None} for word in "abc"]
    for run in runs:
        experiment.write_environment(run)
    assert json.loads(path.read_text()) == runs[2] | {"first": runs[0]}
    path.write_text("{half of")
    experiment.write_environment(runs[1])
    assert json.loads(path.read_text()) == runs[1]


def test_corpus_hint_is_where_the_files_were(experiment, tmp_path, monkeypatch):
    assert experiment.corpus_hint() == []
    path = tmp_path / "ink.hdf5"
    path.touch()
    monkeypatch.chdir(tmp_path)
    experiment.write_environment({}, ["ink.hdf5"])
    monkeypatch.chdir("/")
    assert experiment.corpus_hint() == [path]
    path.unlink()
    assert experiment.corpus_hint() == []
    for spoilt in ("text", [1], [str(tmp_path)], ["\0"], 5):
        content = json.dumps({"corpus": spoilt})
        (experiment.path / "environment.json").write_text(content)
        assert experiment.corpus_hint() == []

"""Whole runs of `sketch train`: exact resume, derived runs, refused ones."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from keras import ops
from toy_runs import (
    NOISY,
    SETTINGS,
    Killed,
    assert_same_run,
    derive,
    die,
    run,
)

from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.experiment.weights import load_network
from sketch.settings.run_options import RunOptions
from sketch.system import lock
from sketch.training.network_run import TrainingRun, train
from sketch.training.plan import plan_run


def test_resumed_run_equals_one_never_stopped(corpus, tmp_path):
    settings = NOISY | {"depth": 2, "step_method": "muon"}
    unbroken = run(corpus, tmp_path / "a", epochs=4, settings=settings)
    first = run(corpus, tmp_path / "b", epochs=2, settings=settings)
    second = run(corpus, tmp_path / "b", model=first.name, epochs=4)
    assert [row["epoch"] for row in second.history()] == [1, 2, 3, 4]
    assert_same_run(unbroken, second)


# Stops a run in its second epoch, goes on with it, and compares it with one that was
# never stopped: on one core, where sums have one order, with XLA's optimisations.
EXACT_RESUME = """
import os, signal, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import numpy as np, pytest
from sketch.backend import devices
corpus, root, precision = sys.argv[1:]
devices.set_up(None, precision)
from toy_runs import NOISY, SCORES, interfere, run, run_to_end, weights
from sketch.model.network import Network
from sketch.training.epoch_pictures import EpochPictures

EpochPictures.draw = lambda self, epoch: None
settings = NOISY | {"depth": 2, "text": True, "window_mixtures": 2}
unbroken = run(corpus, root + "/a", epochs=3, settings=settings)
with pytest.MonkeyPatch.context() as patch:
    interfere(patch, Network, 7, lambda: signal.raise_signal(signal.SIGINT))
    assert run_to_end(corpus, root + "/b", epochs=3, settings=settings).step == 7
resumed = run(corpus, root + "/b", unbroken.name, epochs=None)
for one, other in zip(unbroken.history(), resumed.history(), strict=True):
    assert [one[name] for name in SCORES] == [other[name] for name in SCORES]
first, second = weights(unbroken), weights(resumed)
assert first.keys() == second.keys() and len(first) > 20
assert all(np.array_equal(first[name], second[name]) for name in first)
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_resumed_run_on_one_core_equals_one_never_stopped_bit_for_bit(
    corpus, tmp_path, precision
):
    environment = {k: v for k, v in os.environ.items() if "OPTIMIZATIONS" not in k}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    words = [sys.executable, "-c", EXACT_RESUME, corpus, tmp_path, precision]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_another_rate_derives_an_experiment_from_the_best_weights(
    corpus, tmp_path, capsys
):
    parent = run(corpus, tmp_path, epochs=2, settings=SETTINGS)
    child = derive(corpus, tmp_path, parent, {"learning_rate": 1e-12}, epochs=1)
    assert child.name.startswith("handwriting-1X6-G2-bs4-lr1e-12-seed3-from-")
    stored = json.loads((child.path / "hyperparameters.json").read_text())
    step = parent.load_checkpoint("best")[1]["step"]
    printed = f"begins with the best weights of {parent.name}, step {step}\n"
    said = capsys.readouterr().err
    assert said.count(printed) == 1 and f"{corpus}: " in said
    assert stored["lineage"] == {
        "parent": parent.name,
        "step": step,
        "learned_from": [parent.data_digest],
    }
    best = max(row["valid_log_likelihood"] for row in parent.history())
    (row,) = child.history()
    assert row["step"] == 5  # its own count, its own optimizer
    assert row["valid_log_likelihood"] == pytest.approx(best, rel=1e-5)


def test_resume_where_nothing_was_saved_says_that_it_begins(
    corpus, tmp_path, capsys, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "run", lambda self, interrupts: None)
        first = run(corpus, tmp_path)
        assert "step 0" not in capsys.readouterr().err
        (first.path / "checkpoints" / "latest").rename(tmp_path / "away")
        run(corpus, tmp_path, model=first.name)
    printed = capsys.readouterr().err
    assert f"no step of {first.name} was saved: begins at step 0\n" in printed


def test_derived_run_may_add_text(corpus, tmp_path):
    """Text costs nothing when it is new."""
    parent = run(corpus, tmp_path, epochs=2, settings=SETTINGS)
    given = {"text": True, "learning_rate": 1e-12}
    child = derive(corpus, tmp_path, parent, given, epochs=1)
    best = max(row["valid_log_likelihood"] for row in parent.history())
    (row,) = child.history()
    assert row["valid_log_likelihood"] == pytest.approx(best, rel=1e-5)


def test_derived_run_learns_characters_that_its_parent_does_not_know(
    corpus, tmp_path, capsys
):
    parent = run(corpus, tmp_path, epochs=2, settings=SETTINGS | {"text": True})
    with Corpus.open(corpus) as opened:
        sets = {name: opened.read_set(name) for name in opened.sets}
    for number in range(0, 18, 2):
        text = sets["train"][number].transcript.replace("a", "c")
        sets["train"][number] = replace(sets["train"][number], transcript=text)
    new = tmp_path / "new.hdf5"
    write_corpus(new, sets, source="", command="", seed=0, split="random")
    largest = []  # weight of the new character
    for rate in (1e-12, 1e-2):
        given = {"name": "new", "learning_rate": rate}
        child = derive(new, tmp_path, parent, given, epochs=1)
        known = f"{parent.name} does not know, to be learned: c\n"
        assert known in capsys.readouterr().err
        assert child.alphabet.characters == (" ", "a", "b", "c")
        kernel = ops.convert_to_numpy(load_network(child).recurrent_layers[0].kernel)
        largest.append(np.abs(kernel[3 + child.alphabet.encode("c")[0]]).max())
        if rate < 1e-9:  # updates are nothing: other texts score as before
            best = max(row["valid_log_likelihood"] for row in parent.history())
            (row,) = child.history()
            assert row["valid_log_likelihood"] == pytest.approx(best, rel=1e-5)
    assert largest[0] < 1e-9 and largest[1] > 1e-3


@pytest.mark.parametrize("parent_learns_on", [False, True])
def test_derived_run_killed_before_its_first_checkpoint_starts_from_its_parent(
    corpus, tmp_path, monkeypatch, parent_learns_on
):
    """It begins with its parent's weights, or not at all."""
    parent = run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    plan = plan_run({"learning_rate": 1e-12}, parent.name, tmp_path)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "_save", die)
        with pytest.raises(Killed):
            train(plan, RunOptions(epochs=1, data=str(corpus)), tmp_path)
    if parent_learns_on:
        run(corpus, tmp_path, model=parent.name, epochs=2)
        with pytest.raises(
            ValueError, match="has learned on: .* of step 10, .* step 5"
        ):
            run(corpus, tmp_path, model=plan.name, epochs=1)
        return
    child = run(corpus, tmp_path, model=plan.name, epochs=1)
    best = max(row["valid_log_likelihood"] for row in parent.history())
    assert child.history()[0]["valid_log_likelihood"] == pytest.approx(best, rel=1e-5)


def test_parent_that_saves_while_it_is_read_is_refused(corpus, tmp_path, monkeypatch):
    """The child has the weights that its lineage names, or is told to begin again."""
    parent = run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    plan = plan_run({"text": True}, parent.name, tmp_path)
    seen = []

    def read(network, alphabet, source, path):
        if not seen:
            run(corpus, tmp_path, model=parent.name, epochs=2)
        seen.append(path)

    monkeypatch.setattr("sketch.training.network_run.begin_with", read)
    with pytest.raises(ValueError, match="has learned on: .* of step 10, .* step 5"):
        train(plan, RunOptions(epochs=1, data=str(corpus)), tmp_path)
    assert len(seen) == 2


def test_more_devices_than_there_are_leave_no_directory(corpus, tmp_path):
    for _ in range(2):
        with pytest.raises(ValueError, match="--devices"):
            run(corpus, tmp_path, settings=SETTINGS, devices=99)
    assert [path.name for path in tmp_path.iterdir()] == [corpus.name]


def test_run_that_cannot_be_locked_leaves_no_directory(corpus, tmp_path, monkeypatch):
    root = tmp_path / "runs"

    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "no locks")

    with monkeypatch.context() as patch:
        patch.setattr(lock.fcntl, "flock", refuse)
        for _ in range(2):
            with pytest.raises(OSError, match=f"system of {root} has no file locks"):
                run(corpus, root, settings=SETTINGS)
    monkeypatch.setattr(lock, "fcntl", None)  # Windows, which lacks the other, too
    monkeypatch.delattr(os, "sysconf")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="on Windows, use WSL"):
            run(corpus, root, settings=SETTINGS)
    assert list(root.iterdir()) == []


def test_text_run_without_transcripts_leaves_no_directory(corpus, tmp_path):
    path = tmp_path / "mute.hdf5"
    with Corpus.open(corpus) as opened:
        sets = {
            name: [replace(line, transcript="") for line in opened.read_set(name)]
            for name in opened.sets
        }
    write_corpus(path, sets, source="", command="", seed=0, split="random")
    with pytest.raises(ValueError, match="mute.hdf5: the set train has no lines with"):
        run(path, tmp_path / "runs", settings=SETTINGS | {"text": True})
    assert not list(tmp_path.glob("runs/*"))

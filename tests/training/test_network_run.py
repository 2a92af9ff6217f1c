"""Whole training runs at toy size: exact resume, derived runs, faults."""

import errno
import itertools
import json
import math
import os
import shutil
import signal
import sys
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops
from made_up_corpus import make_corpus
from unread import Unread

from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import load_network
from sketch.model.network import Network
from sketch.settings.run_options import RunOptions
from sketch.system import lock
from sketch.training import record
from sketch.training.network_run import TrainingRun, train
from sketch.training.plan import plan_run
from sketch.training.record import ExperimentRecord
from sketch.training.stop import Interrupts

# One thread would be exact; the products of these small networks nearly always are.
CLOSE = 1e-5
SETTINGS = {
    "depth": 1,
    "dim": 6,
    "mixtures": 2,
    "batch_size": 4,
    "learning_rate": 1e-2,
    "seed": 3,
}
NOISY = SETTINGS | {"dropout": 0.3, "weight_noise": 0.05, "augment": 0.1}


@pytest.fixture
def corpus(tmp_path):
    return make_corpus(tmp_path / "toy.hdf5")


DRAW = ExperimentRecord.draw


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """Pictures have tests of their own; here they would take most of the time."""
    monkeypatch.setattr(ExperimentRecord, "draw", lambda self, epoch: None)


def run(corpus, root, model=None, epochs=2, settings=NOISY, **options):
    given = {} if model and model != "continue" else settings
    plan = plan_run(given, model, root)
    options = {"checkpoint_minutes": 60.0} | options
    return train(plan, RunOptions(epochs=epochs, data=str(corpus), **options), root)


def scores(experiment):
    names = ("step", "train_log_likelihood", "valid_log_likelihood", "gradient_norm")
    return [[row[name] for name in names] for row in experiment.history()]


def weights(experiment):
    import h5py

    path, _ = experiment.load_checkpoint("latest")
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[...]})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def assert_same_run(one, other):
    np.testing.assert_allclose(scores(one), scores(other), rtol=CLOSE)
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        NOISY,
        SETTINGS | {"text": True, "window_mixtures": 2, "dropout": 0.3},
        SETTINGS | {"depth": 2, "step_method": "muon"},
    ],
    ids=["free", "text", "muon"],
)
def test_stopped_and_resumed_is_as_never_stopped(corpus, tmp_path, settings):
    unbroken = run(corpus, tmp_path / "a", epochs=4, settings=settings)
    first = run(corpus, tmp_path / "b", epochs=2, settings=settings)
    second = run(corpus, tmp_path / "b", model=first.name, epochs=4)
    assert [row["epoch"] for row in second.history()] == [1, 2, 3, 4]
    assert_same_run(unbroken, second)


def test_it_goes_on_to_the_end_it_was_begun_with(corpus, tmp_path, monkeypatch):
    """The learning rate of a cycle depends on how many epochs there will be."""
    settings = SETTINGS | {"schedule": "one-cycle"}
    unbroken = run(corpus, tmp_path / "a", epochs=3, settings=settings)
    rates = [row["learning_rate"] for row in unbroken.history()]
    fallen = (np.arange(1, 4) / 3 - 0.3) / 0.7  # it rises for 30 % of the whole
    due = 1e-2 * (0.5 + 0.5 * np.cos(np.pi * fallen))
    np.testing.assert_allclose(rates, due, rtol=1e-5, atol=1e-9)
    with monkeypatch.context() as patch:
        interfere(patch, 7, lambda: os.kill(os.getpid(), signal.SIGTERM))
        with pytest.raises(SystemExit):
            run(corpus, tmp_path / "b", epochs=3, settings=settings)
    assert_same_run(
        unbroken, run(corpus, tmp_path / "b", model=unbroken.name, epochs=None)
    )


def test_another_end_and_none_left_are_told(corpus, tmp_path, capsys):
    settings = SETTINGS | {"schedule": "one-cycle"}
    first = run(corpus, tmp_path, epochs=1, settings=settings)
    run(corpus, tmp_path, model=first.name, epochs=2)
    assert "begun for --epochs 1, goes on for 2: the learn" in capsys.readouterr().err
    run(corpus, tmp_path, model=first.name, epochs=None)
    assert "--epochs 2 is reached; with a greater one" in capsys.readouterr().err
    assert len(first.history()) == 2


def test_goes_on_from_the_best_where_the_latest_was_moved_away(
    corpus, tmp_path, monkeypatch
):
    first = run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    shutil.rmtree(first.checkpoints_dir / "latest")
    usual = Network.train_on_batch

    def lost(self, *args, **kwargs):
        return usual(self, *args, **kwargs) | {"log_likelihood": math.nan}

    monkeypatch.setattr(Network, "train_on_batch", lost)
    with pytest.raises(FloatingPointError, match="checkpoint, of step 5, is kept"):
        run(corpus, tmp_path, model=first.name, epochs=2)


@pytest.mark.parametrize(
    "settings, drawn",
    [(NOISY, "; other random numbers in dropout and weight noise"), (SETTINGS, "")],
    ids=["noisy", "plain"],
)
def test_a_run_that_changes_its_backend_says_so(
    corpus, tmp_path, capsys, settings, drawn
):
    first = run(corpus, tmp_path, epochs=1, settings=settings)
    (path,) = first.path.glob("checkpoints/latest/state.json")
    content = json.loads(path.read_text())
    assert content["state"].pop("backend") == keras.backend.backend()
    content["state"]["backend"] = "another"
    path.write_text(json.dumps(content))
    capsys.readouterr()
    run(corpus, tmp_path, model=first.name, epochs=2)
    told = capsys.readouterr().err
    assert f"begun under another, goes on under {keras.backend.backend()}" in told
    assert f"the same weights, optimizer and order of lines{drawn}\n" in told


class Killed(BaseException):
    """Nothing in the program expects it, as it expects no kill -9."""


def interfere(monkeypatch, at_step, act):
    usual = Network.train_on_batch
    count = 0

    def train_on_batch(self, *args, **kwargs):
        nonlocal count
        count += 1
        if count == at_step:
            act()
        return usual(self, *args, **kwargs)

    monkeypatch.setattr(Network, "train_on_batch", train_on_batch)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """Three epochs that nothing interfered with."""
    folder = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExperimentRecord, "draw", lambda self, epoch: None)
        return run(make_corpus(folder / "toy.hdf5"), folder, epochs=3)


def test_killed_within_an_epoch_and_resumed(corpus, tmp_path, monkeypatch, unbroken):
    """18 lines in batches of 4: step 8 is the third of the second epoch."""

    def die():
        raise Killed

    with monkeypatch.context() as patch:
        interfere(patch, 8, die)
        with pytest.raises(Killed):
            run(corpus, tmp_path / "b", epochs=3, checkpoint_minutes=0.0)
    broken = Experiment.load(unbroken.name, tmp_path / "b")
    _, state = broken.load_checkpoint("latest")
    assert (state["epoch"], state["batch"], state["step"]) == (1, 2, 7)
    assert_same_run(unbroken, run(corpus, tmp_path / "b", "continue", epochs=3))


@pytest.mark.parametrize(
    "number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_signals_save_and_end(
    corpus, tmp_path, monkeypatch, number, code, capsys, unbroken
):
    with monkeypatch.context() as patch:
        interfere(patch, 7, lambda: os.kill(os.getpid(), number))
        with pytest.raises(SystemExit) as ended:
            run(corpus, tmp_path / "b", epochs=3)
    assert ended.value.code == code
    assert f"--model {unbroken.name}" in capsys.readouterr().out
    assert_same_run(unbroken, run(corpus, tmp_path / "b", "continue", epochs=3))


def test_a_signal_before_the_first_batch_does_not_wait_for_it(
    corpus, tmp_path, monkeypatch, capfd
):
    begin = TrainingRun.begin
    with monkeypatch.context() as patch:
        patch.setattr(
            TrainingRun,
            "begin",
            lambda *words: (signal.raise_signal(signal.SIGINT), begin(*words)),
        )
        patch.setattr(TrainingRun, "_train_epoch", None)
        with pytest.raises(SystemExit) as ended:
            run(corpus, tmp_path)
    assert ended.value.code == 130
    out, err = capfd.readouterr()
    assert "stopped at step 0, all saved" in out
    assert "\nstops after this batch, and saves; a second signal stops at once\n" in err
    assert len(run(corpus, tmp_path, "continue").history()) == 2


@pytest.mark.parametrize(
    "number, kind, words",
    [(signal.SIGINT, KeyboardInterrupt, None), (signal.SIGTERM, SystemExit, "143")],
    ids=["int", "term"],
)
def test_a_second_signal_ends_a_run_within_a_step(
    corpus, tmp_path, monkeypatch, number, kind, words
):
    def interrupt_twice():
        signal.raise_signal(number)
        signal.raise_signal(number)

    interfere(monkeypatch, 1, interrupt_twice)
    with pytest.raises(kind, match=words):
        run(corpus, tmp_path)


def test_a_run_goes_on_where_nobody_reads_what_it_tells(
    corpus, tmp_path, monkeypatch, unbroken
):
    """To its end, or to a signal, and has the exit code of that."""
    interfere(monkeypatch, 12, lambda: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr("sketch.training.stop.os", Unread())
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Unread())
    plan = plan_run(NOISY, None, tmp_path)
    options = RunOptions(epochs=3, data=str(corpus), checkpoint_minutes=60.0)
    with pytest.raises(SystemExit, match="130"):
        train(plan, options, tmp_path, progress=True)
    stopped = Experiment.load(unbroken.name, tmp_path)
    assert stopped.load_checkpoint("latest")[1]["step"] == 12
    assert_same_run(unbroken, run(corpus, tmp_path, "continue", epochs=3))


def test_a_signal_that_the_process_ignores_stays_ignored():
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            signal.raise_signal(signal.SIGINT)
            assert not interrupts.check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, previous)


@pytest.mark.parametrize(
    "minutes, epoch, saves",
    [(60.0, 2, 0), (0.0, 2, 0), (60.0, 3, 1)],
    ids=["no checkpoint", "a checkpoint", "the best alone"],
)
def test_killed_between_history_and_checkpoint(
    corpus, tmp_path, monkeypatch, minutes, epoch, saves, unbroken, capsys
):
    """The epoch is done again, or ended again, and stands in the history once.

    With a checkpoint behind its last batch, its row is of a step that is not lost. The
    best weights are saved before a state that knows of them.
    """
    left = saves

    def die(self, kind):
        nonlocal left
        if self.position.epoch == epoch:
            left -= 1
            if left < 0:
                raise Killed
        return usual(self, kind)

    usual = TrainingRun._save
    # Each epoch is the best until the next, whatever noise the backend draws.
    monkeypatch.setattr(TrainingRun, "_grade", lambda self, row: row["epoch"])
    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "_save", die)
        with pytest.raises(Killed):
            run(corpus, tmp_path / "b", epochs=3, checkpoint_minutes=minutes)
    broken = Experiment.load(unbroken.name, tmp_path / "b")
    assert [row["epoch"] for row in broken.history()] == list(range(1, epoch + 1))
    assert f"epoch {epoch}," not in capsys.readouterr().out  # told when it is saved
    again = run(corpus, tmp_path / "b", "continue", epochs=3)
    assert_same_run(unbroken, again)
    assert again.load_checkpoint("best")[1]["step"] == again.history()[-1]["step"]


def test_checkpoints_are_minutes_apart(corpus, tmp_path, monkeypatch):
    """Five of them, in seconds; no batch is computed."""
    now, saved, ends = 0, [], iter([299, 301, 310, 602])

    def train_on_batch(self, *args, **kwargs):
        nonlocal now
        now = next(ends, None)
        if now is None:
            raise Killed
        return {"log_likelihood": -1.0, "points": 12.0, "lines": 1.0}

    def save(self, kind):
        saved.append(now)
        usual(self, kind)

    usual = TrainingRun._save
    monkeypatch.setattr(Network, "train_on_batch", train_on_batch)
    monkeypatch.setattr(TrainingRun, "_save", save)
    monkeypatch.setattr(record, "time", SimpleNamespace(monotonic=lambda: now))
    with pytest.raises(Killed):
        run(corpus, tmp_path, checkpoint_minutes=5.0)
    assert saved == [0, 301, 602]


@pytest.mark.parametrize("part", ["draw_history", "write_bytes"])
def test_killed_while_it_draws(corpus, tmp_path, monkeypatch, part):
    """The epoch is saved and not done again: its pictures come first of all."""
    monkeypatch.setattr(ExperimentRecord, "draw", DRAW)
    monkeypatch.setattr(ExperimentRecord, "sample", ink_of_the_weights)
    unbroken = run(corpus, tmp_path / "a", epochs=3)
    usual = getattr(record, part)
    count = 0

    def die(*args):
        nonlocal count
        count += 1
        if count == 2:
            raise Killed
        usual(*args)

    with monkeypatch.context() as patch:
        patch.setattr(record, part, die)
        with pytest.raises(Killed):
            run(corpus, tmp_path / "b", epochs=2)
    broken = Experiment.load(unbroken.name, tmp_path / "b")
    assert [path.name for path in pictures(broken)] == ["sketch-001.png"]
    again = run(corpus, tmp_path / "b", "continue", epochs=2)  # all are done
    assert len(pictures(again)) == 2
    again = run(corpus, tmp_path / "b", "continue", epochs=3)
    drawn = [[path.read_bytes() for path in pictures(e)] for e in (unbroken, again)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 3
    for path in (unbroken.pen_path, unbroken.sketch_path):
        assert path.read_bytes() == (again.path / path.name).read_bytes()


def pictures(experiment):
    return sorted(experiment.samples_dir.iterdir())


def ink_of_the_weights(self):
    """In place of samples, which take a compilation: other weights, other ink."""
    value = round(float(ops.convert_to_numpy(self.model.weights[0]).flat[0]), 3)
    steps = int(2000 * (1 + value))  # seen in pen.png
    return [np.float32([[1, 1, 0]] * (steps % 97 + 3) + [[9, 200 * value, 1]])] * 2


def test_a_picture_is_drawn_of_the_weights_of_its_epoch_or_not_at_all(
    corpus, tmp_path, monkeypatch
):
    """Within the next epoch they are gone; an epoch that is drawn is not drawn again;
    a history that the user moved away is not missed."""
    drawn = []

    def draw(self, epoch):
        drawn.append(epoch)
        DRAW(self, epoch)

    monkeypatch.setattr(ExperimentRecord, "draw", draw)
    monkeypatch.setattr(ExperimentRecord, "sample", ink_of_the_weights)
    first = run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    run(corpus, tmp_path, first.name, epochs=1)
    assert drawn == [1]
    first.history_path.unlink()
    first.sketch_path.unlink()
    run(corpus, tmp_path, first.name, epochs=1)
    assert drawn == [1, 1] and first.sketch_path.exists()
    with monkeypatch.context() as patch:
        interfere(patch, 2, lambda: os.kill(os.getpid(), signal.SIGTERM))
        with pytest.raises(SystemExit):
            run(corpus, tmp_path, first.name, epochs=2)
    assert first.load_checkpoint("latest")[1]["batch"] == 2
    pictures(first)[0].unlink()
    run(corpus, tmp_path, first.name, epochs=2)
    assert drawn == [1, 1, 2]


def test_another_rate_derives_an_experiment_from_the_best_weights(
    corpus, tmp_path, capsys
):
    parent = run(corpus, tmp_path, epochs=2, settings=SETTINGS)
    plan = plan_run({"learning_rate": 1e-12}, parent.name, tmp_path)
    child = train(plan, RunOptions(epochs=1, data=str(corpus)), tmp_path)
    assert child.name.startswith("handwriting-1X6-G2-bs4-lr1e-12-seed3-from-")
    stored = json.loads((child.path / "hyperparameters.json").read_text())
    step = parent.load_checkpoint("best")[1]["step"]
    told = f"begins with the best weights of {parent.name}, step {step}\n"
    said = capsys.readouterr().err
    assert said.count(told) == 1 and f"{corpus}: " in said
    assert stored["lineage"] == {
        "parent": parent.name,
        "step": step,
        "learned_from": [parent.data_digest],
    }
    best = max(row["valid_log_likelihood"] for row in parent.history())
    (row,) = child.history()
    assert row["step"] == 5  # its own count, its own optimizer
    assert row["valid_log_likelihood"] == pytest.approx(best, rel=1e-5)


def test_where_nothing_was_saved_it_says_that_it_begins(
    corpus, tmp_path, capsys, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "run", lambda self, interrupts: None)
        first = run(corpus, tmp_path)
        assert "step 0" not in capsys.readouterr().err
        (first.path / "checkpoints" / "latest").rename(tmp_path / "away")
        run(corpus, tmp_path, model=first.name)
    told = capsys.readouterr().err
    assert f"no step of {first.name} was saved: begins at step 0\n" in told


@pytest.mark.parametrize("text", [True, False])
def test_weights_go_on_with_text_or_without(corpus, tmp_path, text):
    """Blank to a network that is to learn it, text cost nothing when it is new."""
    settings = SETTINGS | ({} if text else {"text": True, "window_mixtures": 3})
    parent = run(corpus, tmp_path, epochs=2, settings=settings)
    plan = plan_run({"text": text, "learning_rate": 1e-12}, parent.name, tmp_path)
    child = train(plan, RunOptions(epochs=1, data=str(corpus)), tmp_path)
    if text:
        best = max(row["valid_log_likelihood"] for row in parent.history())
        (row,) = child.history()
        assert row["valid_log_likelihood"] == pytest.approx(best, rel=1e-5)
    # Either is the other where there is no text to see: updates of 1e-12 are nothing.
    strokes = np.random.default_rng(1).standard_normal((2, 9, 3)).astype("float32")
    outputs = [
        load_network(experiment)(
            {"strokes": strokes}
            | ({"text": np.full((2, 5), -1)} if experiment.hyperparameters.text else {})
        )
        for experiment in (parent, child)
    ]
    np.testing.assert_allclose(*map(ops.convert_to_numpy, outputs), atol=1e-5)


def test_a_derived_run_killed_at_once_goes_on_from_its_parents_weights(
    corpus, tmp_path, monkeypatch
):
    parent = run(corpus, tmp_path, epochs=2, settings=SETTINGS)
    plan = plan_run({"learning_rate": 1e-12}, parent.name, tmp_path)

    def die():
        raise Killed

    with monkeypatch.context() as patch:
        interfere(patch, 1, die)
        with pytest.raises(Killed):
            train(plan, RunOptions(epochs=1, data=str(corpus)), tmp_path)
    child = run(corpus, tmp_path, model=plan.name, epochs=1)
    best = max(row["valid_log_likelihood"] for row in parent.history())
    assert child.history()[0]["valid_log_likelihood"] == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("parent_learns_on", [False, True])
def test_a_derived_run_killed_before_its_first_checkpoint(
    corpus, tmp_path, monkeypatch, parent_learns_on
):
    """It begins with its parent's weights, or not at all."""
    parent = run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    plan = plan_run({"learning_rate": 1e-12}, parent.name, tmp_path)

    def die(*_):
        raise Killed

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


def test_a_parent_that_saves_while_it_is_read(corpus, tmp_path, monkeypatch):
    """The child has the weights that its lineage names, or is told to begin again."""
    parent = run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    plan = plan_run({"text": True}, parent.name, tmp_path)
    seen = []

    def read(network, source, path):
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


def test_a_run_that_cannot_be_locked_leaves_no_directory(corpus, tmp_path, monkeypatch):
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


def test_other_data_is_refused(corpus, tmp_path):
    first = run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    other = make_corpus(tmp_path / "other.hdf5", seed=1)
    with pytest.raises(ValueError, match="learned from other data.*other.hdf5"):
        run(other, tmp_path, model=first.name, epochs=2)


def test_a_text_model_needs_texts_and_leaves_nothing_without(corpus, tmp_path):
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


@pytest.mark.parametrize(
    "explosion",
    [{"learning_rate": 1e30, "max_grad": 0.0}, {"learning_rate": 1e3}],
    ids=["not finite", "finite"],
)
def test_an_exploding_rate_stops_before_a_checkpoint(corpus, tmp_path, explosion):
    settings = SETTINGS | explosion
    with pytest.raises(FloatingPointError, match=r"step \d+ .*train-\d\d.*lower --lr"):
        run(corpus, tmp_path, epochs=3, settings=settings, checkpoint_minutes=0.0)
    (path,) = tmp_path.glob("handwriting-*")
    experiment = Experiment.load(path.name, tmp_path)
    weights_path, state = experiment.load_checkpoint("latest")
    assert state["step"] >= 1
    assert all(np.isfinite(value).all() for value in weights(experiment).values())


def test_ink_that_cannot_be_drawn_does_not_end_a_run(
    corpus, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(ExperimentRecord, "draw", DRAW)
    broken = [np.full((5, 3), np.nan, np.float32)]
    monkeypatch.setattr(ExperimentRecord, "sample", lambda self: broken)
    experiment = run(corpus, tmp_path, epochs=2, settings=SETTINGS)
    assert len(experiment.history()) == 2
    assert capsys.readouterr().err.count("no sketch.png of this epoch") == 2


def test_patience_ends_a_run_that_gets_no_better(corpus, tmp_path, monkeypatch, capsys):
    def worse(self, interrupts):
        found = usual(self, interrupts)
        valid = replace(found["valid"], log_likelihood=-1000.0 * self.position.step)
        return found | {"valid": valid}

    usual = TrainingRun._score
    monkeypatch.setattr(TrainingRun, "_score", worse)
    experiment = run(corpus, tmp_path, epochs=50, settings=SETTINGS, patience=2)
    assert [row["epoch"] for row in experiment.history()] == [1, 2, 3]
    assert experiment.load_checkpoint("best")[1]["epoch"] == 1
    why = "no better validation since epoch 1: with a greater --patience"
    assert why in capsys.readouterr().err
    run(corpus, tmp_path, experiment.name, epochs=50)  # the patience is kept
    assert why in capsys.readouterr().err
    assert len(experiment.history()) == 3
    run(corpus, tmp_path, experiment.name, epochs=4, patience=0)
    assert len(experiment.history()) == 4


def test_padding_and_lines_left_out_are_told(corpus, tmp_path, capsys):
    run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    told = capsys.readouterr().err
    assert "18 lines, 216 points, in 5 batches of 1 length, 10.0% of it pad" in told
    assert "left out" not in told


def test_history_is_in_nats_of_real_points_and_seconds_of_training(
    corpus, tmp_path, monkeypatch
):
    """By a clock that is a second later whenever it is looked at. Each epoch has 216
    points in 5 batches, and every line 12."""
    rate, norms = 1e-3, []
    usual = Network.train_on_batch

    def train_on_batch(self, *args, **kwargs):
        before = [
            ops.convert_to_numpy(value).copy() for value in self.trainable_variables
        ]
        result = usual(self, *args, **kwargs)
        steps = [
            np.linalg.norm(ops.convert_to_numpy(value) - old)
            for value, old in zip(self.trainable_variables, before, strict=True)
        ]
        norms.append(np.linalg.norm(steps) / rate)
        return result

    monkeypatch.setattr(Network, "train_on_batch", train_on_batch)
    clock = SimpleNamespace(perf_counter=itertools.count().__next__)
    monkeypatch.setattr("sketch.training.loop.time", clock)
    descent = {"step_method": "scale", "learning_rate": rate, "max_grad": 0.0}
    rows = run(corpus, tmp_path, settings=SETTINGS | descent).history()
    assert [row["seconds"] for row in rows] == [5.0, 10.0]
    assert [row["points_per_second"] for row in rows] == [216 / 5] * 2
    # Plain descent steps by the gradient of nats a line, times its rate; float32 keeps
    # four digits of a step of a thousandth.
    due = np.reshape(norms, (2, 5)).mean(axis=1) / 12
    np.testing.assert_allclose([row["gradient_norm"] for row in rows], due, rtol=1e-3)
    for row in rows:
        assert row["learning_rate"] == pytest.approx(rate, rel=1e-6)
        for name in ("train", "valid", "test"):
            assert row[f"{name}_log_likelihood"] == pytest.approx(
                12 * row[f"{name}_log_likelihood_per_point"], rel=1e-6
            )


@pytest.mark.parametrize(
    "method, rate", [("rmsprop", 1e-2), ("adagrad", 0.1), ("adadelta", 1.0)]
)
def test_the_step_methods_that_only_keras_knows_learn(corpus, tmp_path, method, rate):
    settings = SETTINGS | {"step_method": method, "learning_rate": rate}
    experiment = run(corpus, tmp_path, epochs=2, settings=settings)
    rows = experiment.history()
    assert rows[-1]["train_log_likelihood"] > rows[0]["train_log_likelihood"]

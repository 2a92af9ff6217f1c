"""Epochs, checkpoints and ends of a run: resumed exactly, stopped before it is lost."""

import itertools
import json
import math
import re
import shutil
import signal
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops
from toy_runs import (
    NOISY,
    SETTINGS,
    Killed,
    assert_same_run,
    die,
    interfere,
    run,
    run_to_end,
    weights,
)

from sketch.experiment.experiment import Experiment
from sketch.model.network import Network
from sketch.training.forecast import DAY, Forecast
from sketch.training.network_run import RECIPE, TrainingRun


def open_run(unbroken, root) -> Experiment:
    return Experiment.load(unbroken.name, root)


def test_one_cycle_resumed_without_epochs_keeps_its_end(corpus, tmp_path, monkeypatch):
    settings = SETTINGS | {"schedule": "one-cycle"}
    unbroken = run(corpus, tmp_path / "a", epochs=3, settings=settings)
    rates = [row["learning_rate"] for row in unbroken.history()]
    fallen = (np.arange(1, 4) / 3 - 0.3) / 0.7  # it rises for 30 % of the whole
    due = 1e-2 * (0.5 + 0.5 * np.cos(np.pi * fallen))
    np.testing.assert_allclose(rates, due, rtol=1e-5, atol=1e-9)
    with monkeypatch.context() as patch:
        interfere(patch, Network, 7, lambda: signal.raise_signal(signal.SIGTERM))
        end = run_to_end(corpus, tmp_path / "b", epochs=3, settings=settings)
    assert (end.step, end.signal_number) == (7, signal.SIGTERM)
    resumed = run(corpus, tmp_path / "b", model=unbroken.name, epochs=None)
    assert_same_run(unbroken, resumed)


def test_resume_with_more_epochs_or_none_left_says_so(corpus, tmp_path, capsys):
    settings = SETTINGS | {"schedule": "one-cycle"}
    first = run(corpus, tmp_path, epochs=1, settings=settings)
    assert "goes on at" not in capsys.readouterr().err
    run(corpus, tmp_path, model=first.name, epochs=2)
    printed = capsys.readouterr().err
    assert "begun for --epochs 1, goes on for 2: the learn" in printed
    assert printed.endswith("goes on at epoch 2, step 6\n")
    run(corpus, tmp_path, model=first.name, epochs=None)
    printed = capsys.readouterr().err
    assert "--epochs 2 is reached; with a greater one" in printed
    assert "goes on at" not in printed
    assert len(first.history()) == 2


def test_resume_without_a_latest_checkpoint_takes_the_best(
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


def test_resume_under_another_backend_says_so(corpus, tmp_path, capsys):
    first = run(corpus, tmp_path, epochs=1, settings=NOISY)
    (path,) = first.path.glob("checkpoints/latest/state.json")
    content = json.loads(path.read_text())
    assert content["state"].pop("backend") == keras.backend.backend()
    content["state"]["backend"] = "another"
    path.write_text(json.dumps(content))
    capsys.readouterr()
    run(corpus, tmp_path, model=first.name, epochs=2)
    printed = capsys.readouterr().err
    assert f"begun under another, goes on under {keras.backend.backend()}" in printed
    random = "other random numbers in dropout and weight noise"
    assert f"the same weights, optimizer and order of lines; {random}\n" in printed


def test_run_killed_within_an_epoch_resumes_exactly(
    corpus, tmp_path, monkeypatch, unbroken
):
    """18 lines in batches of 4: step 8 is the third of the second epoch."""
    with monkeypatch.context() as patch:
        interfere(patch, Network, 8, die)
        with pytest.raises(Killed):
            run(corpus, tmp_path / "b", epochs=3, checkpoint_minutes=0.0)
    _, state = open_run(unbroken, tmp_path / "b").load_checkpoint("latest")
    assert (state["epoch"], state["batch"], state["step"]) == (1, 2, 7)
    assert_same_run(unbroken, run(corpus, tmp_path / "b", "continue", epochs=3))


def test_signal_saves_and_ends_a_run(corpus, tmp_path, monkeypatch, unbroken):
    with monkeypatch.context() as patch:
        interfere(patch, Network, 7, lambda: signal.raise_signal(signal.SIGINT))
        end = run_to_end(corpus, tmp_path / "b", epochs=3)
    assert (end.directory.name, end.step) == (unbroken.name, 7)
    assert end.signal_number == signal.SIGINT
    assert_same_run(unbroken, run(corpus, tmp_path / "b", "continue", epochs=3))


def test_signal_before_the_first_batch_does_not_wait_for_it(
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
        end = run_to_end(corpus, tmp_path)
    assert (end.step, end.signal_number) == (0, signal.SIGINT)
    err = capfd.readouterr().err
    assert "\nstops after this batch, and saves; a second signal stops at once\n" in err
    assert len(run(corpus, tmp_path, "continue").history()) == 2


@pytest.mark.parametrize(
    "minutes, epoch, saves",
    [(60.0, 2, 0), (0.0, 2, 0), (60.0, 3, 1)],
    ids=["no checkpoint", "a checkpoint", "the best alone"],
)
def test_run_killed_between_history_and_checkpoint_ends_the_epoch_once(
    corpus, tmp_path, monkeypatch, minutes, epoch, saves, unbroken, capsys
):
    """The epoch is done again, or ended again, and stands in the history once.

    With a checkpoint behind its last batch, its row is of a step that is not lost. The
    best weights are saved before a state that knows of them.
    """
    left = saves

    def save_or_die(self, kind):
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
        patch.setattr(TrainingRun, "_save", save_or_die)
        with pytest.raises(Killed):
            run(corpus, tmp_path / "b", epochs=3, checkpoint_minutes=minutes)
    rows = open_run(unbroken, tmp_path / "b").history()
    assert [row["epoch"] for row in rows] == list(range(1, epoch + 1))
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
    clock = SimpleNamespace(monotonic=lambda: now, perf_counter=lambda: now)
    monkeypatch.setattr("sketch.training.loop.time", clock)
    with pytest.raises(Killed):
        run(corpus, tmp_path, checkpoint_minutes=5.0)
    assert saved == [0, 301, 602]


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")  # of 1e39
@pytest.mark.parametrize(
    "explosion, step, message",
    [
        ({"learning_rate": 1e39}, None, "step 0 left the optimizer's learning_rate n"),
        (
            {"learning_rate": 3e38, "step_method": "scale"},
            0,
            "step 1 left the network's .* not finite; the last",
        ),
        ({"learning_rate": 1e3}, 1, r"step \d+ .*on lines train-\d\d"),
    ],
    ids=["infinite rate", "infinite weights", "finite weights"],
)
def test_exploding_rate_stops_a_run_before_a_checkpoint(
    corpus, tmp_path, explosion, step, message
):
    """Loss and norm of a step are of before it. 1e39 is infinite in float32."""
    settings = SETTINGS | {"max_grad": 0.0} | explosion
    kept = "no checkpoint was saved yet" if step is None else r"of step \d+, is kept"
    message += f".*{kept}; try a lower --lr or --max-grad"
    with pytest.raises(FloatingPointError, match=message):
        run(corpus, tmp_path, epochs=3, settings=settings, checkpoint_minutes=0.0)
    (path,) = tmp_path.glob("handwriting-*")
    experiment = Experiment.load(path.name, tmp_path)
    if step is None:
        assert experiment.latest_or_best() is None
        return
    _, state = experiment.load_checkpoint("latest")
    assert state["step"] >= step if step else state["step"] == 0
    found = weights(experiment)
    assert len(found) > 5
    assert all(np.isfinite(value).all() for value in found.values())


def test_patience_ends_a_run_that_gets_no_better(corpus, tmp_path, monkeypatch, capsys):
    def worse(self, interrupts):
        found = usual(self, interrupts)
        worse = {"log_likelihood": -1000.0 * self.position.step}
        return found | {"valid": found["valid"] | worse}

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


def test_history_is_in_nats_of_real_points_and_seconds_of_training(
    corpus, tmp_path, monkeypatch
):
    """By a clock that is a second later whenever it is looked at. Each epoch has 20
    lines of 12 points, two of them twice, in 5 batches."""
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
    ticks = itertools.count().__next__
    clock = SimpleNamespace(perf_counter=ticks, monotonic=lambda: 0)
    monkeypatch.setattr("sketch.training.loop.time", clock)
    descent = {"step_method": "scale", "learning_rate": rate, "max_grad": 0.0}
    rows = run(corpus, tmp_path, settings=SETTINGS | descent).history()
    assert [row["seconds"] for row in rows] == [5.0, 10.0]
    assert [row["points_per_second"] for row in rows] == [240 / 5] * 2
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
    "settings, seconds, due",
    [
        ({}, 59.0, ""),
        ({"text": True}, 7 * DAY, f"about 7 days .* like this one: --text {RECIPE}\n"),
    ],
    ids=["seconds", "days"],
)
def test_run_says_after_its_first_steps_how_long_it_will_take(
    corpus, tmp_path, monkeypatch, capsys, settings, seconds, due
):
    forecasts = []
    monkeypatch.setattr(Forecast, "add", lambda self, batch, seconds: not forecasts)
    monkeypatch.setattr(
        Forecast, "seconds", lambda self, epochs: forecasts.append(epochs) or seconds
    )
    interfere(monkeypatch, Network, 2, die)
    with pytest.raises(Killed):
        run(corpus, tmp_path, epochs=5, settings=SETTINGS | settings)
    assert forecasts == [5 - 1 / 5]
    printed = capsys.readouterr().err.partition("padding\n")[2]
    assert re.search(due, printed) if due else printed == ""

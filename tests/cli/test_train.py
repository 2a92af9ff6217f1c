"""`sketch train` hands on what was typed, and nothing else."""

import re
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from sketch.settings.run_options import RunOptions
from sketch.training.loop import RunEnd


@pytest.fixture
def calls(monkeypatch):
    """What the command calls, in place of training."""
    calls = {"end": RunEnd(SimpleNamespace(name="toy", path=Path("x")), 9)}

    def plan_with_data(given, model, options, root, processes):
        calls.update(given=given, model=model, options=options, root=root)
        return "plan", options, calls.get("notice")

    def train(plan, options, root, progress, processes):
        calls.update(trained=(plan, options, root), progress=progress)
        return calls["end"]

    def set_up(backend, precision, trains):
        calls.update(set_up=(backend, precision))

    monkeypatch.setattr("sketch.training.plan_data.plan_with_data", plan_with_data)
    monkeypatch.setattr("sketch.training.network_run.train", train)
    monkeypatch.setattr("sketch.backend.devices.set_up", set_up)
    return calls


def test_train_without_options_gives_no_setting(sketch, calls):
    assert sketch("train") == (0, "x/sketch.png\n", "")
    assert calls["given"] == {}
    assert calls["model"] is None
    assert calls["options"] == RunOptions()
    assert calls["root"] == Path("experiments")
    assert calls["trained"] == ("plan", RunOptions(), Path("experiments"))
    assert calls["set_up"] == (None, None)  # the plan would settle it
    assert calls["progress"] is False  # stderr is no terminal here


def test_typed_options_are_given_even_if_they_are_the_default(sketch, calls):
    result = sketch(
        *("train", "--dim", 700, "--depth", 1, "--bs", 56, "--lr", "1e-3", "-G", 10),
        *("--gru", "--max-length", 600, "--step-method", "graves", "--model", "old"),
        *("--epochs", 3, "--patience", 2, "--data", "d.hdf5", "--backend", "torch"),
        *("--precision", "mixed_bfloat16", "--checkpoint-minutes", 0, "--progress"),
        *("--experiments", "runs"),
    )
    assert result.code == 0
    assert calls["given"] == {
        "dim": 700,
        "depth": 1,
        "batch_size": 56,
        "learning_rate": 1e-3,
        "mixtures": 10,
        "gru": True,
        "max_length": 600,
        "step_method": "graves",
    }
    assert calls["model"] == "old"
    assert calls["options"] == RunOptions(
        epochs=3,
        patience=2,
        data=("d.hdf5",),
        backend="torch",
        precision="mixed_bfloat16",
        checkpoint_minutes=0,
    )
    assert calls["root"] == Path("runs")
    assert calls["set_up"] == ("torch", "mixed_bfloat16")
    assert calls["progress"] is True


def test_experiments_are_taken_from_the_environment(sketch, calls, monkeypatch):
    monkeypatch.setenv("SKETCH_EXPERIMENTS", "runs")
    sketch("train")
    assert calls["root"] == Path("runs")


def test_a_notice_goes_to_stderr(sketch, calls):
    calls["notice"] = "no corpus found"
    assert sketch("train") == (0, "x/sketch.png\n", "no corpus found\n")


def test_settings_beside_model_are_checked_with_the_experiment(sketch, calls):
    # --skip needs --depth > 1, and the depth is the experiment's.
    assert sketch("train", "--model", "old", "--depth", 1, "--skip").code == 0


def test_run_stopped_by_a_signal_says_how_to_resume(sketch, calls, experiment):
    calls["end"] = RunEnd(experiment, 94, signal.SIGTERM)
    result = sketch("train", "--data", "a b.hdf5")
    assert (result.code, result.err) == (143, "")
    printed = (
        "stopped at step 94, all saved; to go on: sketch train --model hand.*/a b.hdf5'"
    )
    assert re.match(printed, result.out)


def test_help_groups_the_options(sketch):
    text = sketch("train", "--help").out
    groups = re.split(r"^(\w+):\n", text, flags=re.MULTILINE)[1:]
    found = {
        group: re.findall(r"^  (?:-\w, )?(--[\w-]+)", rows, re.MULTILINE)
        for group, rows in zip(groups[::2], groups[1::2], strict=True)
    }
    assert list(found) == ["Model", "Optimisation", "Data", "Run", "Machines"]
    for group, flags in {
        "Model": "--depth --text --peepholes",
        "Optimisation": "--bs --lr --seed",
        "Data": "--name --data --memory",
        "Run": "--model --epochs --experiments --help",
        "Machines": "--devices --coordinator --process --backend",
    }.items():
        assert set(flags.split()) <= set(found[group])
    all_flags = sum(found.values(), [])
    assert len(all_flags) == len(set(all_flags)) > 35

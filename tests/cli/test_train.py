"""`sketch train` hands on what was typed, and nothing else."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sketch.settings.run_options import RunOptions


@pytest.fixture
def calls(monkeypatch):
    """What the command calls, in place of training."""
    calls = {}

    def plan_with_data(given, model, options, root, processes):
        calls.update(given=given, model=model, options=options, root=root)
        return "plan", options, calls.get("notice")

    def train(plan, options, root, progress, processes):
        calls.update(trained=(plan, options, root), progress=progress)
        return SimpleNamespace(sketch_path=Path("x/sketch.png"))

    def set_up(backend, precision):
        calls.update(set_up=(backend, precision))

    for name, module in {
        "data": SimpleNamespace(plan_with_data=plan_with_data),
        "training": SimpleNamespace(train=train),
        "devices": SimpleNamespace(set_up=set_up),
    }.items():
        monkeypatch.setitem(sys.modules, f"sketch.experiment.{name}", module)
        monkeypatch.setattr(f"sketch.experiment.{name}", module, raising=False)
    return calls


def test_nothing_typed_is_nothing_given(sketch, calls):
    assert sketch("train") == (0, "x/sketch.png\n", "")
    assert calls["given"] == {}
    assert calls["model"] is None
    assert calls["options"] == RunOptions()
    assert calls["root"] == Path("experiments")
    assert calls["trained"] == ("plan", RunOptions(), Path("experiments"))
    assert calls["set_up"] == (None, None)  # the plan would settle it
    assert calls["progress"] is False  # stderr is no terminal here


def test_what_is_typed_is_given_though_it_be_the_default(sketch, calls):
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


def test_the_folder_of_experiments_may_be_in_the_environment(
    sketch, calls, monkeypatch
):
    monkeypatch.setenv("SKETCH_EXPERIMENTS", "runs")
    sketch("train")
    assert calls["root"] == Path("runs")


def test_a_notice_goes_to_stderr(sketch, calls):
    calls["notice"] = "no corpus found"
    assert sketch("train") == (0, "x/sketch.png\n", "no corpus found\n")


def test_settings_that_only_the_experiment_can_judge_are_left_to_it(sketch, calls):
    # --skip needs --depth > 1, and the depth is the experiment's.
    assert sketch("train", "--model", "old", "--depth", 1, "--skip").code == 0

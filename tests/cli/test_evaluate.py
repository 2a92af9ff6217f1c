"""`sketch evaluate` hands on what was typed, and prints one report."""

import json
from pathlib import Path

import pytest

from sketch.experiment.experiment import Experiment
from sketch.ink.alphabet import Alphabet
from sketch.settings.hyperparameters import Hyperparameters


@pytest.fixture
def experiment(tmp_path):
    facts = {
        "alphabet": Alphabet(()),
        "offset_mean": [0, 0],
        "offset_std": [1, 1],
        "data_digest": "0",
    }
    settings = Hyperparameters(depth=1, dim=8)
    return Experiment.create(tmp_path / "experiments", settings, facts)


class Report:
    def __str__(self):
        return "log-likelihood 1.5"

    def to_json(self):
        return {"format": "sketch evaluation 1", "notes": ["é"]}


@pytest.fixture
def calls(monkeypatch):
    """What the command calls, in place of scoring."""
    calls = {}

    def evaluate_experiment(experiment, *args):
        calls["scored"] = (experiment.name, *args)
        if "error" in calls:
            raise calls["error"]
        return Report()

    def set_up(backend, precision):
        calls["set_up"] = (backend, precision)

    monkeypatch.setattr(
        "sketch.evaluation.score.evaluate_experiment", evaluate_experiment
    )
    monkeypatch.setattr("sketch.backend.devices.set_up", set_up)
    return calls


def test_defaults(sketch, experiment, calls):
    result = sketch("evaluate", "--model", experiment.name)
    assert result == (0, "log-likelihood 1.5\n", "")
    root = Path("experiments")
    assert calls["scored"] == (experiment.name, root, "graves", (), "best", 64, False)
    assert calls["set_up"] == (None, "float32")


def test_everything_typed_arrives(sketch, experiment, calls):
    result = sketch(
        *("evaluate", "--model", experiment.path, "--protocol", "udibr"),
        *("--data", "x.hdf5", "--data", "y", "--checkpoint", "latest"),
        *("--batch-size", 7),
        *("--json", "--backend", "torch", "--progress"),
    )
    assert result.code == 0
    assert json.loads(result.out) == {"format": "sketch evaluation 1", "notes": ["é"]}
    files = Path("x.hdf5"), Path("y")
    assert calls["scored"][2:] == ("udibr", files, "latest", 7, True)
    assert calls["set_up"] == ("torch", "float32")


@pytest.mark.parametrize(
    "error", [ValueError("a\nb"), FloatingPointError("line x, point 3: nan")]
)
def test_a_failure_is_one_line(sketch, experiment, calls, error):
    calls["error"] = error
    result = sketch("evaluate", "--model", experiment.name)
    assert (result.code, result.out) == (1, "")
    assert result.err == f"Error: {' '.join(str(error).split())}\n"


def test_wrong_usage(sketch, experiment, calls):
    assert sketch("evaluate").code == 2
    result = sketch("evaluate", "--model", experiment.name, "--protocol", "mine")
    assert result.code == 2
    assert "'mine' is not one of" in result.err
    assert sketch("evaluate", "--model", "nope").code == 1
    assert "scored" not in calls

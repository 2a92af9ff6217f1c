"""`sketch evaluate` passes on what was typed, and prints one report."""

import json
from pathlib import Path

import pytest

REPORT = {"notes": ["é"], "text": "log-likelihood 1.5"}


@pytest.fixture
def calls(monkeypatch):
    """What the command calls, in place of scoring."""
    calls = {}

    def evaluate_experiment(experiment, *args):
        calls["scored"] = (experiment.name, *args)
        if "error" in calls:
            raise calls["error"]
        return REPORT

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
    scored = (experiment.name, root, "graves", (), "best", 64, False, None)
    assert calls["scored"] == scored
    assert calls["set_up"] == (None, "float32")


def test_everything_typed_arrives(sketch, experiment, calls):
    result = sketch(
        *("evaluate", "--model", experiment.path, "--protocol", "udibr"),
        *("--data", "x.hdf5", "--data", "y", "--checkpoint", "latest"),
        *("--batch-size", 7),
        *("--json", "--backend", "torch", "--progress", "--compare", __file__),
    )
    assert result.code == 0 and json.loads(result.out) == REPORT
    scored = ("udibr", (Path("x.hdf5"), Path("y")), "latest", 7, True, Path(__file__))
    assert calls["scored"][2:] == scored
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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--style", "--legibility"], "are two measurements"),
        (["--style", "--protocol", "vrnn"], "--protocol does not go with --style"),
        (["--bias", 1], "--bias goes only with --legibility or --style"),
        (["--style", "--recogniser", "x"], "goes only with --legibility"),
        (["--check", "x"], "--check goes only with --legibility"),
        (["--legibility", "--compare", "setup"], "does not exist"),
    ],
)
def test_options_of_another_measurement_are_refused(
    sketch, experiment, calls, options, words
):
    result = sketch("evaluate", experiment.name, *options)
    assert result.code == 2 and words in result.err and calls == {}


def test_style_and_legibility_share_their_options(sketch, experiment, monkeypatch):
    found = []

    def evaluate(*args):
        found.append(args[1:])
        return REPORT

    monkeypatch.setattr("sketch.evaluation.style.evaluate_style", evaluate)
    monkeypatch.setattr("sketch.backend.devices.set_up", lambda *_: None)
    options = ("--bias", 2, "-n", 5, "--tries", 3, "--seed", 4, "--no-progress")
    result = sketch("evaluate", experiment.name, "--style", *options)
    assert result.code == 0, result.err
    assert found == [(Path("experiments"), (), "best", (2.0,), 5, 3, 4, False)]

"""`sketch sample` writes what it says, and overwrites nothing."""

import numpy as np
import pytest

from sketch.experiment.directory import Experiment
from sketch.experiment.hyperparameters import Hyperparameters
from sketch.ink.text import Alphabet


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


@pytest.fixture
def calls(monkeypatch):
    """What is asked of the sampler, in place of sampling."""
    calls = []

    def sample_experiment(experiment, count, steps, bias, seed):
        calls.append((experiment.name, count, steps, bias, seed))
        strokes = np.random.default_rng(seed).normal(size=(count, steps, 3))
        strokes[:, :, 2] = strokes[:, :, 2] > 1
        return list(strokes.astype(np.float32))

    monkeypatch.setattr("sketch.experiment.pen.sample_experiment", sample_experiment)
    return calls


def test_defaults_write_into_the_experiment(sketch, experiment, calls):
    result = sketch("sample", "--model", experiment.name, "-n", 4, "--steps", 9)
    assert result.code == 0, result.err
    assert calls == [(experiment.name, 4, 9, 0.0, 0)]
    picture = "experiments/" + experiment.name
    picture += "/samples/sample-n4-steps9-bias0-seed0"
    names = [f"{picture}.png", f"{picture}-pen.png"]
    assert [line[line.index("experiments/") :] for line in result.out.split()] == names
    for line in result.out.split():
        with open(line, "rb") as file:
            assert file.read(8) == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "options", [["--output", "a.svg"], ["--output", "a", "--format", "svg"]]
)
def test_svg(sketch, experiment, calls, tmp_path, options):
    result = sketch("sample", "--model", experiment.name, "-n", 2, *options)
    assert result.code == 0, result.err
    assert calls == [(experiment.name, 2, 700, 0.0, 0)]
    assert b"<svg" in (tmp_path / options[1]).read_bytes()
    assert (tmp_path / "a-pen.png").exists()


@pytest.mark.parametrize("there", ["a.png", "a-pen.png"])
def test_nothing_is_overwritten_without_force(
    sketch, experiment, calls, tmp_path, there
):
    (tmp_path / there).write_text("mine")
    arguments = ("sample", "--model", experiment.name, "--output", "a.png", "-n", 1)
    result = sketch(*arguments)
    assert result == (1, "", f"Error: {there} is there already; --force overwrites\n")
    assert (tmp_path / there).read_text() == "mine"
    assert calls == []
    assert sketch(*arguments, "--force").code == 0


def test_an_unknown_experiment_is_named(sketch, calls):
    result = sketch("sample", "--model", "nope")
    assert result.code == 1
    assert "there is no experiment 'nope'" in result.err

"""The program of docs/export.md, where neither keras nor sketch can be imported."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from untrained import make_experiment

from sketch.experiment.weights import build_network
from sketch.generation.onnx_step import build_step
from sketch.generation.sampling import SamplingLoop, sample
from sketch.ink.strokes import denormalise, split_pen_strokes
from sketch.writing.facts import step_facts

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
(PROGRAM,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(COMMAND,) = re.findall(r"(?m)^ {4}(sketch export .*onnx)$", PAGE)
ALONE = "import sys; sys.modules |= dict.fromkeys(('keras', 'jax', 'onnx', 'sketch'))\n"
KEEP = "\nnp.save('points.npy', points)\n"


@pytest.fixture
def written(sketch, root, tmp_path, monkeypatch):
    """An experiment, and the points by the program from its file."""
    monkeypatch.setattr("sketch.writing.pen.PATIENCE", 4.0)  # 240 steps
    experiment = make_experiment(root, name="toy", depth=2, uniform=0.4)
    network = build_network(experiment)
    bias = network.output_layer.bias
    bias.assign(np.float32([-2.0, *bias.numpy()[1:]]))  # few lifts: it does not end
    experiment.save_checkpoint("best", network.save_weights, {"step": 0})
    words = [experiment.name if w == "iam-text" else w for w in shlex.split(COMMAND)]
    result = sketch(*words[1:])
    assert (result.code, result.out) == (0, "pen.onnx\n"), result.err
    program = ALONE + PROGRAM + KEEP
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    return experiment, np.load(tmp_path / "points.npy")


def test_the_program_writes_what_sketch_samples(written, tmp_path):
    assert len(PROGRAM.splitlines()) <= 40
    experiment, points = written
    loop = SamplingLoop(build_network(experiment))
    loop.network.load_weights(experiment.load_checkpoint("best")[0])
    codes = [experiment.alphabet.encode("an early start")]
    trace = sample(loop, 1, 240, 1.0, [(4, 0, 0, 0)], codes)
    # Rounding grows along a line.
    np.testing.assert_allclose(points[1:], trace.strokes[0], atol=1e-3)
    ink = denormalise(points, experiment.offset_mean, experiment.offset_std)
    svg = (tmp_path / "ink.svg").read_text()
    drawn = re.findall(r"M([^h]*)h0", svg)
    expected = split_pen_strokes(ink[1:])
    assert len(drawn) == len(expected)
    for pen, other in zip(drawn, expected, strict=True):
        pen = [point.split(",") for point in pen.split()]
        np.testing.assert_allclose(np.float64(pen), other, atol=0.06)


def test_the_tables_of_the_page_name_all_that_is_in_the_file(root):
    experiment = make_experiment(root)
    graph = build_step(build_network(experiment), (0.2, 0.3)).graph
    inputs, outputs = ({put.name for put in p} for p in (graph.input, graph.output))
    facts = {"states", *step_facts(experiment)}
    first_columns = "".join(re.findall(r"(?m)^\| (.*?) \|", PAGE))
    named = set(re.findall(r"`(\w+)`", first_columns))
    assert named <= inputs | outputs | facts
    assert inputs | facts | {"next_point", "phi", "has_ended"} <= named

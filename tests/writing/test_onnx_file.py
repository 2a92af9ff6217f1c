"""ONNX Runtime takes the steps of the sampling loop."""

import pytest

from sketch.generation.onnx_step import build_step
from sketch.model.network import Network
from sketch.writing.onnx_file import TOLERANCE, check_step

SPEEDS = (0.3, 1.2)


def network(**kwargs):
    settings = {"dim": 8, "depth": 2, "num_mixtures": 3, "window_mixtures": 2}
    settings |= {"first_input": (-0.2, 0.01, 0.0), "uniform": 0.3}
    made = Network(**(settings | kwargs))
    for layer in made.recurrent_layers:
        if getattr(layer, "peephole_kernel", None) is not None:
            layer.peephole_kernel.assign(0.3 * layer.kernel.value[:3, :8])
    return made


@pytest.mark.parametrize(
    "settings",
    [
        {"num_symbols": 5, "depth": 3, "skip": True},
        {"num_symbols": 5, "depth": 1, "peepholes": True},
        {"cell": "gru", "top": True},
    ],
)
def test_steps_are_those_of_the_loop(settings):
    pen = network(**settings)
    differences = check_step(build_step(pen, SPEEDS).SerializeToString(), pen, SPEEDS)
    assert max(differences.values()) < TOLERANCE


def test_another_step_is_refused():
    pen = network(num_symbols=5)
    model = build_step(pen, (0.3, 1.3)).SerializeToString()  # another fade of the bias
    with pytest.raises(ValueError, match=r"next_point of onnxruntime .* differs by "):
        check_step(model, pen, SPEEDS)

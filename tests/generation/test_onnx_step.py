"""The graph by itself; tests/writing/test_onnx_file.py compares it with the loop."""

import numpy as np
import onnxruntime
from onnx import TensorProto

from sketch.generation.attention import find_end
from sketch.generation.onnx_graph import MIN_HALF
from sketch.generation.onnx_step import build_step, describe_states
from sketch.generation.terms import FIRST_SPEED
from sketch.model.network import Network

START = (-0.2, 0.01, 0.0)


def step(model, network, rows, **inputs):
    """The outputs by name of the first step; `noise` is drawn."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    rng = np.random.default_rng(0)
    noise = np.concatenate([rng.random((rows, 1)), rng.normal(size=(rows, 2))], 1)
    inputs |= {"noise": np.insert(noise, 3, rng.random(rows), 1).astype(np.float32)}
    inputs["probability_bias"] = np.zeros(rows, np.float32)
    for name, (size, first) in describe_states(network).items():
        inputs[name] = np.full((rows, size), first, np.float32)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs), strict=True))


def test_a_text_has_ended_where_find_end_says():
    network = Network(4, 1, 1, START, num_symbols=3)
    for weight in network.trainable_weights:
        weight.assign(np.zeros(weight.shape))
    raw = [0.0, 0.0, *START[:2], *np.log([0.15, 0.15]), 0.0]  # a pen that hardly moves
    network.output_layer.bias.assign(raw)
    rng = np.random.default_rng(1)
    points = np.float32([START] * 200)
    points[:, 2] = rng.random(200) < 0.5
    text = np.eye(3, dtype=np.float32)[None, [1, 2, 0]].repeat(200, 0)
    model = build_step(network, (0.2, 0.3))
    outputs = step(model, network, 200, point=points, characters=text)
    pairs = np.stack([points, outputs["next_point"]], 1)
    ends = [find_end(pair, np.float32(START[:2])) is not None for pair in pairs]
    assert 10 < sum(ends) < 190
    assert (outputs["has_ended"] == ends).all()


def test_weights_are_in_half_precision_where_that_loses_nothing():
    network = Network(40, 1, 3, START)
    model = build_step(network, (0.2, 0.3))
    assert {array.data_type for array in model.graph.initializer} == {
        TensorProto.FLOAT,
        TensorProto.INT64,
    }
    for weight in network.trainable_weights:
        weight.assign(weight.numpy().astype(np.float16))
    half = build_step(network, (0.2, 0.3))
    sizes = {array.name: np.prod(array.dims) for array in half.graph.initializer}
    are_half = {
        array.name
        for array in half.graph.initializer
        if array.data_type == TensorProto.FLOAT16
    }
    assert are_half == {name for name, size in sizes.items() if size >= MIN_HALF}
    assert any("recurrent_kernel" in name for name in are_half)


def test_the_first_step_has_the_first_speed():
    network = Network(4, 1, 1, START)
    model = build_step(network, (0.2, 0.3))
    outputs = step(model, network, 1, point=np.float32([START]))
    assert outputs["next_speed"] == np.float32(FIRST_SPEED)

"""Fast paths against the generic ones: values, gradients, both precisions."""

import keras
import numpy as np
import pytest
from gradients import gradients, weight_gradients
from keras import ops

from sketch.model import cell, fast
from sketch.model.network import Network

BATCH, TIME, FEATURES, UNITS = 3, 9, 4, 5
NETWORKS = {
    "free": {"depth": 2},
    "text": {"depth": 2, "num_symbols": 7},
    "text, one layer": {"depth": 1, "num_symbols": 7},
}


@pytest.fixture(params=[False, True], ids=["short", "long"])
def is_long(request, monkeypatch):
    """Long batches: under JAX the gradient in pieces, and no gates kept."""
    if request.param and keras.backend.backend() == "jax":
        from sketch.model import fast_jax

        monkeypatch.setattr(fast_jax, "PIECE", 4)
        monkeypatch.setattr(fast_jax, "MAX_OUTPUTS_WITH_GATES", 0)
    return request.param


@pytest.mark.skipif(not fast.has_lstm(), reason="this backend has no fast LSTM")
def test_lstm_has_values_and_gradients_of_a_loop_over_steps(is_long):
    rng = np.random.default_rng(2)
    shapes = {
        "inputs": (TIME, BATCH, FEATURES),
        "kernel": (FEATURES, 4 * UNITS),
        "recurrent": (UNITS, 4 * UNITS),
        "bias": (4 * UNITS,),
        "output": (BATCH, UNITS),
        "cell": (BATCH, UNITS),
    }
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in shapes.values()]
    towards, cell_weight = (
        ops.convert_to_tensor(rng.normal(size=shape).astype(np.float32))
        for shape in ((TIME, BATCH, UNITS), (BATCH, UNITS))
    )

    def score(inputs, kernel, recurrent, bias, *state):
        weights = cell.LSTMWeights(kernel, recurrent, bias)
        outputs, last_cell = fast.lstm([inputs], weights, state, "float32")
        return ops.sum(outputs * towards) + ops.sum(last_cell * cell_weight)

    def loop(inputs, kernel, recurrent, bias, output, last_cell):
        total = 0.0
        for t in range(TIME):
            sums = ops.matmul(inputs[t], kernel) + ops.matmul(output, recurrent) + bias
            sums = ops.split(sums, 4, axis=-1)
            output, last_cell, _ = cell.forward(sums, last_cell, ops.sigmoid, ops.tanh)
            total = total + ops.sum(output * towards[t])
        return total + ops.sum(last_cell * cell_weight)

    tensors = [ops.convert_to_tensor(array) for array in arrays]
    value, expected = (float(ops.convert_to_numpy(f(*tensors))) for f in (score, loop))
    assert value == pytest.approx(expected, rel=1e-5)
    pairs = zip(gradients(score, *arrays), gradients(loop, *arrays), strict=True)
    for name, (ours, theirs) in zip(shapes, pairs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5, err_msg=name)


def network_of(kind, precision="float32"):
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return Network(
            dim=24,
            num_mixtures=2,
            first_input=(-0.2, 0.01, 0.0),
            window_mixtures=3,
            advance=0.3,
            **NETWORKS[kind],
        )
    finally:
        keras.config.set_dtype_policy(former)


def batch_of(network, time=21):
    rng = np.random.default_rng(0)
    strokes = rng.normal(size=(3, time, 3)).astype(np.float32)
    strokes[..., 2] = strokes[..., 2] > 1
    mask = (np.arange(time) < np.array([[time], [time - 3], [4]])).astype(np.float32)
    inputs = {"strokes": strokes * mask[..., None], "mask": mask}
    if network.has_text:
        inputs["text"] = rng.integers(0, 7, size=(3, 5)).astype(np.int32)
        inputs["text"][1, 3:] = -1
    return inputs


def largest_difference(network, found, expected):
    """The weight whose gradient differs most, and by which share of its norm."""
    shares = {
        variable.path: np.linalg.norm(one - other) / np.linalg.norm(other)
        for variable, one, other in zip(
            network.trainable_variables, found, expected, strict=True
        )
    }
    return max(shares.items(), key=lambda item: item[1])


@pytest.mark.parametrize("kind", NETWORKS)
def test_gradients_of_a_network_equal_those_of_the_generic_path(
    kind, is_long, monkeypatch
):
    network = network_of(kind)
    inputs = batch_of(network)
    found = weight_gradients(network, inputs)
    monkeypatch.setattr(fast, "has_lstm", lambda: False)
    expected = weight_gradients(network, inputs)
    # Sums of some hundred float32 products, in another order.
    name, share = largest_difference(network, found, expected)
    assert share < 1e-5, name


@pytest.mark.parametrize("kind", ["free", "text"])
def test_gradients_in_low_precision_are_near_those_in_float32(kind):
    low, full = network_of(kind, "mixed_bfloat16"), network_of(kind)
    full.set_weights(low.get_weights())
    inputs = batch_of(low)
    found, expected = (weight_gradients(each, inputs) for each in (low, full))
    name, share = largest_difference(low, found, expected)
    assert 1e-5 < share < 0.02, name  # some products were rounded


@pytest.mark.parametrize("with_window", [False, True])
def test_networks_run_by_the_fast_path_where_there_is_one(with_window, monkeypatch):
    lengths, usual = [], fast.lstm

    def spy(inputs, *rest):
        lengths.append(len(inputs[0]))
        return usual(inputs, *rest)

    monkeypatch.setattr(fast, "lstm", spy)
    network = network_of("text" if with_window else "free")
    network(batch_of(network))
    assert lengths == ([21, 21] if fast.has_lstm() else [])

"""LSTM and GRU against Keras' own layers, numpy loops, and themselves step by step."""

import functools

import keras
import ml_dtypes
import numpy as np
import pytest
from keras import ops

from sketch.model import fast
from sketch.model.recurrent import GRU, LSTM

BATCH, TIME, FEATURES, UNITS = 3, 9, 4, 5
MANY_FEATURES = 20  # more than NARROW: products of so few are never rounded
# Sums of some ten float32 products of order 1, over nine steps.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def inputs(seed=0, features=FEATURES):
    shape = (BATCH, TIME, features)
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def built(layer, features=FEATURES):
    layer.build((None, None, features))
    rng = np.random.default_rng(1)
    for weight in layer.trainable_weights:
        weight.assign(0.4 * rng.normal(size=weight.shape))
    return layer


NEW = {
    "lstm": functools.partial(LSTM, UNITS),
    "lstm with peepholes": functools.partial(LSTM, UNITS, peepholes=True),
    "gru": functools.partial(GRU, UNITS),
}


@pytest.mark.parametrize(
    "ours, theirs",
    [(LSTM, keras.layers.LSTM), (GRU, keras.layers.GRU)],
    ids=["lstm", "gru"],
)
def test_layer_equals_that_of_keras(ours, theirs):
    layer = built(ours(UNITS))
    reference = theirs(UNITS, return_sequences=True)
    reference.build((None, None, FEATURES))
    reference.set_weights(layer.get_weights())
    outputs, _ = layer(inputs())
    np.testing.assert_allclose(
        ops.convert_to_numpy(outputs),
        ops.convert_to_numpy(reference(inputs())),
        **CLOSE,
    )


def test_forget_gate_starts_open():
    layer = LSTM(UNITS)
    layer.build((None, None, FEATURES))
    bias = layer.bias.numpy()
    assert bias[UNITS : 2 * UNITS].tolist() == [1.0] * UNITS
    assert bias.sum() == UNITS


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def plain_step(layer, x, state, product=np.matmul):
    """The state after a step, in float64: Graves' eqs 7-11, or Keras' GRU.

    Of Graves' gates, i and f see the last cell, o the new one, each by a vector.
    """
    kernel, recurrent, bias, *peepholes = (
        np.float64(weight.numpy()) for weight in layer.trainable_weights
    )
    h, *cell = map(np.float64, state)
    seen, kept = product(np.float64(x), kernel), product(h, recurrent)
    if isinstance(layer, GRU):
        z, r, new = np.split(seen + bias[0], 3, axis=1)
        kept_z, kept_r, kept_new = np.split(kept + bias[1], 3, axis=1)
        z, new = sigmoid(z + kept_z), np.tanh(new + sigmoid(r + kept_r) * kept_new)
        return (z * h + (1 - z) * new,)
    i, f, g, o = np.split(seen + kept + bias, 4, axis=1)
    to_i, to_f, to_o = peepholes[0] if peepholes else np.zeros((3, UNITS))
    (c,) = cell
    i, f = sigmoid(i + to_i * c), sigmoid(f + to_f * c)
    c = f * c + i * np.tanh(g)
    return sigmoid(o + to_o * c) * np.tanh(c), c


def test_peepholes_are_the_papers():
    layer = built(NEW["lstm with peepholes"]())
    outputs, _ = layer(inputs())
    state = [np.zeros((BATCH, UNITS))] * 2
    for t in range(TIME):
        state = plain_step(layer, inputs()[:, t], state)
        found = ops.convert_to_numpy(outputs)[:, t]
        np.testing.assert_allclose(found, state[0], **CLOSE)


@pytest.mark.parametrize("name", NEW)
def test_steps_equal_the_run(name):
    layer = built(NEW[name]())
    x = inputs()
    outputs, end = layer(x)
    state = layer.initial_state(BATCH)
    for t in range(TIME):
        state = layer.step(ops.convert_to_tensor(x[:, t]), state)
        np.testing.assert_allclose(
            ops.convert_to_numpy(state[0]),
            ops.convert_to_numpy(outputs)[:, t],
            **CLOSE,
        )
    for ours, theirs in zip(state, end, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours), ops.convert_to_numpy(theirs), **CLOSE
        )


def low_product(a, b):
    """`a @ b` as `fast.matmul` has it in bfloat16."""

    def rounded(values):
        return np.float64(np.float32(values).astype(ml_dtypes.bfloat16))

    result = rounded(a) @ rounded(b)
    return result if keras.backend.backend() == "jax" else rounded(result)


@pytest.mark.parametrize("name", NEW)
def test_low_precision_rounds_products_and_nothing_else(name):
    layer = built(NEW[name](dtype="mixed_bfloat16"), MANY_FEATURES)
    x = inputs(features=MANY_FEATURES)
    outputs, end = layer(x)
    assert all(keras.backend.standardize_dtype(s.dtype) == "float32" for s in end)
    outputs = ops.convert_to_numpy(outputs)
    in_run, in_steps = [], []
    state = layer.initial_state(BATCH)
    plain = [ops.convert_to_numpy(part) for part in state]
    for t in range(TIME):
        h, *cell = plain_step(layer, x[:, t], plain, low_product)
        in_run.append(outputs[:, t] - h)
        # What the next product rounds, to the bit: else it may round otherwise.
        plain = outputs[:, t], *cell
        before = [ops.convert_to_numpy(part) for part in state]
        state = layer.step(ops.convert_to_tensor(x[:, t]), state)
        found = np.stack([ops.convert_to_numpy(part) for part in state])
        in_steps.append(found - plain_step(layer, x[:, t], before, low_product))
    # Other backends round sums too: a few, summed in another order, go the other way.
    share = 1.0 if keras.backend.backend() == "jax" else 0.9
    assert np.quantile(np.abs(in_steps), share) < CLOSE["atol"]
    if keras.backend.backend() == "torch" and name == "lstm":
        # Its own LSTM rounds states and bias, on some processors gates too: by 1/512 of
        # a number of order 1 each.
        assert np.abs(in_run).max() < 1 / 128
    else:
        assert np.quantile(np.abs(in_run), share) < CLOSE["atol"]


@pytest.mark.parametrize("name", NEW)
def test_low_precision_does_not_round_weights_before_their_product(name, monkeypatch):
    """A step of 1e-3 on a weight of 1 is less than bfloat16 resolves."""
    layer = NEW[name](dtype="mixed_bfloat16")
    layer.build((None, None, FEATURES))
    for weight in layer.trainable_weights:
        weight.assign(ops.full(weight.shape, 1.001))
    received = []

    def spy(usual, weights_of):
        return lambda *args: received.extend(weights_of(args)) or usual(*args)

    monkeypatch.setattr(fast, "lstm", spy(fast.lstm, lambda args: args[1][:3]))
    monkeypatch.setattr(fast, "matmul", spy(fast.matmul, lambda args: [args[1]]))
    layer.step(ops.convert_to_tensor(inputs()[:, 0]), layer.initial_state(BATCH))
    if fast.has_lstm() and layer.is_plain_lstm:
        layer(inputs())
    assert len(received) >= 2
    for value in received:
        value = ops.convert_to_numpy(value)
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, 1.001, rtol=1e-6)


def test_weight_noise_has_its_width_and_differs_each_time():
    ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
    layer = LSTM(200, weight_noise=0.1, seed=3, **ones)
    layer.build((None, None, 200))
    assert all((ops.convert_to_numpy(k) == 1.0).all() for k in layer.weights_now())
    drawn = [*layer.weights_now(training=True), *layer.weights_now(training=True)]
    noise = np.array([ops.convert_to_numpy(kernel).ravel() for kernel in drawn]) - 1.0
    five_errors = 5 / noise.shape[1] ** 0.5
    np.testing.assert_allclose(noise.mean(axis=1), 0.0, atol=0.1 * five_errors)
    np.testing.assert_allclose(noise.std(axis=1), 0.1, rtol=five_errors / 2**0.5)
    np.testing.assert_allclose(np.corrcoef(noise), np.eye(4), atol=five_errors)

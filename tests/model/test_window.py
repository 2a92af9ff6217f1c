"""The attention window against the paper's formulas in a numpy loop."""

import math

import numpy as np
import pytest
from keras import ops

from sketch.model.window import AttentionWindow

BATCH, UNITS, K, LENGTH, SYMBOLS = 2, 6, 3, 5, 4


def window_layer(advance=0.1):
    layer = AttentionWindow(K, advance, seed=1)
    layer.build((None, UNITS))
    return layer


def characters(rng):
    codes = rng.integers(0, SYMBOLS, size=(BATCH, LENGTH))
    return np.eye(SYMBOLS, dtype=np.float32)[codes]


def test_step_is_the_papers():
    rng = np.random.default_rng(0)
    layer = window_layer()
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    hidden = rng.normal(size=(BATCH, UNITS)).astype(np.float32)
    before = rng.uniform(0, 4, size=(BATCH, K)).astype(np.float32)
    text = characters(rng)
    kappa, window, phi = map(
        ops.convert_to_numpy, layer.step(hidden, ops.convert_to_tensor(before), text)
    )
    raw = np.float64(hidden) @ layer.kernel.numpy() + layer.bias.numpy()
    for b in range(BATCH):
        slow_window = np.zeros(SYMBOLS)
        for u in range(1, LENGTH + 1):
            weight = 0.0
            for k in range(K):
                alpha, beta = math.exp(raw[b, k]), math.exp(raw[b, K + k])
                at = before[b, k] + math.exp(raw[b, 2 * K + k])
                assert kappa[b, k] == pytest.approx(at, rel=1e-5)
                weight += alpha * math.exp(-beta * (at - u) ** 2)
            assert phi[b, u - 1] == pytest.approx(weight, rel=1e-4, abs=1e-6)
            slow_window += weight * text[b, u - 1]
        np.testing.assert_allclose(window[b], slow_window, rtol=1e-4, atol=1e-6)


def test_untrained_window_moves_at_the_corpus_rate_and_weighs_about_one():
    layer = window_layer(advance=0.25)
    rng = np.random.default_rng(1)
    text = np.zeros((BATCH, 40, SYMBOLS), np.float32)
    kappa, _ = layer.initial_state(text)
    for _ in range(40):
        hidden = rng.uniform(-1, 1, size=(BATCH, UNITS)).astype(np.float32)
        kappa, _, phi = layer.step(hidden, kappa, text)
    # Initial weights of 0.01 move the biases' values by some percent.
    np.testing.assert_allclose(ops.convert_to_numpy(kappa), 10.5, rtol=0.1)
    np.testing.assert_allclose(ops.convert_to_numpy(phi).sum(1), 1.0, rtol=0.2)


def test_padding_adds_nothing_to_the_window():
    rng = np.random.default_rng(2)
    layer = window_layer()
    text = characters(rng)
    padded = np.concatenate([text, np.zeros((BATCH, 7, SYMBOLS), np.float32)], axis=1)
    hidden = rng.normal(size=(BATCH, UNITS)).astype(np.float32)
    kappa = ops.convert_to_tensor(np.full((BATCH, K), 4.0, np.float32))
    short, long = layer.step(hidden, kappa, text), layer.step(hidden, kappa, padded)
    np.testing.assert_allclose(
        ops.convert_to_numpy(short[1]), ops.convert_to_numpy(long[1]), rtol=1e-6
    )

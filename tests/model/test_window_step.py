"""A step of the window: its hand-written gradient, and inputs at the extremes."""

import numpy as np
import pytest
from gradients import gradients
from keras import ops

from sketch.model import window_step

BATCH, K, LENGTH, SYMBOLS = 2, 3, 5, 4


def values(seed=0):
    """raw, kappa, characters, and gradients of kappa and window."""
    rng = np.random.default_rng(seed)
    characters = np.eye(SYMBOLS)[rng.integers(0, SYMBOLS, (BATCH, LENGTH))]
    characters[1, 3:] = 0.0  # padding
    arrays = (
        rng.normal(size=(BATCH, 3 * K)),
        rng.uniform(0, LENGTH, size=(BATCH, K)),
        characters,
        rng.normal(size=(BATCH, K)),
        rng.normal(size=(BATCH, SYMBOLS)),
    )
    return [np.asarray(array, np.float32) for array in arrays]


def automatic(raw, kappa, characters, d_kappa, d_window):
    characters, d_kappa, d_window = map(
        ops.convert_to_tensor, (characters, d_kappa, d_window)
    )

    def score(raw, kappa):
        new_kappa, window, _ = window_step.forward(raw, kappa, characters)
        return ops.sum(new_kappa * d_kappa) + ops.sum(window * d_window)

    return gradients(score, raw, kappa)


def by_hand(raw, kappa, characters, d_kappa, d_window):
    raw, kappa, characters, d_kappa, d_window = map(
        ops.convert_to_tensor, (raw, kappa, characters, d_kappa, d_window)
    )
    kappa, _, _ = window_step.forward(raw, kappa, characters)
    found = window_step.backward(raw, kappa, characters, d_kappa, d_window)
    return [ops.convert_to_numpy(part) for part in found]


def test_backward_equals_automatic_differentiation():
    arrays = values()
    for ours, theirs in zip(by_hand(*arrays), automatic(*arrays), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "part, logarithm",
    [(part, logarithm) for part in range(3) for logarithm in (-200.0, 1e30)],
)
def test_extreme_parameters_give_finite_values_and_gradients(part, logarithm):
    raw, kappa, characters, d_kappa, d_window = values()
    raw[:, part * K : (part + 1) * K] = logarithm
    for _ in range(3):  # kappa goes on from wherever it was put
        arrays = raw, kappa, characters, d_kappa, d_window
        made = [
            ops.convert_to_numpy(value)
            for value in window_step.forward(*map(ops.convert_to_tensor, arrays[:3]))
        ]
        for value in (*made, *by_hand(*arrays), *automatic(*arrays)):
            assert np.isfinite(value).all()
        kappa = made[0]

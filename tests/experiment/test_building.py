"""Optimizers and schedules against the papers' formulas in float64."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from sketch.experiment.building import OneCycle, build_optimizer
from sketch.experiment.hyperparameters import Hyperparameters

POINTS_PER_LINE = 4.0


def updates(settings, gradients):
    """The values of one variable `[2]` from (1, -1) on, under a row of gradients."""
    optimizer = build_optimizer(
        Hyperparameters(**settings), num_steps=10, points_per_line=POINTS_PER_LINE
    )
    variable = keras.Variable(np.float32([1.0, -1.0]))
    optimizer.build([variable])
    found, norms = [], []
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(np.float32(gradient))], [variable])
        found.append(ops.convert_to_numpy(variable.value).copy())
        norms.append(float(ops.convert_to_numpy(optimizer.gradient_norm)))
    return np.array(found), np.array(norms)


def test_graves_is_his_rmsprop():
    """Eqs 38-45: n and g are decaying means, the step has a momentum of 0.9."""
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(50, 2))
    settings = {"step_method": "graves", "learning_rate": 1e-4, "max_grad": 0.0}
    found, _ = updates(settings, gradients)
    n = g = delta = np.zeros(2)
    value = np.array([1.0, -1.0])
    for step, gradient in enumerate(gradients):
        n = 0.95 * n + 0.05 * gradient**2
        g = 0.95 * g + 0.05 * gradient
        delta = 0.9 * delta - 1e-4 * gradient / np.sqrt(n - g**2 + 1e-4)
        value = value + delta
        np.testing.assert_allclose(found[step], value, atol=1e-6)


def test_scale_is_plain_descent_under_a_limit_of_the_norm_per_point():
    gradients = [[3.0, 4.0], [120.0, 160.0], [0.0, 0.0]]
    settings = {"step_method": "scale", "learning_rate": 0.1, "max_grad": 10.0}
    found, norms = updates(settings, gradients)
    np.testing.assert_allclose(found[0], [1.0 - 0.3, -1.0 - 0.4], rtol=1e-6)
    np.testing.assert_allclose(found[1], found[0] - [2.4, 3.2], rtol=1e-6)
    np.testing.assert_allclose(found[2], found[1])
    np.testing.assert_allclose(norms, [1.25, 50.0, 0.0])


def test_no_limit_leaves_gradients_as_they_are():
    settings = {"step_method": "scale", "learning_rate": 1.0, "max_grad": 0.0}
    found, _ = updates(settings, [[300.0, 400.0]])
    np.testing.assert_allclose(found[0], [-299.0, -401.0])


def test_one_cycle_rises_to_its_peak_and_falls_to_zero():
    schedule = OneCycle(3e-3, 100)
    rates = np.array([float(ops.convert_to_numpy(schedule(s))) for s in range(101)])
    assert rates[0] == pytest.approx(3e-3 / 25)
    assert rates.argmax() == 30
    assert rates.max() == pytest.approx(3e-3)
    assert rates[100] == pytest.approx(0.0, abs=1e-9)
    assert (np.diff(rates[:31]) > 0).all() and (np.diff(rates[30:]) < 0).all()
    middle = 3e-3 * (0.5 + 0.5 * math.cos(math.pi * 0.5))  # half way down
    assert rates[65] == pytest.approx(middle, rel=1e-4)
    assert float(ops.convert_to_numpy(schedule(1000))) == pytest.approx(0, abs=1e-9)

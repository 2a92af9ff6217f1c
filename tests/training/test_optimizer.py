"""Optimizers and schedules against the papers' formulas in float64."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from sketch.model.network import Network
from sketch.settings.hyperparameters import Hyperparameters
from sketch.training.optimizer import GramMuon, OneCycle, build_optimizer

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


def test_graves_equals_the_rmsprop_of_the_paper():
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


def test_scale_is_plain_descent_with_the_norm_limited_per_point():
    gradients = [[3.0, 4.0], [120.0, 160.0], [0.0, 0.0]]
    settings = {"step_method": "scale", "learning_rate": 0.1, "max_grad": 10.0}
    found, norms = updates(settings, gradients)
    np.testing.assert_allclose(found[0], [1.0 - 0.3, -1.0 - 0.4], rtol=1e-6)
    np.testing.assert_allclose(found[1], found[0] - [2.4, 3.2], rtol=1e-6)
    np.testing.assert_allclose(found[2], found[1])
    np.testing.assert_allclose(norms, [1.25, 50.0, 0.0])


def test_limit_holds_if_squares_of_the_gradient_overflow():
    """Seen in training, on a line of sound loss: a norm of 7e23 nats a point."""
    settings = {"step_method": "scale", "learning_rate": 0.1, "max_grad": 10.0}
    found, norms = updates(settings, [[3e24, 4e24], [3e-24, 4e-24], [3.0, np.inf]])
    np.testing.assert_allclose(found[0], [1.0 - 2.4, -1.0 - 3.2], rtol=1e-6)
    np.testing.assert_allclose(norms[:2], [1.25e24, 1.25e-24], rtol=1e-6)
    assert not np.isfinite(norms[2])  # what sees it ends the run
    found, _ = updates(settings | {"max_grad": 0.0}, [[3e24, 4e24]])  # no limit
    np.testing.assert_allclose(found[0], [-3e23, -4e23], rtol=1e-6)


@pytest.mark.parametrize(
    "method, rate", [("rmsprop", 3e-2), ("adagrad", 0.3), ("adadelta", 30.0)]
)
def test_step_method_of_keras_descends(method, rate):
    settings = {"step_method": method, "learning_rate": rate}
    found, _ = updates(settings, [[2.0, -2.0]] * 4)
    assert (found[-1] < found[0]).tolist() == [True, False]


def muon_step(gradient):
    """What Jordan's quintic makes of a gradient, by its singular values in float64."""
    left, values, right = np.linalg.svd(gradient, full_matrices=False)
    values = values / np.linalg.norm(values)
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return 0.2 * math.sqrt(max(gradient.shape)) * (left * values) @ right


@pytest.mark.parametrize(
    "shape, smallest", [((64, 256), 1e-7), ((256, 64), 1e-3), ((64, 64), 1.0)], ids=str
)
def test_muon_by_the_gram_matrix_loses_no_direction(shape, smallest):
    rng = np.random.default_rng(0)
    left, _, right = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
    gradient = (left * np.geomspace(1.0, smallest, 64)) @ right
    step = GramMuon().zeropower_via_newtonschulz5(
        ops.convert_to_tensor(gradient.astype("float32")), 5
    )
    expected = muon_step(gradient) / (0.2 * math.sqrt(max(shape)))
    # Three slopes of 3.4² make 1e-4 of float32's 6e-8; the spectral norm bounds all.
    difference = np.linalg.norm(ops.convert_to_numpy(step) - expected, 2)
    assert difference < 1e-4


WIDE = {  # all else is the input's, a bias or a peephole, or of the window or mixture
    "layer_1/recurrent_kernel",
    "layer_2/kernel",
    "layer_2/recurrent_kernel",
}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_muon_takes_wide_kernels_and_leaves_the_rest_to_adam(cell):
    peepholes = cell == "lstm"
    network = Network(6, 2, 2, (0, 0, 0), cell=cell, peepholes=peepholes, num_symbols=5)
    variables = network.trainable_variables
    before = [ops.convert_to_numpy(variable.value).copy() for variable in variables]
    rng = np.random.default_rng(0)
    gradients = [
        rng.normal(size=(2, *variable.shape)).astype("float32")
        for variable in variables
    ]
    settings = Hyperparameters(step_method="muon", learning_rate=0.1, max_grad=0.0)
    optimizer = build_optimizer(settings, num_steps=10, points_per_line=1.0)
    optimizer.build(variables)
    for step in range(2):
        now = [ops.convert_to_tensor(gradient[step]) for gradient in gradients]
        optimizer.apply(now, variables)
    wide = set()
    for variable, old, (first, second) in zip(
        variables, before, gradients, strict=True
    ):
        if variable.path in WIDE:
            wide.add(variable.path)
            momentum = 0.95 * first + second
            change = muon_step(1.95 * first) + muon_step(second + 0.95 * momentum)
        else:
            mean = (0.09 * first + 0.1 * second) / (1 - 0.9**2)
            square = (0.999 * first**2 + second**2) * 0.001 / (1 - 0.999**2)
            change = np.sign(first) + mean / np.sqrt(square)
        found = ops.convert_to_numpy(variable.value)
        # float32 twice through five products of the quintic, whose slope is 3.4 each
        np.testing.assert_allclose(found, old - 0.1 * change, atol=2e-4)
    assert wide == WIDE


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

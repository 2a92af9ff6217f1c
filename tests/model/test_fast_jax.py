"""JAX: how gradients are summed over steps, and over devices that share a batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from sketch.model.network import Network

TESTS = Path(__file__).parents[1]
NETWORKS = {
    "text": {
        "depth": 2,
        "dropout": 0.3,
        "weight_noise": 0.1,
        "num_symbols": 5,
        "window_mixtures": 2,
    },
    "gru": {"cell": "gru", "precision": "mixed_bfloat16"},
}


@pytest.fixture(scope="module")
def measured():
    result = subprocess.run(
        [sys.executable, str(TESTS / "shared_step.py"), json.dumps(NETWORKS)],
        env=os.environ
        | {
            "PYTHONPATH": str(TESTS.parent),
            "KERAS_BACKEND": "jax",
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        },
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", NETWORKS)
def test_devices_exchange_gradients_once_a_step_and_nothing_else(measured, name):
    found = measured[name]
    is_low = "precision" in NETWORKS[name]
    assert found["factors"] == ("bfloat16" if is_low else "float32")
    assert found["exchanges"], "two devices, and nothing exchanged"
    for computation, operation in found["exchanges"]:
        # Within another computation, a loop over time, it would be once a step.
        assert (computation, operation) == ("entry", "all-reduce")


def test_shared_batch_moves_each_weight_as_one_device_does(measured):
    alone, shared = measured["text"]["steps"]
    assert np.all(np.abs(alone) > 1e-3)  # each weight learns
    # Sums of a few hundred float32 terms, in another order.
    np.testing.assert_allclose(shared, alone, rtol=1e-5)


def test_lstm_adds_no_gradient_of_weights_step_by_step():
    if keras.backend.backend() != "jax":
        pytest.skip("the programs of other backends cannot be looked into")
    import jax

    network = Network(6, 2, 2, (0.0, 0.0, 0.0), num_symbols=7)
    inputs = {
        "strokes": np.zeros((3, 9, 3), np.float32),
        "mask": np.ones((3, 9), np.float32),
        "text": np.zeros((3, 5), np.int32),
    }
    variables = network.trainable_variables
    matrices = {v.shape for v in variables if len(v.shape) == 2 and v.shape[0] > 3}

    def loss(values):
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            return network.compute_loss(x=inputs, y_pred=network(inputs))

    program = jax.make_jaxpr(jax.grad(loss))([v.value for v in variables])
    loops = list(loops_of(program.jaxpr))
    going_back = [loop for loop in loops if loop.primitive.name == "while"]
    assert len(going_back) == 2, "not one loop over steps for each layer"
    for loop in going_back:
        start = loop.params["cond_nconsts"] + loop.params["body_nconsts"]
        for carried in loop.invars[start:]:
            assert carried.aval.shape not in matrices


def loops_of(program):
    """The loops of a JAX program, those within others too."""
    for equation in program.eqns:
        if equation.primitive.name in ("scan", "while"):
            yield equation
        for value in equation.params.values():
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                yield from loops_of(inner)

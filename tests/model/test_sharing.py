"""Devices that share a batch: each its own rows, and one exchange of gradients."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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
def test_gradients_are_exchanged_once_and_nothing_else_is(measured, name):
    found = measured[name]
    is_low = "precision" in NETWORKS[name]
    assert found["factors"] == ("bfloat16" if is_low else "float32")
    assert found["exchanges"], "two devices, and nothing exchanged"
    for computation, operation in found["exchanges"]:
        # Within another computation, a loop over time, it would be once a step.
        assert (computation, operation) == ("entry", "all-reduce")


@pytest.mark.parametrize("name", NETWORKS)
def test_each_weight_goes_as_far_as_on_one_device(measured, name):
    alone, shared = measured[name]["steps"]
    assert np.all(np.abs(alone) > 1e-3)  # each weight learns
    # Sums of a few hundred float32 terms, in another order; bfloat16 rounds products
    # of the same numbers, so it differs no more.
    np.testing.assert_allclose(shared, alone, rtol=1e-5)

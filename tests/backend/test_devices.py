"""Backend and precision; devices: more than there are, or than can share a batch."""

import importlib
import os
import platform
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import pytest
from keras import backend, distribution

import sketch
from sketch.backend import devices
from sketch.model.network import Network


def test_set_up_without_a_backend_takes_the_one_that_runs(monkeypatch):
    """As keras.json may have chosen it, before sketch was imported."""
    running = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "torch"))
    monkeypatch.setitem(sys.modules, "keras", running)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    importlib.reload(sketch)
    assert devices.set_up(precision=None) == "torch"
    with pytest.raises(ValueError, match="already runs on torch, and cannot .* jax"):
        devices.set_up("jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(ValueError, match="already runs on torch"):
        devices.set_up()


def test_set_up_precision_is_that_of_recurrent_layers_only():
    former = keras.config.dtype_policy()
    try:
        devices.set_up(backend.backend(), "mixed_bfloat16")
        network = Network(dim=4, depth=2, num_mixtures=2, first_input=(0, 0, 0))
    finally:
        keras.config.set_dtype_policy(former)
    computed_in = [layer.compute_dtype for layer in network.recurrent_layers]
    assert computed_in == ["bfloat16"] * 2
    assert network.output_layer.compute_dtype == "float32"


ALLOCATE = """
import resource, sys
from sketch.backend import devices
if sys.argv[1] == "keep":
    devices.keep_freed_memory()
import numpy as np
np.ones(20_000_000)  # the heap grows once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for number in range(5):
    assert np.ones(20_000_000 - number).sum() == 20_000_000 - number
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource is a module of Unix")
def test_keep_freed_memory_changes_page_faults_alone():
    faults = {}
    for what in ("keep", "leave"):
        done = subprocess.run(
            [sys.executable, "-c", ALLOCATE, what],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(sketch.__file__).parents[1])},
        )
        assert done.returncode == 0, done.stderr
        faults[what] = int(done.stdout)
    assert faults["keep"] <= faults["leave"]
    if platform.libc_ver()[0] == "glibc":
        assert faults["keep"] < 2000  # of some 39,000 pages in each of five arrays


def test_keep_freed_memory_without_glibc_does_nothing(monkeypatch):
    monkeypatch.setattr(devices.ctypes, "CDLL", lambda name: object())
    devices.keep_freed_memory()
    monkeypatch.setattr(devices.sys, "platform", "darwin")
    monkeypatch.setattr(devices.ctypes, "CDLL", None)
    devices.keep_freed_memory()


def test_sharing_batches_by_too_many_devices_is_refused():
    problem = "this machine has 1 device .* 99 are needed: set --devices"
    if backend.backend() != "jax":
        problem = "--devices 99 needs the backend jax"
    with pytest.raises(ValueError, match=problem):
        with devices.sharing_batches(99, batch_size=198):
            pass


def test_sharing_batches_by_one_device_changes_nothing():
    with devices.sharing_batches(1, batch_size=7):
        assert distribution.distribution() is None

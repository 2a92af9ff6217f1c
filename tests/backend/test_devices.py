"""Backend and precision; devices: more than there are, or than can share a batch."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import pytest
from keras import backend, distribution

import sketch
from sketch.backend import devices
from sketch.model.network import Network


def test_the_backend_that_runs_is_taken_where_none_is_named(monkeypatch):
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


def test_precision_is_that_of_the_recurrent_layers_alone():
    former = keras.config.dtype_policy()
    try:
        devices.set_up(backend.backend(), "mixed_bfloat16")
        network = Network(dim=4, depth=2, num_mixtures=2, first_input=(0, 0, 0))
    finally:
        keras.config.set_dtype_policy(former)
    computed_in = [layer.compute_dtype for layer in network.recurrent_layers]
    assert computed_in == ["bfloat16"] * 2
    assert network.output_layer.compute_dtype == "float32"


def test_more_devices_than_there_are_is_refused():
    problem = "has 1 devices .* 99 are asked for.*--devices"
    if backend.backend() != "jax":
        problem = "--devices 99 needs the backend jax"
    with pytest.raises(ValueError, match=problem):
        with devices.sharing_batches(99, batch_size=198):
            pass


def test_one_device_shares_with_nobody():
    with devices.sharing_batches(1, batch_size=7):
        assert distribution.distribution() is None


def test_programs_that_compile_in_no_time_are_kept_too():
    """There are some thirty of them in every start."""
    if backend.backend() != "jax":
        pytest.skip("other backends keep no programs")
    import jax

    devices.set_up("jax")

    def tiny_program(x):
        return x * 2 - 7

    jax.jit(tiny_program)(1.0)
    assert list(Path(jax.config.jax_compilation_cache_dir).glob("*tiny_program*"))

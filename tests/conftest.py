"""What all tests share: the backend, a cache of their own, no settings of the user."""

import os
import signal
import tempfile

import pytest
from hypothesis import settings

os.environ.setdefault("KERAS_BACKEND", "jax")
# XLA would take longer to optimise most programs of the tests than they run.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# The demo corpus, matplotlib's fonts and compiled programs are made once a session, for
# the tests' child processes too, and for the workers of pytest-xdist.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _CACHE = tempfile.TemporaryDirectory(prefix="sketch-tests-")
    os.environ["XDG_CACHE_HOME"] = _CACHE.name
    os.environ["JAX_COMPILATION_CACHE_DIR"] = f"{_CACHE.name}/jax"
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"

# A shell lets what it runs in the background ignore Ctrl-C, and the program obeys that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline: a busy machine is no fault. The same examples in every run, so that a
# change is never blamed for what it did not do.
settings.register_profile("sketch", deadline=None, derandomize=True)
settings.load_profile("sketch")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No test finds the corpus or the experiments of whoever runs it."""
    for name in ("SKETCH_DATA", "FUEL_DATA_PATH", "SKETCH_EXPERIMENTS"):
        monkeypatch.delenv(name, raising=False)

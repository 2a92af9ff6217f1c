"""What all tests share: the backend, a cache of their own, no settings of the user."""

import os
import signal
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import settings

from sketch.cli.main import main
from sketch.experiment.experiment import Experiment
from sketch.ink.alphabet import Alphabet
from sketch.settings.hyperparameters import Hyperparameters

os.environ.setdefault("KERAS_BACKEND", "jax")
# XLA would take longer to optimise most programs of the tests than they run.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
# JAX would set another level here, and child processes would have it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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

IAM_BESIDE = Path(__file__).parents[2] / "shared" / "data" / "iam-ondb.tar.xz"

# No deadline: a busy machine is no fault. The same examples in every run, so that a
# change is never blamed for what it did not do.
settings.register_profile("sketch", deadline=None, derandomize=True)
settings.load_profile("sketch")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    """No test finds the corpus or the experiments of whoever runs it."""
    for name in ("SKETCH_DATA", "FUEL_DATA_PATH", "SKETCH_EXPERIMENTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def iam_source() -> Path:
    """IAM-OnDB: what `$SKETCH_IAM` names, or an archive beside the repository."""
    path = Path(os.environ.get("SKETCH_IAM") or IAM_BESIDE)
    if not path.exists():
        pytest.skip(f"IAM-OnDB is not here: neither $SKETCH_IAM nor {IAM_BESIDE}")
    return path


@pytest.fixture
def facts():
    return {
        "alphabet": Alphabet.from_texts(["Quick, “fox”"]),
        "offset_mean": np.array([8.25, 0.125]),
        "offset_std": np.array([42.0, 37.0]),
        "data_digest": "0123abcd",
    }


@pytest.fixture
def root(tmp_path):
    return tmp_path / "experiments"


@pytest.fixture
def experiment(root, facts):
    settings = Hyperparameters(depth=1, dim=8, learning_rate=1e-3)
    return Experiment.create(root, settings, facts)


@pytest.fixture(scope="session")
def toy_root(tmp_path_factory):
    """The folder of `recogniser` and `pen`, which no test may change."""
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="session")
def toy_corpus(tmp_path_factory):
    """No two of its validation lines have the same text."""
    from toy_recogniser import make_corpus

    return make_corpus(tmp_path_factory.mktemp("data") / "toy.hdf5", seed=3)


@pytest.fixture(scope="session")
def recogniser(toy_corpus, toy_root):
    """The directory of a recogniser of one epoch: it reads, mostly wrong."""
    from toy_recogniser import make_recogniser

    return make_recogniser(toy_corpus, toy_root)


@pytest.fixture(scope="session")
def pen(toy_corpus, toy_root):
    """An experiment with text of one epoch: it writes, nobody can read it."""
    from toy_recogniser import make_pen

    with pytest.MonkeyPatch.context() as patch:
        return make_pen(toy_corpus, toy_root, patch)


class Result(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def sketch(capsys, tmp_path, monkeypatch):
    """`sketch("train", "--dim", 9)` in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}

    def run(*args) -> Result:
        with pytest.raises(SystemExit) as caught:
            main([str(arg) for arg in args])
        return Result(caught.value.code, *capsys.readouterr())

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)

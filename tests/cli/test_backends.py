"""The commands under the backend that runs the tests, and from one to another."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from sketch.corpus.demo import demo_sets
from sketch.corpus.hdf5 import write_corpus
from sketch.training.epoch_pictures import EpochPictures

HERE = keras.backend.backend()
PAGE = (Path(__file__).parents[2] / "docs" / "backends.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?m)^ {4}(sketch .*)$", PAGE)
TOY = ("--dim", 6, "--depth", 1, "-G", 2, "--bs", 32, "--lr", "3e-3")


@pytest.fixture
def corpus_path(tmp_path, monkeypatch):
    """A few lines in place of the demo corpus."""
    path = tmp_path / "demo.hdf5"
    sets = demo_sets(24)
    write_corpus(path, sets, source="demo", command="a test", seed=0, split="random")
    monkeypatch.setattr("sketch.corpus.demo.demo_corpus", lambda: path)
    return path


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """Those of training take long, and have tests of their own."""
    monkeypatch.setattr(EpochPictures, "draw", lambda self, epoch: None)


def name_of(experiments: Path) -> str:
    (path,) = experiments.iterdir()
    return path.name


def test_every_command_of_the_page_works(sketch, corpus_path, tmp_path):
    assert {words.split()[1] for words in COMMANDS} == {"train", "evaluate", "sample"}
    for command in COMMANDS:
        words = shlex.split(command)[1:]
        words[words.index("--backend") + 1] = HERE
        if "EXPERIMENT" in words:
            words[words.index("EXPERIMENT")] = name_of(tmp_path / "experiments")
        else:
            words += TOY
        if words[0] == "sample":
            words += ["-n", 2, "--steps", 5]
        result = sketch(*words)
        assert result.code == 0, f"{command}: {result.err}"


@pytest.mark.skipif(HERE == "jax", reason="JAX begins: under the others, see make")
def test_what_jax_began_goes_on_here(sketch, corpus_path, tmp_path):
    options = ("--text", "--dropout", 0.2, "--data", corpus_path)
    begin = ["train", "--name", "toy", *TOY, *options, "--epochs", 1]
    subprocess.run(
        [sys.executable, "-m", "sketch", *map(str, begin), "--backend", "jax"],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"KERAS_BACKEND": ""},
    )
    name = name_of(tmp_path / "experiments")
    result = sketch("train", "--model", name, "--data", corpus_path, "--epochs", 2)
    assert result.code == 0, result.err
    assert f"begun under jax, goes on under {HERE}" in result.err
    assert "other random numbers in dropout\n" in result.err
    assert result.out.startswith("epoch 2, ")
    words = ("sample", "--model", name, "--text", "hello", "--tries", 1)
    inks = []
    for output in ("first.svg", "again.svg"):
        result = sketch(
            *words, "--seed", 5, "--steps-per-character", 3, "--output", output
        )
        assert result.code == 0, result.err
        inks.append((tmp_path / output).read_text())
    assert inks[0] == inks[1]


@pytest.mark.parametrize(
    "backend, package",
    [
        ("jax", "jax"),  # comes with sketch, if nobody takes it away
        ("tensorflow", "tensorflow"),
        ("torch", "torch"),
    ],
)
def test_a_backend_that_is_not_there_is_one_line(
    sketch, corpus_path, monkeypatch, backend, package
):
    usual = importlib.util.find_spec

    def find_spec(name, package=None):
        return None if name == backend else usual(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    assert sketch("train", "--help").code == 0
    words = ("train", "--name", "toy", *TOY, "--data", corpus_path)
    result = sketch(*words, "--backend", backend)
    monkeypatch.setenv("KERAS_BACKEND", backend)
    assert sketch(*words) == result
    assert result.code == 1
    remedy = f"pip install {package}"
    assert result.err == f"Error: the backend {backend} is not installed: {remedy}\n"

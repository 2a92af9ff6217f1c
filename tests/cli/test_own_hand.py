"""The commands of docs/your-own-hand.md, in their order, at toy size."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.corpus.line import Line
from sketch.experiment.directory import Experiment, find_experiments
from sketch.experiment.training import TrainingRun
from sketch.ink.strokes import normalise
from sketch.ink.vector import InkLine, write_inkml

PAGE = (Path(__file__).parents[2] / "docs" / "your-own-hand.md").read_text("utf-8")
COMMANDS = [shlex.split(row) for row in re.findall(r"(?m)^ {4}(sketch .*)$", PAGE)]
ALPHABET = "Dearl,myownhdsuk"
TEXTS = ["my own hand", "Dear all,", "and so on", "my read Dus", "swam, and"]
KNOWN = "".join(sorted(set("".join(TEXTS) + ALPHABET)))


def line_of(text, size, pace, seed):
    """A line of a hand whose letters are as wide as high, so many points each."""
    rng = np.random.default_rng(seed)
    time = np.arange(pace * (len(text) + 1) + 1) / pace
    wave = np.sin(2 * np.pi * time)
    points = size * np.column_stack([time + 0.2 * wave, wave])
    points += size * rng.normal(0, 0.02, points.shape)
    strokes = np.zeros((len(points) - 1, 3), np.float32)
    strokes[:, :2] = np.diff(points, axis=0)
    strokes[pace - 1 :: pace, 2] = 1
    strokes[-1, 2] = 1
    return strokes


@pytest.fixture
def parent(sketch, tmp_path, monkeypatch):
    """An experiment that has learned a large tablet, slow pens."""
    monkeypatch.setattr(TrainingRun, "_draw", lambda self: None)
    lines = [
        Line(line_of(KNOWN[k:] + KNOWN[:k], 200.0, 6, k), KNOWN[k:] + KNOWN[:k], f"{k}")
        for k in range(6)
    ]
    sets = {"train": lines[:4], "valid": lines[4:], "test": lines[4:]}
    write_corpus(tmp_path / "big.hdf5", sets, source="", command="", seed=0, split="")
    result = sketch(
        *("train", "--name", "big", "--data", "big.hdf5", "--text", "-K", 2),
        *("--dim", 6, "--depth", 1, "-G", 2, "--bs", 4, "--epochs", 1),
    )
    assert result.code == 0, result.err
    [path] = find_experiments(tmp_path / "experiments")
    return Experiment.load(path, tmp_path)


@pytest.fixture
def mine(tmp_path):
    """What the capture page saves: small units, quick pens."""
    lines = [
        InkLine(line_of(text, 4.0, 18, 10 + k), text, writer="me")
        for k, text in enumerate(TEXTS * 3)
    ]
    write_inkml(tmp_path / "mine.inkml", lines)


def test_every_command_of_the_page_works(sketch, parent, mine, tmp_path, monkeypatch):
    uvicorn = pytest.importorskip("uvicorn")
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    names = {"EXPERIMENT": parent.name}
    toy = {
        "serve": ["--port", "0"],
        "train": ["--bs", "4", "--no-progress"],
        "sample": ["--tries", "1", "--steps-per-character", "2"],
        "write": ["--tries", "1"],
    }
    ran = []
    for words in COMMANDS:
        words = [names.get(word, word) for word in words]
        if "--epochs" in words:
            words[words.index("--epochs") + 1] = "1"
        result = sketch(*words[1:], *toy.get(words[1], ()))
        assert result.code == 0, f"{shlex.join(words)}: {result.err}"
        ran.append(words[1])
        if words[1] == "convert":
            assert "pace: 18.0 points a character, brought to 6." in result.out
        if words[1] == "train":
            assert "times as large" in result.err and "--like" not in result.err
            [path] = (tmp_path / "experiments").glob("mine-*")
            names["MINE"] = path.name
            assert re.search(r"-from-[0-9a-f]{6}$", path.name)
    assert ran == ["serve", "convert", "train", "sample", "write", "sample", "sample"]
    derived = Experiment.load(names["MINE"], tmp_path / "experiments")
    assert derived.lineage.parent == parent.name
    # What the network saw: letters of the parent's width, 6 points each.
    with Corpus.open(tmp_path / "mine.hdf5") as corpus:
        strokes = [line.strokes for line in corpus.read_set("train")]
        texts = corpus.transcripts("train")
    for ink, text in zip(strokes, texts, strict=True):
        seen = normalise(ink, derived.offset_mean, derived.offset_std)
        widths = seen[:, 0] * parent.offset_std[0] + parent.offset_mean[0]
        assert widths.sum() / (len(text) + 1) == pytest.approx(200, rel=0.1)


def test_a_character_that_the_parent_lacks_stops_the_run(sketch, parent, tmp_path):
    lines = [InkLine(line_of(text, 4.0, 6, 1), text) for text in ("Ärger", "my", "so")]
    write_inkml(tmp_path / "mine.inkml", lines)
    assert sketch("convert", "mine.inkml", "-o", "mine.hdf5").code == 0
    result = sketch(
        "train", "--model", parent.name, "--name", "mine", "--data", "mine.hdf5"
    )
    assert result.code == 1
    assert "has not learned: g Ä" in result.err and result.err.count("\n") == 1
    assert len(find_experiments(tmp_path / "experiments")) == 1


def test_like_needs_an_experiment_that_knows_texts(sketch, mine, tmp_path):
    result = sketch("convert", "mine.inkml", "--like", "nobody")
    assert result.code == 1 and "nobody" in result.err
    assert not (tmp_path / "data").exists()

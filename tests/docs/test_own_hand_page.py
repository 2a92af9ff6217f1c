"""The commands of docs/your-own-hand.md, in their order, at toy size."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from made_up_ink import write

from sketch.corpus.hdf5 import Corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import build_network
from sketch.generation.sampling import Trace
from sketch.generation.texts import WrittenLine
from sketch.ink.alphabet import Alphabet
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import normalise, offset_statistics
from sketch.page.layout import Piece, lay_out
from sketch.page.written import Ink
from sketch.settings.hyperparameters import Hyperparameters
from sketch.training.epoch_pictures import EpochPictures

PAGE = (Path(__file__).parents[2] / "docs" / "your-own-hand.md").read_text("utf-8")
COMMANDS = [shlex.split(row) for row in re.findall(r"(?m)^ {4}(sketch .*)$", PAGE)]
ALPHABET = "Dearl,myownhdsuk"
# Of one length: each other one would be compiled for.
TEXTS = ["my own hand", "Dear all, m", "and so on D", "my read Dus", "swam, and k"]
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
def parent(tmp_path):
    """An experiment of a large tablet and slow pens, with its initial weights."""
    inks = [line_of(KNOWN, 200.0, 6, seed) for seed in range(6)]
    mean, std = offset_statistics(inks)
    facts = {
        "alphabet": Alphabet(tuple(KNOWN)),
        "offset_mean": mean,
        "offset_std": std,
        "data_digest": "big",
        "text_length": len(KNOWN),
        "points_per_character": 6.0,
    }
    settings = Hyperparameters(
        name="big", depth=1, dim=6, mixtures=2, text=True, window_mixtures=2
    )
    experiment = Experiment.create(tmp_path / "experiments", settings, facts)
    network = build_network(experiment)
    experiment.save_checkpoint("best", network.save_weights, {"step": 0})
    return experiment


@pytest.fixture
def unwritten(monkeypatch):
    """Writing has tests of its own; here it would take most of the time."""
    ink = np.float32([[1, 0, 0], [0, 1, 1]] * 20)

    def write_texts(loop, alphabet, texts, *args):
        trace = Trace(ink, *(np.zeros((40, 0), np.float32) for _ in range(4)))
        return [WrittenLine(text, trace, [1]) for text in texts]

    def write_page(self, text, *, layout, **options):
        pages = lay_out([[Piece(write(text), text)]], layout)
        lines = [line for page in pages for line in page.lines]
        return Ink(lines, pages, [], is_page=True)

    monkeypatch.setattr("sketch.writing.pen.write_texts", write_texts)
    monkeypatch.setattr("sketch.api.Pen.write_page", write_page)
    monkeypatch.setattr(EpochPictures, "draw", lambda self, epoch: None)


@pytest.fixture
def mine(tmp_path):
    """What the capture page saves: small units, quick pens."""
    lines = [
        InkLine(line_of(text, 4.0, 18, 10 + k), text, writer="me")
        for k, text in enumerate(TEXTS * 3)
    ]
    write_inkml(tmp_path / "me.inkml", lines)


def test_every_command_of_the_page_works(sketch, parent, mine, unwritten, tmp_path):
    names = {"EXPERIMENT": parent.name}
    toy = {"train": ["--bs", "4", "--no-progress"]}
    ran = []
    for words in COMMANDS:
        if words[1] == "serve":  # docs/serve.md has it, too, and its test runs it
            continue
        words = [names.get(word, word) for word in words]
        if "--epochs" in words:
            words[words.index("--epochs") + 1] = "1"
        result = sketch(*words[1:], *toy.get(words[1], ()))
        assert result.code == 0, f"{shlex.join(words)}: {result.err}"
        ran.append(words[1])
        if words[1] == "convert":
            assert re.search(
                r"character: 18\.0, brought to (5\.[89]|6\.[01])", result.out
            )
        if words[1] == "train":
            assert "times as large" in result.err and "--like" not in result.err
            [path] = (tmp_path / "experiments").glob("mine-*")
            names["MINE"] = path.name
            assert re.search(r"-from-[0-9a-f]{6}$", path.name)
    assert ran == ["convert", "train", "sample", "write", "sample", "sample"]
    derived = Experiment.load(names["MINE"], tmp_path / "experiments")
    assert derived.lineage.parent == parent.name
    # What the network saw: letters of the parent's width, 6 points each.
    with Corpus.open(tmp_path / "me.hdf5") as corpus:
        strokes = [line.strokes for line in corpus.read_set("train")]
        texts = corpus.transcripts("train")
    for ink, text in zip(strokes, texts, strict=True):
        seen = normalise(ink, derived.offset_mean, derived.offset_std)
        widths = seen[:, 0] * parent.offset_std[0] + parent.offset_mean[0]
        assert widths.sum() / (len(text) + 1) == pytest.approx(200, rel=0.1)


def test_like_needs_an_experiment_that_knows_texts(sketch, mine, tmp_path):
    result = sketch("convert", "me.inkml", "--like", "nobody")
    assert result.code == 1 and "nobody" in result.err
    assert not (tmp_path / "data").exists()

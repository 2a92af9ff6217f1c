"""The commands of docs/evaluation.md, in their order, at toy size."""

import json
import re
import shlex
from pathlib import Path

import pytest
from toy_recogniser import SMALL, make_corpus, make_pen

from sketch.experiment import places

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")
COMMANDS = re.findall(r"(?m)^ {4}(sketch .*)$", PAGE)
READER = "toy-recogniser-depth1-dim4-bs4"


@pytest.fixture
def pen(tmp_path, monkeypatch, capsys):
    """An experiment on the one corpus there is; no model comes with sketch."""
    monkeypatch.setenv("SKETCH_DATA", str(make_corpus(tmp_path / "toy.hdf5")))
    monkeypatch.setattr(places, "pretrained_dir", lambda: tmp_path / "published")
    monkeypatch.setattr(places, "DEFAULT_MODEL", "NAME")
    pen = make_pen(tmp_path / "toy.hdf5", tmp_path / "experiments", monkeypatch)
    capsys.readouterr()  # what the training said
    return pen


def at_toy_size(command, pen):
    named = command.replace("EXPERIMENT", pen.name).replace("OTHER", pen.name)
    words = shlex.split(named)[1:]
    toys = {"demo-recogniser": READER, "iam-recogniser": READER, "a line of ink": "big"}
    words = [toys.get(word, word) for word in words]
    more = {
        "train-recogniser": ["--name", "toy", "--dim", SMALL["dim"], "--depth", 1]
        + ["--bs", 4, "--epochs", 1],
        "evaluate": ["--json"],
        "sample": ["--model", pen.name, "--tries", 1, "--output", "x.png"],
        "publish": ["--condition", "Anybody may use it."],
    }[words[0]]
    if "--legibility" in words:
        more = [*more, "--recogniser", READER, "--number", 2, "--bias", 1]
    if "--style" in words:
        more = [*more, "--number", 2, "--bias", 1]
    return [*words, *more]


def test_every_command_of_the_page(sketch, pen, tmp_path):
    ran = []
    for command in COMMANDS:
        command, _, file = command.partition(" > ")
        result = sketch(*at_toy_size(command, pen))
        if "--style" in command:  # a toy corpus has too few forms
            assert "3 are needed" in result.err
            continue
        assert result.code == 0, f"{command}: {result.err}"
        if file:
            (tmp_path / file).write_text(result.out)
        ran.append(command.split()[1])
        if ran[-1] == "evaluate":
            assert json.loads(result.out)["model"] == pen.name
        if "--legibility" in command:
            (tmp_path / "report.json").write_text(result.out)
    assert ran == [
        *["evaluate"] * 3,
        "train-recogniser",
        "evaluate",
        "sample",
        "publish",
    ]
    card = (tmp_path / "published" / "NAME" / "README.md").read_text()
    assert f"read by {READER}" in card and "validation texts, bias 1 " in card

    # The default model writes where none is named.
    result = sketch("sample", "--text", "big", "--tries", 1)
    assert result.code == 0, result.err
    assert "NAME" in result.err
    picture = Path(result.out.splitlines()[0])
    assert picture.parent == Path() and (tmp_path / picture).exists()
    assert "NAME" in sketch("list").out
    result = sketch("train", "--model", tmp_path / "published" / "NAME")
    assert result.code == 1 and "is published" in result.err

"""Every `sketch` command of the README, in its order, at toy size."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from parsed_names import parse_name
from whiteboards import pack, write_database, write_split_lists

from sketch.settings.names import experiment_name
from sketch.training import epoch_pictures

ROOT = Path(__file__).parents[2]
STEM = "handwriting-1X6-G2-bs4"
LEFT = {"checkpoints", "samples", "hyperparameters.json", "environment.json"}
LEFT |= {"history.csv", "history.png", "sketch.png", "pen.png"}
PANGRAMS = ["the quick brown fox", "jumps over a lazy dog"]
TOY = {"--dim": "6", "-G": "2", "--bs": "4", "--epochs": "1", "-K": "2"}


def commands(path: Path) -> list[list[str]]:
    """The command lines of a page's indented blocks, split as a shell splits them."""
    # In a list they are indented by two more.
    lines = re.findall(
        r"^ {4,6}(\S.*)$", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    found = [shlex.split(line, comments=True) for line in lines]
    return [words for words in found if words[0] in ("sketch", "python")]


def at_toy_size(words: list[str]) -> list[str]:
    """The same command for little networks, and for the toy corpus in place of demo."""
    words = list(words)
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        if before == "--epochs" and "--model" in words and "--lr" not in words:
            words[place] = "2"  # what was stopped goes on
        elif before in TOY:
            words[place] = TOY[before]
        elif before == "--name":
            words[place] = "toy"
        elif before == "--model":
            settings, parent = parse_name(word)
            assert parent is None
            settings = replace(
                settings,
                name="toy" if settings.name == "demo" else settings.name,
                dim=6,
                mixtures=2,
                batch_size=4,
                window_mixtures=2 if settings.text else settings.window_mixtures,
            )
            words[place] = experiment_name(settings)
    if words[:2] == ["sketch", "serve"]:
        words += ["--port", "0"]
    if words[:2] == ["sketch", "write"]:  # by the pretrained model
        words[2] = words[2].split()[0]
    if words[:2] == ["sketch", "sample"]:
        if "--text" in words:  # two of them, soon given up
            words += ["--tries", "1", "--steps-per-character", "2"]
            for place in [k for k, word in enumerate(words) if word == "--text"][:1:-1]:
                del words[place : place + 2]
    return words


@pytest.fixture
def downloads(tmp_path):
    """The archives and the split lists, as the README names them."""
    forms = {f"a{n:02d}-000u": PANGRAMS for n in range(1, 9)}
    write_database(tmp_path / "iam", forms)
    ids = list(forms)
    write_split_lists(
        tmp_path / "splits",
        trainset=ids[:5],
        testset_v=ids[5:6],
        testset_t=ids[6:7],
        testset_f=ids[7:],
    )
    for part in ("lineStrokes", "ascii"):
        folder = tmp_path / part
        folder.mkdir()
        (tmp_path / "iam" / part).rename(folder / part)
        pack(folder, tmp_path / f"{part}-all.tar.gz", "gz")


def test_every_command_of_the_readme_works(sketch, downloads, tmp_path, monkeypatch):
    # `sketch serve` does all but wait for browsers.
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    monkeypatch.setattr(epoch_pictures, "SAMPLES", 4)
    monkeypatch.setattr(epoch_pictures, "SAMPLE_STEPS", 50)
    ran = []
    # What trains on the built-in corpus stands above what converts one; here all
    # train on the toy corpus, which is therefore made first.
    in_order = commands(ROOT / "README.md")
    for words in sorted(in_order, key=lambda words: words[0] != "python"):
        if words[0] == "python":
            assert (ROOT / words[1]).exists()
            words = ["sketch", "convert", *words[2:]]
        result = sketch(*at_toy_size(words)[1:])
        assert result.code == 0, f"{shlex.join(words)}: {result.err}"
        ran.append(words[1])
    assert {"convert", "train", "sample", "list", "serve"} <= set(ran)
    assert len(list((tmp_path / "experiments").glob("*/sketch.png"))) >= 4
    # Of the walk-through: trained and resumed, then derived from that.
    (derived,) = (tmp_path / "experiments").glob(f"{STEM}-lr3e-4-from-*")
    for name, epochs in ((f"{STEM}-lr1e-3", [1, 2]), (derived.name, [1])):
        there = {path.name for path in (derived.parent / name).iterdir()}
        assert there >= LEFT
        facts = json.loads(sketch("show", name, "--json").out)
        assert [row["epoch"] for row in facts["history"]] == epochs
    assert facts["lineage"][0]["parent"] == f"{STEM}-lr1e-3"

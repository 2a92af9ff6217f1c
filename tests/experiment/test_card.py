"""The card of a published experiment."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sketch.evaluation.score import evaluate_experiment
from sketch.experiment.card import read_condition
from sketch.experiment.publishing import publish

CONDITION = "Free | in\nall ways."


def card_of(path):
    return (path / "README.md").read_text()


def test_card_of_an_experiment(pen, toy_corpus, tmp_path):
    made = publish(pen, tmp_path / "made", CONDITION, toy_corpus)
    card = card_of(made)
    row = pen.history()[0]
    assert card.startswith(f"# {pen.name}\n")
    assert "| data | made up, digest " + pen.data_digest[:12] in card
    assert "| condition | Free \\| in all ways. |" in card
    assert "| training | 1 epoch, 3 steps, 0.0" in card
    assert f"| valid | {row['valid_log_likelihood']:.1f} | " in card
    assert "processors, " in card
    assert str(Path.home()) not in card and os.sep + "tmp" not in card
    assert read_condition(made) == "Free | in all ways."
    (made / "README.md").write_text("# A card of somebody's own")
    assert read_condition(made) is read_condition(tmp_path) is None


def test_card_has_the_reports(pen, toy_corpus, tmp_path):
    report = evaluate_experiment(pen, "nowhere", "graves", toy_corpus)
    path = tmp_path / "report.json"

    def made(**changes):
        path.write_text(json.dumps(report | changes))
        options = {"evaluations": [path], "force": True}
        return card_of(publish(pen, tmp_path / "made", "", toy_corpus, **options))

    value = report["log_likelihood"]["nats_per_line"]["value"]
    card = made()
    assert "\n    protocol graves: all validation lines, whole" in card
    assert f"\n    log-likelihood{value:>11,.1f}  (" in card
    assert str(tmp_path) not in card and toy_corpus.name not in card
    before = report["checkpoint"] | {"epoch": 0, "step": 2}
    for changes, words in (
        ({"model": "another"}, "it is of another"),
        ({"checkpoint": before}, "it is of epoch 0, step 2, not of epoch 1, step 3"),
        ({"text": None}, "NoneType"),
    ):
        with pytest.raises(ValueError, match=f"report.json is not a report .*{words}"):
            made(**changes)
    assert card_of(tmp_path / "made") == card  # what was there is there


def test_card_has_the_first_command_without_folders(pen, toy_corpus, tmp_path):
    copy = replace(pen, path=shutil.copytree(pen.path, tmp_path / pen.name))
    last = {"command": ["sketch", "train", "--model", "x"], "commit": "ab" * 20}
    words = ["/somewhere/bin/sketch", "train", "--data", "/home/me/ink.hdf5", "--dim"]
    words += ["--lr=1e-3", "--experiments=/home/me/mine", "/home/me=you/ink.hdf5"]
    for first, command in (
        ({}, "train --model x"),
        (
            {"first": {"command": words}},
            "train --data ink.hdf5 --dim --lr=1e-3 --experiments=mine ink.hdf5",
        ),
        ({"first": {"command": "no list"}}, ""),
    ):
        (copy.path / "environment.json").write_text(json.dumps(last | first))
        made = publish(copy, tmp_path / "made", CONDITION, toy_corpus, force=True)
        assert f"| command | `{f'sketch {command}'.strip()}` |" in card_of(made)
        assert "commit abababababab |" in card_of(made)

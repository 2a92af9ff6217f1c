"""The card of a published experiment."""

import json
import os
from pathlib import Path

import pytest
from toy_recogniser import make_corpus, make_pen

from sketch.evaluation.score import evaluate_experiment
from sketch.experiment.card import read_condition
from sketch.experiment.publishing import publish

CONDITION = "Anybody may use it."
NAME = "short"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("data") / "toy.hdf5")


@pytest.fixture(scope="module")
def pen(corpus, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        return make_pen(corpus, tmp_path_factory.mktemp("experiments"), patch)


def card_of(path):
    return (path / "README.md").read_text()


def test_card_of_an_experiment(pen, corpus, tmp_path):
    card = card_of(publish(pen, tmp_path / NAME, CONDITION, corpus))
    row = pen.history()[0]
    assert card.startswith(f"# {pen.name}\n")
    assert "| data | made up, digest " + pen.data_digest[:12] in card
    assert f"| condition | {CONDITION} |" in card
    assert "| training | 1 epoch, 3 steps, 0.0" in card
    assert f"| valid | {row['valid_log_likelihood']:.1f} | " in card
    assert "processors, " in card
    assert str(Path.home()) not in card and os.sep + "tmp" not in card


def test_card_has_the_scores_of_reports(pen, corpus, tmp_path):
    report = evaluate_experiment(pen, "nowhere", "graves", corpus).to_json()
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    made = publish(pen, tmp_path / NAME, CONDITION, corpus, evaluations=[path])
    value = report["log_likelihood"]["nats_per_line"]["value"]
    assert f"--protocol graves`: {value:.1f} nats/line" in card_of(made)
    assert "did not learn" not in card_of(made)
    bound = {"dequantised": {"nats_per_line": {"value": 12.34}}}
    path.write_text(json.dumps(report | bound))
    publish(pen, tmp_path / NAME, CONDITION, corpus, evaluations=[path], force=True)
    assert "lines; dequantised 12.3 nats/line.\n" in card_of(made)
    other = {"corpus": {"source": "their ink", "digest": "another"}}
    path.write_text(json.dumps(report | other))
    publish(pen, tmp_path / NAME, CONDITION, corpus, evaluations=[path], force=True)
    assert (
        f"lines (of a corpus that {pen.name} did not learn from: their ink)."
        in card_of(made)
    )
    path.write_text(json.dumps(report | {"model": "another"}))
    with pytest.raises(ValueError, match="report.json is not a report .* of another"):
        publish(pen, tmp_path / NAME, CONDITION, corpus, evaluations=[path], force=True)
    before = report | {"checkpoint": report["checkpoint"] | {"epoch": 0, "step": 2}}
    path.write_text(json.dumps(before))
    weights = "it is of epoch 0, step 2, not of epoch 1, step 3: evaluate again"
    with pytest.raises(ValueError, match=f"report.json is not a report .*{weights}"):
        publish(pen, tmp_path / NAME, CONDITION, corpus, evaluations=[path], force=True)
    assert (made / "README.md").exists()  # what was there is there


def test_card_has_the_first_command_without_folders(pen, corpus, tmp_path):
    path = pen.path / "environment.json"
    kept = path.read_text()
    last = {"command": ["sketch", "train", "--model", "x"], "commit": "ab" * 20}
    words = ["/somewhere/bin/sketch", "train", "--data", "/home/me/ink.hdf5", "--dim"]
    words += ["--lr=1e-3", "--experiments=/home/me/mine", "/home/me=you/ink.hdf5"]
    try:
        for first, command in (
            ({}, "train --model x"),
            (
                {"first": {"command": words}},
                "train --data ink.hdf5 --dim --lr=1e-3 --experiments=mine ink.hdf5",
            ),
            ({"first": {"command": "no list"}}, ""),
        ):
            path.write_text(json.dumps(last | first))
            made = publish(pen, tmp_path / NAME, CONDITION, corpus, force=True)
            assert f"| command | `{f'sketch {command}'.strip()}` |" in card_of(made)
            assert "commit abababababab |" in card_of(made)
    finally:
        path.write_text(kept)


def test_read_condition_is_what_the_card_says(pen, corpus, tmp_path):
    assert read_condition(tmp_path) is None
    made = publish(pen, tmp_path / NAME, "Free | in\nall ways.", corpus)
    assert read_condition(made) == "Free | in all ways."
    (made / "README.md").write_text("# A card of somebody's own")
    assert read_condition(made) is None

"""`sketch list` and `sketch show` tell what is in the directories."""

import json
import os
import time

import numpy as np
import pytest

from sketch.cli.list import age
from sketch.experiment.experiment import Experiment, Lineage
from sketch.experiment.places import find_pretrained
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.ink.alphabet import Alphabet
from sketch.ink.ink_files import write_json
from sketch.ink.line_of_ink import InkLine
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.recogniser_settings import RecogniserSettings

FACTS = {
    "alphabet": Alphabet(("a", "b")),
    "offset_mean": [8.25, 0.125],
    "offset_std": [42, 37],
    "data_digest": "0123",
}


@pytest.fixture
def root(tmp_path):
    return tmp_path / "experiments"


@pytest.fixture
def parent(root):
    experiment = Experiment.create(root, Hyperparameters(depth=1, dim=8), FACTS)
    for epoch, score in ((1, -10.5), (2, 20.25), (3, float("nan"))):
        row = {"epoch": epoch, "step": 7 * epoch, "valid_log_likelihood": score}
        row["train_log_likelihood"] = 30.0 + epoch
        experiment.append_history(row)
    return experiment


@pytest.fixture
def child(root, parent):
    facts = FACTS | {"lineage": Lineage(parent.name, 14)}
    settings = Hyperparameters(depth=1, dim=8, learning_rate=1e-3)
    return Experiment.create(root, settings, facts)


def test_list_tells_epochs_best_and_who_is_running(sketch, parent, child):
    os.utime(parent.history_path, (time.time() - 7200.5,) * 2)
    with child.lock():
        result = sketch("list")
    header, first, second, hands, readers, styles = result.out.splitlines()
    assert hands == f"pretrained models: {', '.join(find_pretrained())}"
    assert readers == "pretrained recognisers: iam-recogniser"
    assert styles.startswith(
        f"styles of {next(iter(find_pretrained()))}, for --prime: "
    )
    assert len(styles.partition("--prime: ")[2].split(", ")) == 8
    assert header.split()[0] == "experiment"
    expected = [parent.name, "3", "21", "32.0", "20.2", "-", "2", "h", "-"]
    assert second.split() == expected
    assert first.split()[:4] == [child.name, "0", "0", "-"]
    assert first.split()[-1] == "yes"
    assert result.code == 0


def test_list_of_nothing_says_so(sketch):
    assert sketch("list").out.startswith(
        "no experiments in experiments; `sketch train`"
    )


def test_list_names_what_is_damaged_and_goes_on(sketch, parent, child):
    (child.path / "hyperparameters.json").write_text("{")
    result = sketch("list")
    assert result.code == 0
    assert parent.name in result.out and child.name not in result.out
    assert result.err.startswith("damaged: ") and child.name in result.err
    assert result.err.count("\n") == 1


def test_show_for_people(sketch, parent, child):
    text = sketch("show", parent.name).out
    for words in ("dim: 8", "max_length: -", "0123", "8.250, 0.125", "20.25", "ab"):
        assert words in text
    assert f"from: {parent.name}, step 14" in sketch("show", child.name).out
    assert "styles" not in text
    line = InkLine(np.float32([[1, 2, 0], [3, 0, 1]]), "ab", writer="round")
    write_json(parent.path / "styles.json", [line, line._replace(writer="wide")])
    assert "\nstyles: round, wide\n" in sketch("show", parent.name).out


def test_damaged_styles_are_told_and_nothing_else_is_lost(sketch, parent, monkeypatch):
    (parent.path / "styles.json").write_text("{")
    shown = sketch("show", parent.name)
    assert shown.code == 0 and "dim: 8" in shown.out
    assert shown.err.startswith("damaged: ") and "styles.json" in shown.err
    hand = {parent.name: parent.path}
    monkeypatch.setattr("sketch.experiment.places.find_pretrained", lambda *_: hand)
    listed = sketch("list")
    assert listed.code == 0 and parent.name in listed.out
    assert listed.err.startswith("damaged: ") and "styles.json" in listed.err


def test_show_for_machines(sketch, parent, child):
    facts = json.loads(sketch("show", child.name, "--json").out)
    assert facts["lineage"] == [{"parent": parent.name, "step": 14}]
    assert facts["hyperparameters"]["learning_rate"] == 1e-3
    assert facts["history"] == []
    facts = json.loads(sketch("show", parent.name, "--json").out)
    assert [row["valid_log_likelihood"] for row in facts["history"]] == [
        -10.5,
        20.25,
        None,
    ]
    assert (facts["lineage"], facts["running"]) == ([], None)


def test_a_lineage_never_leads_out_of_the_folder(sketch, root, tmp_path):
    for name in ("../outside", "/etc", "gone"):
        facts = FACTS | {"lineage": Lineage(name, 1)}
        made = Experiment.create(root, Hyperparameters(depth=1, dim=8), facts)
        result = sketch("show", made.name, "--json")
        assert json.loads(result.out)["lineage"] == [{"parent": name, "step": 1}]


def test_a_lineage_that_goes_in_a_circle_ends(sketch, parent, child):
    path = parent.path / "hyperparameters.json"
    content = json.loads(path.read_text())
    content["lineage"] = {"parent": child.name, "step": 3}
    path.write_text(json.dumps(content))
    facts = json.loads(sketch("show", child.name, "--json").out)
    assert len(facts["lineage"]) <= 3


@pytest.fixture
def reader(root):
    reader = RecogniserDirectory.create(
        root, RecogniserSettings(name="toy", dim=4), FACTS
    )
    for epoch, wrong in ((1, 0.5), (2, 0.125), (3, 0.25)):
        row = {"epoch": epoch, "step": 9 * epoch, "valid_error_rate": wrong}
        reader.append_history(row)
    return reader


def test_readers_are_listed_and_shown(sketch, parent, reader):
    with reader.lock():
        lines = sketch("list").out.splitlines()
    header, row = (line.split() for line in lines[2:4])
    assert header == ["reader", "epochs", "step", "misread", "age", "running"]
    assert row == [reader.name, "3", "27", "12.5%", "0", "s", "yes"]
    text = sketch("show", reader.name).out
    for words in ("dim: 4", "augment: 0.2", "0123", "valid_error_rate", "12.50%"):
        assert words in text
    assert "log_likelihood" not in text
    facts = json.loads(sketch("show", reader.name, "--json").out)
    assert facts["settings"]["dim"] == 4 and "lineage" not in facts
    assert [row["valid_error_rate"] for row in facts["history"]] == [0.5, 0.125, 0.25]


def test_a_damaged_reader_is_named(sketch, reader):
    (reader.path / "recogniser.json").write_text("{")
    result = sketch("list")
    assert result.code == 0 and result.out.startswith("pretrained models: ")
    assert result.err.startswith("damaged: ") and reader.name in result.err


def test_a_reader_is_no_experiment_and_an_experiment_no_reader(sketch, parent, reader):
    for words in (["sample"], ["evaluate"], ["train", "--bs", 3]):
        result = sketch(*words, "--model", reader.name)
        assert result.code == 1 and f"'{reader.name}' is a recogniser" in result.err
    result = sketch("train-recogniser", "--recogniser", parent.name)
    assert result.code == 1
    assert f"'{parent.name}' is an experiment, not a recogniser" in result.err


def test_nothing_of_a_stranger_commands_the_terminal(sketch, root, parent):
    """Names, alphabets and lineages that clear the screen and forge a line."""
    evil = "\x1b[2J\nexperiment"
    facts = FACTS | {"alphabet": Alphabet(("\x1b", "a"))}
    facts |= {"data_digest": evil, "lineage": Lineage(evil, 1)}
    made = Experiment.create(root, Hyperparameters(depth=1, dim=8), facts)
    path = made.path.rename(made.path.with_name(evil))
    forged = root / ("reader" + evil)
    RecogniserDirectory.create(root, RecogniserSettings(name="toy"), FACTS).path.rename(
        forged
    )
    for words in (["list"], ["show", path], ["show", forged]):
        result = sketch(*words)
        assert result.code == 0
        assert result.out.replace("\n", "").isprintable()
        rows = [r for r in result.out.splitlines() if r.startswith("experiment")]
        assert len(rows) == (1 if words == ["list"] else 0)  # its header
    assert len(sketch("list").out.splitlines()) == 8


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (200_000, "2 d")],
)
def test_age(seconds, text):
    assert age(seconds) == text

"""`sketch show`: settings, lineage and history, for people and for machines."""

import json

import numpy as np
import pytest

from sketch.experiment.experiment import Experiment, Lineage
from sketch.ink.ink_files import write_json
from sketch.ink.line_of_ink import InkLine
from sketch.settings.hyperparameters import Hyperparameters


def test_show_prints_settings_lineage_and_history(sketch, parent, child):
    text = sketch("show", parent.name).out
    for words in ("dim: 8", "max_length: -", "0123", "8.250, 0.125", "20.25", "Qcfiko"):
        assert words in text
    assert f"from: {parent.name}, step 14" in sketch("show", child.name).out


def test_show_takes_the_model_as_argument_or_option(sketch, parent):
    expected = sketch("show", parent.name)
    assert expected.code == 0
    assert sketch("show", "--model", parent.name) == expected
    assert sketch("show", parent.name, "--model", parent.name).code == 2


def test_show_lists_styles_and_names_damaged_ones(sketch, parent):
    assert "\nstyles: " not in sketch("show", parent.name).out
    line = InkLine(np.float32([[1, 2, 0], [3, 0, 1]]), "fox", writer="round")
    write_json(parent.path / "styles.json", [line, line._replace(writer="wide")])
    assert "\nstyles: round, wide\n" in sketch("show", parent.name).out
    (parent.path / "styles.json").write_text("{")
    shown = sketch("show", parent.name)
    assert shown.code == 0 and "dim: 8" in shown.out
    assert shown.err.startswith("damaged: ") and "styles.json" in shown.err


def test_show_as_json_has_everything(sketch, parent, child):
    facts = json.loads(sketch("show", child.name, "--json").out)
    assert facts["lineage"] == [{"parent": parent.name, "step": 14}]
    assert facts["hyperparameters"]["learning_rate"] == 1e-3
    assert facts["history"] == []
    facts = json.loads(sketch("show", parent.name, "--json").out)
    scores = [row["valid_log_likelihood"] for row in facts["history"]]
    assert scores == [-10.5, 20.25, None]
    assert (facts["lineage"], facts["running"]) == ([], None)


@pytest.mark.parametrize("name", ["../outside", "/etc", "gone"])
def test_a_lineage_never_leads_out_of_the_folder(sketch, root, facts, name):
    facts = facts | {"lineage": Lineage(name, 1)}
    made = Experiment.create(root, Hyperparameters(depth=1, dim=8), facts)
    result = sketch("show", made.name, "--json")
    assert json.loads(result.out)["lineage"] == [{"parent": name, "step": 1}]


def test_a_circular_lineage_ends(sketch, parent, child):
    path = parent.path / "hyperparameters.json"
    content = json.loads(path.read_text())
    content["lineage"] = {"parent": child.name, "step": 3}
    path.write_text(json.dumps(content))
    facts = json.loads(sketch("show", child.name, "--json").out)
    assert len(facts["lineage"]) <= 3


def test_show_of_a_recogniser_has_its_error_rates(sketch, recogniser):
    text = sketch("show", recogniser.name).out
    for words in ("dim: 4", "augment: 0.2", "0123", "valid_error_rate", "12.50%"):
        assert words in text
    assert "log_likelihood" not in text
    facts = json.loads(sketch("show", recogniser.name, "--json").out)
    assert facts["settings"]["dim"] == 4 and "lineage" not in facts
    assert [row["valid_error_rate"] for row in facts["history"]] == [0.5, 0.125, 0.25]


def test_show_strips_what_commands_the_terminal(sketch, hostile_paths):
    for path in hostile_paths:
        result = sketch("show", path)
        assert result.code == 0 and result.out.replace("\n", "").isprintable()
        assert not [row for row in result.out.splitlines() if row == "experiment"]

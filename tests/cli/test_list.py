"""`sketch list`: own runs, pretrained models, and what is damaged."""

import json
import os
import time

import pytest

from sketch.cli.list import age
from sketch.experiment.places import RECOGNISER_NAME, find_pretrained


def rows_of(result) -> list[list[str]]:
    return [line.split() for line in result.out.splitlines()]


def test_list_shows_epochs_best_scores_and_who_is_running(sketch, parent, child):
    os.utime(parent.history_path, (time.time() - 7200.5,) * 2)
    with child.lock():
        result = sketch("list")
    header, first, second, *_ = rows_of(result)
    assert header[0] == "experiment"
    expected = [parent.name, "3", "21", "32.0", "20.2", "-", "2", "h", "-"]
    assert second == expected
    assert first[:4] == [child.name, "0", "0", "-"]
    assert first[-1] == "yes"
    assert result.code == 0


def test_list_shows_title_data_and_licence_of_pretrained_models(sketch):
    out = sketch("list").out
    assert out.startswith("no experiments in experiments; `sketch train` makes one\n")
    header, *rows = out.splitlines()[1:]
    assert header.split() == [
        "pretrained",
        "model",
        "title",
        "data",
        "use",
        "licence",
    ]
    names = [*find_pretrained(), *find_pretrained(RECOGNISER_NAME)]
    assert [row.split()[0] for row in rows] == names
    cells = [cell.strip() for cell in rows[0].split("  ") if cell.strip()]
    assert cells[1:4] == ["English, 200 writers", "IAM-OnDB", "writes texts"]
    assert max(map(len, rows)) <= 132


def test_list_as_json_has_the_same_rows(sketch, parent, child, recogniser):
    facts = json.loads(sketch("list", "--json").out)
    assert list(facts) == ["experiments", "recognisers", "pretrained", "damaged"]
    by_name = {row["name"]: row for row in facts["experiments"]}
    assert set(by_name) == {parent.name, child.name}
    row = by_name[parent.name]
    assert (row["epochs"], row["step"], row["is_running"]) == (3, 21, False)
    assert row["valid_log_likelihood"] == 20.25 and row["test_log_likelihood"] is None
    (row,) = facts["recognisers"]
    assert (row["name"], row["valid_error_rate"]) == (recogniser.name, 0.125)
    assert facts["pretrained"][0]["licence"].startswith("Non-commercial")


def test_list_names_damaged_directories_and_goes_on(sketch, parent, child, recogniser):
    (child.path / "hyperparameters.json").write_text("{")
    (recogniser.path / "recogniser.json").write_text("{")
    result = sketch("list")
    assert result.code == 0
    assert parent.name in result.out and child.name not in result.out
    for line, path in zip(
        result.err.splitlines(), (child.path, recogniser.path), strict=True
    ):
        assert line.startswith("damaged: ") and path.name in line
    assert len(json.loads(sketch("list", "--json").out)["damaged"]) == 2


def test_recognisers_have_a_table_of_their_own(sketch, parent, recogniser):
    with recogniser.lock():
        rows = rows_of(sketch("list"))
    assert rows[2] == ["recogniser", "epochs", "step", "misread", "age", "running"]
    assert rows[3] == [recogniser.name, "3", "27", "12.5%", "0", "s", "yes"]


def test_list_strips_what_commands_the_terminal(sketch, parent, hostile_paths):
    result = sketch("list")
    assert result.code == 0 and result.out.replace("\n", "").isprintable()
    rows = [row for row in result.out.splitlines() if row.startswith("experiment")]
    assert len(rows) == 1  # the header


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (200_000, "2 d")],
)
def test_age_is_in_its_largest_unit(seconds, text):
    assert age(seconds) == text

"""`sketch plot` draws the histories that are there."""

import pytest
from untrained import make_experiment


def make(root, dim, epochs=3):
    experiment = make_experiment(root, with_weights=False, dim=dim)
    for epoch in range(1, epochs + 1):
        row = {
            "epoch": epoch,
            "step": 7 * epoch,
            "train_log_likelihood": 10.0 * epoch,
            "valid_log_likelihood": 9.0 * epoch,
        }
        experiment.append_history(row)
    return experiment


@pytest.fixture
def drawn(monkeypatch):
    """The histories that are drawn, in place of pictures."""
    drawn = []
    monkeypatch.setattr(
        "sketch.figures.pictures.draw_history", lambda path, rows: drawn.append(rows)
    )
    return drawn


def test_several_in_one_figure(sketch, root, tmp_path):
    names = [make(root, 8).name, make(root, 9).name]
    result = sketch("plot", *names, "-o", "both.svg")
    assert result == (0, "both.svg\n", "")
    text = (tmp_path / "both.svg").read_text()
    assert all(name in text for name in names)


def test_one_alone_shows_its_splits(sketch, root, drawn):
    name = make(root, 8).name
    assert sketch("plot", name).out == "history.png\n"
    (rows,) = drawn
    assert [row["epoch"] for row in rows] == [1, 2, 3]


def test_without_names_all_that_have_a_history(sketch, root, drawn):
    names = [make(root, 8).name, make(root, 9).name]
    empty = make(root, 10, epochs=0).name
    assert sketch("plot").code == 0
    assert list(drawn[0]) == sorted(names)
    result = sketch("plot", empty)
    assert result == (1, "", f"Error: {empty} has finished no epoch yet\n")


def test_a_damaged_one_is_told_and_the_others_drawn(sketch, root, drawn):
    whole, damaged = make(root, 8, epochs=2), make(root, 9)
    (damaged.path / "hyperparameters.json").write_text("{")
    result = sketch("plot")
    assert (result.code, result.out) == (0, "history.png\n")
    assert result.err.startswith("damaged: ") and damaged.name in result.err
    assert result.err.count("\n") == 1
    assert [[row["epoch"] for row in rows] for rows in drawn] == [[1, 2]]
    result = sketch("plot", whole.name, damaged.name)
    assert result.code == 1 and damaged.name in result.err


def test_the_same_name_in_two_folders_and_an_experiment_named_twice(
    sketch, root, tmp_path, drawn
):
    one, other = make(root, 8), make(tmp_path / "elsewhere", 8)
    assert sketch("plot", one.name, one.path, other.path).code == 0
    assert list(drawn[0]) == [str(one.path), str(other.path)]


def test_nothing_to_draw_and_nothing_overwritten(sketch, root, tmp_path):
    assert "no experiment in experiments" in sketch("plot").err
    name = make(root, 8).name
    (tmp_path / "history.png").write_text("mine")
    assert sketch("plot", name).err == (
        "Error: history.png is there already; --force overwrites\n"
    )
    assert sketch("plot", name, "--force").code == 0
    result = sketch("plot", name, "-o", "a.bmp")
    assert result.code == 2 and "must end with" in result.err
    assert "there is no experiment" in sketch("plot", "nope", "-o", "n.png").err

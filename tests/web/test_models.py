"""Which experiments the page offers, and why not the others."""

import shutil

import numpy as np
import pytest
from untrained import make_experiment

from sketch.experiment import places as hands
from sketch.ink.ink_files import write_json
from sketch.ink.line_of_ink import InkLine
from sketch.web.models import Models


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "experiments"


@pytest.fixture
def experiment(folder):
    return make_experiment(folder, with_weights=False)


def test_those_that_write_text_are_offered(folder, experiment):
    free = make_experiment(folder, with_weights=False, text=False)
    bare = folder / f"{experiment.name}-bare"
    shutil.copytree(experiment.path, bare)
    shutil.rmtree(bare / "checkpoints")
    damaged = folder / "damaged"
    damaged.mkdir()
    (damaged / "hyperparameters.json").write_text("{")
    offered = Models(folder)
    assert list(offered.experiments) == [experiment.name]
    (line,) = offered.damaged
    assert "damaged" in line
    # Whoever names one wants to know.
    for path, words in [
        (free.path, "knows no text"),
        (bare, "no checkpoint yet"),
        (damaged, "hyperparameters.json"),
    ]:
        with pytest.raises(ValueError, match=words):
            Models(folder, [str(path)])
    with pytest.raises(FileNotFoundError, match="no experiment 'nobody'"):
        Models(folder, ["nobody"])


def test_their_styles_are_offered_and_damaged_ones_told(folder, experiment):
    assert Models(folder).styles == {experiment.name: []}
    line = InkLine(np.float32([[1, 2, 0], [3, 0, 1]]), "ab", writer="round")
    write_json(experiment.path / "styles.json", [line])
    assert Models(folder).styles == {experiment.name: ["round"]}
    (experiment.path / "styles.json").write_text("{")
    offered = Models(folder)
    assert offered.styles == {experiment.name: []}  # it writes without
    assert "styles.json" in offered.damaged[0]


def test_only_those_named(folder, experiment, tmp_path):
    other = make_experiment(folder, with_weights=False, dim=9)
    assert set(Models(folder).experiments) == {experiment.name, other.name}
    assert list(Models(folder, [other.name]).experiments) == [other.name]
    both = Models(folder, [other.name, experiment.name])
    assert both.find(None).name == other.name  # the first one, as the page does
    same = make_experiment(tmp_path / "elsewhere", with_weights=False)
    with pytest.raises(ValueError, match="two experiments are named"):
        Models(folder, [experiment.name, str(same.path)])


def test_hands_that_come_with_sketch_are_first_unless_the_user_has_one_of_the_name(
    folder, experiment, tmp_path, monkeypatch
):
    published = [
        make_experiment(tmp_path / "hands", with_weights=False, dim=dim)
        for dim in (9, experiment.hyperparameters.dim)
    ]
    paths = {one.name: one.path for one in published}
    monkeypatch.setattr("sketch.web.models.find_pretrained", lambda: paths)
    offered = Models(folder).experiments
    assert list(offered) == list(paths)
    assert offered[published[0].name].path == published[0].path
    assert offered[experiment.name].path == experiment.path
    assert list(Models(folder, [experiment.name]).experiments) == [experiment.name]
    # One that has not learned anything yet takes no place.
    shutil.rmtree(experiment.path / "checkpoints")
    offered = Models(folder).experiments
    assert [one.path for one in offered.values()] == [one.path for one in published]


def test_the_default_hand_is_the_first(folder, experiment, tmp_path, monkeypatch):
    published = tmp_path / "hands"
    for dim in (9, 10, 11):  # 10 and 11 come before 9, by name
        make_experiment(published, with_weights=False, dim=dim)
    *others, default = sorted(path.name for path in published.iterdir())
    (published / "default").write_text(f"{default}\n")
    monkeypatch.setattr(hands, "pretrained_dir", lambda: published)
    monkeypatch.setattr("sketch.web.models.find_pretrained", hands.find_pretrained)
    assert list(Models(folder).experiments) == [default, *others, experiment.name]

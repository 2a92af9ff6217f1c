"""Which experiments the page offers, and why not the others."""

import shutil

import numpy as np
import pytest
from untrained import make_experiment

from sketch.ink.ink_files import write_json
from sketch.ink.line_of_ink import InkLine
from sketch.web.models import MAX_OPEN, Models


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "experiments"


@pytest.fixture
def experiment(folder):
    return make_experiment(folder, with_weights=False)


def test_models_are_those_that_write_text(folder, experiment):
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


def test_styles_are_offered_and_damaged_ones_reported(folder, experiment):
    assert Models(folder).styles == {experiment.name: {}}
    line = InkLine(np.float32([[1, 2, 0], [3, 0, 1]]), "ab", writer="round")
    write_json(experiment.path / "styles.json", [line])
    assert list(Models(folder).styles[experiment.name]) == ["round"]
    (experiment.path / "styles.json").write_text("{")
    offered = Models(folder)
    assert offered.styles == {experiment.name: {}}  # it writes without
    assert "styles.json" in offered.damaged[0]


def test_models_when_named_are_only_those(folder, experiment, tmp_path):
    other = make_experiment(folder, with_weights=False, dim=9)
    assert set(Models(folder).experiments) == {experiment.name, other.name}
    assert list(Models(folder, [other.name]).experiments) == [other.name]
    both = Models(folder, [other.name, experiment.name])
    assert both.find(None).name == other.name  # the first one, as the page does
    same = make_experiment(tmp_path / "elsewhere", with_weights=False)
    with pytest.raises(ValueError, match="two experiments are named"):
        Models(folder, [experiment.name, str(same.path)])


def test_pretrained_models_come_first_unless_the_user_has_one_of_the_name(
    folder, experiment, tmp_path, monkeypatch
):
    published = [
        make_experiment(tmp_path / "pretrained", with_weights=False, dim=dim)
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


def test_a_model_reads_its_lines_with_the_recogniser_of_its_corpus(
    folder, experiment, monkeypatch, capsys
):
    monkeypatch.setattr("sketch.experiment.weights.load_network", lambda _: None)
    monkeypatch.setattr("sketch.web.models.SamplingLoop", lambda network: object())
    monkeypatch.setattr("sketch.web.models.find_recogniser_of", lambda _: None)
    assert Models(folder).open(experiment.name).recogniser is None

    loaded = []
    path = folder / "recogniser"
    monkeypatch.setattr("sketch.web.models.find_recogniser_of", lambda _: path)
    monkeypatch.setattr(
        "sketch.web.models.RecogniserDirectory.load", lambda path, root: path
    )
    monkeypatch.setattr(
        "sketch.web.models.LoadedRecogniser",
        lambda path: loaded.append(path) or "recogniser",
    )
    copy = folder / f"{experiment.name}-copy"
    shutil.copytree(experiment.path, copy)
    offered = Models(folder)
    for name in (experiment.name, copy.name):
        assert offered.open(name).recogniser == "recogniser"
    assert loaded == [path]  # once for both

    def fail(path):
        raise ValueError("it is damaged\x1b")

    monkeypatch.setattr("sketch.web.models.LoadedRecogniser", fail)
    assert Models(folder).open(experiment.name).recogniser is None
    told = capsys.readouterr().err
    assert "is checked: it is damaged" in told and "\x1b" not in told


def test_few_models_are_open_at_once(folder, experiment, monkeypatch):
    models = Models(folder)
    names = [f"model-{n}" for n in range(MAX_OPEN + 1)]
    models.experiments = {name: experiment for name in names}
    opened = []

    def load_network(experiment):
        opened.append(experiment)
        return None

    monkeypatch.setattr("sketch.experiment.weights.load_network", load_network)
    monkeypatch.setattr("sketch.web.models.SamplingLoop", lambda network: object())
    first = models.open(names[0])
    assert models.open(names[0]) is first
    for name in names[1:]:
        models.open(name)
    assert len(opened) == len(names)
    assert models.open(names[-1]) and len(opened) == len(names)
    assert models.open(names[0]) is not first  # it was the one longest not used

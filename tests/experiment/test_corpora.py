"""Where the corpus of a run is, and the command that goes on with it."""

import os

import pytest
from toy_recogniser import make_corpus

from sketch.corpus.hdf5 import Corpus
from sketch.experiment.corpora import (
    find_corpus_of,
    require_corpus,
    require_own_corpus,
    resume_command,
)
from sketch.experiment.experiment import Experiment
from sketch.settings.hyperparameters import Hyperparameters


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty working directory."""
    path = tmp_path / "here"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def mine(tmp_path):
    return make_corpus(tmp_path / "mine.hdf5")


@pytest.fixture
def run(tmp_path, facts, mine):
    """A run that learned from `mine`, and remembers where it was."""
    with Corpus.open(mine) as corpus:
        digest = corpus.digest
    settings = Hyperparameters(depth=1, dim=8)
    facts = facts | {"data_digest": digest}
    made = Experiment.create(tmp_path / "experiments", settings, facts)
    made.write_environment({}, [mine])
    return made


def test_find_corpus_of_a_run_where_it_was(run, mine):
    assert find_corpus_of(run) == [mine]
    assert require_corpus(run, None) == (str(mine),)
    assert find_corpus_of("handwriting") == []  # a new run has no hint


def test_find_corpus_of_a_run_passes_over_another_in_the_usual_place(run, mine, here):
    (here / "data").mkdir()
    usual = make_corpus(here / "data" / "handwriting.hdf5", seed=1)
    assert find_corpus_of(run) == [mine]
    assert find_corpus_of("handwriting")[0].resolve() == usual
    mine.rename(usual)
    assert find_corpus_of(run)[0].resolve() == usual  # it was moved there


def test_find_corpus_of_a_run_whose_corpus_changed_ignores_the_hint(run, mine):
    make_corpus(mine, seed=1)
    assert find_corpus_of(run) == []
    with pytest.raises(FileNotFoundError, match="handwriting needs its corpus"):
        require_corpus(run, ())
    mine.write_text("cut")
    assert find_corpus_of(run) == []


def test_find_corpus_of_given_data_comes_first(run, tmp_path):
    other = make_corpus(tmp_path / "other.hdf5", seed=1)
    assert find_corpus_of(run, other) == [other]
    assert find_corpus_of(run, (str(other),)) == [other]
    with pytest.raises(FileNotFoundError, match="--data names"):
        find_corpus_of(run, tmp_path / "nothing")
    with pytest.raises(ValueError, match="learned from other data"):
        require_own_corpus(run, [str(other)], "another")


def test_resume_command_names_what_is_not_found_by_itself(run, mine, here, monkeypatch):
    root = run.path.parent
    assert resume_command(run, [str(mine)]) == (
        f"sketch train --model {run.name} --experiments {root} --data {mine}"
    )
    monkeypatch.setenv("SKETCH_EXPERIMENTS", os.path.relpath(root))
    monkeypatch.setenv("SKETCH_DATA", str(mine))
    assert resume_command(run, [str(mine)]) == f"sketch train --model {run.name}"
    monkeypatch.setenv("SKETCH_DATA", "nowhere.hdf5")
    assert resume_command(run, [str(mine)]).endswith(f" --data {mine}")


def test_resume_command_is_quoted_for_a_shell(tmp_path, facts, monkeypatch):
    run = Experiment.create(tmp_path / "it's mine", Hyperparameters(name="demo"), facts)
    assert resume_command(run, ["built-in.hdf5"]).endswith(
        """ --experiments '""" + str(tmp_path) + """/it'"'"'s mine'"""
    )

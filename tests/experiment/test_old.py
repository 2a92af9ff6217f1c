"""Experiments and corpora of every release are read by all later ones.

`tests/old/<version>/` holds what that release wrote, and is never written again: a
corpus, an experiment that writes freely and one that writes texts.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sketch.backend.processes import ALONE
from sketch.corpus.hdf5 import Corpus
from sketch.evaluation.score import evaluate_experiment
from sketch.experiment.experiment import Experiment, find_experiments
from sketch.experiment.weights import load_network
from sketch.generation.sampling import SamplingLoop
from sketch.settings.run_options import RunOptions
from sketch.training.epoch_pictures import EpochPictures
from sketch.training.network_run import train
from sketch.training.plan import plan_run
from sketch.training.position import add_to
from sketch.training.run_lines import load_lines
from sketch.writing.pen import free_lines, sampling_options, write_experiment

OLD = Path(__file__).parents[1] / "old"
RELEASES = sorted(path.name for path in OLD.iterdir() if path.is_dir())
EXPERIMENTS = [
    (release, path.name)
    for release in RELEASES
    for path in find_experiments(OLD / release)
]


@pytest.fixture
def old(tmp_path):
    """A copy: what is stored stays as it is."""
    shutil.copytree(OLD, tmp_path / "old")
    return tmp_path / "old"


def score(experiment, corpus):
    """Nats a line of the validation set, as training counts them."""
    lines = load_lines(
        [corpus],
        experiment.hyperparameters,
        experiment.alphabet,
        experiment.offset_mean,
        experiment.offset_std,
        memory=1e9,
        processes=ALONE,
    )
    network, totals = load_network(experiment), {"log_likelihood": 0.0, "lines": 0.0}
    network.compile()
    for batch in lines.batches["valid"].epoch(0):
        add_to(totals, network.test_on_batch(batch.inputs, return_dict=True))
    return totals["log_likelihood"] / totals["lines"]


def test_each_release_has_experiments_here():
    assert "0.1.0" in RELEASES
    assert len(EXPERIMENTS) >= 2 * len(RELEASES)


@pytest.mark.parametrize("release", RELEASES)
def test_old_corpora_are_read(release):
    with Corpus.open(OLD / release / "toy.hdf5") as corpus:
        lines = {name: corpus.read_set(name) for name in ("train", "valid", "test")}
    assert [len(set_lines) for set_lines in lines.values()] == [4, 4, 4]
    assert lines["valid"][1].line_id == "valid-1"
    assert lines["valid"][1].transcript == "ab ba"
    assert lines["valid"][1].strokes.shape == (12, 3)


@pytest.mark.parametrize(("release", "name"), EXPERIMENTS)
def test_old_experiments_write_are_scored_and_go_on(old, release, name, monkeypatch):
    root, corpus = old / release, old / release / "toy.hdf5"
    experiment = Experiment.load(name, root)
    history = experiment.history()
    assert [row["epoch"] for row in history] == [1, 2]

    # The weights are those that were trained: they score what they scored then.
    best = max(row["valid_log_likelihood"] for row in history)
    assert score(experiment, corpus) == pytest.approx(best, rel=1e-4)
    report = evaluate_experiment(experiment, root, "graves", corpus)
    assert np.isfinite(report["log_likelihood"]["nats_per_line"]["value"])

    if experiment.hyperparameters.text:
        manner = sampling_options(experiment, 4, max_tries=1)
        (line,) = write_experiment(experiment, ["ab"], manner)
        ink = [line.trace.strokes]
    else:
        loop = SamplingLoop(load_network(experiment))
        ink = free_lines(loop, experiment, count=2, steps=5)
    assert all(np.isfinite(strokes).all() and len(strokes) for strokes in ink)

    monkeypatch.setattr(EpochPictures, "draw", lambda self, epoch: None)
    plan = plan_run({}, name, root)
    train(plan, RunOptions(epochs=3, data=str(corpus)), root)
    assert [row["epoch"] for row in experiment.history()] == [1, 2, 3]
    assert experiment.history()[:2] == history
    assert experiment.load_checkpoint("latest")[1]["step"] == 6

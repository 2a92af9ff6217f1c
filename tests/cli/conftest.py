"""Experiments and recognisers with a history, for the commands that describe them."""

import pytest

from sketch.experiment.experiment import Experiment, Lineage
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.recogniser_settings import RecogniserSettings


@pytest.fixture
def parent(root, facts):
    experiment = Experiment.create(root, Hyperparameters(depth=1, dim=8), facts)
    for epoch, score in ((1, -10.5), (2, 20.25), (3, float("nan"))):
        row = {"epoch": epoch, "step": 7 * epoch, "valid_log_likelihood": score}
        row["train_log_likelihood"] = 30.0 + epoch
        experiment.append_history(row)
    return experiment


@pytest.fixture
def child(root, facts, parent):
    """Begun with the weights of `parent`."""
    settings = Hyperparameters(depth=1, dim=8, learning_rate=1e-3)
    lineage = {"lineage": Lineage(parent.name, 14)}
    return Experiment.create(root, settings, facts | lineage)


@pytest.fixture
def recogniser(root, facts):
    settings = RecogniserSettings(name="toy", dim=4)
    recogniser = RecogniserDirectory.create(root, settings, facts)
    for epoch, wrong in ((1, 0.5), (2, 0.125), (3, 0.25)):
        row = {"epoch": epoch, "step": 9 * epoch, "valid_error_rate": wrong}
        recogniser.append_history(row)
    return recogniser


@pytest.fixture
def hostile_paths(root, facts):
    """An experiment and a recogniser that try to clear the screen and forge a row."""
    evil = "\x1b[2J\nexperiment"
    facts = facts | {"data_digest": evil, "lineage": Lineage(evil, 1)}
    made = Experiment.create(root, Hyperparameters(depth=1, dim=8), facts)
    del facts["lineage"]
    other = RecogniserDirectory.create(root, RecogniserSettings(name="toy"), facts)
    return [made.path.rename(root / evil), other.path.rename(root / f"x{evil}")]

"""An experiment directory to work on."""

import numpy as np
import pytest

from sketch.experiment.directory import Experiment
from sketch.experiment.hyperparameters import Hyperparameters
from sketch.ink.text import Alphabet


@pytest.fixture
def facts():
    return {
        "alphabet": Alphabet.from_texts(["Quick, “fox”"]),
        "offset_mean": np.array([8.25, 0.125]),
        "offset_std": np.array([42.0, 37.0]),
        "data_digest": "0123abcd",
    }


@pytest.fixture
def root(tmp_path):
    return tmp_path / "experiments"


@pytest.fixture
def experiment(root, facts):
    settings = Hyperparameters(depth=1, dim=8, learning_rate=1e-3)
    return Experiment.create(root, settings, facts)

"""What the tests of runs share."""

import pytest
from made_up_corpus import make_corpus
from toy_runs import run

from sketch.training.epoch_pictures import EpochPictures

DRAW = EpochPictures.draw


@pytest.fixture
def corpus(tmp_path):
    """18 lines to learn, 5 to validate, 4 to test."""
    return make_corpus(tmp_path / "toy.hdf5")


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """Pictures have tests of their own; here they would take most of the time."""
    monkeypatch.setattr(EpochPictures, "draw", lambda self, epoch: None)


@pytest.fixture
def pictures(no_pictures, monkeypatch):
    """Pictures after all."""
    monkeypatch.setattr(EpochPictures, "draw", DRAW)


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory):
    """Three epochs that nothing interfered with."""
    folder = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EpochPictures, "draw", lambda self, epoch: None)
        return run(make_corpus(folder / "toy.hdf5"), folder, epochs=3)

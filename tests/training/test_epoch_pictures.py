"""The pictures of a run, and which of them stay."""

import signal

import numpy as np
import pytest
from keras import ops
from toy_runs import SETTINGS, Killed, interfere, run, run_to_end

from sketch.experiment.experiment import Experiment
from sketch.model.network import Network
from sketch.training import epoch_pictures
from sketch.training.epoch_pictures import EpochPictures

pytestmark = pytest.mark.usefixtures("pictures")


def kept(experiment):
    return sorted(experiment.samples_dir.iterdir())


@pytest.fixture(autouse=True)
def ink_of_the_weights(monkeypatch):
    """In place of samples, which take a compilation: other weights, other ink."""

    def sample(self):
        value = round(float(ops.convert_to_numpy(self.network.weights[0]).flat[0]), 3)
        steps = int(2000 * (1 + value))  # seen in pen.png
        return [np.float32([[1, 1, 0]] * (steps % 97 + 3) + [[9, 200 * value, 1]])] * 2

    monkeypatch.setattr(EpochPictures, "sample", sample)


def test_run_killed_while_it_draws_draws_first_when_resumed(
    corpus, tmp_path, monkeypatch
):
    """The epoch is saved and not done again: its pictures come first of all."""
    monkeypatch.setattr(epoch_pictures, "KEPT_EVERY", 1)
    unbroken = run(corpus, tmp_path / "a", epochs=3)
    usual = epoch_pictures.write_bytes
    count = 0

    def draw_or_die(*args):
        nonlocal count
        count += 1
        if count == 2:
            raise Killed
        usual(*args)

    with monkeypatch.context() as patch:
        patch.setattr(epoch_pictures, "write_bytes", draw_or_die)
        with pytest.raises(Killed):
            run(corpus, tmp_path / "b", epochs=2)
    broken = Experiment.load(unbroken.name, tmp_path / "b")
    assert [path.name for path in kept(broken)] == ["sketch-001.png"]
    again = run(corpus, tmp_path / "b", "continue", epochs=2)  # all are done
    assert len(kept(again)) == 2
    again = run(corpus, tmp_path / "b", "continue", epochs=3)
    drawn = [[path.read_bytes() for path in kept(e)] for e in (unbroken, again)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 3
    for name in ("pen.png", "sketch.png"):
        files = [run.path / name for run in (unbroken, again)]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_picture_is_of_the_weights_of_its_epoch_or_missing(
    corpus, tmp_path, monkeypatch
):
    """Within the next epoch they are gone; an epoch that is drawn is not drawn again;
    a history that the user moved away is not missed."""
    drawn = []
    usual = EpochPictures.draw

    def draw(self, epoch):
        drawn.append(epoch)
        usual(self, epoch)

    monkeypatch.setattr(EpochPictures, "draw", draw)
    first = run(corpus, tmp_path, epochs=1, settings=SETTINGS)
    run(corpus, tmp_path, first.name, epochs=1)
    assert drawn == [1]
    first.history_path.unlink()
    (first.path / "sketch.png").unlink()
    run(corpus, tmp_path, first.name, epochs=1)
    assert drawn == [1, 1] and (first.path / "sketch.png").exists()
    with monkeypatch.context() as patch:
        interfere(patch, Network, 2, lambda: signal.raise_signal(signal.SIGTERM))
        assert run_to_end(corpus, tmp_path, first.name, epochs=2).signal_number
    assert first.load_checkpoint("latest")[1]["batch"] == 2
    kept(first)[0].unlink()
    run(corpus, tmp_path, first.name, epochs=2)
    assert drawn == [1, 1, 2]


def test_samples_keep_the_last_and_every_tenth_epoch(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(epoch_pictures, "KEPT_EVERY", 2)
    first = run(corpus, tmp_path, epochs=3, settings=SETTINGS)
    names = [path.name for path in kept(first)]
    assert names == ["sketch-002.png", "sketch-003.png"]
    run(corpus, tmp_path, first.name, epochs=5)
    names = [path.name for path in kept(first)]
    assert names == ["sketch-002.png", "sketch-004.png", "sketch-005.png"]


def test_ink_that_cannot_be_drawn_does_not_end_a_run(
    corpus, tmp_path, monkeypatch, capsys
):
    broken = [np.full((5, 3), np.nan, np.float32)]
    monkeypatch.setattr(EpochPictures, "sample", lambda self: broken)
    experiment = run(corpus, tmp_path, epochs=2, settings=SETTINGS)
    assert len(experiment.history()) == 2
    assert capsys.readouterr().err.count("no sketch.png of this epoch") == 2

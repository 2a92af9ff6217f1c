"""Whole runs of `train` at toy size, and what may happen to them."""

import h5py
import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.experiment.run_directory import RunDirectory
from sketch.settings.run_options import RunOptions
from sketch.training.loop import RunEnd
from sketch.training.network_run import train
from sketch.training.plan import plan_run

# One thread is exact, see test_network_run.py; several nearly are at this size.
CLOSE = 1e-5
SETTINGS = {
    "depth": 1,
    "dim": 6,
    "mixtures": 2,
    "batch_size": 4,
    "learning_rate": 1e-2,
    "seed": 3,
}
NOISY = SETTINGS | {"dropout": 0.3, "weight_noise": 0.05, "augment": 0.1}
SCORES = "step train_log_likelihood valid_log_likelihood gradient_norm".split()


class Killed(BaseException):
    """Like kill -9, nothing in the program expects it."""


def run_to_end(corpus, root, model=None, epochs=2, settings=NOISY, **options) -> RunEnd:
    given = {} if model and model != "continue" else settings
    plan = plan_run(given, model, root)
    options = {"checkpoint_minutes": 60.0} | options
    return train(plan, RunOptions(epochs=epochs, data=str(corpus), **options), root)


def run(*arguments, **options) -> Experiment:
    """The experiment of a run that no signal stops."""
    end = run_to_end(*arguments, **options)
    assert end.signal_number == 0
    return end.directory


def derive(corpus, root, parent: Experiment, given, **options) -> Experiment:
    plan = plan_run(given, parent.name, root)
    return train(plan, RunOptions(data=str(corpus), **options), root).directory


def interfere(monkeypatch, model_class, at_step, act) -> None:
    """Calls `act` just before the step of this number."""
    usual = model_class.train_on_batch
    count = 0

    def train_on_batch(self, *args, **kwargs):
        nonlocal count
        count += 1
        if count == at_step:
            act()
        return usual(self, *args, **kwargs)

    monkeypatch.setattr(model_class, "train_on_batch", train_on_batch)


def die(*_):
    raise Killed


def weights(directory: RunDirectory) -> dict[str, np.ndarray]:
    """The weights and the optimizer of the latest checkpoint."""
    found = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[...]

    with h5py.File(directory.load_checkpoint("latest")[0]) as file:
        file.visititems(keep)
    return found


def assert_same_run(one, other, columns=SCORES) -> None:
    scores = [[[row[c] for c in columns] for row in d.history()] for d in (one, other)]
    np.testing.assert_allclose(*scores, rtol=CLOSE)
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4, atol=1e-6)

"""Experiments that were never trained: quick to make, and their ink is scribble."""

from pathlib import Path

from sketch.experiment.experiment import Experiment
from sketch.ink.alphabet import Alphabet
from sketch.settings.hyperparameters import Hyperparameters

LETTERS = "abcdefghijklmnopqrstuvwxyzDH ,.!'"


def make_experiment(
    root: Path, with_weights=True, facts=None, **settings
) -> Experiment:
    """An experiment that was never trained: its initial weights are its best ones.

    Without weights, it is made in no time, and can be looked at but not used.
    """
    usual = {
        "alphabet": Alphabet(tuple(sorted(set(LETTERS)))),
        "offset_mean": [4.0, 0.0],
        "offset_std": [6.0, 5.0],
        "data_digest": "0",
        "text_length": 24,
        "points_per_character": 4.0,
    }
    settings = {"depth": 1, "dim": 8, "mixtures": 2, "window_mixtures": 2} | settings
    if not settings.get("text", True):
        settings.pop("window_mixtures")
    hyperparameters = Hyperparameters(**({"text": True} | settings))
    experiment = Experiment.create(root, hyperparameters, usual | (facts or {}))
    save = _no_weights
    if with_weights:
        from sketch.experiment.weights import build_network

        save = build_network(experiment).save_weights
    experiment.save_checkpoint("best", save, {"step": 0})
    return experiment


def _no_weights(path: Path) -> None:
    path.write_bytes(b"no weights")


def make_network(**settings):
    """A little network with its initial weights."""
    from sketch.model.network import Network

    usual = {"dim": 8, "depth": 1, "num_mixtures": 3, "uniform": 0.3}
    usual |= {"window_mixtures": 2, "advance": 0.1, "first_input": (-0.2, 0.01, 0.0)}
    return Network(**usual | settings)


def always_the_same(raw, **settings):
    """A network whose every step puts out `raw`."""
    fixed = make_network(**settings)
    for weight in fixed.trainable_weights:
        weight.assign(0.0 * weight)
    fixed.output_layer.bias.assign(raw)
    return fixed

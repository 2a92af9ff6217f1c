"""An experiment as a pen: its weights loaded, its units put back."""

import numpy as np

from sketch.experiment.building import load_network
from sketch.experiment.directory import Experiment
from sketch.generation.sampling import SamplingLoop, sample
from sketch.ink.strokes import denormalise


def sample_experiment(
    experiment: Experiment, count: int, steps: int, bias: float, seed: int
) -> list[np.ndarray]:
    """Free lines by the best weights of an experiment.

    Args:
        experiment: which; without text.
        count: how many lines.
        steps: points of each.
        bias: >= 0, sharpens the mixture.
        seed: the same seed writes the same ink.

    Returns:
        Strokes `[steps, 3]` of each line, in the recordings' units.
    """
    loop = SamplingLoop(load_network(experiment))
    return free_lines(loop, experiment, count, steps, bias, seed)


def free_lines(
    loop: SamplingLoop,
    experiment: Experiment,
    count: int,
    steps: int,
    bias: float = 0.0,
    seed: int = 0,
) -> list[np.ndarray]:
    """As `sample_experiment`, with a loop that is there already."""
    trace = sample(loop, count, steps, bias, seed)
    return [
        denormalise(strokes, experiment.offset_mean, experiment.offset_std)
        for strokes in trace.strokes
    ]

"""An experiment as a pen: its weights loaded, its units put back."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import load_network
from sketch.generation.sampling import SamplingLoop, sample
from sketch.generation.terms import Prime, SamplingOptions
from sketch.generation.texts import WrittenLine, write_texts
from sketch.ink.strokes import denormalise
from sketch.writing.check import ReadingCheck

# A character may take so many times the corpus' pace. Lines of people take up to 2.1
# times; pens that get lost in dots and dashes take longer.
PATIENCE = 2.25


def free_lines(
    loop: SamplingLoop,
    experiment: Experiment,
    count: int,
    steps: int,
    bias: float = 0.0,
    seed: int = 0,
) -> list[np.ndarray]:
    """Free lines by an experiment without text.

    Args:
        loop: of its network.
        experiment: which.
        count: how many lines.
        steps: points of each.
        bias: >= 0, sharpens the mixture.
        seed: the same seed writes the same ink.

    Returns:
        Strokes `[steps, 3]` of each line, in the recordings' units.
    """
    speeds = experiment.slow_speeds
    trace = sample(loop, count, steps, bias, seed, slow_speeds=speeds)
    return [in_units(experiment, strokes) for strokes in trace.strokes]


def sampling_options(
    experiment: Experiment, steps_per_character: int | None = None, **manner: Any
) -> SamplingOptions:
    """How an experiment with text writes.

    Args:
        experiment: which.
        steps_per_character: where a piece is given up; None: at 2.25 times the pace
            of the corpus, but never at once.
        manner: all else that `SamplingOptions` takes.
    """
    steps = max(
        1, round(PATIENCE * experiment.typical_points_per_character)
    )  # drawings have few points
    return SamplingOptions(
        steps_per_character=steps_per_character or steps,
        longest_text=experiment.longest_text,
        slow_speeds=experiment.slow_speeds,
        **manner,
    )


def write_experiment(
    experiment: Experiment,
    texts: Sequence[str],
    manner: SamplingOptions | None = None,
    prime: Prime | None = None,
    loop: SamplingLoop | None = None,
    check: ReadingCheck | None = None,
    report: Callable[[int], None] | None = None,
) -> list[WrittenLine]:
    """Texts by the best weights of an experiment with text.

    Args:
        experiment: which.
        texts: a line of ink each, in characters that its alphabet has.
        manner: how, see `sampling_options`; None: with the defaults.
        prime: ink that every line goes on from, normalised; see `priming.load_prime`.
        loop: of the experiment's network, where there is one already.
        check: a reader; what it cannot read back is written again.
        report: told how many pieces of the texts are on paper.

    Returns:
        The lines, normalised; `in_units` puts the recordings' units back.

    Raises:
        ValueError: the experiment has no text model; an unknown character.
    """
    experiment.require_text()
    if check is not None:
        check.require_known(texts)
    return write_texts(
        loop or SamplingLoop(load_network(experiment)),
        experiment.alphabet,
        texts,
        manner or sampling_options(experiment),
        [prime] * len(texts),
        check and check.of_pen(experiment.offset_mean, experiment.offset_std),
        report,
    )


def in_units(experiment: Experiment, strokes: np.ndarray) -> np.ndarray:
    """Normalised strokes in the recordings' units."""
    return denormalise(strokes, experiment.offset_mean, experiment.offset_std)

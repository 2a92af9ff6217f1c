"""An experiment as a pen: its weights loaded, its units put back."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import load_network
from sketch.generation.joins import MIN_BASELINE
from sketch.generation.sampling import SamplingLoop, sample
from sketch.generation.terms import Prime, SamplingOptions
from sketch.generation.texts import WrittenLine, write_texts
from sketch.ink.strokes import (
    DX,
    END_OF_STROKE,
    denormalise,
    extent,
    split_pen_strokes,
)
from sketch.page.baseline import find_baseline
from sketch.writing.check import ReadingCheck

# A character may take this many times the corpus' points per character. Lines of people
# take up to 2.1 times; pens that get lost in dots and dashes take longer.
PATIENCE = 2.25
MAX_SCALE = 1.25  # of a line to the size of its prime; more is an error of measurement


def free_lines(
    loop: SamplingLoop,
    experiment: Experiment,
    count: int,
    steps: int,
    bias: float = 0.0,
    seed: int = 0,
) -> list[np.ndarray]:
    """Writes free lines by an experiment without text.

    Args:
        loop: of its network.
        experiment: which.
        count: number of lines.
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
    experiment: Experiment, steps_per_character: int | None = None, **options: Any
) -> SamplingOptions:
    """The sampling options of an experiment with text.

    Args:
        experiment: which.
        steps_per_character: where a piece is given up; None: at 2.25 times the points
            per character of the corpus.
        options: all else that `SamplingOptions` takes.
    """
    steps = round(PATIENCE * experiment.typical_points_per_character)
    return SamplingOptions(
        # Drawings have few points: at least 1.
        steps_per_character=steps_per_character or max(1, steps),
        longest_text=experiment.longest_text,
        slow_speeds=experiment.slow_speeds,
        **options,
    )


def write_experiment(
    experiment: Experiment,
    texts: Sequence[str],
    options: SamplingOptions | None = None,
    prime: Prime | None = None,
    loop: SamplingLoop | None = None,
    check: ReadingCheck | None = None,
    report: Callable[[int], None] | None = None,
) -> list[WrittenLine]:
    """Writes texts by the best weights of an experiment with text.

    Args:
        experiment: which.
        texts: a line of ink each, in characters that its alphabet has.
        options: see `sampling_options`; None: the defaults.
        prime: ink that every line continues, normalised; see `prime.load_prime`. The
            lines are scaled to its letters' size.
        loop: of the experiment's network, where there is one already.
        check: reads the pieces back; those it misreads are written again.
        report: told how many pieces of the texts are on paper.

    Returns:
        The lines, normalised; `line_in_units` puts the recordings' units back.

    Raises:
        ValueError: the experiment has no text model; an unknown character.
    """
    experiment.require_text()
    if check is not None:
        check.require_known(texts)
    lines = write_texts(
        loop or SamplingLoop(load_network(experiment)),
        experiment.alphabet,
        texts,
        options or sampling_options(experiment),
        [prime] * len(texts),
        check and check.of_pen(experiment.offset_mean, experiment.offset_std),
        report,
    )
    if prime is not None:
        scale_to_prime(experiment, lines, prime)
    return lines


def scale_to_prime(
    experiment: Experiment, lines: Sequence[WrittenLine], prime: Prime
) -> None:
    """Sets the scale of lines so that their letters are as large as their prime's."""
    size = _letter_size(experiment, prime.strokes, prime.text)
    for line in lines:
        scale = size / _letter_size(experiment, line.trace.strokes, line.text)
        if np.isfinite(scale):
            line.scale = float(np.clip(scale, 1 / MAX_SCALE, MAX_SCALE))


def in_units(experiment: Experiment, strokes: np.ndarray) -> np.ndarray:
    """Normalised strokes in the recordings' units."""
    return denormalise(strokes, experiment.offset_mean, experiment.offset_std)


def line_in_units(experiment: Experiment, line: WrittenLine) -> np.ndarray:
    """The strokes of a written line in the recordings' units, in its prime's size."""
    strokes = in_units(experiment, line.trace.strokes)
    strokes[:, :END_OF_STROKE] *= line.scale
    return strokes


def _letter_size(experiment: Experiment, strokes: np.ndarray, text: str) -> float:
    """How large letters are, in the recordings' units; NaN for short texts.

    The geometric mean of the height of small letters and the width of a character: one
    line tells neither exactly, and errors of the two are mostly independent.
    """
    if sum(map(str.isalnum, text)) < MIN_BASELINE:
        return float("nan")
    ink = in_units(experiment, strokes)
    height = find_baseline(split_pen_strokes(ink), text).x_height
    return float(np.sqrt(height * extent(ink)[DX] / len(text)))

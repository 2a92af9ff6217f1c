"""Options of sampling, primes and results of checks; imports no keras."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# The pen's running speed is the mean length of its steps, in normalised units, where
# a step weighs 0.9 times as much as the next one.
SPEED_MEMORY = 0.9
FIRST_SPEED = 1.0  # before the first step
# 1 % and 4 % of IAM-OnDB's steps are slower than these. A corpus' own are measured by
# `training.run_lines`.
SLOW_SPEEDS = (0.2, 0.3)


@dataclass(frozen=True)
class SamplingOptions:
    """How texts are written.

    probability_bias: >= 0, sharpens the mixture.
    seed: the same seed writes the same ink.
    max_tries: of each piece.
    steps_per_character: pen steps a character after which a piece is given up.
    longest_text: characters that the network follows well. A text that is longer, with
        its prime's, is written in pieces of half this length.
    slow_speeds: the bias is off where the pen is slower than the first, and full where
        it is faster than the second.
    batch_size: rows of the compiled loop. None: the smallest of `pieces.BATCH_SIZES`
        that holds all pieces, or the largest.
    """

    probability_bias: float = 0.0
    seed: int = 0
    max_tries: int = 5
    steps_per_character: int = 60
    longest_text: int = 64
    slow_speeds: tuple[float, float] = SLOW_SPEEDS
    batch_size: int | None = None


@dataclass(frozen=True)
class Prime:
    """Ink that a line continues.

    strokes: `[time, 3]`, normalised.
    text: what it says.
    """

    strokes: np.ndarray
    text: str


class CheckResult(NamedTuple):
    """What a check finds in a written piece.

    badness: 0 is flawless; of pieces that all have a fault, the least bad is kept.
    fault: what is wrong, in words; None where the piece may be handed out.
    """

    badness: float
    fault: str | None


# The pieces' texts and their strokes, normalised -> a result for each.
Check = Callable[[Sequence[str], Sequence[np.ndarray]], list[CheckResult]]

"""What a generated text is made of and told by; imports no keras."""

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
    max_tries: how often a piece is written at the most.
    steps_per_character: pen steps after which a piece is given up.
    longest_text: characters that the network follows well. What is longer, with the
        prime's, is written in pieces of half of that.
    slow_speeds: the bias is off where the pen is slower than the first, and full where
        it is faster than the second.
    batch_size: rows of the compiled loop; those to spare hold further tries. None: as
        many as there are texts, up to `MAX_ROWS`.
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
    """Ink that a line goes on from.

    strokes: `[time, 3]`, normalised.
    text: what it says.
    """

    strokes: np.ndarray
    text: str


class CheckResult(NamedTuple):
    """What a check says of a written piece.

    badness: 0 is flawless; of pieces that all have a fault, the least bad is kept.
    fault: what is wrong, in words; None where it may be handed out.
    """

    badness: float
    fault: str | None


# Texts of pieces and their strokes, normalised -> a verdict on each.
Check = Callable[[Sequence[str], Sequence[np.ndarray]], list[CheckResult]]

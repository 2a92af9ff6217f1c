"""What a generated text is made of and told by; imports no keras."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class SamplingOptions:
    """How texts are written.

    probability_bias: >= 0, sharpens the mixture.
    seed: the same seed writes the same ink.
    max_tries: how often a piece is written at the most.
    steps_per_character: pen steps after which a piece is given up.
    longest_text: characters that the network follows well. What is longer, with the
        prime's, is written in pieces of half of that.
    batch_size: rows of the compiled loop; those to spare hold further tries. None: as
        many as there are texts, up to `MAX_ROWS`.
    """

    probability_bias: float = 0.0
    seed: int = 0
    max_tries: int = 5
    steps_per_character: int = 60
    longest_text: int = 64
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

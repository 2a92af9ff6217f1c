"""A whole text in one style: the pieces that `sketch.page.layout` places.

The text is written in short pieces, as long as the model follows well, all at once.
Every piece goes on from the same ink, so that the hand is one: from somebody's prime,
or from one of the pieces, which is written before all others.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import load_network
from sketch.generation.attention import FAINT
from sketch.generation.sampling import SamplingLoop
from sketch.generation.terms import Prime, SamplingOptions
from sketch.generation.texts import WrittenLine, split_text
from sketch.ink.strokes import DX
from sketch.page.layout import Piece
from sketch.system.messages import progress_bar
from sketch.writing.check import ReadingCheck
from sketch.writing.pen import in_units, sampling_options, write_experiment

MIN_PIECE = 8  # characters
X_HEIGHT = 0.78  # over a character's width, blanks too: IAM-OnDB 0.79, demo 0.76
HANDS = 3  # pieces that may set the hand, one after the other until one is sound


class Letter(NamedTuple):
    """A text as ink, before it is on paper.

    Attributes:
        paragraphs: the pieces of each.
        faults: what is still wrong with pieces, in words.
        written: the pieces as the model wrote them, in order, normalised.
        x_height: of the corpus' small letters, about, in the units of the pieces.
    """

    paragraphs: list[list[Piece]]
    faults: list[str]
    written: list[WrittenLine]
    x_height: float


def write_letter(
    experiment: Experiment,
    paragraphs: Sequence[str],
    manner: SamplingOptions | None = None,
    prime: Prime | None = None,
    loop: SamplingLoop | None = None,
    check: ReadingCheck | None = None,
    progress: bool = False,
) -> Letter:
    """Write a text in one hand.

    Args:
        experiment: which; with text.
        paragraphs: what to write, in characters that the alphabet has; line feeds in
            them end lines of the page, too.
        manner: how, see `sampling_options`; None: with the defaults.
        prime: ink that every piece goes on from, normalised; None: the longest piece
            that goes well, of the first few that are tried.
        loop: of the experiment's network, where there is one already.
        check: a reader; what it cannot read back is written again.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: no text, an unknown character, or an experiment without text.
    """
    manner = manner or sampling_options(experiment)
    length = _piece_length(manner.longest_text, prime)
    if not experiment.alphabet.has_blank:
        length = 1  # a word: the page has the blanks
    split = [
        [split_text(line, length) for line in paragraph.split("\n") if line.strip()]
        for paragraph in paragraphs
    ]
    texts = [text for paragraph in split for line in paragraph for text in line]
    if not texts:
        raise ValueError("there is no text to write")
    loop = loop or SamplingLoop(load_network(experiment))
    bar = progress_bar("writing", len(texts), "piece", progress)
    written: dict[int, WrittenLine] = {}

    def write(numbers: Sequence[int], manner: SamplingOptions) -> list[WrittenLine]:
        already = len(written)

        def tell(count: int) -> None:
            """Never less than before: what is on paper may be written again."""
            bar.total = max(bar.total, already + count)  # pieces that were parted
            bar.update(max(already + count - bar.n, 0))

        return write_experiment(
            experiment,
            [texts[number] for number in numbers],
            manner,
            prime,
            loop,
            check,
            tell,
        )

    with bar:
        if prime is None:
            written, prime = _write_hand(texts, write, manner)
        rest = [number for number in range(len(texts)) if number not in written]
        if rest:
            written |= dict(zip(rest, write(rest, manner), strict=True))
    lines = [written[number] for number in range(len(texts))]
    remaining = iter(lines)
    return Letter(
        [
            [
                _to_piece(experiment, next(remaining), number == len(line))
                for line in paragraph
                for number, _ in enumerate(line, start=1)
            ]
            for paragraph in split
        ],
        [fault for line in lines for fault in line.describe_faults()],
        lines,
        X_HEIGHT
        * experiment.typical_points_per_character
        * abs(float(experiment.offset_mean[DX])),
    )


def _piece_length(longest: int, prime: Prime | None) -> int:
    """Characters of a piece that goes on from the prime, or from another piece."""
    room = longest - len(prime.text) - 1 if prime else 0  # a blank is between them
    return max(room, longest // 2, MIN_PIECE)


def _write_hand(
    texts: Sequence[str],
    write: Callable[[Sequence[int], SamplingOptions], list[WrittenLine]],
    manner: SamplingOptions,
) -> tuple[dict[int, WrittenLine], Prime | None]:
    """The piece from which all others go on, by its number, and its ink.

    The longest ones tell most of a hand. A faulty one is left for later, unless there
    is no other; where all are, the hand is that of a part that is sound.
    """
    leads = []
    by_length = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
    for attempt, number in enumerate(by_length[:HANDS], start=1):
        # Hands draw from seeds of their own, which no other seed of a user meets.
        seed = manner.seed + (attempt << 32)
        (line,) = write([number], replace(manner, seed=seed, batch_size=None))
        if not line.faults or len(texts) == 1:
            return {number: line}, Prime(line.trace.strokes, line.text)
        leads += [line.lead] if line.lead else []
    return {}, max(leads, key=lambda lead: len(lead.text), default=None)


def _to_piece(experiment: Experiment, line: WrittenLine, ends_line: bool) -> Piece:
    strokes = in_units(experiment, line.trace.strokes)
    return Piece(strokes, line.text, window_places(line.trace.phi), ends_line)


def window_places(phi: np.ndarray) -> np.ndarray:
    """Which character each point belongs to: the centre of the window.

    Args:
        phi: `[time, characters]`, the window's weights.

    Returns:
        `[time]`, counted from 0; NaN where the window is on none of them.
    """
    weight = phi.sum(axis=1)
    centre = phi @ np.arange(phi.shape[1]) / np.maximum(weight, FAINT)
    return np.where(weight > FAINT, centre, np.nan)

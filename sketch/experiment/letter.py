"""A whole text in one hand, by an experiment: the pieces that `sketch.ink.page` places.

The text is written in short pieces, as long as the model follows well, all at once.
Every piece goes on from the same ink, so that the hand is one: from somebody's prime,
or from the first piece, which is written before all others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sketch.experiment.checking import ReadingCheck
from sketch.experiment.directory import Experiment
from sketch.experiment.pen import in_units, write_experiment
from sketch.generation.attention import FAINT
from sketch.generation.sampling import SamplingLoop
from sketch.generation.writing import Prime, WrittenLine, split_text
from sketch.ink.page import Piece

BATCH_SIZE = 64  # pieces written at once
SHORTEST_PIECE = 8  # characters


class Letter(NamedTuple):
    """A text as ink, before it is on paper.

    Attributes:
        paragraphs: the pieces of each.
        faults: what is still wrong with pieces, in words.
        num_pieces: how many there are.
        num_again: how often a piece was written again.
        written: the pieces as the model wrote them, in order, normalised.
    """

    paragraphs: list[list[Piece]]
    faults: list[str]
    num_pieces: int
    num_again: int
    written: list[WrittenLine]


def write_letter(
    experiment: Experiment,
    paragraphs: Sequence[str],
    bias: float = 0.0,
    seed: int = 0,
    prime: Prime | None = None,
    max_tries: int = 5,
    loop: SamplingLoop | None = None,
    check: ReadingCheck | None = None,
    batch_size: int | None = None,
) -> Letter:
    """Write a text in one hand.

    Args:
        experiment: which; with text.
        paragraphs: what to write, in characters that the alphabet has; line feeds in
            them end lines of the page, too.
        bias: >= 0, sharpens the mixture.
        seed: the same seed writes the same ink.
        prime: ink that every piece goes on from, normalised; None: the first piece.
        max_tries: how often a faulty piece is written at the most.
        loop: of the experiment's network, where there is one already.
        check: a reader; what it cannot read back is written again.
        batch_size: pieces written at once behind the first, or further tries of them,
            so that letters of all lengths take the same compiled loop; None: as few
            batches as can be.

    Raises:
        ValueError: no text, an unknown character, or an experiment without text.
    """
    longest = experiment.text_length or 64
    room = longest - len(prime.text) if prime else 0
    length = max(room, longest // 2, SHORTEST_PIECE)
    texts, ends_line = [], []
    for paragraph in paragraphs:
        lines = [split_text(s, length) for s in paragraph.split("\n") if s.strip()]
        texts.append([piece for line in lines for piece in line])
        for line in lines:
            ends_line += [False] * (len(line) - 1) + [True]
    flat = [piece for pieces in texts for piece in pieces]
    if not flat:
        raise ValueError("there is no text to write")

    def write(batch: list[str], number: int, rows: int = 0) -> list[WrittenLine]:
        # Batches draw from seeds of their own, which no other seed of a user meets.
        own_seed = seed + (number << 32)
        return write_experiment(
            experiment,
            batch,
            bias,
            own_seed,
            prime,
            max_tries,
            loop=loop,
            check=check,
            num_rows=rows,
        )

    written: list[WrittenLine] = []
    pieces: list[Piece] = []

    def keep(lines: list[WrittenLine]) -> None:
        written.extend(lines)
        pieces.extend(_to_piece(experiment, line) for line in lines)

    if prime is None:
        keep(write(flat[:1], 0))
        prime = Prime(written[0].trace.strokes, written[0].text)
    rest = flat[len(pieces) :]
    # Batches of one size: a compiled loop fits all of them.
    size = batch_size or -(-len(rest) // max(-(-len(rest) // BATCH_SIZE), 1))
    for number, start in enumerate(range(0, len(rest), max(size, 1)), start=1):
        keep(write(rest[start : start + size], number, batch_size or 0))
    remaining = (
        piece._replace(ends_line=is_end)
        for piece, is_end in zip(pieces, ends_line, strict=True)
    )
    faults = [
        f"{line.text!r}: {fault}, after {max(line.tries)} tries"
        for line in written
        for fault in line.faults
    ]
    tries = [count for line in written for count in line.tries]
    return Letter(
        [[next(remaining) for _ in part] for part in texts],
        faults,
        len(tries),
        sum(tries) - len(tries),
        written,
    )


def _to_piece(experiment: Experiment, line: WrittenLine) -> Piece:
    strokes = in_units(experiment, line.trace.strokes)
    return Piece(strokes, line.text, window_places(line.trace.phi))


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

"""A whole text in one style: the pieces that `sketch.page.layout` places.

The text is written in short pieces, as long as the model follows well, all at once.
Every piece continues the same ink, so that the style is one: a prime, or one of the
pieces, which is written before all others.
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
from sketch.writing.pen import line_in_units, sampling_options, write_experiment

MIN_PIECE = 8  # characters
X_HEIGHT = 0.78  # over a character's width, blanks too: IAM-OnDB 0.79, demo 0.76
MAX_LEADS = 3  # pieces of which the longest sound one is continued by all others


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

    @property
    def lead(self) -> Prime | None:
        """The longest sound ink of a piece, from which others can go on."""
        return _longest(self.written)


def write_letter(
    experiment: Experiment,
    paragraphs: Sequence[str],
    options: SamplingOptions | None = None,
    prime: Prime | None = None,
    loop: SamplingLoop | None = None,
    check: ReadingCheck | None = None,
    progress: bool = False,
) -> Letter:
    """Writes a text in one style.

    Args:
        experiment: which; with text.
        paragraphs: what to write, in characters that the alphabet has; line feeds in
            them end lines of the page, too.
        options: see `sampling_options`; None: the defaults.
        prime: ink that every piece continues, normalised; None: the longest piece that
            goes well, of a few that are written first.
        loop: of the experiment's network, where there is one already.
        check: reads the pieces back; those it misreads are written again.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: no text, an unknown character, or an experiment without text.
    """
    options = options or sampling_options(experiment)
    length = _piece_length(options.longest_text, prime)
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

    def write(numbers: Sequence[int], options: SamplingOptions) -> list[WrittenLine]:
        already = len(written)

        def show(count: int) -> None:
            """Never goes back, though pieces on paper may be written again."""
            bar.total = max(bar.total, already + count)  # pieces in halves are more
            bar.update(max(already + count - bar.n, 0))

        return write_experiment(
            experiment,
            [texts[number] for number in numbers],
            options,
            prime,
            loop,
            check,
            show,
        )

    with bar:
        if prime is None:
            written, prime = _write_lead(texts, write, options)
        rest = [number for number in range(len(texts)) if number not in written]
        if rest:
            written |= dict(zip(rest, write(rest, options), strict=True))
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
        [fault for line in lines for fault in line.faults],
        lines,
        X_HEIGHT
        * experiment.typical_points_per_character
        * abs(float(experiment.offset_mean[DX])),
    )


def _piece_length(longest: int, prime: Prime | None) -> int:
    """Characters of a piece that goes on from the prime, or from another piece."""
    room = longest - len(prime.text) - 1 if prime else 0  # a blank is between them
    return max(room, longest // 2, MIN_PIECE)


def _write_lead(
    texts: Sequence[str],
    write: Callable[[Sequence[int], SamplingOptions], list[WrittenLine]],
    options: SamplingOptions,
) -> tuple[dict[int, WrittenLine], Prime | None]:
    """Writes the piece that all others continue: it, by its number, and its ink.

    The longest pieces show most of a style. Where all of a few are faulty, their
    longest sound part leads, and they are written again.
    """
    longest = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
    # Leads draw from seeds of their own, which no other seed of a user meets.
    seed = options.seed + (1 << 32)
    lines = write(longest[:MAX_LEADS], replace(options, seed=seed))
    for number, line in zip(longest, lines, strict=False):
        if not line.faults or len(texts) == 1:
            return {number: line}, Prime(line.trace.strokes, line.text)
    return {}, _longest(lines)


def _longest(lines: Sequence[WrittenLine]) -> Prime | None:
    leads = [line.lead for line in lines if line.lead]
    return max(leads, key=lambda lead: len(lead.text), default=None)


def _to_piece(experiment: Experiment, line: WrittenLine, ends_line: bool) -> Piece:
    strokes = line_in_units(experiment, line)
    return Piece(strokes, line.text, window_places(line.trace.phi), ends_line)


def window_places(phi: np.ndarray) -> np.ndarray:
    """The character that each point belongs to: the centre of the window.

    Args:
        phi: `[time, characters]`, the window's weights.

    Returns:
        `[time]`, counted from 0; NaN where the window is on none of them.
    """
    weight = phi.sum(axis=1)
    centre = phi @ np.arange(phi.shape[1]) / np.maximum(weight, FAINT)
    return np.where(weight > FAINT, centre, np.nan)

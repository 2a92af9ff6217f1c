"""A request written: text in, ink in its place out, and how it came about.

The answer is the JSON format of `sketch.ink.ink_files`, so that a saved answer is a file
of ink, with more beside the lines:

    {"format": "sketch-ink", "version": 1,
     "lines": [{"text": …, "strokes": [[[x, y], …], …],   millimetres, y downwards
                "attention": [[k, a, b, …], …],           a row for each point
                "tries": [1, 3]}],                        of each piece of the line
     "page": {"width": …, "height": …, "pen": …},         millimetres
     "faults": […], "seconds": …, "seed": …, "hand": …}

A row of `attention` says how much the model looks at the characters of the line's text
while it draws the point: at character k by a, at the next one by b; 255 is a weight of
1, what is not there is 0. `text` is followed by one character more, the end.
"""

import textwrap
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from typing import Any

import numpy as np

from sketch.generation.sampling import SamplingLoop
from sketch.generation.terms import Prime
from sketch.generation.texts import WrittenLine
from sketch.ink.ink_files import FORMAT, VERSION
from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes
from sketch.ink.strokes import split_pen_strokes
from sketch.page.layout import lay_out
from sketch.page.page_files import writing_seconds
from sketch.page.paper import Layout, Page
from sketch.page.typing import (
    describe_unknown,
    describe_unmarked,
    fit_text,
    split_paragraphs,
)
from sketch.page.words import cut_words
from sketch.web.models import Hand
from sketch.web.request import WriteRequest
from sketch.writing.letter import Letter, write_letter
from sketch.writing.pen import sampling_options
from sketch.writing.prime import own_prime, style_prime

BATCH_SIZE = 8  # pieces written at once; one compiled loop for texts of all lengths
TRIES = 4  # at each piece, before it is shown with its fault
MARGIN = 6.0  # mm around the ink
# So wide that no line is broken again: that is done by characters, as they are typed.
ROOM = Layout(paper=(9_000.0, 9_000.0), margin=MARGIN, size=2.5)


class StoppableLoop:
    """A sampling loop that ends between two compiled calls when it is told to."""

    def __init__(self, loop: SamplingLoop, stop: threading.Event):
        self.network = loop.network
        self._loop = loop
        self._stop = stop

    def predict_on_batch(self, inputs: dict) -> dict:
        """As of the loop.

        Raises:
            CancelledError: nobody waits for the ink any more.
        """
        if self._stop.is_set():
            raise CancelledError
        return self._loop.predict_on_batch(inputs)


def write(hand: Hand, request: WriteRequest, stop: threading.Event) -> dict[str, Any]:
    """Writes what was asked for.

    Args:
        hand: opened.
        request: checked.
        stop: ends the work early.

    Returns:
        The answer, as above.

    Raises:
        ValueError: an unknown character, no text, or a prime that cannot be used.
        CancelledError: it was stopped.
    """
    experiment = hand.experiment
    text = _fit(request.text, hand)
    rows = break_lines(text, request.columns)
    if not rows:
        raise ValueError("there is no text to write")
    prime = _prime(hand, request.prime)
    loop = StoppableLoop(hand.loop, stop)
    manner = sampling_options(
        experiment,
        probability_bias=request.bias,
        seed=request.seed,
        max_tries=TRIES,
        batch_size=BATCH_SIZE,
    )
    letter = write_letter(experiment, ["\n".join(rows)], manner, prime, loop)
    (page,) = lay_out(letter.paragraphs, ROOM, letter.x_height)
    page = cut_to_ink(page.lines)
    groups = _pieces_of_lines(letter)
    lines = [
        _line(line, pieces) for line, pieces in zip(page.lines, groups, strict=True)
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "lines": lines,
        "page": {
            "width": _rounded(page.width),
            "height": _rounded(page.height),
            "pen": page.pen_mm,
        },
        "faults": describe_unmarked(request.text, experiment.alphabet) + letter.faults,
        "seconds": _rounded(writing_seconds(page)),
        "seed": request.seed,
        "hand": experiment.name,
    }


def break_lines(text: str, columns: int) -> list[str]:
    """The lines of a text, broken at blanks after so many characters.

    A longer word stays whole; empty lines are left out.
    """
    return [
        row
        for paragraph in split_paragraphs(text, keep_lines=True)
        for line in paragraph.split("\n")
        for row in textwrap.wrap(
            line, columns, break_long_words=False, break_on_hyphens=False
        )
    ]


def cut_to_ink(lines: Sequence[InkLine]) -> Page:
    """A sheet around lines that have their places already, in millimetres."""
    pens = [split_pen_strokes(line.strokes, line.start) for line in lines]
    points = np.concatenate([pen for own in pens for pen in own])
    shift = MARGIN - points.min(axis=0)
    width, height = np.ptp(points, axis=0) + 2 * MARGIN
    moved = [
        line._replace(start=tuple((shift + line.start).tolist())) for line in lines
    ]
    return Page(moved, float(width), float(height), 1.0, 0.14 * ROOM.size)


def _fit(text: str, hand: Hand) -> str:
    unknown = describe_unknown(text, hand.experiment.alphabet)
    if unknown:
        raise ValueError(f"this model cannot write {unknown}")
    return fit_text(text, hand.experiment.alphabet)


def _prime(hand: Hand, line: InkLine | str | None) -> Prime | None:
    if line is None:
        return None
    if isinstance(line, str):
        return style_prime(hand.experiment, line)
    line = _leading_words(line, hand.experiment.longest_text // 2)
    return own_prime(hand.experiment, line.strokes, line.text)


def _leading_words(line: InkLine, length: int) -> InkLine:
    """The first words, one at the least, of so many characters at the most.

    With more to go on from, a hand is left no room for what it shall write.
    """
    pens = split_pen_strokes(line.strokes, line.start)
    first, *more = cut_words(pens, line.text)
    text, own = first
    for word in more:
        if len(text) + 1 + len(word.text) > length:
            break
        text, own = f"{text} {word.text}", own + word.pens
    return line_from_pen_strokes([pens[pen] for pen in sorted(own)], text)


def _pieces_of_lines(letter: Letter) -> list[list[WrittenLine]]:
    pieces = [piece for part in letter.paragraphs for piece in part]
    groups: list[list[WrittenLine]] = [[]]
    for piece, written in zip(pieces, letter.written, strict=True):
        groups[-1].append(written)
        if piece.ends_line:
            groups.append([])
    return groups[:-1]


def _line(line: InkLine, pieces: Sequence[WrittenLine]) -> dict[str, Any]:
    pens = split_pen_strokes(line.strokes, line.start)
    attention = []
    place = 0
    for piece in pieces:
        phi = piece.trace.phi
        # The starting point has no row: it goes with the first one that has.
        attention += [_sparse(weights, place) for weights in (phi[0], *phi)]
        place += len(piece.text) + 1
    num_points = sum(map(len, pens))
    # A line that begins with a dot has its point twice (`line_from_pen_strokes`).
    attention = attention[:1] * (num_points - len(attention)) + attention
    return {
        "text": " ".join(piece.text for piece in pieces),
        "strokes": [np.round(pen, 3).tolist() for pen in pens],
        "attention": attention,
        "tries": [count for piece in pieces for count in piece.tries],
    }


def _sparse(weights: np.ndarray, place: int) -> list[int]:
    """A row of the window's weights, without the zeros at both ends."""
    levels = np.rint(255 * np.clip(weights, 0.0, 1.0)).astype(int)
    seen = np.flatnonzero(levels)
    if not len(seen):
        return [place]
    return [place + int(seen[0]), *levels[seen[0] : seen[-1] + 1].tolist()]


def _rounded(value: float) -> float:
    return round(float(value), 3)

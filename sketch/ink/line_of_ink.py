"""A line of ink and its text, as the readers and writers of ink files hand it on."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sketch.ink import DamagedInk
from sketch.ink.strokes import check_strokes, strokes_from_points

MAX_TEXT = 10_000  # characters of a line of ink


class InkLine(NamedTuple):
    """A line of handwriting out of a file, or on its way into one.

    Attributes:
        strokes: float32 `[time, 3]`, raw offsets in the file's unit, y downwards.
        text: what is written; "" if nobody knows.
        start: where the first point is, in the same unit.
        writer: who wrote it; "" if nobody knows.
    """

    strokes: np.ndarray
    text: str = ""
    start: tuple[float, float] = (0.0, 0.0)
    writer: str = ""


Lines = np.ndarray | InkLine | Sequence[np.ndarray | InkLine]


def as_lines(lines: Lines) -> list[InkLine]:
    """Makes a list of checked `InkLine`s of whatever a writer was given.

    Args:
        lines: strokes `[time, 3]`, or an `InkLine`, or a sequence of either.

    Raises:
        ValueError: if there is no line, or the shape of one is not `[time, 3]`.
        DamagedInk: if an offset is NaN or infinite; says in which line.
    """
    if isinstance(lines, InkLine) or (isinstance(lines, np.ndarray) and lines.ndim < 3):
        lines = [lines]
    result = []
    for index, line in enumerate(lines):
        line = line if isinstance(line, InkLine) else InkLine(line)
        try:
            result.append(line._replace(strokes=check_strokes(line.strokes)))
        except DamagedInk as error:
            raise DamagedInk(f"line {index} cannot be written: {error}") from None
    if not result:
        raise ValueError("there are no lines of ink to write")
    return result


def line_from_pen_strokes(
    pen_strokes: Sequence[np.ndarray], text: str, writer: str = ""
) -> InkLine:
    """Makes a line of what the pen drew, in the order of writing.

    A line's first point is its start and has no row of its own. A first stroke that
    is a dot would lose its end and grow together with the next one; its point is
    therefore taken twice.

    Args:
        pen_strokes: `[n, 2]` each, y downwards.
        text: what is written; "" if unknown.
        writer: who wrote it; "" if unknown.

    Raises:
        DamagedInk: if a point is NaN or infinite, or a text is endless.
    """
    for words in (text, writer):
        if len(words) > MAX_TEXT:
            raise DamagedInk(
                f"a line's text has {len(words):,} characters, over {MAX_TEXT:,}: no "
                "line"
            )
    pens = [np.asarray(pen, dtype=np.float64) for pen in pen_strokes if len(pen)]
    if pens and len(pens[0]) == 1:
        pens[0] = pens[0].repeat(2, axis=0)
    start = (float(pens[0][0, 0]), float(pens[0][0, 1])) if pens else (0.0, 0.0)
    return InkLine(strokes_from_points(pens), text, start, writer)

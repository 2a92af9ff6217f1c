"""A line of ink and its text, and what a file of ink holds."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sketch.ink import DamagedInk
from sketch.ink.strokes import check_strokes, split_pen_strokes, strokes_from_points

MAX_TEXT = 10_000  # characters of a line of ink
MAX_POINTS = 1_000_000  # of a file: about a hundred written pages


class InkLine(NamedTuple):
    """A line of handwriting, read from a file or to be written into one.

    Attributes:
        strokes: float32 `[time, 3]`, raw offsets in the file's unit, y downwards.
        text: what is written; "" if unknown.
        start: the first point, in the same unit.
        writer: who wrote it; "" if unknown.
    """

    strokes: np.ndarray
    text: str = ""
    start: tuple[float, float] = (0.0, 0.0)
    writer: str = ""

    @property
    def pens(self) -> list[np.ndarray]:
        """What the pen drew from touch to lift, `[n, 2]` each: `split_pen_strokes`."""
        return split_pen_strokes(self.strokes, self.start)


class InkFile(NamedTuple):
    """What a parser found in a file of ink.

    Attributes:
        lines: in the order of the file.
        num_joined: how many pieces of pen strokes were joined to the piece before.
        passed_over: how many things of each kind are no ink, such as "text": 3.
    """

    lines: list[InkLine]
    num_joined: int = 0
    passed_over: Counter[str] = Counter()


Lines = np.ndarray | InkLine | Sequence[np.ndarray | InkLine]


def as_lines(lines: Lines) -> list[InkLine]:
    """Makes a list of checked `InkLine`s from all that a writer of files takes.

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
    """Makes a line from pen strokes `[n, 2]`, y downwards, in the order of writing.

    A line's first point is its start and has no row of its own. If the first stroke is
    a dot, its point is therefore taken twice: the end of the stroke needs a row.

    Raises:
        DamagedInk: if a point is NaN or infinite, or a text is too long.
    """
    for words in (text, writer):
        if len(words) > MAX_TEXT:
            raise DamagedInk(
                f"the text of a line has {len(words):,} characters, over {MAX_TEXT:,}"
            )
    arrays = [np.asarray(points, np.float64) for points in pen_strokes if len(points)]
    if arrays and len(arrays[0]) == 1:
        arrays[0] = arrays[0].repeat(2, axis=0)
    start = (float(arrays[0][0, 0]), float(arrays[0][0, 1])) if arrays else (0.0, 0.0)
    return InkLine(strokes_from_points(arrays), text, start, writer)

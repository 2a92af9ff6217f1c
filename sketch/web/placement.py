"""Puts the lines of a text on paper one after the other, while later ones are written.

`sketch.page.layout` needs all pieces of a text, since size and slope are theirs. Here a
line that has its place keeps it, with the scale of the first ones.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sketch.generation.texts import WrittenLine
from sketch.ink.line_of_ink import InkLine
from sketch.page.layout import Piece, lay_out
from sketch.page.page_files import writing_seconds
from sketch.page.paper import ASCENT, Layout, Page
from sketch.web.request import to_pens
from sketch.writing.letter import Letter

MARGIN = 6.0  # mm around the ink
# So wide that no line is broken again: they were broken by characters.
ROOM = Layout(paper=(9_000.0, 9_000.0), margin=MARGIN, size=2.5)
PEN_MM = 0.35
SPARE = 1.1  # paper for lines to come, as a factor on their expected width


class Paper:
    """Takes written rows in any order, gives lines in that of the text.

    Args:
        rows: of the text.

    Attributes:
        faults: what may not be legible, a sentence each.
    """

    def __init__(self, rows: Sequence[str]):
        self.faults: list[str] = []
        self._rows = rows
        self._pieces: dict[int, tuple[list[Piece], list[WrittenLine]]] = {}
        self._x_height = 0.0
        self._placed: list[InkLine] = []
        self._units_per_mm = 1.0
        self._shift = np.zeros(2)
        self._corner = np.zeros(2)  # bottom right of the ink

    def add(self, numbers: Sequence[int], letter: Letter) -> None:
        """Takes the rows of these numbers."""
        pieces = [piece for part in letter.paragraphs for piece in part]
        groups: list[tuple[list[Piece], list[WrittenLine]]] = [([], [])]
        for piece, written in zip(pieces, letter.written, strict=True):
            groups[-1][0].append(piece)
            groups[-1][1].append(written)
            if piece.ends_line:
                groups.append(([], []))
        self._pieces |= dict(zip(numbers, groups[:-1], strict=True))
        self._x_height = letter.x_height
        self.faults += letter.faults

    def take(self) -> list[dict[str, Any]]:
        """The next lines, as JSON, up to the first row that is not there yet."""
        first = end = len(self._placed)
        while end in self._pieces:
            end += 1
        if first == end:
            return []
        ready = [piece for row in range(end) for piece in self._pieces[row][0]]
        (page,) = lay_out([ready], ROOM, self._x_height)
        if not first:
            self._units_per_mm = page.units_per_mm
        ratio = page.units_per_mm / self._units_per_mm
        lines = [_scale(page.lines[row], row, ratio) for row in range(first, end)]
        if not first:
            self._shift = MARGIN - _points(lines).min(axis=0)
        lines = [
            line._replace(start=tuple((self._shift + line.start).tolist()))
            for line in lines
        ]
        self._placed += lines
        self._corner = np.maximum(self._corner, _points(lines).max(axis=0))
        return [
            _to_json(line, self._pieces[row][1])
            for row, line in zip(range(first, end), lines, strict=True)
        ]

    @property
    def size(self) -> dict[str, float]:
        """Width, height and pen in mm; an estimate while rows are missing."""
        width, height = self._corner + MARGIN
        missing = self._rows[len(self._placed) :]
        if missing:
            # mm of a character of the widest rows so far
            characters = max(len(line.text) for line in self._placed)
            share = max(map(len, missing)) / characters
            width = max(width, SPARE * share * (width - 2 * MARGIN) + 2 * MARGIN)
            height += len(missing) * ROOM.line_spacing
        return {"width": _rounded(width), "height": _rounded(height), "pen": PEN_MM}

    @property
    def seconds(self) -> float:
        """How long a person would take to write all lines."""
        return _rounded(writing_seconds(Page(self._placed, 0.0, 0.0, 1.0, PEN_MM)))


def _scale(line: InkLine, row: int, ratio: float) -> InkLine:
    """The line in another size, on its baseline."""
    baseline = MARGIN + ASCENT * ROOM.size + row * ROOM.line_spacing
    origin = np.array([MARGIN, baseline])
    start = origin + ratio * (np.array(line.start) - origin)
    strokes = line.strokes * np.array([ratio, ratio, 1.0], np.float32)
    return line._replace(strokes=strokes, start=tuple(start.tolist()))


def _points(lines: Sequence[InkLine]) -> np.ndarray:
    return np.concatenate([pen for line in lines for pen in line.pens])


def _to_json(line: InkLine, pieces: Sequence[WrittenLine]) -> dict[str, Any]:
    attention = []
    place = 0
    for piece in pieces:
        phi = piece.trace.phi
        # The starting point has no row: it takes the first one.
        attention += [_sparse(weights, place) for weights in (phi[0], *phi)]
        place += len(piece.text) + 1
    num_points = sum(map(len, line.pens))
    # A line that begins with a dot has its point twice (`line_from_pen_strokes`).
    attention = attention[:1] * (num_points - len(attention)) + attention
    return {
        "text": " ".join(piece.text for piece in pieces),
        "strokes": to_pens(line),
        "attention": attention,
        "tries": [count for piece in pieces for count in piece.tries],
    }


def _sparse(weights: np.ndarray, place: int) -> list[int]:
    """A row of the window's weights, without the zeros at both ends."""
    levels = np.rint(255 * np.clip(weights, 0.0, 1.0)).astype(int)
    nonzero = np.flatnonzero(levels)
    if not len(nonzero):
        return [place]
    first, last = int(nonzero[0]), int(nonzero[-1])
    return [place + first, *levels[first : last + 1].tolist()]


def _rounded(value: float) -> float:
    return round(float(value), 3)

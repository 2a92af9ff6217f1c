"""Sheets of paper: their sizes, layout options, and ink in its place."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sketch.figures.grid import HEIGHT_PER_PEN, arrange
from sketch.ink.line_of_ink import InkLine, as_lines

PAPERS = {"a4": (210.0, 297.0), "a5": (148.0, 210.0), "letter": (215.9, 279.4)}
ALIGNMENTS = ("left", "right", "center")
RULES = ("ruled", "squared", "dotted")
MAX_RULES = 1_000_000  # crossings on a sheet
SHEET_WIDTH = 190.0  # mm, of a sheet for a few lines: fits on A4 and letter paper
MAX_LINE = 25.0  # mm, so that a single word is not enlarged to the sheet's width
SIZE = 2.5  # mm, of a small letter
# In heights of a small letter: an ascender, a descender, the distance of lines, and the
# least distance of lines with little ink in each other's way.
ASCENT, DESCENT, SPACING, LEAST_SPACING = 2.2, 1.0, 3.8, 2.6
NUMBER_MARGIN = 4.0  # for a number: two of its own, one on each side
RULE = "#b5c7db"  # the colour of what is printed on the paper
NO_RULES = np.zeros((0, 2, 2))


class Page(NamedTuple):
    """A sheet of paper with ink on it; millimetres, y downwards, (0, 0) top left.

    Attributes:
        lines: the ink, each line at its `start`.
        width, height: of the sheet.
        units_per_mm: millimetres times this are the ink's own units again.
        pen_mm: the width of a pen that suits the size of the writing.
        nib: the strokes with the width of the pen at each point, see `nib_pens`, for a
            picture in which it changes; None: it is `pen_mm`.
        rules: `[n, 2, 2]`, the ends (x, y) of what is printed on ruled, squared or
            dotted paper, `rule_mm` wide.
        background: a picture of the whole sheet, see `printed.read_background`.
    """

    lines: list[InkLine]
    width: float
    height: float
    units_per_mm: float
    pen_mm: float
    nib: list[np.ndarray] | None = None
    rules: np.ndarray = NO_RULES
    rule_mm: float = 0.15
    background: np.ndarray | None = None

    @property
    def pens(self) -> list[np.ndarray]:
        """The strokes of all lines, in the order of writing, see `InkLine.pens`."""
        return [pen for line in self.lines for pen in line.pens]


@dataclass(frozen=True)
class Layout:
    """How ink goes on paper; lengths in millimetres.

    Attributes:
        paper: width and height of a sheet, or its name, see `parse_paper`.
        margin: on all four sides.
        size: the height of a letter such as x; None: 2.5, or less on narrow rules.
        line_spacing: from baseline to baseline; None: 3.8 times the size, or as many
            rules as the letters need.
        paragraph_spacing: more space between paragraphs; None: half a line, or a whole
            one with `first_line`. On rules it is rounded up to whole ones.
        align: one of `ALIGNMENTS`.
        jitter: unsteadiness of baseline, left edge and gaps: 0 is straight, 1 very
            uneven.
        seed: of the jitter.
        ruled, squared, dotted: the distance of lines, squares or dots printed between
            the margins, on which the writing stands; one of the three, or none.
        first_line: from the upper edge to the first baseline; None: below the margin.
        left: where lines begin; None: at the margin.
    """

    paper: tuple[float, float] | str = PAPERS["a4"]
    margin: float = 22.0
    size: float | None = None
    line_spacing: float | None = None
    paragraph_spacing: float | None = None
    align: str = "left"
    jitter: float = 0.3
    seed: int = 0
    ruled: float | None = None
    squared: float | None = None
    dotted: float | None = None
    first_line: float | None = None
    left: float | None = None

    def __post_init__(self):
        if isinstance(self.paper, str):
            self._set(paper=parse_paper(self.paper))
        lengths = dict(zip(("paper width", "paper height"), self.paper, strict=True))
        names = ("size", "line_spacing", "first_line", *RULES)
        for name, value in (lengths | {n: getattr(self, n) for n in names}).items():
            if value is not None and not 0 < value < 10_000:
                name = name.replace("_", " ")
                raise ValueError(
                    f"{name} must be above 0 and below 10,000 mm, not {value:g}"
                )
        for name in ("margin", "left", "paragraph_spacing", "jitter"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < 10_000:
                name = name.replace("_", " ")
                raise ValueError(f"{name} must be 0 or more, not {value}")
        if self.align not in ALIGNMENTS:
            raise ValueError(
                f"align must be one of {', '.join(ALIGNMENTS)}, not {self.align!r}"
            )
        given = [name for name in RULES if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"paper is {' or '.join(given)}, not both")
        if given and self.paper[0] * self.paper[1] > MAX_RULES * self.pitch**2:
            raise ValueError(f"{given[0]} {self.pitch:g} is too fine for this paper")
        self._fill_in()
        is_cut = self.first_line < ASCENT * self.size - 1e-6
        if self.text_width < 4 * self.size or self.num_lines < 1 or is_cut:
            raise ValueError(
                f"paper of {self.paper[0]:g} x {self.paper[1]:g} mm with margins of "
                f"{self.margin:g} mm has no room for letters of {self.size:g} mm: "
                "choose a larger paper, a smaller margin, smaller letters, or another "
                "first line or left edge"
            )

    def _set(self, **values) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _fill_in(self) -> None:
        """Finds the lengths that were not given."""
        pitch, size, spacing = self.pitch, self.size, self.line_spacing
        if pitch is None:
            size = size or SIZE
            spacing = spacing or SPACING * size
        else:
            if spacing is None:
                # People write on each rule, but on every second row of small squares.
                least = size or (0.0 if self.ruled else SIZE)
                spacing = max(_whole(LEAST_SPACING * least, pitch), pitch)
            elif abs(spacing - _whole(spacing, pitch)) > 1e-6:
                raise ValueError(
                    f"lines {spacing:g} mm apart do not stand on rules {pitch:g} mm "
                    "apart: leave the line spacing out, or make it a multiple"
                )
            size = size or min(SIZE, spacing / SPACING)
        ascent = ASCENT * size
        if self.squared or self.dotted:  # the grid begins at the margin
            ascent = _whole(ascent, pitch)
        paragraph = self.paragraph_spacing
        if paragraph is None:
            # Below a given first line, the paper may have lines already.
            is_printed = self.first_line is not None and pitch is None
            paragraph = spacing if is_printed else 0.5 * spacing
        if pitch:
            paragraph = _whole(paragraph, pitch)
        self._set(size=size, line_spacing=spacing, paragraph_spacing=paragraph)
        if self.left is None:
            self._set(left=self.margin)
        if self.first_line is None:
            self._set(first_line=self.margin + ascent)

    @property
    def pitch(self) -> float | None:
        """The distance of the rules, squares or dots; None: the paper is blank."""
        return self.ruled or self.squared or self.dotted

    @property
    def text_width(self) -> float:
        """The width between the margins, on a grid in whole squares."""
        width = self.paper[0] - self.left - self.margin
        grid = self.squared or self.dotted
        return (width + 1e-6) // grid * grid if grid else width

    @property
    def last_line(self) -> float:
        """The lowest baseline that a sheet has room for."""
        # Descenders hang below the last rule of printed paper, too.
        below = 0.0 if self.pitch else DESCENT * self.size
        return self.paper[1] - self.margin - below + 1e-6

    @property
    def num_lines(self) -> int:
        """The number of lines that fit on a sheet."""
        return int((self.last_line - self.first_line) // self.line_spacing) + 1

    def require_number_room(self) -> None:
        """Raises ValueError if the lower margin is too narrow for page numbers."""
        if self.margin < NUMBER_MARGIN * self.size:
            raise ValueError(
                f"a margin of {self.margin:g} mm has no room for page numbers: it must "
                f"be {NUMBER_MARGIN * self.size:g} mm or more for letters of "
                f"{self.size:g} mm"
            )

    @property
    def rules(self) -> np.ndarray:
        """What is printed on the paper, see `Page`; dots are very short lines."""
        if self.pitch is None:
            return NO_RULES
        right = self.left + self.text_width + 1e-6
        top, bottom = self.first_line, self.paper[1] - self.margin + 1e-6
        if not self.ruled:
            top -= max((top - self.margin + 1e-6) // self.pitch, 0) * self.pitch
        rows = np.arange(top, bottom, self.pitch)
        columns = np.arange(self.left, right, self.pitch)
        if self.dotted:
            x, y = (side.ravel() for side in np.meshgrid(columns, rows))
            return _segments(x, y, x + 0.05, y)
        across = _segments(self.left, rows, right, rows)
        if self.ruled:
            return across
        return np.concatenate([across, _segments(columns, top, columns, rows[-1])])


def _whole(length: float, pitch: float) -> float:
    """The length, rounded up to whole rules."""
    return math.ceil(length / pitch - 1e-6) * pitch


def _segments(*ends: np.ndarray | float) -> np.ndarray:
    """`[n, 2, 2]` of x and y of all first ends, then of all second ones."""
    return np.stack(np.broadcast_arrays(*ends), axis=1).reshape(-1, 2, 2)


def parse_paper(text: str) -> tuple[float, float]:
    """Width and height in millimetres of `a4`, `a5`, `letter` or `WIDTHxHEIGHT`.

    Raises:
        ValueError: neither a name nor two numbers.
    """
    name = text.strip().lower()
    if name in PAPERS:
        return PAPERS[name]
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*[x×]\s*(\d+(?:\.\d+)?)(?:\s*mm)?", name)
    if not match:
        raise ValueError(
            f"paper must be {', '.join(PAPERS)} or WIDTHxHEIGHT in mm, such as "
            f"148x105; received {text!r}"
        )
    return float(match[1]), float(match[2])


def sheet(lines: Sequence, fit: bool = False) -> Page:
    """Puts lines as they were written one below the other on a sheet of their own.

    Args:
        lines: strokes `[time, 3]` in raw offsets, or an `InkLine` with its text, or a
            sequence of either: all on one scale.
        fit: cut the sheet's width to the ink, where that is narrower.

    Raises:
        ValueError: there is no line.
        DamagedInk: an offset is NaN or infinite; says in which line.
    """
    lines = as_lines(lines)
    grid = arrange([line.strokes for line in lines], columns=1)
    # Millimetres per unit of the ink.
    scale = min(SHEET_WIDTH / grid.width, MAX_LINE / grid.line_height)
    unit = np.array([scale, scale, 1.0])
    placed = [
        InkLine(line.strokes * unit, line.text, tuple((start * scale).tolist()))
        for line, start in zip(lines, grid.starts, strict=True)
    ]
    pen = float(np.clip(scale * grid.line_height / HEIGHT_PER_PEN, 0.1, 1.0))
    width = grid.width * scale if fit else SHEET_WIDTH
    return Page(placed, width, grid.height * scale, 1 / scale, pen)

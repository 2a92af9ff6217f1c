"""Sheets of paper: their sizes, layout options, and ink in its place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sketch.figures.grid import HEIGHT_PER_PEN, arrange
from sketch.ink.line_of_ink import InkLine, as_lines

PAPERS = {"a4": (210.0, 297.0), "a5": (148.0, 210.0), "letter": (215.9, 279.4)}
ALIGNMENTS = ("left", "right", "center")
SHEET_WIDTH = 190.0  # mm, of a sheet for a few lines: fits on A4 and letter paper
MAX_LINE = 25.0  # mm, so that a single word is not enlarged to the sheet's width
# Heights of an ascender and a descender from the baseline, in x-heights.
ASCENT, DESCENT = 2.2, 1.0
SPACING = 3.8  # from line to line


class Page(NamedTuple):
    """A sheet of paper with ink on it; millimetres, y downwards, (0, 0) top left.

    Attributes:
        lines: the ink, each line at its `start`.
        width, height: of the sheet.
        units_per_mm: millimetres times this are the ink's own units again.
        pen_mm: the width of a pen that suits the size of the writing.
        nib: the strokes with the width of the pen at each point, see `nib_pens`, for a
            picture in which it changes; None: it is `pen_mm`.
    """

    lines: list[InkLine]
    width: float
    height: float
    units_per_mm: float
    pen_mm: float
    nib: list[np.ndarray] | None = None


@dataclass(frozen=True)
class Layout:
    """How ink goes on paper; lengths in millimetres.

    Attributes:
        paper: width and height of a sheet, or its name, see `parse_paper`.
        margin: on all four sides.
        size: the height of a small letter such as x.
        line_spacing: from baseline to baseline; None: 3.8 times the size.
        paragraph_spacing: more space between paragraphs; None: half a line.
        align: one of `ALIGNMENTS`.
        jitter: unsteadiness of baseline, left edge and gaps: 0 is straight, 1 very
            uneven.
        seed: of the jitter.
    """

    paper: tuple[float, float] | str = PAPERS["a4"]
    margin: float = 22.0
    size: float = 2.5
    line_spacing: float | None = None
    paragraph_spacing: float | None = None
    align: str = "left"
    jitter: float = 0.3
    seed: int = 0

    def __post_init__(self):
        if isinstance(self.paper, str):
            object.__setattr__(self, "paper", parse_paper(self.paper))
        if self.line_spacing is None:
            object.__setattr__(self, "line_spacing", SPACING * self.size)
        if self.paragraph_spacing is None:
            object.__setattr__(self, "paragraph_spacing", 0.5 * self.line_spacing)
        lengths = {
            "paper width": self.paper[0],
            "paper height": self.paper[1],
            "size": self.size,
            "line spacing": self.line_spacing,
        }
        for name, value in lengths.items():
            if not 0 < value < 10_000:
                raise ValueError(f"the {name} must be between 0 and 10 m, not {value}")
        for name in ("margin", "paragraph_spacing", "jitter"):
            if not 0 <= getattr(self, name) < 10_000:
                raise ValueError(
                    f"{name.replace('_', ' ')} must be 0 or more, "
                    f"not {getattr(self, name)}"
                )
        if self.align not in ALIGNMENTS:
            raise ValueError(
                f"align must be one of {', '.join(ALIGNMENTS)}, not {self.align!r}"
            )
        if self.text_width < 4 * self.size or self.num_lines < 1:
            raise ValueError(
                f"paper of {self.paper[0]:g} x {self.paper[1]:g} mm with margins of "
                f"{self.margin:g} mm has no room for letters of {self.size:g} mm: "
                "choose a larger paper, a smaller margin or smaller letters"
            )

    @property
    def text_width(self) -> float:
        """The width between the margins."""
        return self.paper[0] - 2 * self.margin

    @property
    def num_lines(self) -> int:
        """The number of lines that fit on a sheet."""
        room = self.paper[1] - 2 * self.margin - (ASCENT + DESCENT) * self.size
        return int(room / self.line_spacing + 1e-9) + 1 if room >= 0 else 0


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

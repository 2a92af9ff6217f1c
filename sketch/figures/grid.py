"""Places lines of ink in a grid, on one scale.

`sketch.png` and the SVG files use it. A column is as wide as its longest line, a row as
high as its highest, so lines never overlap. All sizes are in the unit of the ink.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sketch.ink import DamagedInk
from sketch.ink.strokes import split_pen_strokes

SHAPE = 1.8  # width / height that the grid aims at
GAP = 0.35  # between rows, in heights of a line
HEIGHT_PER_PEN = 42  # the height of a line over the width of its pen


class Grid(NamedTuple):
    """The places of lines."""

    # `[lines, 2]`, the place of the first point of each line, y downwards.
    starts: np.ndarray
    width: float  # of the grid with its margins
    height: float  # likewise
    line_height: float  # of a typical line; > 0


def arrange(lines: Sequence[np.ndarray], columns: int | None = None) -> Grid:
    """Places lines row by row, from left to right.

    Ink starts at the left of its column and is centred in its row. An empty line gets
    an empty place.

    Args:
        lines: strokes `[time, 3]` each, raw offsets (one unit on both axes).
        columns: how many lines stand side by side; None: chosen for a grid that is
            somewhat wider than high (4 for 64 lines of handwriting).

    Raises:
        ValueError: if there is no line, or `columns` is less than 1.
        DamagedInk: if a line has a NaN or an infinite offset; says which.
    """
    if not len(lines):
        raise ValueError("there are no lines of ink to draw")
    if columns is not None and columns < 1:
        raise ValueError(f"a grid needs at least one column, not {columns}")
    lows, highs = map(np.array, zip(*map(_box, range(len(lines)), lines), strict=True))
    sizes = highs - lows  # [lines, 2]
    if sizes.any():
        heights = sizes[sizes[:, 1] > 0, 1]
        flat = float(sizes[:, 0].max()) / 20  # a line is 20 times as wide
        line_height = float(np.median(heights)) if len(heights) else flat
    else:
        sizes, line_height = np.ones_like(sizes), 1.0  # dots: any scale will do
        lows = lows - 0.5
    gap = GAP * line_height
    if columns is None:
        columns = _best_columns(sizes, gap)
    columns = min(columns, len(lines))
    widths, heights = _cells(sizes, columns)
    lefts = gap + np.concatenate([[0.0], np.cumsum(widths + 2 * gap)])
    tops = gap + np.concatenate([[0.0], np.cumsum(heights + gap)])
    row, column = np.divmod(np.arange(len(lines)), columns)
    corners = np.stack(
        [lefts[column], tops[row] + (heights[row] - sizes[:, 1]) / 2], axis=1
    )
    return Grid(corners - lows, float(lefts[-1] - gap), float(tops[-1]), line_height)


def _box(index: int, strokes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    try:
        pen_strokes = split_pen_strokes(strokes)
    except DamagedInk as error:
        raise DamagedInk(f"line {index} cannot be drawn: {error}") from None
    points = np.concatenate(pen_strokes) if pen_strokes else np.zeros((1, 2))
    return points.min(axis=0), points.max(axis=0)


def _cells(sizes: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """The widths `[columns]` and heights `[rows]` that hold sizes `[lines, 2]`."""
    rows = math.ceil(len(sizes) / columns)
    cells = np.zeros((rows * columns, 2))
    cells[: len(sizes)] = sizes
    cells = cells.reshape(rows, columns, 2)
    return cells[:, :, 0].max(axis=0), cells[:, :, 1].max(axis=1)


def _best_columns(sizes: np.ndarray, gap: float) -> int:
    def distance(columns: int) -> float:
        widths, heights = _cells(sizes, columns)
        shape = (widths + 2 * gap).sum() / (heights + gap).sum()
        is_ragged = len(sizes) % columns > 0  # the last row is not full
        return abs(math.log(shape / SHAPE)) + 0.4 * is_ragged

    return min(range(1, len(sizes) + 1), key=distance)

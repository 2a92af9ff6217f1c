"""A pen of varying width, as a fountain pen's: wide where it is slow, thin where fast.

The points of a pen are taken at even times, so a step's length is the pen's speed. The
speed is smoothed, and compared with the median of the page: ink of any size, and of any
tablet, has the same contrast. A drawing whose points are at even distances has none.
"""

from collections.abc import Iterator

import numpy as np

from sketch.page.paper import Page
from sketch.page.smooth import TOLERANCE, smooth

CONTRAST = 0.4  # a pen of half the speed is 2**0.4 times as wide
THINNEST, WIDEST = 0.55, 1.5  # of the pen's width
MAX_TAPER = 0.05  # of the width along the way: a sudden stop leaves no blob
SMOOTHING = np.array([1.0, 3.0, 4.0, 3.0, 1.0]) / 12  # over the points of a stroke
LEVEL = 0.04  # widths that differ by less are drawn as one


def nib_pens(page: Page, is_smooth: bool) -> list[np.ndarray]:
    """The strokes of a page with the width of the pen at each point.

    Args:
        page: as written: the distances of its points are the speed.
        is_smooth: add points along curves, see `smooth`.

    Returns:
        `[n, 3]` for each stroke, in the order of writing: x, y and the width, in mm.
    """
    pens = page.pens
    steps = [np.hypot(*np.diff(pen, axis=0).T) for pen in pens]
    moving = np.concatenate([np.zeros(0), *steps])
    moving = moving[moving > 0]
    typical = float(np.median(moving)) if len(moving) else 1.0
    inked = []
    for pen, lengths in zip(pens, steps, strict=True):
        widths = page.pen_mm * _relative_widths(lengths / typical)
        # Where a width would change too fast, the wider end becomes thinner.
        way = MAX_TAPER * np.concatenate([[0.0], np.cumsum(lengths)])
        after_thin = np.minimum.accumulate(widths - way) + way
        before_thin = np.minimum.accumulate((widths + way)[::-1])[::-1] - way
        pen = np.column_stack([pen, np.minimum(after_thin, before_thin)])
        inked.append(smooth(pen, TOLERANCE) if is_smooth else pen)
    return inked


def _relative_widths(speeds: np.ndarray) -> np.ndarray:
    """The width at each point of a stroke, from the speed of its steps."""
    if not speeds.any():
        return np.full(len(speeds) + 1, WIDEST)  # a dot: ink spreads
    reach = len(SMOOTHING) // 2
    at_points = np.convolve(np.pad(speeds, 1, mode="edge"), [0.5, 0.5], mode="valid")
    padded = np.pad(at_points, reach, mode="edge")
    smoothed = np.convolve(padded, SMOOTHING, mode="valid")
    return np.clip(np.maximum(smoothed, 1e-9) ** -CONTRAST, THINNEST, WIDEST)


def even_parts(pen: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
    """Parts of a stroke that are each drawn with one width, and that width.

    With round ends, parts of almost the same width join without a seam. A dot is a very
    short part, since some programs draw nothing of no length.

    Args:
        pen: `[n, 3]` of `nib_pens`.
    """
    if (pen[:, :2] == pen[0, :2]).all():
        pen = pen[:1] + [(0.0, 0.0, 0.0), (0.01, 0.0, 0.0)]
    widths = np.sqrt(pen[1:, 2] * pen[:-1, 2])
    levels = np.rint(np.log(widths) / LEVEL)
    cuts = [0, *(np.flatnonzero(np.diff(levels)) + 1), len(levels)]
    for first, end in zip(cuts[:-1], cuts[1:], strict=True):
        yield pen[first : end + 1, :2], float(np.exp(levels[first] * LEVEL))

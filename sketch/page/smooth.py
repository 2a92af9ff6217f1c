"""Curves through the points of a pen, in place of straight lines between them.

A pen's path is known at its sampled points only, and straight lines between these make
corners in round letters. A centripetal Catmull-Rom curve adds no loops or cusps (Yuksel
et al. 2011). All points stay; more are added between them where the curve bends.
"""

import numpy as np

from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes
from sketch.page.paper import Page

TOLERANCE = 0.02  # mm that the drawn line may differ from the curve
CORNER = -0.3  # cosine of a turn; sharper turns are corners and stay
MAX_POINTS = 16  # between two points


def smooth_page(page: Page) -> Page:
    """The page with curves in place of corners."""

    def smooth_line(line: InkLine) -> InkLine:
        pens = [smooth(pen, TOLERANCE) for pen in line.pens]
        return line_from_pen_strokes(pens, line.text)

    return page._replace(lines=[smooth_line(line) for line in page.lines])


def smooth(points: np.ndarray, tolerance: float) -> np.ndarray:
    """A stroke of the pen with points added along a curve through those it has.

    Args:
        points: `[n, 2]`, or more columns: what else changes along the curve.
        tolerance: maximum distance of the result from the curve, in the points' unit.

    Returns:
        `[m, …]`, m >= n except for repeated points, which become one.
    """
    is_new = np.append(True, np.any(np.diff(points[:, :2], axis=0) != 0, axis=1))
    points = points[is_new]
    if len(points) < 3:
        return points
    steps = np.diff(points, axis=0)  # [segments, 2]
    lengths = np.hypot(*steps[:, :2].T)
    times = np.sqrt(lengths)[:, None]  # centripetal
    speeds = steps / times
    inner = speeds[:-1] * times[1:] + speeds[1:] * times[:-1]
    inner /= times[:-1] + times[1:]  # [segments - 1, 2], at the points between
    directions = steps[:, :2] / lengths[:, None]
    is_corner = (directions[:-1] * directions[1:]).sum(axis=1) < CORNER
    leaving = np.concatenate([speeds[:1], np.where(is_corner[:, None], np.nan, inner)])
    coming = np.concatenate([np.where(is_corner[:, None], np.nan, inner), speeds[-1:]])
    leaving[0] = coming[-1] = np.nan
    # An end has no tangent of its own: the curve bends there as at the other end.
    other = np.where(np.isnan(coming), speeds, coming)
    leaving = np.where(np.isnan(leaving), 1.5 * speeds - 0.5 * other, leaving)
    coming = np.where(np.isnan(coming), 1.5 * speeds - 0.5 * leaving, coming)
    bend = times * np.maximum(
        *(np.hypot(*(end - speeds)[:, :2].T) for end in (leaving, coming))
    ).reshape(-1, 1)
    counts = np.ceil(np.sqrt(4 / 27 * bend[:, 0] / tolerance)).astype(int)
    counts = np.clip(counts, 1, MAX_POINTS)
    segment = np.repeat(np.arange(len(steps)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    u = ((np.arange(len(segment)) - first) / counts[segment])[:, None]
    # Hermite's cubic, as the straight way and what bends it.
    way = points[segment] + u * steps[segment]
    way += u * (1 - u) ** 2 * times[segment] * (leaving - speeds)[segment]
    way -= u**2 * (1 - u) * times[segment] * (coming - speeds)[segment]
    return np.concatenate([way, points[-1:]])

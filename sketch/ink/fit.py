"""Ink brought to the scale and the points per character of a corpus.

A model that learned a tablet's recordings knows letters of one size with about one
number of points each. Ink from a drawing program or another tablet has neither.
"""

import numpy as np

from sketch.ink.strokes import split_pen_strokes, strokes_from_points

MAX_RATIO = 1.5  # ink whose points or size differ by less is left as it is


def fit_to_corpus(strokes: np.ndarray, num_points: float, width: float) -> np.ndarray:
    """Scales a line to a width and resamples it if its number of points is unusual.

    The points of a recording show where the pen was slow, so they are kept if their
    number is within `MAX_RATIO` of the corpus'. A drawing knows only its shape: its
    strokes are resampled at even distances.

    Args:
        strokes: `[time, 3]`, raw offsets in any unit; the result in the corpus' units.
        num_points: how many points such a line has in the corpus.
        width: how wide it is there, in the corpus' units.

    Raises:
        ValueError: the ink has no width.
    """
    pen_strokes = split_pen_strokes(strokes)
    points = np.concatenate([np.zeros((0, 2)), *pen_strokes])
    extent = float(np.ptp(points[:, 0])) if len(points) else 0.0
    if extent <= 0:
        raise ValueError("the ink has no width: it cannot be brought to scale")
    pen_strokes = [stroke * (width / extent) for stroke in pen_strokes]
    if not is_alike(len(points), num_points):
        pen_strokes = _resample_all(pen_strokes, num_points)
    return strokes_from_points(pen_strokes)


def is_alike(one: float, other: float) -> bool:
    """Whether two sizes, or two numbers of points, are within `MAX_RATIO`."""
    return other <= MAX_RATIO * one and one <= MAX_RATIO * other


def unit_ratio(offset_std: np.ndarray, other_std: np.ndarray) -> float:
    """How many units of other recordings one unit of these is worth.

    It is the quotient of the lengths of both standard deviations `[2]` of offsets; 1 if
    they are alike, which is the difference between two writers, not two tablets.
    """
    ratio = float(np.linalg.norm(offset_std) / np.linalg.norm(other_std))
    return 1.0 if is_alike(ratio, 1.0) else ratio


def resample(strokes: np.ndarray, num_points: float) -> np.ndarray:
    """Gives a line about `num_points` points, at even distances along each stroke.

    Each stroke keeps at least two, a dot its one. `strokes` and the result are
    `[time, 3]`, raw offsets in one unit.
    """
    return strokes_from_points(_resample_all(split_pen_strokes(strokes), num_points))


def _resample_all(pen_strokes: list[np.ndarray], num_points: float) -> list[np.ndarray]:
    lengths = [stroke_length(stroke) for stroke in pen_strokes]
    step = sum(lengths) / max(num_points - len(pen_strokes), 1)
    return [
        resample_stroke(stroke, max(2, round(length / step) + 1)) if length else stroke
        for stroke, length in zip(pen_strokes, lengths, strict=True)
    ]


def stroke_length(points: np.ndarray) -> float:
    """The length of a pen stroke `[n, 2]`, in its unit."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum()) if len(points) > 1 else 0.0


def resample_stroke(points: np.ndarray, num_points: int) -> np.ndarray:
    """Puts points at even distances along a stroke `[n, 2]`; both ends are kept."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    places = np.linspace(0.0, along[-1], num_points)
    return np.column_stack([np.interp(places, along, axis) for axis in points.T])

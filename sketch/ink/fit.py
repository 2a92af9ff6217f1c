"""Somebody's own ink, brought to the scale and the pen rate of a corpus.

A model that learned a tablet's recordings knows letters of one size, drawn at one pace.
Ink from a drawing program or another tablet has neither.
"""

import numpy as np

from sketch.ink.strokes import split_pen_strokes, strokes_from_points

SAME_PACE = 1.5  # ink that is right to this factor is left as it is


def fit_to_pace(strokes: np.ndarray, num_points: float, width: float) -> np.ndarray:
    """Scale a line to a width and, where its pace is another, resample it.

    Points of a recording say where the pen was slow, so they are kept if there are
    about as many as a corpus would have. Otherwise each stroke is resampled at even
    distances along its length: that is how much a drawing knows.

    Args:
        strokes: `[time, 3]`, raw offsets in any unit.
        num_points: how many points such a line has in the corpus.
        width: how wide it is there, in the corpus' units.

    Returns:
        float32 `[time, 3]`, raw offsets in the corpus' units.

    Raises:
        ValueError: the ink has no width.
    """
    pens = split_pen_strokes(strokes)
    points = np.concatenate([np.zeros((0, 2)), *pens])
    extent = float(np.ptp(points[:, 0])) if len(points) else 0.0
    if extent <= 0:
        raise ValueError("the ink has no width: it cannot be brought to scale")
    pens = [pen * (width / extent) for pen in pens]
    if not is_alike(len(points), num_points):
        pens = _resample_all(pens, num_points)
    return strokes_from_points(pens)


def is_alike(one: float, other: float) -> bool:
    """Whether two paces, or two sizes, differ by no more than `SAME_PACE`."""
    return other <= SAME_PACE * one and one <= SAME_PACE * other


def unit_ratio(offset_std: np.ndarray, other_std: np.ndarray) -> float:
    """How many units of other recordings one of these is worth, by their offsets.

    Args:
        offset_std, other_std: `[2]`, the standard deviations of the offsets of both.

    Returns:
        The quotient of their lengths; 1 where those are alike: another hand's, not
        another tablet's.
    """
    ratio = float(np.linalg.norm(offset_std) / np.linalg.norm(other_std))
    return 1.0 if is_alike(ratio, 1.0) else ratio


def resample(strokes: np.ndarray, num_points: float) -> np.ndarray:
    """Gives a line about so many points, at even distances along each stroke.

    Args:
        strokes: `[time, 3]`, raw offsets.
        num_points: how many the line shall have; each stroke keeps two, a dot its one.

    Returns:
        float32 `[time, 3]`, raw offsets in the same unit.
    """
    return strokes_from_points(_resample_all(split_pen_strokes(strokes), num_points))


def _resample_all(pens: list[np.ndarray], num_points: float) -> list[np.ndarray]:
    lengths = [pen_length(pen) for pen in pens]
    step = sum(lengths) / max(num_points - len(pens), 1)
    return [
        resample_pen(pen, max(2, round(length / step) + 1)) if length > 0 else pen
        for pen, length in zip(pens, lengths, strict=True)
    ]


def pen_length(pen: np.ndarray) -> float:
    """How long a stroke is: `[num_points, 2]` places, in their unit."""
    return float(np.hypot(*np.diff(pen, axis=0).T).sum()) if len(pen) > 1 else 0.0


def resample_pen(pen: np.ndarray, num_points: int) -> np.ndarray:
    """A stroke by so many points at even distances along it, both ends kept.

    Args:
        pen: `[num_points, 2]`, places.
        num_points: how many it shall have.

    Returns:
        Array like `pen`.
    """
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(pen, axis=0).T))])
    places = np.linspace(0.0, along[-1], num_points)
    return np.column_stack([np.interp(places, along, axis) for axis in pen.T])

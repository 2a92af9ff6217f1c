"""A line of handwriting as offsets, and its conversion from and to points.

Terms of the whole project:

- *point*: an absolute pen position (x, y), x to the right, y **downwards**.
- *pen stroke*: the points from one touch of the paper to the next lift, `[n, 2]`.
- *strokes*: a line of ink, float32 `[time, 3]`, with the columns `DX, DY,
  END_OF_STROKE`. A row is the offset from the previous point and a flag that is 1
  if the pen is lifted *after* the point that the row leads to. N points give N - 1
  rows: the first point, the start of the line, is not stored.

Parsers use `strokes_from_points`, drawings and writers `split_pen_strokes`. Models see
`normalise`d offsets: per axis, in standard deviations of the training split.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from sketch.ink import DamagedInk

DX, DY, END_OF_STROKE = 0, 1, 2


def check_strokes(strokes: np.ndarray) -> np.ndarray:
    """Returns `strokes` as a `[time, 3]` array of finite floats; `time` may be 0.

    float64 stays float64, all else becomes float32.

    Raises:
        ValueError: if the shape is another one.
        DamagedInk: if a value is NaN or infinite; the message names the first row.
    """
    array = np.asarray(strokes)
    if array.ndim != 2 or array.shape[1] != 3:
        raise ValueError(
            "strokes must have the shape [time, 3] (dx, dy, end_of_stroke), "
            f"not {list(array.shape)}"
        )
    if array.dtype != np.float64:
        array = array.astype(np.float32, copy=False)
    is_finite = np.isfinite(array).all(axis=1)
    if not is_finite.all():
        row = int(np.argmin(is_finite))
        raise DamagedInk(
            f"row {row} of {len(array)} rows of ink is {array[row].tolist()}: "
            "offsets must be finite; draw the line again, or leave it out"
        )
    return array


def strokes_from_points(pen_strokes: Sequence[np.ndarray]) -> np.ndarray:
    """Turns pen positions into offsets.

    Args:
        pen_strokes: one array `[n, 2]` of points for each stroke of the pen, in the
            order of writing, in any unit, y downwards. Empty ones are left out.

    Returns:
        float32 `[N - 1, 3]` for N points in all. The first row leads from the first
        point to the second, so the end of a first stroke of one point is lost.

    Raises:
        ValueError: if a pen stroke is not `[n, 2]`.
        DamagedInk: if a point is NaN or infinite.
    """
    arrays = [np.asarray(points, dtype=np.float64) for points in pen_strokes]
    arrays = [points for points in arrays if points.size]
    for index, points in enumerate(arrays):
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(
                f"pen stroke {index} must have the shape [n, 2] (x, y), "
                f"not {list(points.shape)}"
            )
    if not arrays:
        return np.zeros((0, 3), dtype=np.float32)
    points = np.concatenate(arrays)
    is_end = np.zeros(len(points))
    is_end[np.cumsum([len(stroke) for stroke in arrays]) - 1] = 1.0
    with np.errstate(over="ignore", invalid="ignore"):  # found by the check
        offsets = np.diff(points, axis=0).astype(np.float32)
    return check_strokes(np.column_stack([offsets, is_end[1:].astype(np.float32)]))


def points_from_strokes(
    strokes: np.ndarray, start: Sequence[float] = (0.0, 0.0)
) -> np.ndarray:
    """Sums offsets to pen positions, float64 `[time + 1, 2]`, the start first.

    Args:
        strokes: `[time, 3]`, raw offsets. Normalised ones need `denormalise` first:
            they lack the mean offset, so their line leans.
        start: the point before the first row.
    """
    points = np.vstack([np.asarray(start, float), check_strokes(strokes)[:, :2]])
    return np.cumsum(points, axis=0)


def split_pen_strokes(
    strokes: np.ndarray, start: Sequence[float] = (0.0, 0.0)
) -> list[np.ndarray]:
    """Cuts a line `[time, 3]` that begins at `start` into pen strokes.

    Every point of the line is in exactly one of them, the start included; a dot is a
    stroke of one point.

    Returns:
        A list of float64 `[n, 2]`, n ≥ 1. The last stroke may be one that the line
        does not end. An empty line has no strokes.
    """
    strokes = check_strokes(strokes)
    if not len(strokes):
        return []
    points = points_from_strokes(strokes, start)
    cuts = np.flatnonzero(strokes[:-1, END_OF_STROKE] > 0.5) + 2
    return np.split(points, cuts)


def normalise(strokes: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Returns offsets in the unit of a model: `(offset - mean) / std` per axis.

    Args:
        strokes: `[..., 3]`, raw offsets; in the result, float32, the flag is unchanged.
        mean, std: `[2]`, of the offsets of the training split.

    Raises:
        ValueError: if a standard deviation is not positive.
    """
    std = np.asarray(std, dtype=np.float64)
    if not (np.isfinite(std).all() and (std > 0).all()):
        raise ValueError(
            f"the standard deviation of the offsets is {std.tolist()}: it must be "
            "positive and finite on both axes; is all of the ink a straight line?"
        )
    result = np.array(strokes, dtype=np.float32)
    result[..., :2] = (np.asarray(strokes, dtype=np.float64)[..., :2] - mean) / std
    return result


def denormalise(strokes: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Undoes `normalise`: `offset * std + mean` per axis; float32 `[..., 3]`."""
    result = np.array(strokes, dtype=np.float32)
    result[..., :2] = np.asarray(strokes, dtype=np.float64)[..., :2] * std + mean
    return result


def offset_statistics(lines: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and population standard deviation of all offsets, float64 `[2]` each.

    The sums of lines are merged about a moving mean (Chan, Golub and LeVeque 1979) in
    float64: one pass over a generator is exact enough for any size of corpus.

    Args:
        lines: strokes `[time, 3]`, raw offsets, of unpadded lines.

    Raises:
        ValueError: if there is no offset at all.
    """
    count, mean, squares = 0, np.zeros(2), np.zeros(2)
    for strokes in lines:
        offsets = np.asarray(strokes, dtype=np.float64)[:, :2]
        if not len(offsets):
            continue
        line_mean = offsets.mean(axis=0)
        total = count + len(offsets)
        shift = line_mean - mean
        squares += np.square(offsets - line_mean).sum(axis=0)
        squares += np.square(shift) * (count * len(offsets) / total)
        mean = mean + shift * (len(offsets) / total)
        count = total
    if not count:
        raise ValueError("no ink to measure: every line is empty")
    return mean, np.sqrt(squares / count)


def extent(strokes: np.ndarray) -> np.ndarray:
    """Width and height of a line `[time, 3]`: float64 `[2]`, in its unit."""
    points = np.cumsum(strokes[:, [DX, DY]], axis=0, dtype=np.float64)
    return points.max(axis=0, initial=0) - points.min(axis=0, initial=0)


def find_jumps(strokes: np.ndarray, max_jump: float) -> np.ndarray:
    """Marks steps longer (Euclidean) than `max_jump`: recording errors of the tablet.

    Both in raw units; from strokes `[time, 3]` to bool `[time]`.
    """
    return np.hypot(*np.asarray(strokes, np.float64)[:, [DX, DY]].T) > max_jump


def remove_jumps(strokes: np.ndarray, max_jump: float) -> np.ndarray:
    """Removes the steps of `find_jumps`; the ink after a jump moves back.

    The end of stroke of a removed row passes to the row before it, so that strokes on
    both sides of a jump stay apart. Returns float32 `[time - jumps, 3]`.
    """
    is_jump = find_jumps(strokes, max_jump)
    result = np.array(strokes, dtype=np.float32)
    for row in np.flatnonzero(is_jump & (result[:, END_OF_STROKE] > 0.5)):
        before = np.flatnonzero(~is_jump[:row])
        result[before[-1:], END_OF_STROKE] = 1.0
    return result[~is_jump]

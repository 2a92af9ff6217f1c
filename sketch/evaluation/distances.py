"""How far written ink is from real ink, one statistic of the strokes at a time.

Each statistic is a sample of numbers; two samples are compared by the Wasserstein
distance: how far a number must be moved on average to turn one into the other. Its
unit is the distance between real lines: the lines are split in two halves, at random
and many times, and

    distance = mean W(real half, other half as written) / mean W(both halves, real)

where both sides of the quotient compare the same numbers of lines of the same texts.
Ink that cannot be told from people's scores about 1; 10 is ten times as far as these
lines are from each other.
"""

from collections.abc import Sequence

import numpy as np

from sketch.ink.strokes import DX, DY, END_OF_STROKE, split_pen_strokes

NUM_SPLITS = 10

# Name -> explanation. Lengths are in the recording's units.
STATISTICS = {
    "speed": "distance from point to point, pen on paper",
    "turn": "angle between two such steps, radians",
    "jump": "distance of the lifted pen",
    "stroke_points": "points of a stroke",
    "stroke_width": "width of a stroke",
    "stroke_height": "height of a stroke",
    "points_per_character": "points of a line per character of its text",
    "width_per_character": "width of a line per character",
    "strokes_per_character": "strokes of a line per character",
}


def measure(strokes: np.ndarray, text: str) -> dict[str, np.ndarray]:
    """The numbers that a line adds to each statistic.

    Args:
        strokes: `[time, 3]`, in the recording's units.
        text: of the line; not empty.
    """
    offsets = np.asarray(strokes, np.float64)[:, DX : DY + 1]
    lengths = np.hypot(*offsets.T)
    # Row t is drawn if the pen was not lifted before it.
    is_lifted = np.append(False, np.asarray(strokes)[:-1, END_OF_STROKE] > 0.5)
    is_lifted = is_lifted[: len(offsets)]
    angles = np.arctan2(offsets[1:, 1], offsets[1:, 0]) - np.arctan2(
        offsets[:-1, 1], offsets[:-1, 0]
    )
    is_turn = ~is_lifted[1:] & ~is_lifted[:-1] & (lengths[1:] > 0) & (lengths[:-1] > 0)
    turns = np.abs((angles[is_turn] + np.pi) % (2 * np.pi) - np.pi)
    pens = split_pen_strokes(strokes)
    sizes = np.array([np.ptp(pen, axis=0) for pen in pens]).reshape(-1, 2)
    width = np.ptp(np.cumsum(np.append(0.0, offsets[:, 0])))  # from its first point on
    return {
        "speed": lengths[~is_lifted],
        "turn": turns,
        "jump": lengths[is_lifted],
        "stroke_points": np.array([len(pen) for pen in pens], np.float64),
        "stroke_width": sizes[:, 0],
        "stroke_height": sizes[:, 1],
        "points_per_character": np.array([len(offsets) / len(text)]),
        "width_per_character": np.array([width / len(text)]),
        "strokes_per_character": np.array([len(pens) / len(text)]),
    }


def compare(
    real: Sequence[dict[str, np.ndarray]],
    written: Sequence[dict[str, np.ndarray]],
) -> dict[str, float | None]:
    """Distances of written lines from real ones, as the module defines them.

    Args:
        real: `measure` of each real line.
        written: of the same texts, in the same order.

    Returns:
        By the names of `STATISTICS`; None if a half has no such numbers or all real
        numbers are equal.
    """
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(real)) for _ in range(NUM_SPLITS)]
    return {name: _compare(real, written, name, orders) for name in STATISTICS}


def _compare(real, written, name, orders) -> float | None:
    from scipy.stats import wasserstein_distance  # takes a second to import

    to_written, to_real = [], []
    for order in orders:
        half = len(order) // 2
        parts = [
            [lines[line][name] for line in places]
            for lines, places in (
                (real, order[:half]),
                (written, order[half:]),
                (real, order[half:]),
            )
        ]
        if not all(sum(map(len, part)) for part in parts):
            return None
        first, of_pen, second = map(np.concatenate, parts)
        to_written.append(wasserstein_distance(first, of_pen))
        to_real.append(wasserstein_distance(first, second))
    unit = float(np.mean(to_real))
    return float(np.mean(to_written)) / unit if unit > 0 else None

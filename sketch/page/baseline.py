"""The line that letters stand on, found in the ink alone.

Terms: a *bottom* is where the pen turns from going down to going up, a *top* the other
turn. Most bottoms of a line of handwriting are on its baseline; those of g or y are
below, those of dots, quotes and crossbars above. So the baseline is the straight line
that most bottoms agree on, not the one nearest to all of them: descenders do not pull
it down. y grows downwards: a bottom has a large y, ink that climbs a negative slope.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MAX_SLOPE = 0.36  # of a baseline, 20 degrees
MIN_TURN = 0.3  # of the typical swing of the pen: less is tremor
AGREEMENT = 0.35  # of the typical swing: bottoms within it agree
SLOPE_TRUST = 0.12  # this far from the expected slope costs half a bottom
MIN_BOTTOMS = 3  # that tell where a word stands
REACH = 4.0  # swings, over which the wander of the baseline is smoothed
TALL = set("bdfhklt0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
X_HEIGHT_OF_TALL = 0.5  # a small letter's height over a tall one's


class Baseline(NamedTuple):
    """The line that letters stand on.

    Attributes:
        slope: dy/dx, y downwards.
        offset: y at x = 0.
        swing: the typical up or down movement of the pen, about a small letter high;
            0 for ink that only has dots.
        x_height: a small letter's height, NaN where the ink does not tell.
        bottoms: `[n, 2]`, the bottoms that agree on the baseline.
    """

    slope: float
    offset: float
    swing: float
    x_height: float
    bottoms: np.ndarray

    def wander(self, x: float) -> float:
        """How far below the straight line the letters near `x` stand."""
        if not len(self.bottoms):
            return 0.0
        residuals = self.bottoms[:, 1] - self.slope * self.bottoms[:, 0] - self.offset
        weights = np.exp(-0.5 * ((self.bottoms[:, 0] - x) / (REACH * self.swing)) ** 2)
        # One imagined bottom on the line: a single real one is believed by half.
        return float((weights * residuals).sum() / (weights.sum() + 1.0))


def find_baseline(
    pens: Sequence[np.ndarray], text: str = "", expected_slope: float = 0.0
) -> Baseline:
    """Finds the baseline of a line of ink.

    Args:
        pens: what the pen drew from touch to lift, `[n, 2]` each, y downwards.
        text: what it says, which tells small letters from tall ones.
        expected_slope: of the writing; short ink, which does not tell, is taken to have
            it.

    Returns:
        The baseline. Ink without bottoms, such as dashes, stands on its lowest point.

    Raises:
        ValueError: there is no ink.
    """
    if not pens:
        raise ValueError("there is no ink to find a baseline of")
    swing = _typical_swing(pens)
    turns = [_turns(pen[:, 1], MIN_TURN * swing) for pen in pens]
    bottoms, tops = (
        np.concatenate([pen[turn[kind]] for pen, turn in zip(pens, turns, strict=True)])
        for kind in (0, 1)
    )
    if not len(bottoms) or swing == 0:
        everything = np.concatenate(pens)
        levels = everything[:, 1] - expected_slope * everything[:, 0]
        lowest = float(levels.max())
        return Baseline(expected_slope, lowest, swing, float("nan"), np.zeros((0, 2)))
    slope, offset = _agreed_line(bottoms, AGREEMENT * swing, expected_slope)
    residuals = bottoms[:, 1] - slope * bottoms[:, 0] - offset
    heights = slope * tops[:, 0] + offset - tops[:, 1]
    heights = heights[heights > 0.4 * swing]
    x_height = float("nan")
    if len(heights):
        # Most tops are those of small letters, or else of tall ones.
        x_height = float(np.median(heights))
        if _is_mostly_tall(text):
            x_height = X_HEIGHT_OF_TALL * float(np.quantile(heights, 0.8))
    kept = bottoms[np.abs(residuals) < 2 * AGREEMENT * swing]
    return Baseline(slope, offset, swing, x_height, kept)


def stray_level(pens: Sequence[np.ndarray], baseline: Baseline) -> float | None:
    """How far below its line a word stands that misses it.

    Args:
        pens: of the word, in the place and units of the baseline's.
        baseline: of the line.

    Returns:
        None if the word touches its line somewhere, or if its bottoms do not agree with
        each other: commas, descenders.
    """
    bottoms = np.concatenate(
        [pen[_turns(pen[:, 1], MIN_TURN * baseline.swing)[0]] for pen in pens]
    )
    residuals = bottoms[:, 1] - baseline.slope * bottoms[:, 0] - baseline.offset
    tolerance = AGREEMENT * baseline.swing
    if len(residuals) < MIN_BOTTOMS or (np.abs(residuals) < 2 * tolerance).any():
        return None
    middle = float(np.median(residuals))
    agree = np.abs(residuals - middle) < tolerance
    return middle if agree.mean() > 0.5 else None


def _is_mostly_tall(text: str) -> bool:
    letters = [character for character in text if character.isalnum()]
    return sum(character in TALL for character in letters) > len(letters) / 2


def level(points: np.ndarray, baseline: Baseline) -> np.ndarray:
    """Turns ink about (0, offset) so that its baseline is y = 0; letters keep shape.

    Args:
        points: `[n, 2]`.
        baseline: of their line.
    """
    length = np.hypot(1.0, baseline.slope)
    cos, sin = 1.0 / length, baseline.slope / length
    x, y = points[:, 0], points[:, 1] - baseline.offset
    return np.column_stack([cos * x + sin * y, cos * y - sin * x])


def _typical_swing(pens: Sequence[np.ndarray]) -> float:
    """The swing, up or down, above which lies half of the pen's vertical way."""
    size = max(float(np.ptp(pen[:, 1])) for pen in pens)
    swing = size
    for _ in range(3):  # tremor makes many small swings: leave it out, look again
        swings = np.concatenate(
            [_swings(pen[:, 1], MIN_TURN * min(swing, 0.3 * size)) for pen in pens]
        )
        if not len(swings):
            return size
        swings = np.sort(swings)
        share = np.cumsum(swings) / swings.sum()
        swing = float(swings[np.searchsorted(share, 0.5)])
    return swing


def _swings(y: np.ndarray, least: float) -> np.ndarray:
    bottoms, tops = _turns(y, least)
    return np.abs(np.diff(y[np.sort(np.concatenate([bottoms, tops]))]))


def _turns(y: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of bottoms and tops with swings of more than `least` between them.

    The ends of a stroke count; a stroke that hardly goes up or down has none.
    """
    found: tuple[list[int], list[int]] = ([], [])
    low = high = 0  # the lowest place on the paper so far (largest y), the highest
    direction = 0
    for index in range(1, len(y)):
        if y[index] > y[low]:
            low = index
        if y[index] < y[high]:
            high = index
        if direction >= 0 and y[low] - y[index] > least:
            found[0].append(low)
            direction, high = -1, index
        elif direction <= 0 and y[index] - y[high] > least:
            found[1].append(high)
            direction, low = 1, index
    if direction:
        found[direction < 0].append(low if direction > 0 else high)
    return np.array(found[0], dtype=np.intp), np.array(found[1], dtype=np.intp)


def _agreed_line(
    points: np.ndarray, tolerance: float, expected_slope: float
) -> tuple[float, float]:
    """Slope and offset of the line that most points agree on.

    Tries all slopes, with a line through each point. Then least squares among the
    points that agree, weighted down with their distance (Tukey's biweight).
    """
    x, y = points.T
    best = (-np.inf, 0.0, 0.0)
    for slope in np.append(np.linspace(-MAX_SLOPE, MAX_SLOPE, 73), expected_slope):
        levels = y - slope * x
        votes = _biweight((levels[:, None] - levels) / tolerance).sum(axis=0)
        votes -= 0.5 * ((slope - expected_slope) / SLOPE_TRUST) ** 2
        winner = int(votes.argmax())
        best = max(best, (float(votes[winner]), float(slope), float(levels[winner])))
    _, slope, offset = best
    for _ in range(5):
        weights = _biweight((y - slope * x - offset) / (2 * tolerance))
        centre = (weights @ x) / weights.sum()
        # The expected slope weighs as much as a bottom one tolerance/SLOPE_TRUST away.
        trust = (tolerance / SLOPE_TRUST) ** 2
        spread = weights @ (x - centre) ** 2 + trust
        slope = (weights @ ((x - centre) * y) + trust * expected_slope) / spread
        slope = float(np.clip(slope, -MAX_SLOPE, MAX_SLOPE))
        offset = float(weights @ (y - slope * x) / weights.sum())
    return slope, offset


def _biweight(distance: np.ndarray) -> np.ndarray:
    return np.maximum(1 - np.square(distance), 0.0) ** 2

"""A written line cut into its words, between strokes of the pen.

A word ends where the ink has a gap and, if the model tells which character each point
belongs to, where the text has a blank. A crossbar or dot that is added after its word
still belongs to it, so a cut is good where all ink before it lies left of all ink
behind it. Strokes are never cut: words written in one stroke stay together.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MAX_GAP, MAX_OVERLAP = 2.0, 1.0  # in heights of the ink; more proves no more
NO_STROKE = 3.0  # cost of a word without a stroke of its own, in heights
MAX_DISTANCE = 3.0  # characters: a stroke farther from its word costs no more
GUESS = 0.3  # weight of a guessed character against a known one


class Word(NamedTuple):
    """One word, or several that the pen did not separate, as ink.

    Attributes:
        text: what it says.
        pens: indices of its strokes of the pen, in the order of writing.
    """

    text: str
    pens: list[int]


def cut_words(
    pens: Sequence[np.ndarray], text: str, places: np.ndarray | None = None
) -> list[Word]:
    """Cuts a line into words.

    Args:
        pens: what the pen drew from touch to lift, `[n, 2]` each, from left to right.
        text: what it says.
        places: `[points]`, the place in `text` that each point of all pens belongs
            to, counted from 0, NaN where unknown; None: unknown everywhere.

    Returns:
        The words in order; every pen is in exactly one of them. No word without ink.
    """
    words = text.split()
    if len(words) < 2 or len(pens) < 2:
        return [Word(" ".join(words), list(range(len(pens))))] if pens else []
    boxes = np.array([[pen[:, 0].min(), pen[:, 0].max()] for pen in pens])
    heights = [np.ptp(pen[:, 1]) for pen in pens]
    size = max(float(np.median(heights)), 0.2 * max(heights)) or float(np.ptp(boxes))
    places, trust = _pen_places(pens, boxes, text, places)
    gains = _gaps(boxes, size or 1.0) - trust * _misplaced(words, places)
    cuts = [0, *_best_cuts(gains), len(pens)]
    owner = np.repeat(np.arange(len(words)), np.diff(cuts))
    _fetch_back(owner, boxes, size)
    result: list[Word] = []
    for number, word in enumerate(words):
        own = np.flatnonzero(owner == number).tolist()
        if own or not result:
            # Leading words without ink go to the first that has some.
            before = result.pop().text + " " if result and not result[-1].pens else ""
            result.append(Word(before + word, own))
        else:
            result[-1] = Word(f"{result[-1].text} {word}", result[-1].pens)
    return result


def _pen_places(pens, boxes, text, places) -> tuple[np.ndarray, float]:
    """The mean place of each pen's points in the text, and its weight."""
    if places is not None:
        ends = np.cumsum([len(pen) for pen in pens])
        parts = np.split(np.asarray(places, dtype=np.float64), ends[:-1])
        means = [part[np.isfinite(part)] for part in parts]
        return np.array([m.mean() if len(m) else np.nan for m in means]), 1.0
    left, width = boxes.min(), max(float(np.ptp(boxes)), 1e-9)
    return (boxes.mean(axis=1) - left) / width * len(text) - 0.5, GUESS


def _gaps(boxes: np.ndarray, size: float) -> np.ndarray:
    """`[pens + 1]`: the gap between all ink before a cut and all behind it."""
    ends = np.maximum.accumulate(boxes[:, 1])
    begins = np.minimum.accumulate(boxes[::-1, 0])[::-1]
    gaps = (begins[1:] - ends[:-1]) / size
    inner = np.clip(gaps, -MAX_OVERLAP, MAX_GAP)
    return np.concatenate([[-NO_STROKE], inner, [-NO_STROKE]])


def _misplaced(words: list[str], places: np.ndarray) -> np.ndarray:
    """`[words - 1, pens + 1]`: how many characters strokes are on the wrong side."""
    starts = np.cumsum([len(word) + 1 for word in words])[:-1]
    # The blank between two words may belong to either: the window runs ahead.
    early = np.clip(places - (starts[:, None] - 0.5), 0, MAX_DISTANCE)
    late = np.clip((starts[:, None] - 1.0) - places, 0, MAX_DISTANCE)
    early, late = np.nan_to_num(early), np.nan_to_num(late)
    zero = np.zeros((len(starts), 1))
    before = np.concatenate([zero, np.cumsum(early, axis=1)], axis=1)
    behind = np.concatenate([np.cumsum(late[:, ::-1], axis=1)[:, ::-1], zero], axis=1)
    return before + behind


def _best_cuts(gains: np.ndarray) -> list[int]:
    """A column for each row, not falling, with the greatest sum of gains.

    Two cuts in one place leave a word without a stroke.
    """
    rows, columns = gains.shape
    total, choices = gains[0], []
    for row in range(1, rows):
        # The best column left of this one; or the same column, at a cost.
        best = np.maximum.accumulate(total)
        leader = np.where(total == best, np.arange(columns), 0)
        leader = np.maximum.accumulate(leader)
        left = np.concatenate([[-np.inf], best[:-1]])
        same = total - NO_STROKE
        choices.append(
            np.where(left >= same, np.append(0, leader[:-1]), np.arange(columns))
        )
        total = np.maximum(left, same) + gains[row]
    cuts = [int(total.argmax())]
    for choice in reversed(choices):
        cuts.append(int(choice[cuts[-1]]))
    return cuts[::-1]


def _fetch_back(owner: np.ndarray, boxes: np.ndarray, size: float) -> None:
    """Returns dots that were made a word later, or at the end, to their word."""
    for number in range(1, int(owner.max(initial=0)) + 1):
        own = np.flatnonzero(owner == number)
        if not len(own):
            continue
        left = boxes[own[0], 0]
        for pen in own[1:]:
            if boxes[pen, 1] < left - 0.25 * size:
                earlier = np.flatnonzero(owner < number)
                if not len(earlier):  # the first word that has a stroke
                    continue
                middle = boxes[pen].mean()
                away = np.maximum(
                    boxes[earlier, 0] - middle, middle - boxes[earlier, 1]
                )
                owner[pen] = owner[earlier[away.argmin()]]

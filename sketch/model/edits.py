"""How far a reading is from the text: edit distance and character error rate."""

from collections.abc import Sequence

import numpy as np


def edit_distance(a: Sequence, b: Sequence) -> int:
    """Insertions, deletions and substitutions that make `a` into `b` (Levenshtein).

    Row by row of the usual table; within a row, a run of insertions is the minimum
    over all its beginnings, which numpy takes at once.
    """
    codes: dict = {}
    first, second = (
        np.array([codes.setdefault(item, len(codes)) for item in items], np.int64)
        for items in (a, b)
    )
    places = np.arange(len(second) + 1)
    row = places
    for item in first:
        other = np.empty_like(row)
        other[0] = row[0] + 1
        other[1:] = np.minimum(row[1:] + 1, row[:-1] + (second != item))
        row = np.minimum.accumulate(other - places) + places
    return int(row[-1])


def error_rate(text: str, reading: str) -> float:
    """Edits a character of `text`; 0 is read as it should be, more than 1 is possible.

    Raises:
        ValueError: `text` is empty.
    """
    if not text:
        raise ValueError("an empty text has no error rate")
    return edit_distance(reading, text) / len(text)

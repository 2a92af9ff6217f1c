"""How far a recogniser's reading is from the text: edit distance and error rate."""

from collections.abc import Sequence

import numpy as np


def edit_distance(a: Sequence, b: Sequence) -> int:
    """Fewest insertions, deletions and substitutions that make `a` into `b`.

    Levenshtein's table, row by row. Within a row, a run of insertions is a minimum over
    all places where it may begin: numpy accumulates it.
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
    """Edits per character of `text`: 0 for a perfect reading; it can exceed 1.

    Raises:
        ValueError: `text` is empty.
    """
    if not text:
        raise ValueError("an empty text has no error rate")
    return edit_distance(reading, text) / len(text)

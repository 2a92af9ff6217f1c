"""Parses Quick, Draw!: files `.ndjson`, one drawing a line, as JSON.

Of a drawing, this reads `drawing`: for each stroke a list of x and one of y, downwards.
The times that the raw files add are passed over. `key_id` is its name, `word` its text.
The raw files have the points as they came, the simplified ones fewer, in a square of
256. Both are https://github.com/googlecreativelab/quickdraw-dataset.
"""

import json

import numpy as np

from sketch.ink import DamagedInk
from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes


def parse_drawing(row: bytes) -> tuple[str, InkLine]:
    """Parses a line of a file: the drawing's name, "" if it has none, and its ink.

    Raises:
        DamagedInk: It is not such a drawing, or has no ink.
    """
    try:
        record = json.loads(row)
    except (ValueError, RecursionError) as error:
        raise DamagedInk(f"not JSON ({error})") from None
    drawing = record.get("drawing") if isinstance(record, dict) else None
    if not isinstance(drawing, list):
        raise DamagedInk('it has no list "drawing"')
    key, word = str(record.get("key_id") or "")[:40], record.get("word", "")
    if not isinstance(word, str):
        raise DamagedInk(f'its "word" is {word!r:.40}')
    pen_strokes = []
    for number, stroke in enumerate(drawing, start=1):
        try:
            x, y = (np.array(stroke[axis], dtype=np.float64) for axis in (0, 1))
            if x.ndim != 1 or x.shape != y.shape:
                raise ValueError
            pen_strokes.append(np.column_stack([x, y]))
        except (TypeError, ValueError, LookupError, OverflowError):
            raise DamagedInk(
                f"stroke {number} is not two lists of equally many x and y"
            ) from None
    line = line_from_pen_strokes(pen_strokes, word)
    if not len(line.strokes):
        raise DamagedInk("no ink")
    return key, line

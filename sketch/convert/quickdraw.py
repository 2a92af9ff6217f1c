"""Reads Quick, Draw!: files `.ndjson`, one drawing a line, as JSON.

Of a drawing, `drawing` is read: for each stroke a list of x, one of y (downwards), and
in the raw files one of times, which are passed over; `key_id`, its name; and `word`,
what it shows. The raw files have the points as they came, the simplified ones have
fewer, in a square of 256. Both are https://github.com/googlecreativelab/quickdraw-dataset.
"""

import json

import numpy as np

from sketch.ink import DamagedInk
from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes


def parse_drawing(line: bytes) -> tuple[str, InkLine]:
    """Reads one line of a file.

    Returns:
        The drawing's name, "" if it has none, and its ink; the text is the word.

    Raises:
        DamagedInk: If it is no such drawing.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DamagedInk(f"no JSON ({error})") from None
    drawing = record.get("drawing") if isinstance(record, dict) else None
    if not isinstance(drawing, list):
        raise DamagedInk('it has no list "drawing"')
    key, word = str(record.get("key_id") or "")[:40], record.get("word", "")
    if not isinstance(word, str):
        raise DamagedInk(f'its "word" is {word!r:.40}')
    pens = []
    for number, stroke in enumerate(drawing, start=1):
        try:
            x, y = (np.array(stroke[axis], dtype=np.float64) for axis in (0, 1))
            if x.ndim != 1 or x.shape != y.shape:
                raise ValueError
            pens.append(np.column_stack([x, y]))
        except (TypeError, ValueError, LookupError, OverflowError):
            raise DamagedInk(f"stroke {number} is no lists of x and y") from None
    return key, line_from_pen_strokes(pens, word)

"""A line of a corpus: what it is, what it must be, and what makes two corpora the same.

Everything that makes ink (`iam`, `hershey`) makes `Line`s; `hdf5` keeps them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sketch.ink.strokes import DX, DY, END_OF_STROKE

SETS = ("train", "valid", "test")
ROW_WIDTH = 3  # dx, dy, end_of_stroke


@dataclass(frozen=True)
class Line:
    """One written line of a corpus.

    Attributes:
        strokes: float32 `[time, 3]`: dx, dy in the tablet's units (y downwards) and
            end_of_stroke (1 = the pen is lifted after this point).
        transcript: What was written; "" where that is unknown or in doubt.
        line_id: Name of the line, unique in its corpus, such as `a01-000u-01`.
        writer: Name of the writer; "" where unknown.
    """

    strokes: np.ndarray
    transcript: str
    line_id: str
    writer: str = ""


def check_line(line: Line) -> None:
    """Refuses a line that is no ink, before it is stored.

    Raises:
        ValueError: If its strokes are not finite float32 `[time >= 1, 3]` with flags 0
            or 1, or a text holds the character NUL; names the line.
    """
    strokes = line.strokes
    if strokes.ndim != 2 or strokes.shape[1] != ROW_WIDTH or not len(strokes):
        raise ValueError(
            f"line {line.line_id}: expected strokes [time >= 1, {ROW_WIDTH}], received "
            f"{list(strokes.shape)}"
        )
    problem = find_problem(strokes)
    if strokes.dtype != np.float32 or problem:
        raise ValueError(
            f"line {line.line_id}: {problem or f'float32 expected, {strokes.dtype=}'}"
        )
    if "\0" in line.transcript + line.line_id + line.writer:
        raise ValueError(f"line {line.line_id}: a text holds the character NUL")


def find_problem(strokes: np.ndarray) -> str | None:
    """What is wrong with the values of strokes `[time, 3]`; None if nothing is."""
    if not np.isfinite(strokes[:, [DX, DY]]).all():
        return "an offset is not a finite number"
    flags = strokes[:, END_OF_STROKE]
    if not ((flags == 0) | (flags == 1)).all():
        return "an end_of_stroke is neither 0 nor 1"
    return None


def content_digest(lines: Sequence[Line], bounds: Mapping[str, tuple[int, int]]) -> str:
    """SHA-256 of the sets, and of the lines' ids, writers, transcripts and strokes.

    Args:
        lines: all lines, in the order of the file.
        bounds: of each set, its first line and the one after its last.
    """
    digest = hashlib.sha256(b"sketch corpus 1")
    for name in SETS:
        digest.update(f"{name} {bounds[name][0]} {bounds[name][1]}\n".encode())
    for line in lines:
        strokes = np.ascontiguousarray(line.strokes, dtype="<f4")
        texts = "\0".join((line.line_id, line.writer, line.transcript))
        digest.update(f"{texts}\0{len(strokes)}\n".encode())
        digest.update(strokes)
    return digest.hexdigest()

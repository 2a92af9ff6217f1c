"""A line of a corpus, what it must satisfy, and the digest of all lines.

Everything that makes ink (`sketch.convert`, `demo`) makes `Line`s; `hdf5` stores them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sketch.ink.strokes import DX, DY, END_OF_STROKE

SETS = ("train", "valid", "test")
ROW_WIDTH = 3  # dx, dy, end_of_stroke
MAX_TEXT_BYTES = 20_000  # normalising Unicode takes time quadratic in the length


@dataclass(frozen=True)
class Line:
    """One written line of a corpus.

    Attributes:
        strokes: float32 `[time, 3]`: dx, dy in the tablet's units (y downwards) and
            end_of_stroke (1 = the pen is lifted after this point).
        transcript: What was written; "" if that is unknown or in doubt.
        line_id: Name of the line, unique in its corpus, such as `a01-000u-01`.
        writer: Name of the writer; "" if unknown.
    """

    strokes: np.ndarray
    transcript: str
    line_id: str
    writer: str = ""


def check_line(line: Line) -> None:
    """Refuses a line that must not be stored.

    Raises:
        ValueError: Its strokes are not finite float32 `[time >= 1, 3]` with flags 0 or
            1, or a text is too long or holds the character NUL; names the line.
    """
    strokes = line.strokes
    texts = line.transcript, line.line_id, line.writer
    longest = max(texts, key=lambda text: len(text.encode()))
    if strokes.ndim != 2 or strokes.shape[1] != ROW_WIDTH or not len(strokes):
        expected = f"expected strokes [time >= 1, {ROW_WIDTH}]"
        problem = f"{expected}, received {list(strokes.shape)}"
    elif strokes.dtype != np.float32:
        problem = f"float32 expected, received {strokes.dtype}"
    elif "\0" in "".join(texts):
        problem = "a text holds the character NUL"
    elif len(longest.encode()) > MAX_TEXT_BYTES:
        problem = f"a text of {len(longest):,} characters is too long for a line"
    else:
        problem = find_problem(strokes)
    if problem:
        raise ValueError(f"line {line.line_id:.40}: {problem}")


def find_problem(strokes: np.ndarray) -> str | None:
    """What is wrong with the values of strokes `[time, 3]`, if anything."""
    if not np.isfinite(strokes[:, [DX, DY]]).all():
        return "an offset is not a finite number"
    flags = strokes[:, END_OF_STROKE]
    if not ((flags == 0) | (flags == 1)).all():
        return "an end_of_stroke is neither 0 nor 1"
    return None


def arrange_sets(
    sets: Mapping[str, Sequence[Line]],
) -> tuple[list[Line], dict[str, tuple[int, int]]]:
    """All lines once, and each set's rows `(start, stop)` among them.

    Raises:
        ValueError: Sets are missing or empty, or overlap in part.
    """
    if set(sets) != set(SETS):
        raise ValueError(f"expected the sets {SETS}, received {tuple(sets)}")
    lines: list[Line] = []
    bounds: dict[str, tuple[int, int]] = {}
    owners: dict[str, str] = {}  # the set of each line
    ids = {name: [line.line_id for line in sets[name]] for name in SETS}
    for name in SETS:
        if not ids[name]:
            raise ValueError(f"the set {name!r} is empty: give the converter more ink")
        same = next((other for other in bounds if ids[other] == ids[name]), None)
        if same is not None:
            bounds[name] = bounds[same]
            continue
        for line_id in ids[name]:
            if line_id in owners:
                raise ValueError(
                    f"line {line_id} is in {owners[line_id]!r} and again in {name!r}"
                )
            owners[line_id] = name
        bounds[name] = (len(lines), len(lines) + len(ids[name]))
        lines.extend(sets[name])
    return lines, bounds


def content_digest(lines: Sequence[Line], bounds: Mapping[str, tuple[int, int]]) -> str:
    """SHA-256 of the sets, and of the lines' ids, writers, transcripts and strokes.

    `bounds` are the rows `(start, stop)` of each set among the lines of the file.
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

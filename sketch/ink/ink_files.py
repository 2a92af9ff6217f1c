"""Files of ink: every format by its name, and the JSON format.

`PARSERS` is the one table of the formats that are read; the name of a format is the
suffix of its files. Written are JSON (`write_json`), InkML (`sketch.ink.inkml`) and SVG
(`sketch.page.svg_writer`). docs/file-format.md describes the formats.

InkML and JSON keep every point exactly. Only the flag of a line's last point is not
stored: the last stroke of a file always ends.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sketch.ink import DamagedInk
from sketch.ink.inkml import parse_inkml
from sketch.ink.line_of_ink import (
    InkFile,
    InkLine,
    Lines,
    as_lines,
    line_from_pen_strokes,
)
from sketch.ink.svg import parse_svg
from sketch.ink.xml import read_bytes
from sketch.ink.xopp import parse_xopp
from sketch.system.atomic import write_text

FORMAT, VERSION = "sketch-ink", 1


def write_json(path: str | Path, lines: Lines) -> None:
    """Writes ink as JSON.

    Args:
        path: the file.
        lines: strokes `[time, 3]` in raw offsets, or an `InkLine` with its text, or
            a sequence of either. A line begins at its `start`, or at (0, 0).

    Raises:
        ValueError, DamagedInk: as `as_lines`.
    """
    rows = []
    for line in as_lines(lines):
        writer = {"writer": line.writer} if line.writer else {}
        points = {"strokes": [stroke.tolist() for stroke in line.pens]}
        rows.append(json.dumps({"text": line.text, **writer, **points}))
    head = f'{{"format": "{FORMAT}", "version": {VERSION}, "lines": ['
    write_text(path, head + "\n" + ",\n".join(rows) + "\n]}\n")


def parse_json(content: bytes, path: str | Path, join: bool = True) -> InkFile:
    """Parses the JSON format; arguments and errors as in `parse_ink`."""
    try:
        content = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DamagedInk(
            f"{path} cannot be read as JSON: {error}; save or copy the file again"
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DamagedInk(f'{path} is not a file of ink: it lacks "format": "{FORMAT}"')
    if content.get("version") != VERSION:
        raise DamagedInk(
            f"{path} has version {content.get('version')!r}, but only {VERSION} can "
            "be read; take a newer release"
        )
    rows = content.get("lines")
    if not isinstance(rows, list):
        raise DamagedInk(f'{path} is damaged: its "lines" are not a list')
    lines = [parse_line(row, f"{path}, line {index}") for index, row in enumerate(rows)]
    if not any(len(line.strokes) for line in lines):
        raise DamagedInk(f"{path} holds no ink: no line has a point")
    return InkFile(lines)


def parse_line(row: object, where: str) -> InkLine:
    """Parses one of the `lines` of the JSON format; errors name it by `where`.

    Raises:
        DamagedInk: it is not a line of ink.
    """
    if not isinstance(row, dict) or not isinstance(row.get("strokes"), list):
        raise DamagedInk(f'{where} is damaged: it has no list of "strokes"')
    text, writer = (row.get(key) or "" for key in ("text", "writer"))
    for key, value in (("text", text), ("writer", writer)):
        if not isinstance(value, str):
            raise DamagedInk(f'{where} is damaged: its "{key}" is {value!r:.80}')
    pen_strokes = []
    for index, stroke in enumerate(row["strokes"]):
        try:
            if not all(isinstance(point, list) for point in stroke):
                raise TypeError
            points = [(float(point[0]), float(point[1])) for point in stroke]
        except (TypeError, ValueError, LookupError, OverflowError):
            raise DamagedInk(
                f"{where}, stroke {index} is damaged: expected points [x, y]"
            ) from None
        pen_strokes.append(np.array(points, dtype=np.float64).reshape(-1, 2))
    try:
        return line_from_pen_strokes(pen_strokes, text, writer)
    except DamagedInk as error:
        raise DamagedInk(f"{where} is damaged: {error}") from None


# The formats by their names, which are the suffixes of their files.
PARSERS: dict[str, Callable[[bytes, str | Path, bool], InkFile]] = {
    "svg": parse_svg,
    "inkml": parse_inkml,
    "json": parse_json,
    "xopp": parse_xopp,
}
SUFFIXES = tuple(f".{name}" for name in PARSERS)


def is_ink_file(source: str | Path) -> bool:
    """Whether a name has the suffix of an ink file."""
    return Path(source).suffix.lower() in SUFFIXES


def parse_ink(
    path: str | Path, content: bytes | None = None, join: bool = True
) -> InkFile:
    """Reads a file of ink in the format that its suffix says.

    Args:
        path: a file with a suffix of `PARSERS`.
        content: its bytes, if they have been read.
        join: whether a piece of a drawing that begins exactly where the last one ended
            goes on with its stroke.

    Raises:
        ValueError: if the suffix is of no format.
        FileNotFoundError: if there is no such file.
        DamagedInk: if the file is of another format, is damaged, or holds no ink.
    """
    if not is_ink_file(path):
        raise ValueError(
            f"{path} is not named as a file of ink: expected {', '.join(SUFFIXES)}"
        )
    parse = PARSERS[Path(path).suffix.lower()[1:]]
    return parse(read_bytes(path) if content is None else content, path, join)


def read_ink(
    path: str | Path, content: bytes | None = None, join: bool = True
) -> list[InkLine]:
    """The lines of `parse_ink`, each with its text if the file has it."""
    return parse_ink(path, content, join).lines

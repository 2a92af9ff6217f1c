"""Ink files: the readers and writers of all formats, and the JSON format.

| suffix | write | read |
|---|---|---|
| `.svg` | `write_svg` (`sketch.page.svg_writer`) | `read_svg` |
| `.inkml` | `write_inkml` (`sketch.ink.inkml`) | `read_inkml` |
| `.json` | `write_json` | `read_json` |

`read_ink` chooses the reader by the suffix. All readers return `InkLine`s: strokes and
the text if the file has it.

The JSON format is for capture pages and scripts; docs/file-format.md describes it.

InkML and JSON keep every point exactly. Where two lines of ink differ only in the
flag of the last point, they are the same file: a file's last stroke has an end.
"""

import json
from pathlib import Path

import numpy as np

from sketch.ink import DamagedInk
from sketch.ink.inkml import read_inkml
from sketch.ink.line_of_ink import InkLine, Lines, as_lines, line_from_pen_strokes
from sketch.ink.strokes import split_pen_strokes
from sketch.ink.svg_reader import read_svg
from sketch.ink.xml import read_bytes
from sketch.system.atomic import write_text

FORMAT, VERSION = "sketch-ink", 1


def write_json(path: str | Path, lines: Lines) -> None:
    """Writes ink as JSON.

    Args:
        path: the file.
        lines: strokes `[time, 3]` in raw offsets, or an `InkLine` with its text, or
            a sequence of either. A line begins at its `start`, or at (0, 0).

    Raises:
        ValueError: if there is no line.
        DamagedInk: if an offset is NaN or infinite; says in which line.
    """
    rows = []
    for line in as_lines(lines):
        pens = split_pen_strokes(line.strokes, line.start)
        pens = [points.tolist() for points in pens]
        writer = {"writer": line.writer} if line.writer else {}
        rows.append(json.dumps({"text": line.text, **writer, "strokes": pens}))
    head = f'{{"format": "{FORMAT}", "version": {VERSION}, "lines": ['
    write_text(path, head + "\n" + ",\n".join(rows) + "\n]}\n")


def read_json(path: str | Path, content: bytes | None = None) -> list[InkLine]:
    """Reads the ink of a JSON file.

    Args:
        path: the file.
        content: its bytes, if they are read already.

    Returns:
        The lines, each with strokes `[time, 3]` and the text if the file has it.

    Raises:
        FileNotFoundError: if there is no such file.
        DamagedInk: if it is not JSON, of another format, damaged, or without ink.
    """
    try:
        content = json.loads(read_bytes(path) if content is None else content)
    except (ValueError, RecursionError) as error:
        raise DamagedInk(
            f"{path} cannot be read as JSON: {error}; save or copy the file again"
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DamagedInk(f'{path} is no file of ink: it lacks "format": "{FORMAT}"')
    if content.get("version") != VERSION:
        raise DamagedInk(
            f"{path} is of version {content.get('version')!r}, but only {VERSION} can "
            "be read; take a newer release"
        )
    rows = content.get("lines")
    if not isinstance(rows, list):
        raise DamagedInk(f'{path} is damaged: its "lines" are no list')
    lines = [parse_line(row, f"{path}, line {index}") for index, row in enumerate(rows)]
    if not any(len(line.strokes) for line in lines):
        raise DamagedInk(f"{path} holds no ink: no line has a point")
    return lines


def parse_line(row: object, where: str) -> InkLine:
    """One of the `lines` of the JSON format.

    Args:
        row: what JSON gave.
        where: names it in errors.

    Raises:
        DamagedInk: it is no line of ink.
    """
    if not isinstance(row, dict) or not isinstance(row.get("strokes"), list):
        raise DamagedInk(f'{where} is damaged: it has no list of "strokes"')
    text, writer = (row.get(key) or "" for key in ("text", "writer"))
    for key, value in (("text", text), ("writer", writer)):
        if not isinstance(value, str):
            raise DamagedInk(f'{where} is damaged: its "{key}" is {value!r:.80}')
    pens = []
    for index, stroke in enumerate(row["strokes"]):
        try:
            if not all(isinstance(point, list) for point in stroke):
                raise TypeError
            points = [(float(point[0]), float(point[1])) for point in stroke]
        except (TypeError, ValueError, LookupError, OverflowError):
            raise DamagedInk(
                f"{where}, stroke {index} is damaged: expected points [x, y]"
            ) from None
        pens.append(np.array(points, dtype=np.float64).reshape(-1, 2))
    try:
        return line_from_pen_strokes(pens, text, writer)
    except DamagedInk as error:
        raise DamagedInk(f"{where} is damaged: {error}") from None


READERS = {".svg": read_svg, ".inkml": read_inkml, ".json": read_json}


def is_ink_file(source: str | Path) -> bool:
    """Whether a name is that of an ink file, by its suffix."""
    return Path(source).suffix.lower() in READERS


def read_ink(path: str | Path, content: bytes | None = None) -> list[InkLine]:
    """Reads a file of ink, whichever format its suffix says.

    Args:
        path: a file ending in .svg, .inkml or .json.
        content: its bytes, if they are read already.

    Returns:
        The lines, each with strokes `[time, 3]` and the text if the file has it.

    Raises:
        ValueError: if the suffix is none of these.
        FileNotFoundError: if there is no such file.
        DamagedInk: if the file is damaged or holds no ink.
    """
    reader = READERS.get(Path(path).suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path} is no file of ink by its name: expected one of "
            f"{', '.join(READERS)}"
        )
    return reader(path, content)

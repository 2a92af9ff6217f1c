"""Ink out of Xournal++ files (`.xopp`): gzip of XML.

    <xournal><page width="…" height="…"><layer>
    <stroke tool="pen" color="#000000ff" width="1.41 0.9 …">x y x y …</stroke>

A page is a line of unknown text: the strokes of the tool `pen` in all its layers, in
units of 1/72 inch, y downwards. Width, which follows the pressure, and colour are not
read. Other tools, texts and pictures are passed over and counted.
"""

import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from sketch.ink import DamagedInk, too_much
from sketch.ink.line_of_ink import MAX_POINTS, InkFile, line_from_pen_strokes
from sketch.ink.svg_path import find_numbers
from sketch.ink.xml import name_of, parse_xml

MAX_UNPACKED = 64 << 20  # bytes; pictures are in the file, too
OTHERS = {"text", "image", "teximage"}


def parse_xopp(content: bytes, path: str | Path, join: bool = True) -> InkFile:
    """Parses Xournal++; arguments and errors as in `sketch.ink.ink_files.parse_ink`."""
    root = parse_xml(_unpack(content, path), path)
    if name_of(root) != "xournal":
        raise DamagedInk(f"{path} is not of Xournal++: its root is <{name_of(root)}>")
    lines, num_points, passed_over = [], 0, Counter()
    for number, page in enumerate(root.iterfind("{*}page"), start=1):
        texts = []
        for element in page.iterfind("{*}layer/*"):
            kind, tool = name_of(element), element.get("tool", "pen")
            if kind in OTHERS:
                passed_over[kind] += 1
            elif kind == "stroke" and tool != "pen":
                passed_over[f"{tool[:20]} stroke"] += 1
            elif kind == "stroke":
                texts.append(element.text or "")
        try:
            strokes = [_points(text) for text in texts]
            line = line_from_pen_strokes(strokes, "")
        except ValueError as error:
            raise DamagedInk(f"{path}, page {number} is damaged: {error}") from None
        num_points += sum(map(len, strokes))
        if num_points > MAX_POINTS:
            raise too_much(path, f"{MAX_POINTS:,} points")
        if any(map(len, strokes)):
            lines.append(line)
    if not lines:
        raise DamagedInk(f"{path} holds no ink: no stroke of the pen")
    return InkFile(lines, 0, passed_over)


def _points(text: str) -> np.ndarray:
    points = np.reshape(find_numbers(text, "a stroke"), (-1, 2))
    # Xournal++ writes the point of a dot twice.
    return points[:1] if (points == points[:1]).all() else points


def _unpack(content: bytes, path: str | Path) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacking = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacking.decompress(content, MAX_UNPACKED)
    except zlib.error as error:
        raise DamagedInk(f"{path} is damaged: {error}; copy it again") from None
    if unpacking.unconsumed_tail:
        raise too_much(path, f"{MAX_UNPACKED >> 20} MB when unpacked")
    if not unpacking.eof:
        raise DamagedInk(f"{path} is cut off; copy it again")
    return unpacked

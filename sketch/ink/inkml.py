"""Ink as InkML, the W3C's pen format (https://www.w3.org/TR/InkML/), and back.

Written is one `traceGroup` a line of handwriting, with an `annotation` of the type
`truth` if its text is known and one of the type `writer` if that is, and in it one
`trace` a stroke of the pen: absolute points "x y, x y, …", y downwards, in the offsets'
own unit, exactly.

Read is what pens, tablets and data sets write: any channels as long as X and Y are
among them, in the same places in all formats; points as explicit values (`!`), first
(`'`) and second (`"`) differences, `*` for "as before"; channels that point the other
way (`orientation="-ve"`). Traces of the type `penUp` are no ink. Traces outside of
groups are a line, the first. Of groups within groups, those are lines that have a
`truth`, the outermost of them; of the rest the innermost, or what is around those if it
has traces of its own. A trace that continues another (`continuation` is `middle` or
`end`, `priorRef` names the one before) goes on with the same stroke: the pen was not
lifted. References by `traceView` are not followed, and groups of nothing else are
passed over.

The capture sheet of `sketch serve` (`web/static/inkml.js`) writes the same form with
more in it: a third channel T, milliseconds since the line was begun; for each line its
`xml:id` and annotations of the types `id` and `writer`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from lxml import etree

from sketch.ink import DamagedInk
from sketch.ink.line_of_ink import (
    InkFile,
    Lines,
    as_lines,
    line_from_pen_strokes,
)
from sketch.ink.strokes import split_pen_strokes
from sketch.ink.xml import name_of, parse_xml, xml_text
from sketch.system.atomic import write_text

NAMESPACE = "http://www.w3.org/2003/InkML"
TEXT_TYPES = {"truth", "transcription"}  # of annotations
TRACE, VIEW = "{*}trace", "{*}traceView"
IDS = ("{http://www.w3.org/XML/1998/namespace}id", "id")  # the drafts had the second
MAX_POINTS = 1_000_000  # of a file: fifty written pages
MAX_CHANNELS = 100  # of a trace; styluses have some ten
VALUE = re.compile(
    r"""(?:([!'"])\s*+)?([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\#[0-9a-fA-F]+|[*?TF])"""
)


def write_inkml(path: str | Path, lines: Lines) -> None:
    """Writes ink as InkML.

    Args:
        path: the file.
        lines: strokes `[time, 3]` in raw offsets, or an `InkLine` with its text, or
            a sequence of either. A line begins at its `start`, or at (0, 0).

    Raises:
        ValueError: if there is no line.
        DamagedInk: if an offset is NaN or infinite; says in which line.
    """
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<ink xmlns="{NAMESPACE}">',
        '<context><traceFormat><channel name="X" type="decimal"/>'
        '<channel name="Y" type="decimal"/></traceFormat></context>',
    ]
    for line in as_lines(lines):
        rows.append("<traceGroup>")
        if line.text:
            rows.append(f'<annotation type="truth">{xml_text(line.text)}</annotation>')
        if line.writer:
            writer = xml_text(line.writer)
            rows.append(f'<annotation type="writer">{writer}</annotation>')
        for points in split_pen_strokes(line.strokes, line.start):
            # repr: the shortest digits that read back as the same number.
            places = ", ".join(f"{x!r} {y!r}" for x, y in points.tolist())
            rows.append(f"<trace>{places}</trace>")
        rows.append("</traceGroup>")
    write_text(path, "\n".join([*rows, "</ink>", ""]))


def parse_inkml(content: bytes, path: str | Path, join: bool = True) -> InkFile:
    """Parses InkML; arguments and errors as in `sketch.ink.ink_files.parse_ink`."""
    root = parse_xml(content, path)
    if name_of(root) != "ink":
        raise DamagedInk(f"{path} is no InkML file: its root is <{name_of(root)}>")
    num_points = sum((trace.text or "").count(",") for trace in root.iter(TRACE))
    if num_points > MAX_POINTS:
        raise DamagedInk(
            f"{path} has more than {MAX_POINTS:,} points; cut it into several files"
        )
    lines = []
    try:
        for line in _drawn_lines(root, *_channels(root)):
            pens = [np.concatenate(parts) for parts in line.strokes]
            if any(map(len, pens)) or (line.is_whole and line.text):
                lines.append(line_from_pen_strokes(pens, line.text, line.writer))
    except (ValueError, OverflowError) as error:  # OverflowError: #FFF…
        raise DamagedInk(f"{path} cannot be read: {error}; export it again") from None
    if not any(len(line.strokes) for line in lines):
        raise DamagedInk(f"{path} holds no ink: it has no trace with a point")
    return InkFile(lines)


def _annotation(element: etree._Element, types: set[str]) -> str:
    for child in element:
        if name_of(child) == "annotation" and child.get("type", "").lower() in types:
            return child.text or ""
    return ""


class _Channels(NamedTuple):
    """The values of a point: which are X and Y, their signs that turn y downwards."""

    x: int
    y: int
    signs: tuple[float, float]


@dataclass
class _DrawnLine:
    """What the pen drew in a group, or outside of any.

    Attributes:
        text, writer: "" if unknown.
        is_whole: whether groups within it are parts of it, unless they alone have text.
        strokes: lists of parts, points `[n, 2]`; each is where its first part is.
    """

    text: str
    writer: str
    is_whole: bool
    strokes: list[list[np.ndarray]] = field(default_factory=list)


def _drawn_lines(
    root: etree._Element, channels: _Channels, most: int
) -> list[_DrawnLine]:
    """The lines of a file; what is outside of any group is the first."""
    text, writer = _annotation(root, TEXT_TYPES), _annotation(root, {"writer"})
    lines = [_DrawnLine(text, writer, is_whole=False)]
    named: dict[str, list[np.ndarray] | None] = {}  # by a trace's id; None: no ink
    for trace, line in _traces(root, lines[0], lines):
        stroke = None
        if trace.get("type") != "penUp":
            stroke = _continued(trace, named)
            if stroke is None:
                line.strokes.append(stroke := [])
            stroke.append(_points(trace.text or "", channels, most))
        named.update((trace.get(key), stroke) for key in IDS if trace.get(key))
    return lines


def _traces(
    element: etree._Element, line: _DrawnLine, lines: list[_DrawnLine]
) -> Iterator[tuple[etree._Element, _DrawnLine]]:
    """The traces below, in their order, and whose they are; adds to `lines`."""
    for child in element:
        if name_of(child) == "trace":
            yield child, line
        elif name_of(child) == "traceGroup" and not _only_refers(child):
            text, own = _annotation(child, TEXT_TYPES), line
            if not line.is_whole or (text and not line.text):
                writer = _annotation(child, {"writer"}) or line.writer
                is_whole = bool(text) or child.find(TRACE) is not None
                own = _DrawnLine(text, writer, is_whole)
                lines.append(own)
            yield from _traces(child, own, lines)


def _only_refers(group: etree._Element) -> bool:
    """Whether a group has no traces, only views of those that are elsewhere."""
    trace, view = (next(group.iter(tag), None) for tag in (TRACE, VIEW))
    return trace is None and view is not None


def _continued(
    trace: etree._Element, named: dict[str, list[np.ndarray] | None]
) -> list[np.ndarray] | None:
    """The stroke that a trace goes on with; None if it begins one."""
    if trace.get("continuation") not in ("middle", "end"):
        return None
    prior = trace.get("priorRef", "")
    name = prior.rpartition("#")[2]
    if name not in named:
        raise ValueError(f"a trace continues {prior!r:.40}, which is none before it")
    return named[name]


def _channels(root: etree._Element) -> tuple[_Channels, int]:
    """Those of all traces, and how many values a point has at the most."""
    layouts = [
        list(layout.iter("{*}channel")) for layout in root.iter("{*}traceFormat")
    ]
    found = {_channels_of(layout) for layout in layouts}
    if len(found) > 1:
        raise ValueError("its trace formats have X and Y in different places")
    where = found.pop() if found else _Channels(0, 1, (1.0, 1.0))
    return where, max(map(len, layouts), default=2)


def _channels_of(channels: list[etree._Element]) -> _Channels:
    if len(channels) > MAX_CHANNELS:
        raise ValueError(f"its trace format has {len(channels):,} channels")
    names = [channel.get("name", "") for channel in channels]
    if "X" not in names or "Y" not in names:
        raise ValueError(f"its trace format has no X and Y, only {names}")
    x, y = names.index("X"), names.index("Y")
    sign_x, sign_y = (
        -1.0 if channels[place].get("orientation") == "-ve" else 1.0 for place in (x, y)
    )
    return _Channels(x, y, (sign_x, sign_y))


def _points(text: str, channels: _Channels, most: int) -> np.ndarray:
    """The points `[n, 2]` of a trace, of so many values at the most."""
    count = max(channels.x, channels.y) + 1
    values, speeds, orders = [0.0] * count, [0.0] * count, ["!"] * count
    points = []
    for point in text.split(","):
        found = VALUE.findall(point)
        if VALUE.sub("", point).strip():
            raise ValueError(f"{point.strip()[:40]!r} is no point of a trace")
        if not found:
            continue  # an empty trace, or a comma at its end
        if len(found) < count:
            raise ValueError(f"the point {point.strip()!r} lacks X or Y")
        if len(found) >= 2 * most and "\n" in point.strip():
            raise ValueError("the points of a trace have no commas between them")
        for channel, (order, value) in enumerate(found[:count]):
            orders[channel] = order or orders[channel]
            _move(channel, orders[channel], value, values, speeds)
        points.append((values[channels.x], values[channels.y]))
    result = np.array(points, dtype=np.float64).reshape(-1, 2) * channels.signs
    if not np.isfinite(result).all():
        raise ValueError("a trace has a coordinate that is no number")
    return result


def _move(
    channel: int, order: str, text: str, values: list[float], speeds: list[float]
) -> None:
    """Takes one value of a point: explicit, a difference, or a second difference."""
    if text in ("*", "?", "T", "F"):
        # "As before": an explicit value stays; one given by differences goes on.
        if order != "!":
            values[channel] += speeds[channel]
        return
    value = float.fromhex(text[1:]) if text.startswith("#") else float(text)
    if order == "!":
        values[channel], speeds[channel] = value, 0.0
    elif order == "'":
        values[channel] += value
        speeds[channel] = value
    else:
        speeds[channel] += value
        values[channel] += speeds[channel]

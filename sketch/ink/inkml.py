"""Ink as InkML, the W3C's pen format (https://www.w3.org/TR/InkML/).

Written is a `traceGroup` for each line, with an `annotation` of the type `truth` if its
text is known and one of the type `writer` if that is, and a `trace` for each stroke:
absolute points "x y, x y, …", y downwards, in the unit of the offsets, exactly.

Parsed is what tablets, programs and data sets write:

- Points: any channels that include X and Y, as explicit values (`!`), first (`'`) and
  second (`"`) differences, `*` for "as before"; `orientation="-ve"`; a context for each
  trace, group, or the rest of the file. `resolution` and units give both axes one unit.
- Strokes: traces of the type `penUp` are no ink. A trace that continues another
  (`continuation` is `middle` or `end`, `priorRef` names it) goes on with its stroke.
- Lines: traces outside of groups are a line, the first. Of nested groups, the outermost
  with a text are lines; without any, the innermost, or the ones around those that have
  traces of their own. Views (`traceView`) are lines if they are of the type `Textline`
  or else have a text; then ink outside of them is passed over. Drawings always are.
- Texts: annotations of the types in `TEXT_TYPES`, and `Tg_Truth`. What a program
  recognised (`emma:literal`) is not read.

The capture page of `sketch serve` (`web/static/inkml.js`) writes a third channel T in
milliseconds, an `xml:id` for each line, and annotations of the types `id` and `writer`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from lxml import etree

from sketch.ink import DamagedInk, too_much
from sketch.ink.line_of_ink import (
    MAX_POINTS,
    InkFile,
    Lines,
    as_lines,
    line_from_pen_strokes,
)
from sketch.ink.xml import name_of, parse_xml, xml_text
from sketch.system.atomic import write_text

NAMESPACE = "http://www.w3.org/2003/InkML"
TEXT_TYPES = ("truth", "transcription", "normalizedlabel", "label")  # the first wins
TRACE, VIEW, DEFINITIONS = "{*}trace", "{*}traceView", "{*}definitions"
IDS = ("{http://www.w3.org/XML/1998/namespace}id", "id")  # the drafts had the second
DRAWINGS = ("drawing", "diagram", "arrow", "picture")  # groups that are no text
MAX_CHANNELS = 100  # of a trace; styluses have about ten
MILLIMETRES = {"m": 1000.0, "cm": 10.0, "mm": 1.0, "himetric": 0.01, "um": 0.001}
MILLIMETRES |= {"in": 25.4, "inch": 25.4, "pt": 25.4 / 72, "pc": 25.4 / 6}
MILLIMETRES |= {"px": 25.4 / 96}
VALUE = re.compile(
    r"""(?:([!'"])\s*+)?([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\#[0-9a-fA-F]+|[*?TF])"""
)


def write_inkml(path: str | Path, lines: Lines) -> None:
    """Writes ink as InkML; arguments and errors as in `write_json`."""
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
        for stroke in line.pens:
            # repr: the shortest digits that read back as the same number.
            points = ", ".join(f"{x!r} {y!r}" for x, y in stroke.tolist())
            rows.append(f"<trace>{points}</trace>")
        rows.append("</traceGroup>")
    write_text(path, "\n".join([*rows, "</ink>", ""]))


def parse_inkml(content: bytes, path: str | Path, join: bool = True) -> InkFile:
    """Parses InkML; arguments and errors as in `sketch.ink.ink_files.parse_ink`."""
    root = parse_xml(content, path)
    if name_of(root) != "ink":
        raise DamagedInk(f"{path} is not an InkML file: its root is <{name_of(root)}>")
    num_points = sum((trace.text or "").count(",") for trace in root.iter(TRACE))
    if num_points > MAX_POINTS:
        raise too_much(path, f"{MAX_POINTS:,} points")
    lines = []
    try:
        page = _Page(root)
        for line in page.lines:
            strokes = [np.concatenate(parts) for parts in line.strokes]
            if any(map(len, strokes)) or (line.is_whole and line.text):
                lines.append(line_from_pen_strokes(strokes, line.text, line.writer))
    except (ValueError, OverflowError) as error:  # OverflowError: #FFF…
        raise DamagedInk(f"{path} cannot be read: {error}; export it again") from None
    if not any(len(line.strokes) for line in lines):
        raise DamagedInk(f"{path} holds no ink: it has no trace with a point")
    return InkFile(lines, 0, page.passed_over)


def _annotations(element: etree._Element) -> dict[str, str]:
    """What is said of an element, by the kind of annotation; of each kind the first."""
    texts: dict[str, str] = {}
    for child in element:
        kind, text = child.get("type", "").lower(), child.text
        if name_of(child) == "annotationXML" and len(child):
            kind, text = "truth", child.findtext(".//{*}Tg_Truth")  # HANDS-VNOnDB
        if text and name_of(child) in ("annotation", "annotationXML"):
            texts.setdefault(kind, text)
    return texts


def _text_of(element: etree._Element) -> str:
    return next(filter(None, map(_annotations(element).get, TEXT_TYPES)), "")


def _writer_of(element: etree._Element) -> str:
    author = element.findtext("{*}annotationXML/{*}authorId", "")  # IAMonDO
    return _annotations(element).get("writer", author)


def _kind_of(element: etree._Element) -> str:
    """What a group or a view is: "textline", "drawing", "inkword", …"""
    context = element.find("{*}annotationXML//{*}context")  # Office
    office = "" if context is None else context.get("type", "")
    return _annotations(element).get("type", office).strip().lower()


def _is_drawing(element: etree._Element) -> bool:
    return any(kind in _kind_of(element) for kind in DRAWINGS)


@dataclass
class _DrawnLine:
    """What the pen drew in a group, or outside of any."""

    text: str  # "" if unknown
    writer: str
    # Whether groups within it are parts of it, unless they alone have text.
    is_whole: bool
    # Lists of parts, points `[n, 2]`; each is where its first part is.
    strokes: list[list[np.ndarray]] = field(default_factory=list)


class _Page:
    """The lines of a file.

    Attributes:
        lines: in the order of the file; what is outside of any group is the first.
        passed_over: strokes that are in no line, as in `InkFile`.
    """

    def __init__(self, root: etree._Element):
        self.passed_over: Counter[str] = Counter()
        self._num_seen = 0  # points by views
        self._contexts = _Contexts(root)
        self._strokes: dict[etree._Element, list[np.ndarray] | None] = {}
        self._by_id: dict[str, etree._Element] = {}
        self.lines = [_DrawnLine(_text_of(root), _writer_of(root), is_whole=False)]
        self._add(root, self.lines[0], None)
        views = [] if self.lines[0].text else self._view_lines(root)
        self.lines = views or self.lines

    def _add(
        self, element: etree._Element, line: _DrawnLine | None, context: str | None
    ) -> None:
        """Adds the traces in an element, to `line`, None in a drawing, or its groups'.

        `context` is the reference that holds for traces without their own.
        """
        for child in element:
            name = name_of(child)
            for key in IDS:
                if child.get(key):
                    self._by_id[child.get(key)] = child
            own = child.get("contextRef", context)
            if name == "trace":
                self._add_trace(child, line, own)
            elif name in ("context", "traceFormat") and name_of(element) == "ink":
                self._contexts.current = child
            elif name == "definitions":
                self._add(child, None, own)
            elif name == "traceGroup":
                self._add(child, self._line_of(child, line), own)

    def _line_of(
        self, group: etree._Element, line: _DrawnLine | None
    ) -> _DrawnLine | None:
        """The line that a group in `line` belongs to; adds new ones."""
        if line is None or _is_drawing(group):
            return None
        text = _text_of(group)
        trace, view = (next(group.iter(tag), None) for tag in (TRACE, VIEW))
        only_refers = trace is None and view is not None  # CROHME's symbols
        if only_refers or (line.is_whole and (line.text or not text)):
            return line
        is_whole = bool(text) or group.find(TRACE) is not None
        self.lines.append(_DrawnLine(text, _writer_of(group) or line.writer, is_whole))
        return self.lines[-1]

    def _add_trace(
        self, trace: etree._Element, line: _DrawnLine | None, context: str | None
    ) -> None:
        stroke = None
        if trace.get("type") != "penUp":
            stroke = self._continued(trace)
            is_new = stroke is None
            stroke = [] if stroke is None else stroke
            stroke.append(_points(trace.text or "", self._contexts.layout(context)))
            if is_new and line is not None:
                line.strokes.append(stroke)
            elif is_new and next(trace.iterancestors(DEFINITIONS), None) is None:
                self.passed_over["drawing stroke"] += 1
        self._strokes[trace] = stroke

    def _continued(self, trace: etree._Element) -> list[np.ndarray] | None:
        """The stroke that a trace goes on with; None if it begins one."""
        if trace.get("continuation") not in ("middle", "end"):
            return None
        prior = trace.get("priorRef", "")
        before = self._by_id.get(prior.rpartition("#")[2])
        if before not in self._strokes:
            raise ValueError(f"a trace continues {prior!r:.40}, which is not before it")
        return self._strokes[before]  # None: the pen was in the air

    def _view_lines(self, root: etree._Element) -> list[_DrawnLine]:
        """The lines that views are: those called so, or the outermost with a text."""
        views = [
            view
            for view in root.iter(VIEW)
            if next(view.iterancestors("{*}traceGroup"), None) is None
        ]
        chosen = [view for view in views if _kind_of(view) == "textline"]
        if not chosen:
            told = dict.fromkeys(view for view in views if _text_of(view))
            chosen = [v for v in told if not told.keys() & set(v.iterancestors())]
        seen, lines = set(), []
        for view in chosen:
            words = " ".join(filter(None, map(_text_of, view.iterfind(VIEW))))
            text = _text_of(view) or words
            lines.append(_DrawnLine(text, self.lines[0].writer, is_whole=True))
            for trace, stroke in self._seen_in(view):
                seen.add(id(self._strokes[trace]))
                lines[-1].strokes.append([stroke])
        every = {id(parts): parts for line in self.lines for parts in line.strokes}
        if lines:
            self._pass_over("stroke outside of the lines", every.keys() - seen)
            return lines
        shown = [t for v in views if _is_drawing(v) for t, _ in self._seen_in(v)]
        drawn = {id(self._strokes[trace]) for trace in shown}
        self._pass_over("drawing stroke", drawn & every.keys())
        for line in self.lines:
            line.strokes = [parts for parts in line.strokes if id(parts) not in drawn]
        return []

    def _pass_over(self, kind: str, strokes: set[int]) -> None:
        if strokes:
            self.passed_over[kind] += len(strokes)

    def _seen_in(
        self, view: etree._Element
    ) -> Iterator[tuple[etree._Element, np.ndarray]]:
        """The traces that a view and those in it show, and what they show of each."""
        for leaf in view.iter(VIEW):
            target = self._by_id.get(leaf.get("traceDataRef", "#").split("#")[-1])
            for trace in () if target is None else target.iter(TRACE):
                if parts := self._strokes.get(trace):
                    points = np.concatenate(parts)
                    if trace is target:
                        first, last = (leaf.get(key, "") for key in ("from", "to"))
                        points = points[: int(last or len(points))]
                        points = points[int(first or 1) - 1 :]
                    self._num_seen += len(points) + 1
                    if self._num_seen > 2 * MAX_POINTS:
                        raise ValueError("its views show too many points")
                    yield trace, points


class _Layout(NamedTuple):
    """The values of a point."""

    x: int  # the place of the channel X, and of Y
    y: int
    # What they are multiplied by: both axes in one unit, y downwards.
    scales: tuple[float, float]
    count: int  # how many values a point has at the most


class _Contexts:
    """How the points of each trace are written.

    Attributes:
        current: the last `context` or `traceFormat` directly in the file; it holds for
            traces without a reference.
    """

    def __init__(self, root: etree._Element):
        self.current: etree._Element | None = None
        contexts, formats = (
            [*root.iter(f"{{*}}{name}")] for name in ("context", "traceFormat")
        )
        self._all = contexts or formats
        self._by_id = {
            one.get(key): one
            for one in (*contexts, *formats, *root.iter("{*}inkSource"))
            for key in IDS
            if one.get(key)
        }
        self._layouts: dict[etree._Element | None, _Layout] = {}
        self._default: _Layout | None = None
        self._unit: float | None = None  # mm in that of the first known layout

    def layout(self, reference: str | None) -> _Layout:
        """That of a trace whose own `contextRef`, or its group's, is `reference`."""
        context = self._by_id.get((reference or "").rpartition("#")[2], self.current)
        if context not in self._layouts:
            self._layouts[context] = self._layout_of(context) or self._only_layout()
        return self._layouts[context]

    def _only_layout(self) -> _Layout:
        """The one that all contexts of the file have; X, Y if there is none."""
        if self._default is None:
            found = [layout for one in self._all if (layout := self._layout_of(one))]
            if len({layout[:2] for layout in found}) > 1:
                raise ValueError(
                    "its trace formats have X and Y in different places, and a trace "
                    "does not say which it has"
                )
            count = max((layout.count for layout in found), default=2)
            first = found[0] if found else _Layout(0, 1, (1.0, 1.0), 2)
            self._default = first._replace(count=count)
        return self._default

    def _layout_of(self, context: etree._Element | None) -> _Layout | None:
        """None if a context has no channels."""
        sources = [] if context is None else [context]
        for source in sources:  # and what they refer to
            refs = (
                node.get(key)
                for node in source.iter()
                for key in ("traceFormatRef", "inkSourceRef", "contextRef")
            )
            for ref in filter(None, refs):
                target = self._by_id.get(ref.rpartition("#")[2])
                if target is not None and target not in sources and len(sources) < 10:
                    sources.append(target)
        every = ([*source.iter("{*}channel")] for source in sources)
        channels = next(filter(None, every), [])
        if not channels:
            return None
        if len(channels) > MAX_CHANNELS:
            raise ValueError(f"its trace format has {len(channels):,} channels")
        names = [channel.get("name", "") for channel in channels]
        if "X" not in names or "Y" not in names:
            raise ValueError(f"its trace format has no X and Y, only {names}")
        x, y = names.index("X"), names.index("Y")
        axes = [channels[x], channels[y]]
        properties = [p for one in sources for p in one.iter("{*}channelProperty")]
        steps = [_resolution(axis, properties) for axis in axes]
        if steps == [None, None]:
            steps = [MILLIMETRES.get(axis.get("units", "").lower()) for axis in axes]
        if None in steps:
            steps = [1.0, 1.0]
        else:
            self._unit = self._unit or steps[0]
            steps = [step / self._unit for step in steps]
        scales = (
            -step if axis.get("orientation") == "-ve" else step
            for axis, step in zip(axes, steps, strict=True)
        )
        return _Layout(x, y, tuple(scales), len(channels))


def _resolution(
    channel: etree._Element, properties: list[etree._Element]
) -> float | None:
    """How many mm a value of a channel is worth; None if unknown."""
    for one in properties:
        key = one.get("channel"), one.get("name", "").lower()
        if key == (channel.get("name"), "resolution"):
            value = float(one.get("value", "0"))
            unit = one.get("units", channel.get("units", "")).lower().removeprefix("1/")
            if unit in MILLIMETRES and 1e-9 < value < 1e9:
                return MILLIMETRES[unit] / value
    return None


def _points(text: str, layout: _Layout) -> np.ndarray:
    """The points `[n, 2]` of a trace."""
    count = max(layout.x, layout.y) + 1
    values, speeds, orders = [0.0] * count, [0.0] * count, ["!"] * count
    points = []
    for point in text.split(","):
        found = VALUE.findall(point)
        if VALUE.sub("", point).strip():
            raise ValueError(f"{point.strip()[:40]!r} is not a point of a trace")
        if not found:
            continue  # an empty trace, or a comma at its end
        if len(found) < count:
            raise ValueError(f"the point {point.strip()!r} lacks X or Y")
        if len(found) >= 2 * layout.count and "\n" in point.strip():
            raise ValueError("the points of a trace have no commas between them")
        for channel, (order, value) in enumerate(found[:count]):
            orders[channel] = order or orders[channel]
            _move(channel, orders[channel], value, values, speeds)
        points.append((values[layout.x], values[layout.y]))
    result = np.array(points, dtype=np.float64).reshape(-1, 2) * layout.scales
    if not np.isfinite(result).all():
        raise ValueError("a trace has a coordinate that is not a number")
    return result


def _move(
    channel: int, order: str, text: str, values: list[float], speeds: list[float]
) -> None:
    """Applies one value of a point: explicit, or a first or second difference."""
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

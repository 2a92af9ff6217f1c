"""Ink out of SVG files: what a person sees, in the order of the file.

A stroke of the pen is an outline with a visible stroke: `path`, `line`, `polyline`,
`polygon`, `rect`, `circle`, `ellipse`, under all transformations, view boxes, styles
and style sheets, also as clones (`use`). A drawing that sets no stroke at all is taken
for lines. A small round shape that is filled is a dot. Curves become points that keep
to a 4000th of the drawing's size. Text, images, hidden outlines and filled shapes are
passed over and counted.

A piece that begins exactly where the last one ended, in the same colour, goes on with
its stroke: drawing programs cut a pen movement where width or pressure change. A move
within a path and an empty outline are signs that the pen was lifted.

A file of `sketch.page.svg_writer` comes back line by line, with its texts and in the
offsets' own unit; what was drawn beside its lines is one more line, the last. Any other
file is one line of unknown text, in the units of its view box.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from lxml import etree

from sketch.ink import DamagedInk, too_much
from sketch.ink.line_of_ink import MAX_POINTS, InkFile, line_from_pen_strokes
from sketch.ink.svg_path import (
    MAX_CURVES,
    count_pieces,
    find_numbers,
    flatten,
    path_curves,
)
from sketch.ink.svg_place import (
    lengths,
    root_matrix,
    transform_matrix,
    translation,
    view_matrix,
)
from sketch.ink.svg_style import (
    StyleSheet,
    inherit,
    is_painted,
    number,
    stroke_width,
    tag_of,
)
from sketch.ink.xml import MAX_ELEMENTS, parse_xml

FINENESS = 4000  # the drawing's size over the error of a curve
MAX_COORDINATE = 1e30  # float32 ends at 3e38
MIN_ERROR = 1e-300  # of a curve
MAX_DOT = 4  # the width of a filled dot over that of the widest stroke
MAX_CLONES = 20  # clones within clones
SHAPES = {"path", "line", "polyline", "polygon", "rect", "circle", "ellipse"}
CLOSED = {"rect", "circle", "ellipse"}  # backgrounds, unless a stroke is set
UNSIZED = {"path", "polyline", "polygon"}  # without lengths in %
GROUPS = {"svg", "g", "a", "switch", "symbol"}
HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
WHITE = {"white", "#fff", "#ffffff", "rgb(255,255,255)", "rgb(100%,100%,100%)"}
EXTENSIONS = ("requiredExtensions", "systemLanguage")


class _Place(NamedTuple):
    """Where an element is drawn."""

    matrix: np.ndarray  # from its units to those of the drawing
    size: tuple[float, float]  # of its viewport, in its units
    style: dict[str, str]  # what it inherits
    # The group of the class `line` around it; None outside of these.
    line: etree._Element | None = None
    # The elements that the clones around it show.
    targets: tuple[etree._Element, ...] = ()
    clone: etree._Element | None = None  # the `<use>` that shows this very element


class _Outline(NamedTuple):
    """What an element draws without lifting the pen."""

    line: etree._Element | None  # as in `_Place`
    points: np.ndarray  # `[n, 2]`, or curves `[n, 4, 2]`, in the units of the drawing
    is_stroked: bool | None  # whether its stroke can be seen; None: it is not set
    is_filled: bool | None  # likewise of its fill
    width: float  # of its stroke
    colour: str  # of its stroke; its fill, if it has none
    is_lifted: bool  # whether the file says that the pen was lifted before


def parse_svg(content: bytes, path: str | Path, join: bool = True) -> InkFile:
    """Parses SVG; arguments and errors as in `sketch.ink.ink_files.parse_ink`."""
    root = parse_xml(content, path)
    if tag_of(root) != "svg":
        raise DamagedInk(f"{path} is not an SVG file: its root is <{root.tag}>")
    # Numbers too large for arithmetic are found by their result, which is not finite.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            drawing = _Drawing(root)
            result = drawing.read(join)
        except OverflowError as error:
            raise too_much(path, str(error)) from None
        except ValueError as error:
            raise DamagedInk(f"{path} cannot be read: {error}; save it again") from None
    if not result.lines:
        kinds = ", ".join(f"{kind}: {n}" for kind, n in result.passed_over.items())
        raise DamagedInk(
            f"{path} holds no ink: no outline with a visible stroke"
            f"{f' (passed over: {kinds})' if kinds else ''}; turn texts and shapes "
            "into unfilled paths before saving"
        )
    return result


class _Drawing:
    """An SVG file on its way to lines of ink."""

    def __init__(self, root: etree._Element):
        self._root = root
        self._sheet = StyleSheet(root)
        self._by_id = {e.get("id"): e for e in root.iter() if e.get("id")}
        self._own: dict[tuple, dict[str, str]] = {}
        self._shapes: dict[tuple, list[np.ndarray]] = {}
        self._num_elements = 0
        self._counts: Counter[str] = Counter()
        self._titles: dict[etree._Element, str] = {}
        self._passed_over: Counter[str] = Counter()
        units = root.get("data-units-per-mm")
        self._units = 1.0 if units is None else float(units)
        self._is_ours = units is not None
        if not 0 < self._units < float("inf"):
            raise ValueError(f"data-units-per-mm is {units!r}")

    def read(self, join: bool) -> InkFile:
        """The lines of the file; none where it has no ink. Our own are never joined."""
        outlines = list(self._ink_of(list(self._outlines())))
        parts: dict[etree._Element | None, list[tuple[np.ndarray, _Outline]]]
        parts = {line: [] for line in (*self._titles, None)}
        for outline, points in zip(outlines, self._flatten(outlines), strict=True):
            parts[outline.line].append((points, outline))
        lines, num_joined = [], 0
        for line, part in parts.items():
            if not outlines or (line is None and not part):
                continue  # no ink at all, or nothing beside our own lines
            strokes, joined = _join(part, join and line is None)
            strokes = [points * self._units for points in strokes]
            lines.append(line_from_pen_strokes(strokes, self._titles.get(line, "")))
            num_joined += joined
        return InkFile(lines, num_joined, self._passed_over)

    def _ink_of(self, outlines: list[_Outline]) -> Iterator[_Outline]:
        """The outlines that a pen drew; a filled dot is a point."""
        strokes = [outline for outline in outlines if outline.is_stroked]
        widest = max((outline.width for outline in strokes), default=1.0)
        # White hides ink, as an eraser's does, unless all is white or the sheet is not.
        is_white_paper = not {stroke.colour for stroke in strokes} <= WHITE and all(
            one.is_stroked or one.is_filled is False or one.colour in WHITE
            for one in outlines
        )
        for outline in outlines:
            is_line = outline.is_stroked or not (
                strokes or outline.is_filled or outline.is_stroked is False
            )
            ink = outline if is_line else None
            if outline.is_filled or not is_line:
                ink = _dot_of(outline, MAX_DOT * widest) or ink
            is_hidden = outline.is_filled is False
            if ink is not None and is_white_paper and outline.colour in WHITE:
                ink, is_hidden = None, True
            if ink is not None:
                yield ink
            else:
                kind = "hidden outline" if is_hidden else "filled shape"
                self._passed_over[kind] += 1

    def _flatten(self, outlines: list[_Outline]) -> Iterator[np.ndarray]:
        """The points of each outline."""
        if not outlines:
            return
        every = np.concatenate([one.points.reshape(-1, 2) for one in outlines])
        error = max(float(np.ptp(every, axis=0).max()) / FINENESS, MIN_ERROR)
        num_points = 0
        for outline in outlines:
            points = outline.points
            if points.ndim == 3:
                pieces = count_pieces(points, error)
                num_points += pieces.sum() + 1
                if num_points > MAX_POINTS:
                    raise OverflowError(f"{MAX_POINTS:,} points of ink")
                points = flatten(points, pieces)
            # Two points in one place are how SVG draws a dot.
            is_dot = len(points) == 2 and (points == points[0]).all()
            yield points[:1] if is_dot else points

    def _outlines(self) -> Iterator[_Outline]:
        """All outlines that are displayed, in the order of drawing."""
        matrix, size = root_matrix(self._root)
        waiting = [(self._root, _Place(matrix, size, {}))]
        is_lifted = False
        while waiting:
            element, place = waiting.pop()
            self._num_elements += 1
            if self._num_elements > MAX_ELEMENTS:
                raise OverflowError(f"{MAX_ELEMENTS:,} elements and clones")
            tag = tag_of(element)
            if tag not in SHAPES and tag not in GROUPS | {"use", "text", "image"}:
                continue
            key = element, (None, *place.targets)[-1]
            if key not in self._own:
                self._own[key] = self._sheet.style_of(*key)
            own = self._own[key]
            if own.get("display") == "none" or number(own.get("opacity")) <= 0:
                tags = [tag_of(one) for one in element.iter()]
                self._num_elements += len(tags)
                self._passed_over["hidden outline"] += sum(t in SHAPES for t in tags)
                continue
            place = self._placed(element, place, own)
            if tag in SHAPES:
                drawn = list(self._drawn(element, place))
                for outline in drawn:
                    yield outline._replace(is_lifted=is_lifted or outline.is_lifted)
                    is_lifted = False
                # An empty outline between two pieces parts them.
                is_lifted |= not drawn
            elif tag in ("text", "image"):
                self._passed_over[tag] += 1
            elif tag == "use":
                waiting += self._clones(element, place)
            else:
                known = [one for one in element if not any(map(one.get, EXTENSIONS))]
                shown = [one for one in known if tag_of(one) != "symbol"]
                if tag == "switch":
                    shown = [one for one in shown if one is known[0]]
                waiting += [(one, place) for one in reversed(shown)]

    def _placed(
        self, element: etree._Element, place: _Place, own: dict[str, str]
    ) -> _Place:
        """The place of what is in an element."""
        matrix, size, line = place.matrix, place.size, place.line
        if own.get("transform"):
            matrix = matrix @ transform_matrix(
                own["transform"], size, own.get("transform-origin", "")
            )
        tag = tag_of(element)
        if tag in ("svg", "symbol") and element is not self._root:
            x, y = lengths(element, size, x="0", y="0")
            whole = {"width": "100%", "height": "100%"}
            whole = {key: element.get(key, whole[key]) for key in whole}
            source = element if place.clone is None else place.clone
            fit, size = view_matrix(element, *lengths(source, size, **whole))
            matrix = matrix @ translation(x, y) @ fit
        if self._is_ours and tag == "g" and element.get("class") == "line":
            line = element
            self._titles[line] = next(
                (one.text or "" for one in element if tag_of(one) == "title"), ""
            )
        return place._replace(
            matrix=matrix,
            size=size,
            style=inherit(place.style, own),
            line=line,
            clone=None,
        )

    def _clones(
        self, use: etree._Element, place: _Place
    ) -> list[tuple[etree._Element, _Place]]:
        """What a `<use>` shows, and where."""
        name = next(filter(None, map(use.get, HREFS)), "")
        target = self._by_id.get(name[1:]) if name.startswith("#") else None
        around = (*place.targets, *use.iterancestors())
        if target is None or target in around or len(place.targets) >= MAX_CLONES:
            self._passed_over["clone of nothing"] += 1
            return []
        matrix = place.matrix @ translation(*lengths(use, place.size, x="0", y="0"))
        targets = (*place.targets, target)
        return [(target, place._replace(matrix=matrix, targets=targets, clone=use))]

    def _drawn(self, element: etree._Element, place: _Place) -> Iterator[_Outline]:
        """The outlines of a shape."""
        style, matrix, tag = place.style, place.matrix, tag_of(element)
        is_stroked, is_filled = (is_painted(style, kind) for kind in ("stroke", "fill"))
        diagonal = np.hypot(*place.size) / 2**0.5
        scale = abs(np.linalg.det(matrix[:2, :2])) ** 0.5
        width = stroke_width(style, diagonal) * scale
        if tag in CLOSED:
            is_stroked = bool(is_stroked)
        if width <= 0:
            is_stroked = False
        if style.get("visibility") in ("hidden", "collapse"):
            is_stroked = is_filled = False
        colour = style.get("stroke" if is_stroked else "fill", "")
        colour = "".join(colour.lower().split())
        key = element, None if tag in UNSIZED else place.size
        if key not in self._shapes:
            self._shapes[key] = _shape(element, place.size)
        for index, points in enumerate(self._shapes[key]):
            points = points @ matrix[:2, :2].T + matrix[:2, 2]
            if not (np.abs(points) < MAX_COORDINATE).all():
                raise ValueError(f"a <{tag}> has a coordinate that is not a number")
            kind, limit = ("points of ink", MAX_POINTS)
            if points.ndim == 3:
                kind, limit = ("curves", MAX_CURVES)
            self._counts[kind] += len(points)
            if self._counts[kind] > limit:
                raise OverflowError(f"{limit:,} {kind}")
            yield _Outline(
                place.line, points, is_stroked, is_filled, width, colour, index > 0
            )


def _shape(element: etree._Element, size: tuple[float, float]) -> list[np.ndarray]:
    """The outlines of a shape in its own units: points `[n, 2]` or curves."""
    tag = tag_of(element)
    if tag == "path":
        return path_curves(element.get("d", ""))
    if tag == "line":
        x, y, x2, y2 = lengths(element, size, x1="0", y1="0", x2="0", y2="0")
        return [np.array([(x, y), (x2, y2)])]
    if tag in ("circle", "ellipse"):
        x, y = lengths(element, size, cx="0", cy="0")
        radii = {"r": "0"} if tag == "circle" else {"rx": "auto", "ry": "auto"}
        rx, ry = (lengths(element, size, **radii) * 2)[:2]
        half = f"A{rx!r} {ry!r} 0 0 1"
        ring = f"M{x + rx!r} {y!r}{half} {x - rx!r} {y!r}{half} {x + rx!r} {y!r}"
        return path_curves(ring) if rx > 0 and ry > 0 else []
    if tag == "rect":
        x, y = lengths(element, size, x="0", y="0")
        width, height = lengths(element, size, width="0", height="0")
        rx, ry = lengths(element, size, rx="auto", ry="auto")
        if min(width, height) <= 0:
            return []
        rx, ry = min(rx, width / 2), min(ry, height / 2)
        rx, ry = (rx, ry) if min(rx, ry) > 0 else (0.0, 0.0)
        turn = f"a{rx!r} {ry!r} 0 0 1"
        h, v = width - 2 * rx, height - 2 * ry
        return path_curves(
            f"M{x + rx!r} {y!r}h{h!r}{turn} {rx!r} {ry!r}v{v!r}{turn} {-rx!r} {ry!r}"
            f"h{-h!r}{turn} {-rx!r} {-ry!r}v{-v!r}{turn} {rx!r} {-ry!r}z"
        )
    numbers = find_numbers(element.get("points", ""), f"a <{tag}>")
    if len(numbers) > 2 * MAX_POINTS:
        raise OverflowError(f"{MAX_POINTS:,} points of ink")
    if len(numbers) % 2:
        raise ValueError(f"a <{tag}> has {len(numbers)} numbers, which are not pairs")
    points = np.reshape(numbers, (-1, 2))
    if tag == "polygon":
        points = np.concatenate([points, points[:1]])
    return [points] if len(points) else []


def _dot_of(outline: _Outline, max_width: float) -> _Outline | None:
    """A small round shape that is filled, as one point; else None."""
    if outline.is_filled is False or outline.points.ndim < 3:
        return None
    points = flatten(outline.points, np.full(len(outline.points), 8))
    low, high = points.min(axis=0), points.max(axis=0)
    centre, radii = (low + high) / 2, (high - low) / 2
    if not 0 < 2 * radii.max() <= max_width or radii.max() > 2 * radii.min():
        return None
    # 1 in a circle, √2 at the corners of a square.
    distances = np.hypot(*((points - centre) / radii).T)
    if distances.min() < 0.9 or distances.max() > 1.1:
        return None
    return outline._replace(points=centre[None])


def _join(
    part: list[tuple[np.ndarray, _Outline]], join: bool
) -> tuple[list[np.ndarray], int]:
    """The strokes of a line, and how many pieces went on with the one before."""
    strokes: list[list[np.ndarray]] = []
    largest = max((np.abs(points).max() for points, _ in part), default=0.0)
    before = None
    for points, outline in part:
        if (
            join
            and before is not None
            and before.colour == outline.colour
            and not outline.is_lifted
            # Relative commands round: 0.1 + 0.2 is not 0.3.
            and np.abs(points[0] - strokes[-1][-1][-1]).max() <= 1e-9 * largest
        ):
            strokes[-1].append(points[1:])
        else:
            strokes.append([points])
        before = outline
    return list(map(np.concatenate, strokes)), len(part) - len(strokes)

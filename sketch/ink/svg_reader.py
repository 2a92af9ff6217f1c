"""Ink out of SVG files: our own, and what drawing programs and tablets save.

Read are the outlines that a pen could have drawn: `polyline`, `polygon`, `line`, and
`path` with the commands M L H V C S Q T Z (large and small), under the transformations
of all groups around them; `circle`, `ellipse` and `rect` where a stroke is set for
them. Each is a stroke of the pen, in the order of the file.
Curves become points that keep to a 4000th of the drawing's size. Passed over are what
is not displayed or only defined for later use, texts, pictures, and shapes that are
filled without an outline (style sheets are not followed).

A file of `sketch.page.svg_writer` comes back line by line, with its texts and in the
offsets' own unit; what was drawn beside its lines is one more, the last. Any other
file is one line of unknown text, in the file's user unit.
"""

import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import numpy as np
from lxml import etree

from sketch.ink import DamagedInk
from sketch.ink.line_of_ink import InkFile, InkLine, line_from_pen_strokes
from sketch.ink.svg_path import (
    MAX_CURVES,
    NUMBER,
    Curves,
    count_pieces,
    ellipse,
    flatten,
    path_curves,
    straight,
)
from sketch.ink.xml import name_of, parse_xml

FINENESS = 4000  # the drawing's size over the error of a curve
MAX_POINTS = 1_000_000  # of a file: a hundred written pages
STRAIGHT = {"line", "polyline", "polygon", "rect"}
SHAPES = {"circle", "ellipse", "rect"}  # backgrounds, unless a stroke is set
LARGEST = 1e30  # a coordinate beyond is no ink, and no float32
SMALLEST = 1e-300  # error of a curve; what is drawn so small is a point
TRANSFORM = re.compile(r"\b([a-zA-Z]++)\s*+\(([^()]*+)\)")  # in linear time
MAX_STEPS = 100  # of one transform
NOT_DRAWN = {"defs", "clipPath", "mask", "marker", "pattern", "symbol"}
PROPERTIES = ("display", "visibility", "stroke", "fill")


def parse_svg(content: bytes, path: str | Path, join: bool = True) -> InkFile:
    """Parses SVG; arguments and errors as in `sketch.ink.ink_files.parse_ink`."""
    root = parse_xml(content, path)
    if name_of(root) != "svg":
        raise DamagedInk(f"{path} is no SVG file: its root is <{name_of(root)}>")
    # Numbers too large for arithmetic are found by their result, which is not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        return InkFile(_read(root, path))


def _read(root: etree._Element, path: str | Path) -> list[InkLine]:
    try:
        groups = [
            group
            for group in root.iterdescendants()
            if group.get("class") == "line"
            and not any(map(_is_hidden, (group, *group.iterancestors())))
        ]
        units = _units(root)
        if groups and units:
            texts = [*map(_title, groups), ""]
            apart = set(groups)
            parts = [_curves_in(one, apart) for one in (*groups, root)]
        else:
            texts, parts, units = [""], [_curves_in(root)], 1.0
        drawn = list(zip(_limited(parts), texts, strict=True))
        if len(drawn) > 1 and not drawn[-1][0]:
            drawn.pop()  # nothing beside the lines
        lines = _to_lines(drawn, units)
    except OverflowError as error:
        raise DamagedInk(f"{path} has {error}; cut it into several files") from None
    except ValueError as error:
        raise DamagedInk(f"{path} cannot be read: {error}; save it again") from None
    if not lines:
        raise DamagedInk(
            f"{path} holds no ink: no path, line or polyline with a stroke; turn "
            "texts and shapes into unfilled paths before saving"
        )
    return lines


def _limited(
    parts: Iterable[Iterator[tuple[str, Curves]]],
) -> Iterator[list[Curves]]:
    """The strokes of each part, as long as all of them are what a pen could do."""
    num_curves = num_points = 0
    for strokes in parts:
        taken = []
        for name, curves in strokes:
            if name in STRAIGHT:
                num_points += len(curves) + 1
            else:
                num_curves += len(curves)
            if num_curves > MAX_CURVES:
                raise OverflowError(f"more than {MAX_CURVES:,} curves")
            if num_points > MAX_POINTS:
                raise OverflowError(f"more than {MAX_POINTS:,} points of ink")
            taken.append(curves)
        yield taken


def _to_lines(drawn: list[tuple[list[Curves], str]], units: float) -> list[InkLine]:
    """Strokes and texts as lines of ink; none where nothing is drawn at all."""
    every = [curves for strokes, _ in drawn for curves in strokes]
    if not every:
        return []
    error = max(_size(every) / FINENESS, SMALLEST)
    lines, num_points = [], 0
    for strokes, text in drawn:
        pens = []
        for curves in strokes:
            pieces = count_pieces(curves, error)
            num_points += pieces.sum() + 1
            if num_points > MAX_POINTS:
                raise OverflowError(f"more than {MAX_POINTS:,} points of ink")
            pens.append(_dot_or(flatten(curves, pieces)) * units)
        lines.append(line_from_pen_strokes(pens, text))
    return lines


def _title(group: etree._Element) -> str:
    return next((e.text or "" for e in group if name_of(e) == "title"), "")


def _units(root: etree._Element) -> float | None:
    text = root.get("data-units-per-mm")
    if text is None:
        return None
    units = float(text)
    if not 0 < units < float("inf"):
        raise ValueError(f"data-units-per-mm is {text!r}")
    return units


def _curves_in(
    element: etree._Element, without: Container[etree._Element] = ()
) -> Iterator[tuple[str, Curves]]:
    """The strokes in and below an element, in the units of the whole drawing.

    Each comes with the name of the element that draws it. Left out is what is in those
    of `without` that are below the element.
    """
    matrix, paint = np.eye(3), {}
    for above in reversed(list(element.iterancestors())):
        matrix = matrix @ _matrix(above.get("transform", ""))
        paint = paint | _properties(above)
    yield from _descend(element, matrix, paint, without)


def _descend(
    element: etree._Element,
    matrix: np.ndarray,
    paint: dict[str, str],
    without: Container[etree._Element],
) -> Iterator[tuple[str, Curves]]:
    if _is_hidden(element):
        return
    is_inner = name_of(element) == "svg" and element.getparent() is not None
    if is_inner and {"x", "y", "viewBox"} & set(element.keys()):
        raise ValueError("a drawing lies within it, an <svg>; ungroup that first")
    matrix = matrix @ _matrix(element.get("transform", ""))
    paint = paint | _properties(element)
    # A drawing without any paint is taken for lines; SVG itself would fill it black.
    is_line = paint.get("fill", "none") == "none" and name_of(element) not in SHAPES
    has_stroke = paint.get("stroke", "" if is_line else "none") != "none"
    if has_stroke and paint.get("visibility") not in ("hidden", "collapse"):
        for curves in _outlines(element):
            curves = curves @ matrix[:2, :2].T + matrix[:2, 2]
            if not (np.abs(curves) < LARGEST).all():
                raise ValueError(
                    f"a <{name_of(element)}> has a coordinate that is no number"
                )
            yield name_of(element), curves
    for child in element:
        if child not in without:
            yield from _descend(child, matrix, paint, without)


def _is_hidden(element: etree._Element) -> bool:
    """Whether neither it nor what is in it is drawn."""
    return (
        name_of(element) in NOT_DRAWN or _properties(element).get("display") == "none"
    )


def _properties(element: etree._Element) -> dict[str, str]:
    """What an element sets of `PROPERTIES`; its style comes before its attributes."""
    found = {key: element.get(key) for key in PROPERTIES if element.get(key)}
    for declaration in element.get("style", "").split(";"):
        key, _, value = declaration.partition(":")
        if key.strip() in PROPERTIES:
            found[key.strip()] = value.partition("!")[0].strip()
    return found


def _matrix(text: str) -> np.ndarray:
    """The transformation of a `transform` attribute, `[3, 3]`."""
    matrix = np.eye(3)
    steps = TRANSFORM.findall(text)
    if len(steps) > MAX_STEPS:
        raise ValueError(f"a transform has {len(steps):,} steps, over {MAX_STEPS}")
    if TRANSFORM.sub("", text).strip(" ,\t\r\n"):
        raise ValueError(f"the transform {text[:40]!r} is not known")
    for kind, arguments in steps:
        values = [float(number) for number in NUMBER.findall(arguments)]
        matrix = matrix @ _transformation(kind, values)
    return matrix


def _transformation(kind: str, values: list[float]) -> np.ndarray:
    matrix = np.eye(3)
    match kind, values:
        case "matrix", [a, b, c, d, e, f]:
            matrix[:2] = [[a, c, e], [b, d, f]]
        case "translate", [x, *rest] if len(rest) < 2:
            matrix[:2, 2] = x, rest[0] if rest else 0.0
        case "scale", [x, *rest] if len(rest) < 2:
            matrix[0, 0], matrix[1, 1] = x, rest[0] if rest else x
        case "rotate", [angle, *centre] if len(centre) in (0, 2):
            cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            matrix[:2, :2] = [[cos, -sin], [sin, cos]]
            if centre:
                matrix[:2, 2] = centre - matrix[:2, :2] @ centre
        case "skewX", [angle]:
            matrix[0, 1] = np.tan(np.radians(angle))
        case "skewY", [angle]:
            matrix[1, 0] = np.tan(np.radians(angle))
        case _:
            raise ValueError(f"the transform {kind}{tuple(values)} is not known")
    return matrix


def _outlines(element: etree._Element) -> list[Curves]:
    """The strokes of one element, untransformed."""
    name = name_of(element)
    if name == "path":
        return path_curves(element.get("d", ""))
    if name == "line":
        ends = _numbers(element, "x1", "y1", "x2", "y2")
        return [straight(np.array(ends).reshape(2, 2))]
    if name == "circle":
        x, y, radius = _numbers(element, "cx", "cy", "r")
        return [ellipse((x, y), (radius, radius))] if radius else []
    if name == "ellipse":
        x, y, *radii = _numbers(element, "cx", "cy", "rx", "ry")
        return [ellipse((x, y), radii)] if all(radii) else []
    if name == "rect":
        x, y, width, height, *corners = _numbers(
            element, "x", "y", "width", "height", "rx", "ry"
        )
        if any(corners):
            raise ValueError("a <rect> has round corners; turn it into a path first")
        right, bottom = x + width, y + height
        around = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y)]
        return [straight(np.array(around))] if width and height else []
    if name not in ("polyline", "polygon"):
        return []
    text = element.get("points", "")
    if NUMBER.sub("", text).strip(" ,\t\r\n\f"):
        raise ValueError(f"a <{name}> has signs among its points that are no numbers")
    numbers = NUMBER.findall(text)
    if len(numbers) > 2 * MAX_POINTS:
        raise OverflowError(f"more than {MAX_POINTS:,} points of ink")
    if len(numbers) % 2:
        raise ValueError(f"a <{name}> has {len(numbers)} numbers, which are not pairs")
    points = np.array(numbers, dtype=np.float64).reshape(-1, 2)
    if name == "polygon":
        points = np.concatenate([points, points[:1]])
    return [straight(points)] if len(points) else []


def _numbers(element: etree._Element, *keys: str) -> list[float]:
    """Lengths in the drawing's unit, which is what px means; 0 where there is none."""
    numbers = []
    for key in keys:
        length = element.get(key, "0").strip()
        number = length.removesuffix("px")
        if not NUMBER.fullmatch(number):
            raise ValueError(
                f"a <{name_of(element)}> has {key}={length!r:.20}, which is no number "
                "in the drawing's unit; turn it into a path first"
            )
        numbers.append(float(number))
    return numbers


def _size(strokes: list[Curves]) -> float:
    points = np.concatenate([curves.reshape(-1, 2) for curves in strokes])
    return float(np.ptp(points, axis=0).max())


def _dot_or(points: np.ndarray) -> np.ndarray:
    """Two points in one place are how SVG says a dot, which is one point."""
    is_dot = len(points) == 2 and (points[0] == points[1]).all()
    return points[:1] if is_dot else points

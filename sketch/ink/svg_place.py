"""Places in SVG: lengths with units, transformations, and view boxes.

A place is mapped by a matrix `[3, 3]`, as in `x' = matrix[:2, :2] @ x + matrix[:2, 2]`.
"""

import re

import numpy as np
from lxml import etree

from sketch.ink.svg_path import GAP, NUMBER, find_numbers

# User units, which are pixels of 1/96 inch. A file is read with a font of 16 pixels.
UNITS = {"": 1, "px": 1, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6}
UNITS |= {"pt": 96 / 72, "pc": 16, "em": 16, "rem": 16, "ex": 8, "ch": 8}
DEGREES = {"": 1, "deg": 1, "rad": 180 / np.pi, "grad": 0.9, "turn": 360}
MEASURE = re.compile(rf"({NUMBER.pattern})\s*+([a-zA-Z%]*+){GAP}")
TRANSFORM = re.compile(r"\b([a-zA-Z]++)\s*+\(([^()]*+)\)")
MAX_STEPS = 100  # of one transformation
SIDES = {"left": "0%", "top": "0%", "center": "50%", "right": "100%", "bottom": "100%"}


def length(text: str, whole: float) -> float:
    """A length in user units.

    Args:
        text: a number with or without a unit.
        whole: what 100 % is.

    Raises:
        ValueError: it is not a length.
    """
    measure = MEASURE.fullmatch(text.strip())
    units = UNITS | {"%": whole / 100}
    if not measure or measure[2].lower() not in units:
        raise ValueError(f"{text[:20]!r} is not a length")
    return float(float(measure[1]) * units[measure[2].lower()])


def lengths(
    element: etree._Element, size: tuple[float, float], **keys: str
) -> list[float]:
    """Several attributes of an element in user units.

    Args:
        element: whose.
        size: width and height of the viewport, which percentages refer to.
        keys: the attributes, each with the value that it has if it is missing; "auto"
            is the value of the other one of two, as of `rx` and `ry`.

    Raises:
        ValueError: one of them is not a length.
    """
    wholes = {"x": size[0], "w": size[0], "y": size[1], "h": size[1]}
    found: dict[str, float | None] = {}
    for key, default in keys.items():
        text = element.get(key, default)
        # The axis of x1, cx, rx, width, …; r refers to the diagonal.
        axis = next((a for a in "xywh" if a in key), "")
        try:
            whole = wholes.get(axis, np.hypot(*size) / 2**0.5)
            found[key] = None if text == "auto" else length(text, whole)
        except ValueError as error:
            tag = element.tag.rpartition("}")[2]
            raise ValueError(f"a <{tag}> has {key}={text[:20]!r}: {error}") from None
    given = next((value for value in found.values() if value is not None), 0.0)
    return [given if value is None else value for value in found.values()]


def translation(x: float, y: float) -> np.ndarray:
    """The matrix of a move."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def transform_matrix(
    text: str, size: tuple[float, float], origin: str = ""
) -> np.ndarray:
    """The matrix of a `transform`, as an attribute or as a CSS property.

    Args:
        text: of the transform.
        size: width and height of the viewport, which percentages refer to.
        origin: the `transform-origin`.

    Raises:
        ValueError: a step is unknown, or there are more than `MAX_STEPS`.
    """
    matrix = np.eye(3)
    steps = TRANSFORM.findall(text)
    if len(steps) > MAX_STEPS:
        raise ValueError(f"a transform has {len(steps):,} steps, over {MAX_STEPS}")
    if TRANSFORM.sub("", text).strip(" ,\t\r\n") not in ("", "none"):
        raise ValueError(f"the transform {text[:40]!r} is not known")
    for kind, arguments in steps:
        measures = MEASURE.findall(arguments)
        if MEASURE.sub("", arguments).strip():
            raise ValueError(f"the transform {text[:40]!r} is not known")
        matrix = matrix @ _step_matrix(kind, measures, size)
    words = [SIDES.get(word, word) for word in origin.split()[:2]]
    if words:
        words = [*words, "50%"][:2]
        x, y = (length(*pair) for pair in zip(words, size, strict=True))
        matrix = translation(x, y) @ matrix @ translation(-x, -y)
    return matrix


def _step_matrix(
    kind: str, measures: list[tuple[str, str]], size: tuple[float, float]
) -> np.ndarray:
    matrix = np.eye(3)
    if kind.startswith("translate"):
        axis = int(kind == "translateY")
        values = [
            length(number + unit, size[(place + axis) % 2])
            for place, (number, unit) in enumerate(measures)
        ]
    else:
        factors = DEGREES if kind in ("rotate", "skew", "skewX", "skewY") else {"": 1}
        try:
            values = [float(n) * factors[unit.lower()] for n, unit in measures]
        except KeyError as error:
            raise ValueError(f"the unit {error} of a {kind} is not known") from None
    match kind, values:
        case "matrix", [a, b, c, d, e, f]:
            matrix[:2] = [[a, c, e], [b, d, f]]
        case "translate", [x, *rest] if len(rest) < 2:
            matrix[:2, 2] = x, rest[0] if rest else 0.0
        case "translateX" | "translateY", [move]:
            matrix["XY".index(kind[-1]), 2] = move
        case "scale", [x, *rest] if len(rest) < 2:
            matrix[0, 0], matrix[1, 1] = x, rest[0] if rest else x
        case "scaleX" | "scaleY", [factor]:
            matrix["XY".index(kind[-1]),] *= factor
        case "rotate", [angle, *centre] if len(centre) in (0, 2):
            cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            matrix[:2, :2] = [[cos, -sin], [sin, cos]]
            if centre:
                matrix[:2, 2] = centre - matrix[:2, :2] @ centre
        case "skew", [x, *rest] if len(rest) < 2:
            matrix[0, 1] = np.tan(np.radians(x))
            matrix[1, 0] = np.tan(np.radians(rest[0])) if rest else 0.0
        case "skewX", [angle]:
            matrix[0, 1] = np.tan(np.radians(angle))
        case "skewY", [angle]:
            matrix[1, 0] = np.tan(np.radians(angle))
        case _:
            raise ValueError(f"the transform {kind}{tuple(values)} is not known")
    return matrix


def view_matrix(
    element: etree._Element, width: float, height: float
) -> tuple[np.ndarray, tuple[float, float]]:
    """How the content of an `<svg>` or `<symbol>` is fitted into its viewport.

    Args:
        element: with `viewBox` and `preserveAspectRatio`.
        width, height: of the viewport, in the units around it.

    Returns:
        The matrix, and the size of the viewport in the units of the content.
    """
    box = find_numbers(element.get("viewBox", ""), "a viewBox")
    if len(box) != 4 or min(box[2:]) <= 0 or min(width, height) <= 0:
        return np.eye(3), (width, height)
    scale = np.array([width / box[2], height / box[3]])
    align, *words = [*element.get("preserveAspectRatio", "").split(), "xMidYMid"]
    if align != "none":
        scale[:] = scale.max() if "slice" in words else scale.min()
    shares = [{"Min": 0.0, "Max": 1.0}.get(align[i : i + 3], 0.5) for i in (1, 5)]
    corner = shares * ((width, height) - scale * box[2:]) - scale * box[:2]
    return np.diag([*scale, 1]) + translation(*corner) - np.eye(3), (box[2], box[3])


def root_matrix(root: etree._Element) -> tuple[np.ndarray, tuple[float, float]]:
    """As `view_matrix` for the root, which keeps the units of its content.

    Only a drawing that is stretched is scaled, by its larger factor, so that it has the
    width over height that a person sees.
    """
    box = find_numbers(root.get("viewBox", ""), "a viewBox")
    size = [300.0, 150.0] if len(box) != 4 else box[2:]
    given = [root.get(key, "%") for key in ("width", "height")]
    if not any(text.rstrip().endswith(("%", "auto")) for text in given):
        size = [length(text, 0) for text in given]
    matrix, inner = view_matrix(root, *size)
    factors = np.diag(matrix)[:2]
    return np.diag([*(factors / factors.min()), 1.0]), inner

"""Places in SVG: lengths with units, transformations, and view boxes.

A place is mapped by a matrix `[3, 3]`, as in `x' = matrix[:2, :2] @ x + matrix[:2, 2]`.
"""

import functools
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
MAX_LENGTH = 100  # characters of a length
SIDES = {"left": "0%", "top": "0%", "center": "50%", "right": "100%", "bottom": "100%"}
# The first two rows of their matrices; angles are in degrees.
STEPS = {
    "matrix": lambda a, b, c, d, e, f: [[a, c, e], [b, d, f]],
    "translate": lambda x, y=0.0: [[1, 0, x], [0, 1, y]],
    "translateX": lambda x: [[1, 0, x], [0, 1, 0]],
    "translateY": lambda y: [[1, 0, 0], [0, 1, y]],
    "scale": lambda x, y=None: [[x, 0, 0], [0, x if y is None else y, 0]],
    "scaleX": lambda x: [[x, 0, 0], [0, 1, 0]],
    "scaleY": lambda y: [[1, 0, 0], [0, y, 0]],
    "rotate": lambda angle, *centre: [
        [np.cos(np.radians(angle)), -np.sin(np.radians(angle)), 0],
        [np.sin(np.radians(angle)), np.cos(np.radians(angle)), 0],
    ],
    "skew": lambda x, y=0.0: [[1, _tan(x), 0], [_tan(y), 1, 0]],
    "skewX": lambda x: [[1, _tan(x), 0], [0, 1, 0]],
    "skewY": lambda y: [[1, 0, 0], [_tan(y), 1, 0]],
}


def _tan(degrees: float) -> float:
    return np.tan(np.radians(degrees))


def length(text: str, whole: float) -> float:
    """A number with or without a unit, in user units; `whole` is what 100 % is.

    Raises:
        ValueError: it is not a length.
    """
    measure = MEASURE.fullmatch(text.strip()) if len(text) < MAX_LENGTH else None
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


@functools.lru_cache(maxsize=1000)
def transform_matrix(
    text: str, size: tuple[float, float], origin: str = ""
) -> np.ndarray:
    """The matrix of a `transform`, as an attribute or as a CSS property.

    `size` is that of the viewport, which percentages refer to; `origin` the
    `transform-origin`.

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
        try:
            if MEASURE.sub("", arguments).strip():
                raise KeyError(arguments)
            matrix = matrix @ _step_matrix(kind, MEASURE.findall(arguments), size)
        except (KeyError, TypeError):  # a name, a unit, or another number of arguments
            raise ValueError(
                f"the transform {kind}({arguments[:40]}) is not known"
            ) from None
    words = [SIDES.get(word, word) for word in origin.split()[:2]]
    if words:
        words = [*words, "50%"][:2]
        x, y = (length(*pair) for pair in zip(words, size, strict=True))
        matrix = translation(x, y) @ matrix @ translation(-x, -y)
    return matrix


def _step_matrix(
    kind: str, measures: list[tuple[str, str]], size: tuple[float, float]
) -> np.ndarray:
    if kind.startswith("translate"):
        first = int(kind == "translateY")
        wholes = (*size, *size)[first:]
        pairs = zip(measures, wholes, strict=False)
        values = [length("".join(measure), whole) for measure, whole in pairs]
    else:
        factors = {"": 1.0} if kind.startswith(("scale", "matrix")) else DEGREES
        values = [float(number) * factors[unit.lower()] for number, unit in measures]
    matrix = np.array([*STEPS[kind](*values), [0, 0, 1]], dtype=float)
    if kind == "rotate" and len(values) == 3:  # about a point
        matrix = translation(*values[1:]) @ matrix @ translation(*-np.array(values[1:]))
    return matrix


def view_matrix(
    element: etree._Element, width: float, height: float
) -> tuple[np.ndarray, tuple[float, float]]:
    """How the content of an `<svg>` or `<symbol>` is fitted into its viewport.

    Returns:
        The matrix, and the size of the viewport, which is `width` and `height` in the
        units around it, in the units of the content.
    """
    box = _view_box(element)
    if not box or min(width, height) <= 0:
        return np.eye(3), (width, height)
    scale = np.array([width / box[2], height / box[3]])
    align, *words = [*element.get("preserveAspectRatio", "").split(), "xMidYMid"]
    if align != "none":
        scale[:] = scale.max() if "slice" in words else scale.min()
    shares = [{"Min": 0.0, "Max": 1.0}.get(align[i : i + 3], 0.5) for i in (1, 5)]
    corner = shares * ((width, height) - scale * box[2:]) - scale * box[:2]
    return np.diag([*scale, 1]) + translation(*corner) - np.eye(3), (box[2], box[3])


def _view_box(element: etree._Element) -> list[float]:
    """Left, top, width, height; nothing if there is no valid one."""
    text = element.get("viewBox", "")
    box = find_numbers(text, "a viewBox") if len(text) < 4 * MAX_LENGTH else []
    return box if len(box) == 4 and min(box[2:]) > 0 else []


def root_matrix(root: etree._Element) -> tuple[np.ndarray, tuple[float, float]]:
    """As `view_matrix` for the root, which keeps the units of its content.

    Only a drawing that is stretched is scaled, by its larger factor, so that it has the
    width over height that a person sees.
    """
    box = _view_box(root)
    try:
        size = [length(root.get(key, ""), 0) for key in ("width", "height")]
    except ValueError:
        size = [0.0]
    if min(size) <= 0:  # unknown
        size = box[2:] or [300.0, 150.0]
    matrix, inner = view_matrix(root, *size)
    factors = np.diag(matrix)[:2]
    return np.diag([*(factors / factors.min()), 1.0]), inner

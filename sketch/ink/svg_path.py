"""Outlines of SVG as cubic Bézier curves, and curves as points."""

import re
from collections.abc import Iterator

import numpy as np

# Cubic Bézier curves, [n, 4, 2]: start, two control points, end. Each starts where the
# last one ended. A straight line has its control points at its thirds.
Curves = np.ndarray

# Possessive (++, *+, ?+), so that a match of any text takes linear time.
NUMBER = re.compile(r"[-+]?+(?:\d++\.?+\d*+|\.\d++)(?:[eE][-+]?+\d++)?+")
GAP = r"[\s,]*+"
# The two flags of an arc are one digit each, which programs write without a gap.
ARC = re.compile(
    GAP.join([""] + [f"({NUMBER.pattern})"] * 3 + ["([01])"] * 2)
    + GAP.join([""] + [f"({NUMBER.pattern})"] * 2)
    + GAP
)
NUMBERS_OF = dict(zip("MLHVCSQTAZ", (2, 2, 1, 1, 6, 4, 4, 2, 7, 0), strict=True))
COMMAND = re.compile("([MmLlHhVvCcSsQqTtAaZz])")
MAX_CURVES = 50_000  # of the paths of a file; a written page has about 20,000


def find_numbers(text: str, where: str) -> list[float]:
    """The numbers of a list that is separated by blanks or commas.

    Raises:
        ValueError: it has other signs; `where` names it.
    """
    if NUMBER.sub("", text).strip(" ,\t\r\n\f"):
        raise ValueError(f"{where} has signs that are not numbers: {text[:40]!r}")
    return [float(number) for number in NUMBER.findall(text)]


def path_curves(text: str) -> list[Curves]:
    """Parses the `d` attribute of a path to the curves of each stroke.

    M begins a new one. A lone point is no stroke unless it is closed: then it is a
    curve of no length.

    Raises:
        ValueError: if the text is not a path.
        OverflowError: if it has more than `MAX_CURVES`.
    """
    strokes: list[list[np.ndarray]] = []
    here = start = control = np.zeros(2)
    last = ""
    num_curves = 0
    for command, numbers in _commands(text):
        kind = command.upper()
        if not last and kind != "M":
            raise ValueError(f"a path must begin with M, not {command}")
        origin = here if command.islower() else np.zeros(2)
        before = here
        curves = []
        if kind == "M":
            here = start = origin + numbers
            strokes.append([])
        elif kind == "Z":
            here = start
            if not strokes[-1] or (before != here).any():
                curves = [_line(before, here)]
        elif kind in "HV":
            axis = "HV".index(kind)
            here = here.copy()
            here[axis] = origin[axis] + numbers[0]
            curves = [_line(before, here)]
        elif kind == "A":
            here = origin + numbers[5:]
            curves = _arc(before, numbers[:5], here)
        else:
            points = origin + np.reshape(numbers, (-1, 2))
            here = points[-1]
            # S and T begin as the curve before ended, if it was of their kind.
            is_smooth = kind == "S" and last in "CS" or kind == "T" and last in "QT"
            first = points[0]
            if kind in "ST":
                first = 2 * before - control if is_smooth else before
            if kind == "L":
                curves = [_line(before, here)]
            elif kind in "CS":
                control = points[-2]
                curves = [np.array([before, first, control, here])]
            else:
                control = first
                thirds = [(end + 2 * control) / 3 for end in (before, here)]
                curves = [np.array([before, *thirds, here])]
        if curves:
            strokes[-1] += curves
        last = kind
        num_curves += max(len(curves), 1)
        if num_curves > MAX_CURVES:
            raise OverflowError(f"{MAX_CURVES:,} curves")
    return [np.array(curves) for curves in strokes if curves]


def _commands(text: str) -> Iterator[tuple[str, np.ndarray]]:
    """Commands with the numbers that each takes; repeated ones are spelt out."""
    before, *pieces = COMMAND.split(text)
    if before.strip(" ,\t\r\n\f"):
        raise ValueError(f"a path has signs before its first command: {text[:40]!r}")
    for command, argument in zip(pieces[::2], pieces[1::2], strict=True):
        count = NUMBERS_OF[command.upper()]
        if command in "Aa":
            numbers, place = [], 0
            while match := ARC.match(argument, place):
                numbers += map(float, match.groups())
                place = match.end()
            if argument[place:].strip():
                raise ValueError(f"a path's {command} cannot be read: {argument:.40}")
        else:
            numbers = find_numbers(argument, f"a path's {command}")
        if len(numbers) % (count or 1) or bool(numbers) != bool(count):
            raise ValueError(f"a path's {command} has {len(numbers)} numbers")
        rows = np.reshape(numbers, (-1, count)) if count else np.zeros((1, 0))
        for row in rows:
            yield command, row
            # Further pairs after a move are lines.
            command = {"M": "L", "m": "l"}.get(command, command)


def _line(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    third = (end - start) / 3
    return np.array([start, start + third, end - third, end])


def _arc(start: np.ndarray, numbers: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """An elliptic arc as curves of at most 90°, exact to 0.03 % of its radii.

    The steps are those of SVG 1.1, F.6.5 and F.6.6, with the ellipse scaled to the unit
    circle. `numbers` are radii, angle of the x axis in degrees, and both flags.
    """
    radii, angle = np.abs(numbers[:2]), np.radians(numbers[2])
    is_large, is_clockwise = numbers[3:] > 0
    if (start == end).all():
        return []
    if not radii.all():
        return [_line(start, end)]
    cos, sin = np.cos(angle), np.sin(angle)
    axes = np.array([[cos, sin], [-sin, cos]])  # rows: the axes of the ellipse
    one, other = (axes @ point / radii for point in (start, end))
    half = (other - one) / 2
    distance = np.hypot(*half)
    if distance > 1:  # radii that do not reach are scaled up
        radii, one, other, half = (
            radii * distance,
            *(point / distance for point in (one, other, half)),
        )
    aside = np.sqrt(max(1 / min(distance, 1.0) ** 2 - 1, 0.0)) * half[::-1] * [-1, 1]
    centre = (one + other) / 2 + (aside if is_large != is_clockwise else -aside)
    first, last = (np.arctan2(*(point - centre)[::-1]) for point in (one, other))
    turn = (last - first) % (2 * np.pi) - (0 if is_clockwise else 2 * np.pi)
    if not np.isfinite(turn):
        raise ValueError("an arc has a coordinate that is not a number")
    count = max(int(np.ceil(abs(turn) / (np.pi / 2) - 1e-9)), 1)
    angles = first + turn * np.arange(count + 1) / count
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    tangents = np.stack([-points[:, 1], points[:, 0]], axis=1)
    tangents *= 4 / 3 * np.tan(turn / count / 4)
    controls = [
        points[:-1],
        points[:-1] + tangents[:-1],
        points[1:] - tangents[1:],
        points[1:],
    ]
    curves = (np.stack(controls, axis=1) + centre) * radii @ axes
    curves[0, 0], curves[-1, -1] = start, end  # exactly
    return list(curves)


def count_pieces(curves: Curves, error: float) -> np.ndarray:
    """How many straight pieces each curve `[n, 4, 2]` of a stroke needs, int `[n]`.

    The pieces are at most `error` from the curves: the chord of a curve's nth part is
    at most |second derivative| / (8 n²) from it.
    """
    bends = np.abs(np.diff(curves, n=2, axis=1)).sum(axis=2).max(axis=1) * 6
    pieces = np.ones(len(curves), int)
    is_bent = bends > 0
    pieces[is_bent] = np.ceil(np.sqrt(bends[is_bent] / (8 * error)))
    return pieces


def flatten(curves: Curves, pieces: np.ndarray) -> np.ndarray:
    """Cuts each curve `[n, 4, 2]` of a stroke into `pieces` `[n]`.

    Returns:
        float64 `[points, 2]`; the ends of all curves are among them, exactly.
    """
    first = np.repeat(np.cumsum(pieces) - pieces, pieces)
    number = np.arange(1, len(first) + 1) - first  # of a piece in its curve, from 1 on
    share = (number / np.repeat(pieces, pieces))[:, None]
    rest = 1 - share
    weights = [rest**3, 3 * rest**2 * share, 3 * rest * share**2, share**3]
    controls = [np.repeat(control, pieces, axis=0) for control in curves.swapaxes(0, 1)]
    points = sum(w * control for w, control in zip(weights, controls, strict=True))
    return np.concatenate([curves[0, :1], points])

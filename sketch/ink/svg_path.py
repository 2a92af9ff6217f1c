"""The outlines of SVG as curves, and curves as points.

A stroke is on its way from the text of a file to points: cubic Bézier curves, each of
them starting where the last one ended.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np

# Cubic Bézier curves, [n, 4, 2]: start, two control points, end. A straight line has
# its control points at its thirds.
Curves = np.ndarray

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
COMMAND = re.compile(r"[A-Za-z]|" + NUMBER.pattern)
MAX_CURVES = 50_000  # of the paths of a file; a written page has some 20,000
NUMBERS_OF = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "Z": 0}


def straight(points: np.ndarray) -> Curves:
    """A polyline `[n, 2]` as curves; one point is a curve of no length."""
    if len(points) == 1:
        points = points.repeat(2, axis=0)
    first, last = points[:-1], points[1:]
    third = (last - first) / 3
    return np.stack([first, first + third, last - third, last], axis=1)


def ellipse(centre: Sequence[float], radii: Sequence[float]) -> Curves:
    """An ellipse along the axes as four curves, from the right over the bottom.

    They are within 0.03 % of the radius, as every drawing program's circles are.
    """
    tangent = 4 / 3 * (2**0.5 - 1)
    points = np.array([(1, 0), (1, tangent), (tangent, 1), (0, 1)])
    quarters = [points]
    for _ in range(3):
        points = points @ [[0, 1], [-1, 0]]
        quarters.append(points)
    return np.array(quarters) * radii + centre


def path_curves(text: str) -> list[Curves]:
    """Reads the `d` attribute of a path.

    Args:
        text: commands of M L H V C S Q T Z, absolute or (in small letters) relative.

    Returns:
        The strokes: one from each M, and from each command that follows a Z. A lone
        point is no stroke, unless it is closed: then it is a curve of no length.

    Raises:
        ValueError: if the text is no such path.
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
        if kind == "M":
            here = start = origin + numbers
            strokes.append([])
        elif kind == "Z":
            if not strokes[-1] or (here != start).any():
                strokes[-1].append(straight(np.array([here, start]))[0])
            here = start
        else:
            if last == "Z":
                strokes.append([])
            if kind in "HV":
                axis = "HV".index(kind)
                here = here.copy()
                here[axis] = origin[axis] + numbers[0]
                curve = straight(np.array([before, here]))[0]
            else:
                points = origin + np.reshape(numbers, (-1, 2))
                here = points[-1]
                # S and T begin as the curve before ended, if it was of their kind.
                is_smooth = (kind == "S" and last in "CS") or (
                    kind == "T" and last in "QT"
                )
                mirrored = 2 * before - control if is_smooth else before
                if kind == "L":
                    curve = straight(np.array([before, here]))[0]
                elif kind in "CS":
                    first = points[0] if kind == "C" else mirrored
                    control = points[-2]
                    curve = [before, first, control, here]
                else:
                    control = points[0] if kind == "Q" else mirrored
                    thirds = [(end + 2 * control) / 3 for end in (before, here)]
                    curve = [before, *thirds, here]
            strokes[-1].append(np.array(curve))
        last = kind
        num_curves += 1
        if num_curves > MAX_CURVES:
            raise OverflowError(f"more than {MAX_CURVES:,} curves")
    return [np.array(curves) for curves in strokes if curves]


def _commands(text: str) -> Iterator[tuple[str, np.ndarray]]:
    """Commands with as many numbers as each takes; repeated ones spelt out."""
    tokens = COMMAND.findall(text)
    if COMMAND.sub("", text).strip(" ,\t\r\n\f"):
        raise ValueError(f"a path has signs that are no commands: {text[:40]!r}")
    place = 0
    while place < len(tokens):
        command = tokens[place]
        if command.upper() not in NUMBERS_OF:
            remedy = "; turn arcs into curves first" if command in "aA" else ""
            raise ValueError(f"a path has {command!r} in place of a command{remedy}")
        place += 1
        count = NUMBERS_OF[command.upper()]
        while True:
            try:
                numbers = [float(token) for token in tokens[place : place + count]]
            except ValueError:
                numbers = []
            if len(numbers) < count:
                raise ValueError(
                    f"a path's {command} lacks some of its {count} numbers"
                )
            yield command, np.array(numbers)
            place += count
            if not count or place >= len(tokens) or tokens[place].isalpha():
                break
            # Further pairs after a move are lines.
            command = {"M": "L", "m": "l"}.get(command, command)


def count_pieces(curves: Curves, error: float) -> np.ndarray:
    """How many straight pieces each of a stroke's curves needs.

    The chord of a curve's nth part is at most |second derivative| / (8 n²) from it.

    Args:
        curves: `[n, 4, 2]`, n ≥ 1.
        error: how far the pieces may be from the curves; > 0.

    Returns:
        integers `[n]`, ≥ 1.
    """
    bends = np.abs(np.diff(curves, n=2, axis=1)).sum(axis=2).max(axis=1) * 6
    pieces = np.ones(len(curves), int)
    is_bent = bends > 0
    pieces[is_bent] = np.ceil(np.sqrt(bends[is_bent] / (8 * error)))
    return pieces


def flatten(curves: Curves, pieces: np.ndarray) -> np.ndarray:
    """Cuts each of a stroke's curves into so many pieces.

    Args:
        curves: `[n, 4, 2]`, n ≥ 1.
        pieces: `[n]`, of `count_pieces`.

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

"""Ink that says what it is told, in shapes simple enough to know everything about."""

import numpy as np

from sketch.ink.strokes import strokes_from_points

ASCENDERS, DESCENDERS = "bdfhklt", "gjpqy"
X_HEIGHT, WIDTH, GAP = 10.0, 8.0, 9.0


def letter(character: str) -> list[np.ndarray]:
    """A letter's strokes, its baseline at y = 0, y downwards, from x = 0."""
    arch = [(0, -10), (1, 0), (4, -9.5), (6, 0), (8, -10)]
    if character in ".,":
        return [np.array([(1.0, 0.0)])]
    if character == "-":
        return [np.array([(0.0, -5.0), (6.0, -5.0)])]
    if character in ASCENDERS or character.isupper() or character.isdigit():
        arch = [(0, -20), (1, 0), (5, -10), (7, 0)]
    elif character in DESCENDERS:
        arch = [(6, -10), (1, -9), (1, -0.5), (6, -2), (6, -10), (6, 9), (0, 8)]
    strokes = [np.array(arch, dtype=float)]
    if character == "t":
        strokes.append(np.array([(-1.0, -14.0), (5.0, -14.0)]))
    if character in "ij":
        strokes.append(np.array([(4.0, -15.0)]))
    return strokes


def pens_of(text: str) -> tuple[list[np.ndarray], list[int]]:
    """Strokes of a text on y = 0, and the place in the text of each."""
    pens, places, x = [], [], 0.0
    for place, character in enumerate(text):
        if character == " ":
            x += GAP
            continue
        for stroke in letter(character):
            dense = [
                np.linspace(a, b, 6)[:-1]
                for a, b in zip(stroke[:-1], stroke[1:], strict=True)
            ]
            pens.append(np.concatenate([*dense, stroke[-1:]]) + (x, 0.0))
            places.append(place)
        x += WIDTH + 2.0
    return pens, places


def turned(pens: list[np.ndarray], slope: float, rise: float) -> list[np.ndarray]:
    """Ink that was written at a slope (dy/dx), `rise` lower."""
    cos, sin = np.cos(np.arctan(slope)), np.sin(np.arctan(slope))
    return [pen @ np.array([[cos, sin], [-sin, cos]]) + (0, rise) for pen in pens]


def write(text: str, slope: float = 0.0, rise: float = 0.0) -> np.ndarray:
    """A text as strokes `[time, 3]`; its first letter must not be a dot."""
    return strokes_from_points(turned(pens_of(text)[0], slope, rise))

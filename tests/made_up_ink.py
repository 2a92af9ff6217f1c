"""Made-up ink of any text, in simple shapes that are known exactly."""

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import strokes_from_points

ASCENDERS, DESCENDERS = "bdfhklt", "gjpqy"
X_HEIGHT, WIDTH, GAP = 10.0, 8.0, 9.0
TEXTS = [
    "never mind the quiet yellow jug",
    "gypsy jargon",  # more descenders than not
    "happily I gave up my jumping pony",
    "tall little hills",
    "it is, at least. so - be it",
]


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


def wave(steps: int = 40, lift: int = 9, scale: float = 30.0) -> np.ndarray:
    """A line of cycloids, with a pen lift every `lift` steps."""
    time = np.arange(steps)
    strokes = np.stack(
        [scale * (0.6 + np.cos(time)), scale * np.sin(time), time % lift == lift - 1],
        axis=1,
    )
    return strokes.astype(np.float32)


def line_with_a_dot() -> np.ndarray:
    return np.array(
        [[30, -40, 0], [30, 40, 1], [-30, -80, 1], [60, 80, 0], [0, 20, 1]], np.float32
    )


# Sums of these stay exact in float64, so that points give the offsets back.
offsets = st.integers(-(2**20), 2**20).map(lambda number: number / 2**6)


@st.composite
def ink_lines(draw):
    time = draw(st.integers(1, 12))
    strokes = np.empty((time, 3), np.float32)
    strokes[:, :2] = draw(hnp.arrays(np.float64, (time, 2), elements=offsets))
    strokes[:, 2] = draw(hnp.arrays(np.float64, time, elements=st.sampled_from([0, 1])))
    strokes[-1, 2] = 1.0  # a file's last stroke has an end
    # XML cannot say control characters, and a text is stripped of nothing here.
    text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=9)
    return InkLine(strokes, draw(text))


lines_of_ink = st.lists(ink_lines(), min_size=1, max_size=3)


several = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def assert_same_lines(written, read):
    assert [line.text for line in read] == [line.text for line in written]
    for one, other in zip(written, read, strict=True):
        assert other.strokes.dtype == np.float32
        np.testing.assert_array_equal(one.strokes, other.strokes)


def svg(body: str, attributes: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>'

"""The made-up writers of the built-in corpus, and their ink.

The letters are single-stroke Hershey faces (PyPI `Hershey-Fonts`; the shapes are in
the public domain). A *writer* is a face with a size, width, slant, roundness, speed
and unsteadiness of its own, and with its own habits for each letter. A line is laid
out, bent by smooth random fields (so that joined letters stay joined) and sampled at
equal times by a pen that is fast on straights and slow at bends and ends of strokes.
Positions are whole tablet units, y downwards.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from sketch.corpus.demo_text import LETTERS
from sketch.ink.fit import resample_stroke, stroke_length
from sketch.ink.strokes import strokes_from_points

NUM_WRITERS = 24

X_HEIGHTS = {"futural": 14.0, "cursive": 9.0}  # of the faces, in Hershey units
BASELINE = 9.0
BOWL_FIRST = "adgq"  # the faces draw the stem of these first; people do not
DENSE_STEP = 0.05  # x-heights between the points of a glyph's outline
JOIN_LETTERS, JOIN_STROKES = 0.4, 0.85  # gaps that a joining pen crosses, in x-heights
TREMOR = 0.006  # standard deviation of what shakes each point, in x-heights
POINTS_PER_TIME = 1.9  # gives about 12 points a letter at speed 1


@dataclass(frozen=True)
class Writer:
    """A writer's style. Lengths are in x-heights unless said otherwise."""

    name: str  # `demo-00`, …
    lower: str  # Hershey face of the lower-case letters
    capitals: str  # and of all the rest
    x_height: float  # in tablet units
    width: float  # horizontal stretch
    slant: float  # shear to the right, tangent
    roundness: float  # standard deviation of the smoothing that rounds corners off
    speed: float  # 1 gives about 12 points a letter
    unsteadiness: float  # size of the pen's smooth wobble
    drift: float  # size of the baseline's slow wander
    # `{character: [height, width, shear, rise]}`, this writer's lasting departures from
    # the face.
    habits: dict[str, np.ndarray]


@dataclass(frozen=True)
class Glyph:
    """A character of one writer, in x-heights, baseline at y = 0, y downwards."""

    advance: float  # distance to the next character
    strokes: list[np.ndarray]  # dense outlines `[n, 2]`, in the order of writing


def demo_writers() -> list[Writer]:
    """The writers of the demo corpus: joined, printed, joined with plain capitals."""
    writers = []
    for number in range(NUM_WRITERS):
        rng = np.random.default_rng([0, number])
        lower, capitals = [
            ("cursive", "cursive"),
            ("futural", "futural"),
            ("cursive", "futural"),
        ][number % 3]
        is_joined = lower == "cursive"
        habits = {
            chr(code): rng.normal(size=4) * (0.06, 0.07, 0.05, 0.03)
            for code in range(ord(" "), ord("~") + 1)
        }
        writers.append(
            Writer(
                name=f"demo-{number:02d}",
                lower=lower,
                capitals=capitals,
                x_height=rng.uniform(80, 120),
                width=rng.uniform(0.9, 1.25) if is_joined else rng.uniform(0.75, 1.05),
                slant=rng.uniform(-0.3, 0.25) if is_joined else rng.uniform(-0.1, 0.4),
                roundness=rng.uniform(0.06, 0.13),
                speed=rng.uniform(0.85, 1.2),
                unsteadiness=rng.uniform(0.02, 0.05),
                drift=rng.uniform(0.05, 0.2),
                habits=habits,
            )
        )
    return writers


def write_text(
    text: str, writer: Writer, glyphs: dict[str, Glyph], rng: np.random.Generator
) -> np.ndarray:
    """Writes one line of text.

    Returns:
        Strokes, float32 `[time, 3]`, in whole tablet units, y downwards.
    """
    joins = LETTERS if writer.lower == "cursive" else ""
    paths, places = _lay_out(text, glyphs, joins)
    ends = np.cumsum([len(path) for path in paths])
    points = np.concatenate(paths)  # [dense, 2], in x-heights
    place = np.concatenate(places)  # [dense], 2.5 = in the middle of the third letter
    points = _bend(points, place, text, writer, rng)
    breaks = ends[:-1] - 1  # the segment after these points is in the air
    sampled, counts = _traverse(points, breaks, writer)
    sampled = sampled + rng.normal(scale=TREMOR, size=sampled.shape)
    positions = np.round(sampled * writer.x_height)
    return strokes_from_points(np.split(positions, np.cumsum(counts)[:-1]))


def _lay_out(
    text: str, glyphs: dict[str, Glyph], joins: str
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Pen strokes of a line in x-heights, points `[n, 2]`, and where they are, `[n]`.

    Of each point: the number of its letter and the share of its width to the left.
    Letters of `joins` are joined where the next stroke starts near enough.
    """
    paths: list[np.ndarray] = []
    places: list[np.ndarray] = []
    left = 0.0
    for number, character in enumerate(text):
        glyph = glyphs[character]
        for order, stroke in enumerate(glyph.strokes):
            share = np.clip(stroke[:, 0] / glyph.advance, 0, 1)
            path, place = stroke + (left, 0.0), number + share
            before = text[number - (order == 0)] if paths else " "
            # A longer join to the next letter would turn a c into an e; within a letter
            # only the strokes of x are not joined.
            longest = JOIN_STROKES if order and character != "x" else JOIN_LETTERS
            gap = np.hypot(*(path[0] - paths[-1][-1])) if paths else np.inf
            if before in joins and character in joins and gap < longest:
                count = 1 + round(gap / DENSE_STEP)
                bridge = np.linspace(paths[-1][-1], path[0], count, endpoint=False)
                levels = np.linspace(places[-1][-1], place[0], count, endpoint=False)
                paths[-1] = np.concatenate([paths[-1], bridge[1:], path])
                places[-1] = np.concatenate([places[-1], levels[1:], place])
            else:
                paths.append(path)
                places.append(place)
        left += glyph.advance
    return paths, places


def _bend(
    points: np.ndarray,
    place: np.ndarray,
    text: str,
    writer: Writer,
    rng: np.random.Generator,
) -> np.ndarray:
    """Gives the face the writer's habits, slant, drift and wobble; all continuous."""
    habits = np.array([writer.habits[character] for character in text])
    chance = rng.normal(size=habits.shape) * (0.04, 0.06, 0.03, 0.03)
    letters = habits + chance  # [letter, 4]: height, width, shear, rise
    centres = np.arange(len(text)) + 0.5
    height, shear, rise = (
        np.interp(place, centres, letters[:, column]) for column in (0, 2, 3)
    )
    edges = np.concatenate([[0.0], np.cumsum(letters[:, 1])])  # wider letters push on
    stretch = np.interp(place, np.arange(len(text) + 1), edges)
    x, y = points.T
    x = (x + stretch) * writer.width
    y = y * (1 + height)
    x = x - y * (writer.slant + shear)
    wander = rng.normal(size=2) * writer.drift
    y = y + rise + wander[0] * 0.06 * x + wander[1] * np.sin(x / 6 + rng.uniform(0, 6))
    travelled = np.arange(len(x)) * DENSE_STEP
    lengths = rng.uniform(0.8, 3.0, size=(4, 2, 1))
    phases = rng.uniform(0, 2 * np.pi, size=(4, 2, 1))
    wobble = np.sin(2 * np.pi * travelled / lengths + phases).sum(axis=0)
    return np.stack([x, y], axis=1) + writer.unsteadiness * wobble.T


def _traverse(
    points: np.ndarray, breaks: np.ndarray, writer: Writer
) -> tuple[np.ndarray, np.ndarray]:
    """Moves the pen along the dense outlines and reads it at equal times.

    The speed follows the law of human drawing, v ∝ (curvature + c)^(-1/3) (Lacquaniti,
    Terzuolo and Viviani 1983), and falls off towards the ends of a stroke.

    From `[dense, 2]` points to `[n, 2]`, all pen strokes of a line one after the other,
    with the first and the last point of each; and how many each has (at least 2).
    `breaks` are the last points of all but the last.
    """
    steps = np.diff(points, axis=0)
    lengths = np.hypot(*steps.T)
    lengths[breaks] = 0.0
    before, after = steps[:-1], steps[1:]
    turn = np.zeros(len(points))
    turn[1:-1] = np.abs(
        np.arctan2(
            before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0],
            (before * after).sum(axis=1),
        )
    )
    turn[breaks] = turn[breaks + 1] = 0.0
    kernel = np.hanning(9)[1:-1]
    curvature = np.convolve(turn, kernel / kernel.sum(), "same") / DENSE_STEP
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    firsts = np.concatenate([[0], breaks + 1])
    lasts = np.concatenate([breaks, [len(points) - 1]])
    sizes = lasts - firsts + 1
    from_end = np.minimum(
        along - np.repeat(along[firsts], sizes), np.repeat(along[lasts], sizes) - along
    )
    speed = (curvature + 0.5) ** (-1 / 3) * (0.4 + 0.6 * np.minimum(1, from_end / 0.35))
    durations = lengths / (0.5 * (speed[1:] + speed[:-1]))
    durations[breaks] = 1.0  # in the air; only keeps the times of strokes apart
    times = np.concatenate([[0.0], np.cumsum(durations)])
    spans = times[lasts] - times[firsts]
    rate = POINTS_PER_TIME / writer.speed
    counts = 1 + np.maximum(1, np.round(spans * rate)).astype(int)
    ends = np.cumsum(counts)
    ticks = np.arange(ends[-1]) - np.repeat(ends - counts, counts)
    moments = np.repeat(times[firsts], counts) + ticks * np.repeat(
        spans / (counts - 1), counts
    )
    sampled = [np.interp(moments, times, axis) for axis in points.T]
    return np.stack(sampled, axis=1), counts


def glyphs_of(writer: Writer) -> dict[str, Glyph]:
    """All characters of a writer's two faces, rounded as this writer does."""
    glyphs = {}
    for character in writer.habits:
        name = writer.lower if character in LETTERS else writer.capitals
        face, x_height = _face(name)[character], X_HEIGHTS[name]
        strokes = [np.array(stroke, dtype=float) for stroke in face.strokes]
        if name == "futural" and character in BOWL_FIRST:
            strokes = strokes[::-1]
        origin = (face.left_offset, BASELINE)
        glyphs[character] = Glyph(
            advance=face.char_width / x_height * (0.6 if character == " " else 1.0),
            strokes=[
                _round_off((stroke - origin) / x_height, writer.roundness)
                for stroke in strokes
            ],
        )
    return glyphs


@cache
def _face(name: str) -> dict:
    from HersheyFonts import HersheyFonts

    font = HersheyFonts()
    font.load_default_font(name)
    return font.all_glyphs


def _round_off(stroke: np.ndarray, roundness: float) -> np.ndarray:
    """A dense, smoothed copy of a polyline; its ends stay where they are."""
    count = max(2, round(stroke_length(stroke) / DENSE_STEP) + 1)
    dense = resample_stroke(stroke, count)
    reach = min(round(3 * roundness / DENSE_STEP), count - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * DENSE_STEP / roundness) ** 2)
    kernel /= kernel.sum()
    # Mirrored through its end points, a curve is smoothed without moving them.
    head = 2 * dense[0] - dense[reach:0:-1]
    tail = 2 * dense[-1] - dense[-2 : -2 - reach : -1]
    padded = np.concatenate([head, dense, tail])
    return np.stack([np.convolve(axis, kernel, "valid") for axis in padded.T], axis=1)

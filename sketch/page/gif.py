"""Ink that writes itself, as a GIF."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageColor, ImageDraw

from sketch.page.paper import RULE, Page
from sketch.system.atomic import whole_file

MAX_SIDE = 900  # pixels
MAX_PIXELS_PER_MM = 8.0
SMOOTHING = 3  # drawn this much larger, then averaged, for grey edges
SHADES = 32  # from paper to ink
FRAME_SECONDS = 0.04  # browsers do not show shorter ones
MAX_FRAMES = 400  # all are in memory at once
LAST_SECONDS = 3.0  # the finished page stands still before it is written again


def write_gif(path: str | Path, page: Page, colour: str, seconds: float) -> None:
    """Writes a page as an animation in which the pen writes, again and again.

    Args:
        path: the file.
        page: the ink; it appears in the order of writing, at an even speed.
        colour: of the ink, `#rrggbb`.
        seconds: how long the pen takes.

    Raises:
        ValueError: there is no ink, or the time is not positive.
    """
    if not seconds > 0:
        raise ValueError(f"seconds must be a positive number, not {seconds}")
    num_frames = int(np.clip(round(seconds / FRAME_SECONDS), 2, MAX_FRAMES))
    frames = _frames(page, num_frames)
    palette = [*_palette(colour), *ImageColor.getrgb(RULE)]
    # In a GIF, times are hundredths of a second.
    ends = np.rint(np.linspace(0, 100 * seconds, num_frames + 1)) * 10
    durations = np.maximum(np.diff(ends), 20).tolist()
    durations[-1] += 1000 * LAST_SECONDS
    first = _coloured(next(frames), palette)
    with whole_file(path) as temporary:
        first.save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=(_coloured(frame, palette) for frame in frames),
            duration=[int(duration) for duration in durations],
            loop=0,
            optimize=False,
        )


def _frames(page: Page, num_frames: int) -> Iterator[Image.Image]:
    """Pictures with more and more ink; 0 is paper, `SHADES` - 1 ink, `SHADES` rules."""
    scale = min(MAX_PIXELS_PER_MM, MAX_SIDE / max(page.width, page.height))
    size = [max(round(side * scale), 1) for side in (page.width, page.height)]
    large = Image.new("L", [side * SMOOTHING for side in size])
    draw = ImageDraw.Draw(large)
    scale *= SMOOTHING
    moves = list(_moves(page, scale))
    if not moves:
        raise ValueError("there is no ink to animate")
    small = Image.new("L", size)
    ends = np.rint(np.linspace(0, len(moves), num_frames + 1)[1:]).astype(int)
    rules = Image.new("L", size)
    for rule in page.rules * (scale / SMOOTHING):
        ImageDraw.Draw(rules).line(rule.ravel().tolist(), fill=255)
    done = 0
    for end in ends:
        for begin, to in moves[done:end]:
            way = tuple(begin[:2]), tuple(to[:2])
            draw.line(way, fill=255, width=round((begin[2] + to[2]) / 2))
            for x, y, width in (begin, to):  # round ends and joints
                half = width / 2
                draw.ellipse((x - half, y - half, x + half, y + half), fill=255)
        if done < end:
            _average(large, small, np.concatenate(moves[done:end]))
        done = end
        frame = small.point(lambda value: value * (SHADES - 1) // 255)
        # Rules show where there is no ink but its pale edges.
        bare = small.point(lambda value: 255 * (value < 64))
        frame.paste(SHADES, mask=ImageChops.darker(rules, bare))
        yield frame


def _average(large: Image.Image, small: Image.Image, points: np.ndarray) -> None:
    """Copies the surroundings of some points to the small picture."""
    places, room = points[:, :2], points[:, 2].max()
    low = np.floor((places.min(axis=0) - room) / SMOOTHING).astype(int)
    high = np.ceil((places.max(axis=0) + room) / SMOOTHING).astype(int)
    low = np.clip(low, 0, small.size)
    high = np.clip(high, 0, small.size)
    if (high > low).all():
        box = [*low.tolist(), *high.tolist()]
        part = large.crop([side * SMOOTHING for side in box])
        small.paste(part.reduce(SMOOTHING), box[:2])


def _moves(page: Page, scale: float) -> Iterator[np.ndarray]:
    """The steps of the pen on paper, in order; a dot is a step to its own place.

    Each is `[2, 3]`: x, y and the width of the pen at both ends, in pixels.
    """
    for pen in page.nib or [
        np.insert(pen, 2, page.pen_mm, axis=1) for pen in page.pens
    ]:
        pen = pen * scale
        pen[:, 2] = np.maximum(np.rint(pen[:, 2]), SMOOTHING)
        yield pen[[0, 0]]
        yield from np.stack([pen[:-1], pen[1:]], axis=1)


def _palette(colour: str) -> list[int]:
    ink = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    shades = np.linspace(0, 1, SHADES)[:, None]
    return np.rint(255 + shades * (ink - 255)).astype(int).ravel().tolist()


def _coloured(frame: Image.Image, palette: list[int]) -> Image.Image:
    picture = Image.frombytes("P", frame.size, frame.tobytes())
    picture.putpalette(palette)
    return picture

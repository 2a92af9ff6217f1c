"""Pages of ink as files; the suffix says the format.

| suffix | what | several pages |
|---|---|---|
| `.svg` | single unfilled lines in mm, in pen order; still or moving | a file each |
| `.png` | a picture | a file each |
| `.pdf` | vector lines, for printing | one file |
| `.gif` | the pen writing | a file each |
| `.inkml`, `.json` | the points, in mm from the top left corner | a file each |

The files of several pages are numbered: `letter-1.svg`, `letter-2.svg`, …
"""

import re
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import sketch.figures  # noqa: F401  # isort: skip  # before matplotlib: see there
import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.collections import LineCollection
from matplotlib.colors import is_color_like, to_hex, to_rgba
from matplotlib.figure import Figure

from sketch.figures.canvas import INK, STYLE, draw_strokes
from sketch.ink.ink_files import write_json
from sketch.ink.inkml import write_inkml
from sketch.page.gif import write_gif
from sketch.page.nib import even_parts, nib_pens
from sketch.page.paper import Page
from sketch.page.printed import (
    DOTS_PER_INCH,
    MM_PER_INCH,
    draw_printed,
    read_background,
    require_drawable,
)
from sketch.page.smooth import smooth_page
from sketch.page.svg_writer import page_svg
from sketch.system.atomic import whole_file, write_text

SUFFIXES = (".svg", ".png", ".pdf", ".gif", ".inkml", ".json")
MOVING = (".svg", ".gif")  # formats that can show the pen at work
WITH_WIDTHS = (".png", ".pdf", ".gif")
PEN_RATE = 40.0  # points a second; IAM-OnDB's whiteboard has 34 to 55
MAX_GIF = 600.0  # seconds; a GIF stores delays as 16 bits of hundredths
MAX_SHOW = 30.0  # seconds by default: a page takes minutes to write


def save_pages(
    path: str | Path,
    pages: Sequence[Page],
    *,
    colour: str = INK,
    pen_mm: float | None = None,
    animate: bool = False,
    seconds: float | None = None,
    smooth: bool = True,
    nib: bool = False,
    background: str | Path | None = None,
) -> list[Path]:
    """Writes pages in the format of the suffix; the arguments are as in `Ink.save`.

    Args:
        path: the file; several pages make numbered files next to it, except in a PDF.
        pages: the ink.

    Returns:
        The files written.

    Raises:
        ValueError: no page, an unknown suffix or colour, a width or a time that is not
            positive, an animation in a format without motion, a nib in one of single
            strokes, a background that is damaged or not for the format, or a GIF that
            takes too long.
    """
    path = Path(path)
    pages = list(pages)
    check_format(path, animate, seconds, nib=nib, background=background)
    if not pages:
        raise ValueError("there is no page to write")
    colour = ink_colour(colour)
    for name, value in (("pen's width", pen_mm), ("seconds", seconds)):
        if value is not None and not 0 < value < 1e6:
            raise ValueError(f"{name} must be a positive number, not {value}")
    if pen_mm is not None:
        pages = [page._replace(pen_mm=pen_mm) for page in pages]
    if background is not None:
        sheet = read_background(background, pages[0].width, pages[0].height)
        pages = [page._replace(background=sheet) for page in pages]
    suffix = path.suffix.lower()
    times = [seconds or min(writing_seconds(page), MAX_SHOW) for page in pages]
    if nib:
        pages = [page._replace(nib=nib_pens(page, smooth)) for page in pages]
    if smooth and suffix not in (".inkml", ".json"):
        pages = list(map(smooth_page, pages))
    if suffix == ".pdf":
        _write_pdf(path, pages, colour)
        return [path]

    writers: dict[str, Callable[[Path, Page, float], None]] = {
        ".svg": lambda to, page, time: write_text(
            to, page_svg(page, colour, time if animate else None)
        ),
        ".png": lambda to, page, time: _write_png(to, page, colour),
        ".gif": lambda to, page, time: write_gif(to, page, colour, time),
        ".inkml": lambda to, page, time: write_inkml(to, page.lines),
        ".json": lambda to, page, time: write_json(to, page.lines),
    }
    paths = page_paths(path, len(pages))
    for one, page, time in zip(paths, pages, times, strict=True):
        writers[suffix](one, page, time)
    return paths


def check_format(
    path: str | Path,
    animate: bool = False,
    seconds: float | None = None,
    paper: tuple[float, float] | None = None,
    nib: bool = False,
    background: str | Path | None = None,
) -> None:
    """Refuses what cannot be written to a file, before any work is done.

    Args:
        path: the file.
        animate: whether the ink writes itself.
        seconds: how long it takes.
        paper: width and height in millimetres.
        nib: whether the pen's width changes.
        background: a picture below the ink.

    Raises:
        ValueError: an unknown suffix, one that cannot be animated, or not for that
            time, one of single strokes with a nib, one without pictures with a
            background, or a paper with too many pixels.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(
            f"{path} must end with one of {', '.join(SUFFIXES)}, which says the format"
        )
    if animate and suffix not in MOVING:
        raise ValueError(f"only {' and '.join(MOVING)} can be animated, not {path}")
    if nib and suffix not in WITH_WIDTHS:
        raise ValueError(
            f"only {', '.join(WITH_WIDTHS)} can show a nib, not {path}: it holds "
            "single strokes"
        )
    if background is not None and suffix not in (".png", ".pdf"):
        raise ValueError(f"only .png and .pdf can have a background, not {path}")
    if suffix == ".png" and paper is not None:
        require_drawable(*paper)
    if suffix == ".gif" and seconds is not None and seconds > MAX_GIF:
        raise ValueError(
            f"a GIF can take up to {MAX_GIF:g} seconds, not {seconds:g}: an "
            "animated .svg can take longer"
        )


def page_paths(path: str | Path, num_pages: int) -> list[Path]:
    """The files of some pages: `path` itself for one, numbered files for several."""
    path = Path(path)
    if num_pages == 1 or path.suffix.lower() == ".pdf":
        return [path]
    digits = len(str(num_pages))
    return [
        path.with_name(f"{path.stem}-{number:0{digits}d}{path.suffix}")
        for number in range(1, num_pages + 1)
    ]


def find_numbered(path: str | Path) -> list[Path]:
    """The numbered files, up to 999, that the pages of `path` could replace."""
    path = Path(path)
    if path.suffix.lower() == ".pdf" or not path.parent.is_dir():
        return []
    name = re.compile(f"{re.escape(path.stem)}-[0-9]{{1,3}}{re.escape(path.suffix)}")
    return sorted(one for one in path.parent.iterdir() if name.fullmatch(one.name))


def writing_seconds(page: Page) -> float:
    """How long a person takes to write a page."""
    points = sum(len(line.strokes) + 1 for line in page.lines)
    return max(points / PEN_RATE, 0.5)


def ink_colour(colour: str) -> str:
    """`#rrggbb` of a colour's name or number, which every format understands.

    Raises:
        ValueError: there is no such colour, or it is transparent.
    """
    if not isinstance(colour, str) or not is_color_like(colour):
        raise ValueError(
            f"{colour!r} is not a colour: use a name such as navy, or #1b2440"
        )
    if to_rgba(colour)[3] < 1:
        raise ValueError(
            f"{colour!r} is transparent: use a colour such as navy, or #1b2440"
        )
    return to_hex(colour)


def _write_png(path: Path, page: Page, colour: str) -> None:
    require_drawable(page.width, page.height)
    with matplotlib.rc_context(STYLE):
        figure = _figure(page, colour)
        FigureCanvasAgg(figure)
        with whole_file(path) as temporary:
            figure.savefig(temporary, format="png", dpi=DOTS_PER_INCH)


def _write_pdf(path: Path, pages: list[Page], colour: str) -> None:
    with matplotlib.rc_context(STYLE), whole_file(path) as temporary:
        # No date: the same ink is the same file.
        with PdfPages(temporary, metadata={"CreationDate": None}) as pdf:
            for page in pages:
                figure = _figure(page, colour)
                FigureCanvasPdf(figure)
                pdf.savefig(figure)


def _figure(page: Page, colour: str) -> Figure:
    """A page as large as its paper."""
    size = (page.width / MM_PER_INCH, page.height / MM_PER_INCH)
    figure = Figure(figsize=size, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, page.width)
    axes.set_ylim(page.height, 0)  # y grows downwards
    draw_printed(axes, page)
    if page.nib is not None:
        parts, widths = zip(
            *chain.from_iterable(map(even_parts, page.nib)), strict=True
        )
        lines = LineCollection(
            parts,
            linewidths=np.array(widths) / MM_PER_INCH * 72,
            colors=colour,
            capstyle="round",
            joinstyle="round",
            snap=False,
        )
        axes.add_collection(lines, autolim=False)
        return figure
    line_width = page.pen_mm / MM_PER_INCH * 72
    for line in page.lines:
        draw_strokes(
            axes, line.strokes, start=line.start, colour=colour, line_width=line_width
        )
    return figure

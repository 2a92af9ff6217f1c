"""What all pictures share: the file, the colours, and how strokes are drawn.

`picture` opens a matplotlib `Figure` and writes it. It never uses pyplot, so there is
no window, no display and no global state, and training may draw in a thread.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.transforms import IdentityTransform

from sketch.ink.strokes import split_pen_strokes
from sketch.system.atomic import whole_file

INK = "#1b2440"  # blue-black, as in a fountain pen
FAINT = "#6b7285"  # axes and labels
# Okabe and Ito: colours that colour-blind eyes can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DOTS_PER_INCH = 150

# Paper to ink: lightness falls all the way, so the map reads in grey too.
INK_MAP = LinearSegmentedColormap.from_list(
    "ink", ["#ffffff", "#d9e6f2", "#8fbcdb", "#3f86bd", "#1f4e8c", INK]
)

# For matplotlib's MaxNLocator on axes that count: steps, epochs, lines.
WHOLE_NUMBERS = {"integer": True, "steps": [1, 2, 5, 10], "min_n_ticks": 1}

STYLE = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titlecolor": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "ink",  # ids in the file: the same ink gives the same bytes
    "path.simplify": False,  # every point of every stroke
    # Against a matplotlibrc that crops the paper or makes it transparent.
    "path.sketch": None,
    "savefig.bbox": "standard",
    "savefig.transparent": False,
    "text.usetex": False,
}


@contextmanager
def picture(
    path: str | Path,
    width: float,
    height: float,
    layout: str | None = "constrained",
    file_format: str | None = None,
) -> Iterator[Figure]:
    """Opens a figure, which is written to `path` at the end of the block.

    Args:
        path: the picture.
        width, height: inches.
        layout: matplotlib's layout engine; None for hand-placed axes.
        file_format: png, svg or pdf; None: the suffix of `path`.

    Raises:
        ValueError: if the suffix is not that of a picture format.
    """
    path = Path(path)
    file_format = file_format or path.suffix.lstrip(".").lower()
    if file_format not in FigureCanvasAgg.get_supported_filetypes():
        raise ValueError(
            f"{path} is not the name of a picture: use one of .png, .svg, .pdf"
        )
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # A text may have letters that the font lacks: they are drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure = Figure(figsize=(width, height), layout=layout, facecolor="white")
        FigureCanvasAgg(figure)
        yield figure
        with whole_file(path) as temporary:
            # Without a date, the same ink gives the same bytes.
            dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
            figure.savefig(
                temporary,
                format=file_format,
                dpi=DOTS_PER_INCH,
                metadata=dates.get(file_format),
            )


def draw_strokes(
    axes: Axes,
    strokes: np.ndarray,
    *,
    start: Sequence[float] = (0.0, 0.0),
    colour: str = INK,
    line_width: float = 1.0,
    opacity: float = 1.0,
) -> None:
    """Draws every point of a line of ink `[time, 3]` that begins at `start`.

    Strokes whose points are all the same are drawn as round dots. The caller sets the
    limits, scale and direction of the axes, in whose units the ink is: y grows
    downwards. `line_width` is in typographic points (1/72 inch).

    Raises:
        DamagedInk: if an offset is NaN or infinite.
    """
    vertices, codes, dots = [], [], []
    for points in split_pen_strokes(strokes, start):
        if (points == points[0]).all():
            dots.append(points[0])
            continue
        vertices.append(points)
        codes.append([Outline.MOVETO] + [Outline.LINETO] * (len(points) - 1))
    if vertices:
        outline = Outline(np.concatenate(vertices), np.concatenate(codes))
        patch = PathPatch(
            outline,
            fill=False,
            edgecolor=colour,
            linewidth=line_width,
            alpha=opacity,
            capstyle="round",
            joinstyle="round",
            snap=False,  # snapped to whole pixels, a short dash has no length
        )
        axes.add_artist(patch)  # add_patch is slow: it reads all segments for limits
    if dots:
        # A dot is 1.5 times as wide as a line of the pen: ink spreads.
        circles = PathCollection(
            [Outline.unit_circle()],
            sizes=[(0.75 * line_width) ** 2],  # the radius in points, squared
            offsets=np.array(dots),
            transform=IdentityTransform(),  # sizes are in units of the paper,
            offset_transform=axes.transData,  # places in units of the ink
            facecolor=colour,
            edgecolor="none",
            alpha=opacity,
        )
        axes.add_collection(circles, autolim=False)

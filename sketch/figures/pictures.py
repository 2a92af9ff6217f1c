"""Pictures of ink and of training.

All take plain arrays and the path of the picture, whose suffix gives the format.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from sketch.figures.canvas import (
    COLOURS,
    FAINT,
    INK,
    WHOLE_NUMBERS,
    draw_strokes,
    picture,
)
from sketch.figures.grid import HEIGHT_PER_PEN, arrange
from sketch.ink.strokes import END_OF_STROKE, check_strokes

MAX_SIZE = (16.0, 20.0)  # width and height of a sketch, inches


def draw_sketch(
    path: str | Path,
    lines: Sequence[np.ndarray],
    columns: int | None = None,
    file_format: str | None = None,
) -> None:
    """Draws lines of ink in a grid, all of them on one scale, without axes.

    Args:
        path: the picture.
        lines, columns: as in `arrange`, which says the errors, too.
        file_format: png, svg or pdf; None: the suffix of `path`.
    """
    grid = arrange(lines, columns)
    # Inches per unit; a line is at most 1.6 inches high.
    scale = min(
        MAX_SIZE[0] / grid.width, MAX_SIZE[1] / grid.height, 1.6 / grid.line_height
    )
    pen_width = 72 * scale * grid.line_height / HEIGHT_PER_PEN
    pen_width = float(np.clip(pen_width, 0.45, 2.0))
    width, height = max(grid.width * scale, 1.0), max(grid.height * scale, 0.4)
    with picture(path, width, height, layout=None, file_format=file_format) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        middle, half = grid.width / 2, width / scale / 2
        axes.set_xlim(middle - half, middle + half)
        middle, half = grid.height / 2, height / scale / 2
        axes.set_ylim(middle + half, middle - half)  # y grows downwards
        for strokes, start in zip(lines, grid.starts, strict=True):
            draw_strokes(axes, strokes, start=start, line_width=pen_width)


def draw_line(path: str | Path, strokes: np.ndarray) -> None:
    """Draws one line of ink, as large as fits, as `draw_sketch` does."""
    draw_sketch(path, [strokes], columns=1)


def draw_pen(path: str | Path, lines: Sequence[np.ndarray]) -> None:
    """Draws when the pen is lifted: a row for each line, steps from left to right.

    A pale bar spans the steps of a line `[time, 3]`; a dark tick marks each step after
    which the pen leaves the paper. The title gives their share, to compare samples with
    data.

    Raises:
        ValueError: if there is no line.
        DamagedInk: if a line has a NaN or an infinite value.
    """
    if not len(lines):
        raise ValueError("there are no lines of ink to draw")
    flags = [check_strokes(strokes)[:, END_OF_STROKE] > 0.5 for strokes in lines]
    steps, lifts = sum(map(len, flags)), sum(int(flag.sum()) for flag in flags)
    bars, ticks = [], []
    for row, flag in enumerate(flags, start=1):
        if len(flag):
            bars.append([(0.5, row), (len(flag) + 0.5, row)])
        for time in np.flatnonzero(flag) + 1:
            ticks.append([(time, row - 0.4), (time, row + 0.4)])
    height = min(0.9 + 0.11 * max(len(lines), 4), 20.0)
    with picture(path, 12, height) as figure:
        axes = figure.add_subplot()
        axes.set_xlim(0, max(max(map(len, flags)), 1) + 1)
        axes.set_ylim(len(lines) + 0.6, 0.4)
        thickness = 72 * 0.55 * (height - 0.9) / len(lines)
        axes.add_collection(
            LineCollection(
                bars, colors="#d9e6f2", linewidths=thickness, capstyle="butt"
            )
        )
        axes.add_collection(LineCollection(ticks, colors=INK, linewidths=0.9))
        axes.set_xlabel("step")
        axes.set_ylabel("line")
        axes.yaxis.set_major_locator(MaxNLocator(8, **WHOLE_NUMBERS))
        axes.spines["left"].set_visible(False)
        if lifts:
            axes.set_title(
                f"pen lifts: {100 * lifts / steps:.1f} % of the steps, "
                f"one in {steps / lifts:.0f}"
            )
        else:
            axes.set_title("pen lifts: none")


def draw_history(
    path: str | Path,
    rows: Sequence[Mapping[str, float]] | Mapping[str, Sequence[Mapping[str, float]]],
) -> None:
    """Draws how training went: log-likelihood per line, learning rate, gradient.

    Args:
        path: the picture.
        rows: the rows of one history (`epoch`, `train_log_likelihood`,
            `valid_log_likelihood`, `test_log_likelihood` in nats per line, higher
            is better; `learning_rate`, `gradient_norm`), or several of them by the
            experiment's name. Values that are missing or not finite are left out.

    Raises:
        ValueError: if there is no row.
    """
    several = isinstance(rows, Mapping)
    histories = dict(rows) if several else {"": rows}
    if not any(len(history) for history in histories.values()):
        raise ValueError("there is no epoch to draw: the history is empty")
    with picture(path, 9, 5.5) as figure:
        top, middle, bottom = figure.subplots(
            3, 1, sharex=True, height_ratios=(4, 1, 1)
        )
        for number, (name, history) in enumerate(histories.items()):
            colour = COLOURS[number % len(COLOURS)]
            train, valid, test = (
                _points(history, f"{split}_log_likelihood")
                for split in ("train", "valid", "test")
            )
            lines = {"train": train, "valid": valid, "test": test}
            if valid == test:  # one would hide the other
                lines = {"train": train, "valid (= test)": valid}
            for index, (split, points) in enumerate(lines.items()):
                _plot(
                    top,
                    points,
                    colour if several else COLOURS[index],
                    # Several runs are told apart by colour, their splits by dashes.
                    label=(name if index == 1 else "") if several else split,
                    dashes=(":", "-", "--")[index] if several else "-",
                )
            for axes, key in ((middle, "learning_rate"), (bottom, "gradient_norm")):
                _plot(axes, _points(history, key), colour if several else FAINT)
        top.set_ylabel("log-likelihood\nnats / line")
        middle.set_ylabel("learning\nrate")
        bottom.set_ylabel("gradient\nnorm")
        bottom.set_xlabel("epoch")
        bottom.xaxis.set_major_locator(MaxNLocator(10, **WHOLE_NUMBERS))
        for axes in (middle, bottom):
            highest = axes.dataLim.y1
            axes.set_ylim(0, 1.08 * highest if highest > 0 else None)
            axes.yaxis.set_major_locator(MaxNLocator(3))
            axes.yaxis.set_major_formatter("{x:g}")
        if several:
            top.set_title("valid —   test – –   train · · ·")
        if top.get_legend_handles_labels()[0]:
            legend = top.legend(loc="lower right", labelcolor=INK)
            for text in legend.get_texts():
                text.set_parse_math(False)  # an experiment's name is the user's
        figure.align_ylabels()


def _points(
    history: Sequence[Mapping[str, float]], key: str
) -> list[tuple[float, float]]:
    """Epochs and values; those that are missing or not finite are left out."""
    points = []
    for number, row in enumerate(history, start=1):
        value = row.get(key)
        if value not in (None, "") and math.isfinite(float(value)):
            points.append((float(row.get("epoch", number)), float(value)))
    return points


def _plot(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    colour: str,
    label: str = "",
    dashes: str = "-",
) -> None:
    if points:
        axes.plot(
            *zip(*points, strict=True),
            dashes,
            color=colour,
            label=label or None,
            linewidth=1.3,
            marker="o" if len(points) < 30 else "",
            markersize=3,
        )

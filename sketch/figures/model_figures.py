"""Maps of a model's state at each step of a written line.

They show the attention window over the text, the mixture of letters that it feeds to
the network, and the weights of the mixture's components. All take arrays of one line,
from the sampling pass that wrote it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sketch.figures.canvas import INK, INK_MAP, WHOLE_NUMBERS, picture

MAX_STEPS = 900  # rows of a map: the axis of steps has at least as many pixels
VISIBLE_BLANKS = {" ": "␣", "\n": "⏎", "\t": "⇥", "\u00a0": "␣"}


def line_figure_paths(stem: str | Path) -> list[Path]:
    """The paths of the five figures of a written line, which begin with `stem`."""
    names = ("line", "phi", "window", "weights", "density")
    return [Path(f"{stem}-{name}.png") for name in names]


def draw_window(path: str | Path, phi: np.ndarray, text: str) -> None:
    """Draws the weight of the attention window on each character at each step.

    Weights above 1 are as dark as 1: some reach 4 where the pen is lifted.

    Args:
        path: the picture.
        phi: `[time, characters]`, ≥ 0 (Graves 2013, eq. 46).
        text: what was written, a column for each character; `phi` may have one more,
            for the end of the text.

    Raises:
        ValueError: if the shapes do not fit, or a weight is not finite.
    """
    phi = _checked_map(phi, "phi")
    letters = [VISIBLE_BLANKS.get(letter, letter) for letter in text]
    if phi.shape[1] == len(letters) + 1:
        letters.append("■")
    if phi.shape[1] != len(letters):
        raise ValueError(
            f"phi has {phi.shape[1]} columns, but the text {text!r} has {len(text)} "
            "characters: expected one for each, or one more for its end"
        )
    title = "Attention window φ over the text"
    _draw_columns(path, phi, letters, title, "text (■ is its end)")


def draw_soft_window(
    path: str | Path, window: np.ndarray, symbols: Sequence[str]
) -> None:
    """Draws the mixture of letters that the model was fed at each step.

    Values above 1 are as dark as 1. `window` is `[time, alphabet]`, ≥ 0 (Graves 2013,
    eq. 47); `symbols` has the name of each column.

    Raises:
        ValueError: if the shapes do not fit, or a value is not finite.
    """
    window = _checked_map(window, "window")
    if window.shape[1] != len(symbols):
        raise ValueError(
            f"the window has {window.shape[1]} columns, but there are "
            f"{len(symbols)} symbols"
        )
    names = [VISIBLE_BLANKS.get(symbol, symbol) for symbol in symbols]
    _draw_columns(path, window, names, "Soft window over the alphabet", "symbol")


def draw_mixture_weights(
    path: str | Path, weights: np.ndarray, is_biased: bool = False
) -> None:
    """Draws the weight of each component of the mixture at each step.

    The weights π `[time, mixture]` of a row add up to 1; the title says if they
    have had the probability bias.

    Raises:
        ValueError: if the shape does not fit, or a weight is not finite.
    """
    weights = _checked_map(weights, "mixture weights")
    time, mixture = weights.shape
    with picture(path, 12, 1.2 + 0.14 * max(mixture, 6)) as figure:
        extent = (0.5, time + 0.5, mixture + 0.5, 0.5)
        top = float(weights.max())
        title = "Mixture weights π" + ", after the bias" * is_biased
        labels = {"title": title, "xlabel": "step", "ylabel": "component"}
        axes = _draw_map(figure, _fewer_steps(weights).T, top, extent, labels)
        axes.yaxis.set_major_locator(MaxNLocator(8, **WHOLE_NUMBERS))
        axes.xaxis.set_major_locator(MaxNLocator(10, **WHOLE_NUMBERS))


def _checked_map(values: np.ndarray, name: str) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"{name} must be a table of at least one step and one column, "
            f"not {list(values.shape)}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinite values")
    return values


def _draw_columns(
    path: str | Path, values: np.ndarray, names: list[str], title: str, label: str
) -> None:
    time, columns = values.shape
    width = float(np.clip(1.8 + 0.17 * columns, 4.0, 40.0))
    height = float(np.clip(1.2 + 0.008 * time, 3.0, 9.0))
    with picture(path, width, height) as figure:
        extent = (-0.5, columns - 0.5, time + 0.5, 0.5)
        top = min(float(values.max()), 1.0)  # a rare spike would make all else pale
        labels = {"title": title, "xlabel": label, "ylabel": "step"}
        axes = _draw_map(figure, _fewer_steps(values), top, extent, labels)
        axes.set_xticks(range(columns), labels=names)
        axes.tick_params(axis="x", length=0, labelcolor=INK)
        for name in axes.get_xticklabels():
            name.set_parse_math(False)  # "$" does not begin a formula
        axes.yaxis.set_major_locator(MaxNLocator(10, **WHOLE_NUMBERS))


def _fewer_steps(values: np.ndarray) -> np.ndarray:
    """At most `MAX_STEPS` rows: maxima of neighbours, so that no spike is dropped."""
    rows = min(len(values), MAX_STEPS)
    return np.maximum.reduceat(values, np.arange(rows) * len(values) // rows)


def _draw_map(
    figure: Figure,
    values: np.ndarray,
    top: float,
    extent: tuple[float, float, float, float],
    labels: dict[str, str],
) -> Axes:
    axes = figure.add_subplot(**labels)
    image = axes.imshow(
        values,
        aspect="auto",
        interpolation="nearest",  # keeps single steps sharp
        cmap=INK_MAP,
        vmin=0,
        vmax=top or 1.0,
        extent=extent,
    )
    extend = "max" if values.max() > top else "neither"
    bar = figure.colorbar(image, ax=axes, pad=0.02, aspect=30, extend=extend)
    bar.outline.set_visible(False)
    return axes

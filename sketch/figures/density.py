"""Where the model expected the pen: the mixture density of every step, on paper.

Each step of a line predicts the next offset by a mixture of bivariate Gaussians
(Graves 2013, eq. 23-24). Put down at the place where the pen stood and summed over
the steps, they are the expected number of pen points per area of paper: a map that
integrates to the number of steps. It is the full mixture with its correlations; what
lies outside the grid is the only thing left out.

A large probability bias makes Gaussians far smaller than a pixel, and a map of them
would be blank. Each is therefore seen through a *spot*: a round Gaussian of about a
pixel, whose variance is added to both axes (the exact convolution of the two, so the
integral stays). Colours are logarithmic, over four decades.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.colors import LogNorm

from sketch.figures.canvas import COLOURS, DOTS_PER_INCH, INK_MAP, draw_strokes, picture
from sketch.ink.strokes import denormalise, points_from_strokes

DECADES = 4  # of density, from the darkest spot to white
REACH = 4.5  # a Gaussian is drawn this many standard deviations far (1 - 4e-5 of it)
SPOT = 0.8  # standard deviation of the spot, in pixels: the least that is not jagged
COARSE = 4.0  # pixels a deviation; twice as wide is drawn on a grid half as fine
MIN_WEIGHT = 1e-6  # a component below this share of a step is not drawn
LARGEST = (16.0, 10.0)  # a picture's width and height, inches


class Gaussians(NamedTuple):
    """Bivariate Gaussians on paper, one a row; `n` of them.

    Attributes:
        weights: `[n]`, > 0.
        means: `[n, 2]`, the middles, as points.
        covariances: `[n, 2, 2]`.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray


def place_mixtures(
    params, points: np.ndarray, offset_mean: np.ndarray, offset_std: np.ndarray
) -> Gaussians:
    """Brings the mixtures of normalised offsets to their places on paper.

    Args:
        params: a named tuple of arrays `log_weights` `[time, mixture]` (natural
            logarithm, any constant per step), `means` `[time, mixture, 2]`,
            `log_scales` `[time, mixture, 2]`, `correlations` `[time, mixture]`.
        points: `[time, 2]`, where the pen stood *before* each step.
        offset_mean: `[2]`, the mean offset of the training split.
        offset_std: `[2]`, its standard deviation.

    Returns:
        `Gaussians` in the unit of `points`; the weights of a step add up to 1, but
        for components of less than a millionth, which are left out.

    Raises:
        ValueError: if shapes do not fit, or a value is not finite.
    """
    log_weights = np.asarray(params.log_weights, dtype=np.float64)
    means = np.asarray(params.means, dtype=np.float64)
    log_scales = np.asarray(params.log_scales, dtype=np.float64)
    correlations = np.asarray(params.correlations, dtype=np.float64)
    time, mixture = log_weights.shape
    for name, array, shape in (
        ("means", means, (time, mixture, 2)),
        ("log_scales", log_scales, (time, mixture, 2)),
        ("correlations", correlations, (time, mixture)),
        ("points", points, (time, 2)),
    ):
        if array.shape != shape:
            raise ValueError(
                f"{name} of the mixture must have the shape {list(shape)}, "
                f"not {list(array.shape)}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{name} of the mixture holds NaN or infinite values")
    if (np.abs(correlations) > 1).any():
        raise ValueError("correlations of the mixture must be from -1 to 1")
    # A weight of zero has the logarithm -inf, which is fine; a step of none is not.
    if not np.isfinite(log_weights.max(axis=1)).all():
        raise ValueError("log_weights of the mixture holds NaN or infinite values")
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    scales = np.exp(log_scales) * offset_std  # [time, mixture, 2]
    covariances = np.empty((time, mixture, 2, 2))
    covariances[..., 0, 0] = scales[..., 0] ** 2
    covariances[..., 1, 1] = scales[..., 1] ** 2
    product = correlations * scales[..., 0] * scales[..., 1]
    covariances[..., 0, 1] = covariances[..., 1, 0] = product
    middles = points[:, None, :] + means * offset_std + offset_mean
    is_drawn = weights > MIN_WEIGHT
    return Gaussians(weights[is_drawn], middles[is_drawn], covariances[is_drawn])


def density_map(
    gaussians: Gaussians,
    corner: np.ndarray,
    pixel: float,
    shape: tuple[int, int],
) -> np.ndarray:
    """Adds Gaussians up on a grid, each seen through a spot of `SPOT` pixels.

    Args:
        gaussians: what to add up.
        corner: `[2]`, the point at the outer corner of pixel (0, 0): least x and y.
        pixel: the side of a pixel, in the unit of the points.
        shape: `(rows, columns)` of the grid; rows go along y.

    Returns:
        float64 `[rows, columns]`: density per unit area at the pixels' middles. Its
        sum times `pixel`² is the sum of the weights that fall on the grid.
    """
    rows, columns = shape
    means = (gaussians.means - corner) / pixel - 0.5  # pixel (0, 0) has its middle at 0
    covariances = gaussians.covariances / pixel**2 + SPOT**2 * np.eye(2)
    # A wide Gaussian is smooth: it is added up on a grid of half, a quarter, … as
    # many pixels a side, and that grid is enlarged at the end. The narrow axis counts.
    narrowest = np.sqrt(np.linalg.eigvalsh(covariances)[:, 0])
    levels = np.floor(np.log2(np.maximum(narrowest / COARSE, 1.0))).astype(int)
    levels = np.minimum(levels, int(np.log2(max(min(rows, columns), 1))))
    total = np.zeros((rows, columns))
    for level in np.unique(levels):
        factor = 2**level
        # Coarse pixel c has its middle at c * factor: one more covers the far edge.
        size = -(-(rows - 1) // factor) + 1, -(-(columns - 1) // factor) + 1
        coarse = np.zeros(size)
        chosen = levels == level
        for weight, mean, covariance in zip(
            gaussians.weights[chosen],
            means[chosen] / factor,
            covariances[chosen] / factor**2,
            strict=True,
        ):
            _add_gaussian(coarse, weight / factor**2, mean, covariance)
        total += _enlarge(coarse, factor, shape)
    return total / pixel**2


def _add_gaussian(
    grid: np.ndarray, weight: float, mean: np.ndarray, covariance: np.ndarray
) -> None:
    """Adds a Gaussian to a grid with pixels of one unit, as far as it reaches."""
    (variance_x, product), (_, variance_y) = covariance
    reach = REACH * np.sqrt((variance_x, variance_y))
    size = np.array([grid.shape[1], grid.shape[0]])
    first = np.clip(np.floor(mean - reach), 0, size).astype(int)
    last = np.clip(np.ceil(mean + reach) + 1, 0, size).astype(int)
    if (first >= last).any():
        return
    x = np.arange(first[0], last[0]) - mean[0]
    y = np.arange(first[1], last[1]) - mean[1]
    determinant = variance_x * variance_y - product**2
    exponent = (
        variance_y * x[None, :] ** 2
        + variance_x * y[:, None] ** 2
        - 2 * product * x[None, :] * y[:, None]
    ) / (-2 * determinant)
    height = weight / (2 * np.pi * np.sqrt(determinant))
    grid[first[1] : last[1], first[0] : last[0]] += height * np.exp(exponent)


def _enlarge(coarse: np.ndarray, factor: int, shape: tuple[int, int]) -> np.ndarray:
    """Interpolates linearly between the middles of coarse pixels."""
    if factor == 1:
        return coarse
    for axis, length in enumerate(shape):
        place = np.arange(length) / factor
        below = np.minimum(place.astype(int), coarse.shape[axis] - 1)
        above = np.minimum(below + 1, coarse.shape[axis] - 1)
        share = (place - below).reshape((-1, 1) if axis == 0 else (1, -1))
        low, high = coarse.take(below, axis), coarse.take(above, axis)
        coarse = low + (high - low) * share
    return coarse


def draw_density(
    path: str | Path,
    strokes: np.ndarray,
    before,
    after,
    *,
    offset_mean: np.ndarray | tuple[float, float] = (0.0, 0.0),
    offset_std: np.ndarray | tuple[float, float] = (1.0, 1.0),
) -> None:
    """Draws the predicted density of a line without and with the probability bias.

    Two maps, one above the other, on the scale of the ink, with the ink over them:
    step t of the parameters is what the model predicted for row t of the strokes.

    Args:
        path: the picture.
        strokes: `[time, 3]`, **normalised** offsets, as the model saw them.
        before: the mixture before the bias: a named tuple of arrays with
            `log_weights`, `means`, `log_scales`, `correlations` (see
            `place_mixtures`), in normalised units.
        after: the same with the bias, the one that was drawn from.
        offset_mean: `[2]`, to undo the normalisation; without it the line leans.
        offset_std: `[2]`, likewise.

    Raises:
        ValueError: if shapes do not fit, there is no step, or a value is not finite.
    """
    mean, std = np.asarray(offset_mean, float), np.asarray(offset_std, float)
    ink = denormalise(strokes, mean, std)
    if not len(ink):
        raise ValueError("there is no step to draw the density of")
    points = points_from_strokes(ink)
    margin = max(np.ptp(points, axis=0) @ (0.01, 0.1), 2 * std.max())
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    width, height = high - low
    scale = min((LARGEST[0] - 1.5) / width, (LARGEST[1] - 1.2) / 2 / height)
    pixel = 1 / (scale * DOTS_PER_INCH)
    grid = int(np.ceil(height / pixel)), int(np.ceil(width / pixel))
    size = max(width * scale + 1.5, 5.0), max(2 * height * scale + 1.2, 2.5)
    with picture(path, *size) as figure:
        rows = figure.subplots(2, 1, sharex=True, sharey=True)
        for axes, params, name in zip(
            rows, (before, after), ("before the bias", "after the bias"), strict=True
        ):
            gaussians = place_mixtures(params, points[:-1], mean, std)
            density = density_map(gaussians, low, pixel, grid)
            top = float(density.max()) or 1.0
            image = axes.imshow(
                np.maximum(density, top * 10.0**-DECADES),
                cmap=INK_MAP,
                norm=LogNorm(top * 10.0**-DECADES, top),
                extent=(low[0], high[0], high[1], low[1]),
            )
            draw_strokes(axes, ink, line_width=0.5, colour=COLOURS[1], opacity=0.7)
            axes.set_title(f"Predicted density, {name}")
            axes.set_axis_off()
            bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=12)
            bar.outline.set_visible(False)
            bar.set_label("points per unit²")

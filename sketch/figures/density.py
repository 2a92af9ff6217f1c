"""Where the model expected the pen: the mixture density of every step, on paper.

Each step of a line predicts the next offset by a mixture of bivariate Gaussians
(Graves 2013, eq. 23-24). Placed where the pen stood and summed over the steps, they
give the expected number of pen points per area of paper.

A large probability bias makes Gaussians far smaller than a pixel, and their map would
be blank. Each is therefore convolved with a round Gaussian of about a pixel, which adds
to its variances and leaves its integral alone. Colours are logarithmic.
"""

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from matplotlib.colors import LogNorm

from sketch.figures.canvas import COLOURS, INK_MAP, draw_strokes, picture
from sketch.ink.strokes import denormalise, points_from_strokes

DECADES = 4  # of density, from the darkest spot to white
REACH = 4.5  # standard deviations around a mean that are drawn (all but 4e-5)
SPOT = 0.8  # standard deviation of the round Gaussian, in pixels
MIN_WEIGHT = 1e-4  # a component with less of its step is invisible at four decades
PIXELS_PER_INCH = 75
MAX_SIZE = (16.0, 10.0)  # width and height of the picture, inches


class Mixture(Protocol):
    """A mixture per step; `sketch.model.mixture.MixtureParams` as numpy arrays."""

    log_weights: np.ndarray  # [time, mixture]
    means: np.ndarray  # [time, mixture, 2]
    log_scales: np.ndarray  # [time, mixture, 2]
    correlations: np.ndarray  # [time, mixture]


class Gaussians(NamedTuple):
    """Bivariate Gaussians on paper, one a row."""

    weights: np.ndarray  # `[n]`, > 0
    means: np.ndarray  # `[n, 2]`, as points
    covariances: np.ndarray  # `[n, 2, 2]`


def place_mixtures(
    params: Mixture, points: np.ndarray, offset_mean: np.ndarray, offset_std: np.ndarray
) -> Gaussians:
    """Moves the mixtures of normalised offsets to their places on paper.

    Args:
        params: in normalised units; the weights of each step add up to 1.
        points: `[time, 2]`, where the pen stood *before* each step.
        offset_mean, offset_std: `[2]`, of the training split.

    Returns:
        `Gaussians` in the unit of `points`, without components below `MIN_WEIGHT`.
    """
    weights = np.exp(params.log_weights.astype(np.float64))
    scales = np.exp(params.log_scales.astype(np.float64)) * offset_std
    covariances = scales[..., :, None] * scales[..., None, :]  # [time, mixture, 2, 2]
    covariances[..., [0, 1], [1, 0]] *= params.correlations[..., None]
    means = points[:, None, :] + params.means * offset_std + offset_mean
    is_drawn = weights > MIN_WEIGHT
    return Gaussians(weights[is_drawn], means[is_drawn], covariances[is_drawn])


def density_map(
    gaussians: Gaussians, corner: np.ndarray, pixel: float, shape: tuple[int, int]
) -> np.ndarray:
    """Adds Gaussians up on a grid of square pixels.

    Args:
        gaussians: what to add up.
        corner: `[2]`, the outer corner of pixel (0, 0): the least x and y.
        pixel: the side of a pixel, in the unit of the points.
        shape: `(rows, columns)`; rows go along y.

    Returns:
        float64 `[rows, columns]`: density per unit area at the pixels' centres. Its
        sum times `pixel`² is the sum of the weights that fall on the grid.
    """
    total = np.zeros(shape)
    means = (gaussians.means - corner) / pixel - 0.5  # the centre of pixel (0, 0) is 0
    covariances = gaussians.covariances / pixel**2 + SPOT**2 * np.eye(2)
    reach = REACH * np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    first = np.clip(np.floor(means - reach), 0, shape[::-1]).astype(int)
    last = np.clip(np.ceil(means + reach) + 1, 0, shape[::-1]).astype(int)
    heights = gaussians.weights / (2 * np.pi * np.sqrt(np.linalg.det(covariances)))
    for mean, inverse, height, (left, top), (right, bottom) in zip(
        means, np.linalg.inv(covariances), heights, first, last, strict=True
    ):
        x = np.arange(left, right) - mean[0]
        y = (np.arange(top, bottom) - mean[1])[:, None]
        exponent = (
            inverse[0, 0] * x**2 + inverse[1, 1] * y**2 + 2 * inverse[0, 1] * x * y
        )
        total[top:bottom, left:right] += height * np.exp(-exponent / 2)
    return total / pixel**2


def draw_density(
    path: str | Path,
    strokes: np.ndarray,
    before: Mixture,
    after: Mixture,
    *,
    offset_mean: np.ndarray,
    offset_std: np.ndarray,
) -> None:
    """Draws the predicted density of a line without and with the probability bias.

    Two maps, one above the other, on the scale of the ink, with the ink over them.

    Args:
        path: the picture.
        strokes: `[time, 3]`, **normalised** offsets; time ≥ 1.
        before: the mixture before the bias; step t predicts row t of the strokes.
        after: the mixture with the bias, from which the line was drawn.
        offset_mean, offset_std: `[2]`, to undo the normalisation.
    """
    ink = denormalise(strokes, offset_mean, offset_std)
    points = points_from_strokes(ink)
    margin = max(np.ptp(points, axis=0) @ (0.01, 0.1), 2 * np.max(offset_std))
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    width, height = high - low
    scale = min((MAX_SIZE[0] - 1.5) / width, (MAX_SIZE[1] - 1.2) / 2 / height)
    pixel = 1 / (scale * PIXELS_PER_INCH)
    shape = int(np.ceil(height / pixel)), int(np.ceil(width / pixel))
    size = max(width * scale + 1.5, 5.0), max(2 * height * scale + 1.2, 2.5)
    with picture(path, *size) as figure:
        both = figure.subplots(2, 1, sharex=True, sharey=True)
        for axes, params, name in zip(
            both, (before, after), ("before", "after"), strict=True
        ):
            gaussians = place_mixtures(params, points[:-1], offset_mean, offset_std)
            density = density_map(gaussians, low, pixel, shape)
            top = float(density.max())
            image = axes.imshow(
                np.maximum(density, top * 10.0**-DECADES),
                cmap=INK_MAP,
                norm=LogNorm(top * 10.0**-DECADES, top),
                extent=(low[0], high[0], high[1], low[1]),
            )
            draw_strokes(axes, ink, line_width=0.5, colour=COLOURS[1], opacity=0.7)
            axes.set_title(f"Predicted density, {name} the bias")
            axes.set_axis_off()
            bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=12)
            bar.outline.set_visible(False)
            bar.set_label("points per unit²")

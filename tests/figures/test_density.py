"""The density map, against a plain double loop and as a density."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from matplotlib import image

from sketch.figures.density import (
    SPOT,
    Gaussians,
    density_map,
    draw_density,
    place_mixtures,
)

MEAN, STD = np.array([8.0, 0.1]), np.array([42.0, 37.0])


class Mixture(NamedTuple):
    log_weights: np.ndarray
    means: np.ndarray
    log_scales: np.ndarray
    correlations: np.ndarray


def mixture(time: int, bias: float = 0.0, seed: int = 0) -> Mixture:
    """Three components a step, near the offsets of `normalised_wave`."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(time, 3)) * (1 + bias)
    offsets = normalised_wave(time)[:, None, :2]
    return Mixture(
        logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)),
        offsets + generator.normal(0, 0.1, (time, 3, 2)),
        generator.normal(-1, 0.4, (time, 3, 2)) - bias,
        np.tanh(generator.normal(size=(time, 3))),
    )


def normalised_wave(time: int) -> np.ndarray:
    steps = np.arange(time)
    columns = [0.5 * np.cos(steps / 2), np.sin(steps / 2), steps % 9 == 8]
    return np.stack(columns, axis=1).astype(np.float32)


def gaussians(count: int, scales: tuple[float, float], seed: int = 0) -> Gaussians:
    generator = np.random.default_rng(seed)
    sides = generator.uniform(*scales, (count, 2))
    product = generator.uniform(-0.99, 0.99, count) * sides.prod(axis=1)
    covariances = np.empty((count, 2, 2))
    covariances[:, 0, 0], covariances[:, 1, 1] = sides.T**2
    covariances[:, 0, 1] = covariances[:, 1, 0] = product
    means = generator.uniform(-15, 15, (count, 2))
    return Gaussians(generator.uniform(0.1, 1, count), means, covariances)


def slow_map(parts: Gaussians, corner, pixel, shape, spot) -> np.ndarray:
    result = np.zeros(shape)
    for row in range(shape[0]):
        for column in range(shape[1]):
            x = corner[0] + (column + 0.5) * pixel
            y = corner[1] + (row + 0.5) * pixel
            for weight, (mean_x, mean_y), covariance in zip(*parts, strict=True):
                variance_x = covariance[0, 0] + (spot * pixel) ** 2
                variance_y = covariance[1, 1] + (spot * pixel) ** 2
                rho = covariance[0, 1] / math.sqrt(variance_x * variance_y)
                zx = (x - mean_x) / math.sqrt(variance_x)
                zy = (y - mean_y) / math.sqrt(variance_y)
                z = zx**2 + zy**2 - 2 * rho * zx * zy  # Graves 2013, eq. 25
                height = 2 * math.pi * math.sqrt(variance_x * variance_y)
                height *= math.sqrt(1 - rho**2)
                result[row, column] += (
                    weight * math.exp(-z / (2 * (1 - rho**2))) / height
                )
    return result


@pytest.mark.parametrize("scales", [(0.01, 0.3), (1.0, 3.0), (6.0, 30.0)])
def test_density_map_of_any_width_is_the_sum_of_the_formula(scales):
    parts = gaussians(6, scales)
    corner, pixel, shape = np.array([-20.0, -18.0]), 0.9, (41, 45)
    expected = slow_map(parts, corner, pixel, shape, SPOT)
    measured = density_map(parts, corner, pixel, shape)
    # Each Gaussian is cut at 4.5 deviations: exp(-4.5² / 2) of its height.
    assert np.abs(measured - expected).max() < 1e-4 * expected.max()


@pytest.mark.parametrize("scales", [(1e-6, 1e-3), (0.5, 2.0), (2.0, 20.0)])
def test_density_map_integrates_to_the_weights(scales):
    parts = gaussians(20, scales)
    pixel = 0.5
    density = density_map(parts, np.array([-140.0, -140.0]), pixel, (560, 560))
    assert density.sum() * pixel**2 == pytest.approx(parts.weights.sum(), rel=2e-3)


def test_place_mixtures_moves_them_to_the_pen():
    params = Mixture(
        np.array([[0.0, -np.inf]]),
        np.array([[[1.0, -2.0], [0.0, 0.0]]]),
        np.log([[[0.5, 2.0], [1.0, 1.0]]]),
        np.array([[-0.3, 0.0]]),
    )
    parts = place_mixtures(params, np.array([[100.0, 200.0]]), MEAN, STD)
    assert parts.weights.tolist() == [1.0]  # the other component has no weight
    np.testing.assert_allclose(parts.means, [[100 + 42 + 8, 200 - 74 + 0.1]])
    x, y = 0.5 * 42, 2 * 37
    np.testing.assert_allclose(
        parts.covariances[0], [[x * x, -0.3 * x * y], [-0.3 * x * y, y * y]]
    )


def test_draw_density_at_a_large_bias_is_not_blank(tmp_path):
    path = tmp_path / "density.png"
    params = mixture(60), mixture(60, bias=5.0)
    draw_density(path, normalised_wave(60), *params, offset_mean=MEAN, offset_std=STD)
    pixels = image.imread(path)[..., :3]
    assert pixels.shape[1] > pixels.shape[0]
    lower = pixels[pixels.shape[0] // 2 :, : int(pixels.shape[1] * 0.85)]
    # Each of 60 steps is at least a spot of several dark blue pixels.
    is_dark_blue = (lower[..., 2] - lower[..., 0] > 0.1) & (lower.mean(axis=2) < 0.6)
    assert is_dark_blue.sum() > 60 * 4


@pytest.mark.parametrize("correlation", [1.0, -1.0])
def test_draw_density_of_the_narrowest_mixtures_shows_a_spot(tmp_path, correlation):
    params = Mixture(
        np.zeros((1, 1)),
        np.zeros((1, 1, 2)),
        np.full((1, 1, 2), -40.0),
        np.full((1, 1), correlation),
    )
    path = tmp_path / "dot.png"
    dot = np.zeros((1, 3))
    draw_density(path, dot, params, params, offset_mean=MEAN, offset_std=STD)
    pixels = image.imread(path)[..., :3]
    assert (pixels.min(axis=2) < 0.5).any()

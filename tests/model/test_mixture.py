"""The mixture against a float64 numpy loop, theory, and inputs at the extremes."""

import math

import keras
import numpy as np
import pytest
from gradients import gradients
from keras import ops

from sketch.model import mixture

FLOOR = 1e-5


def raw_outputs(rng, *leading, num_mixtures=4, spread=1.0):
    size = mixture.num_outputs(num_mixtures)
    return (spread * rng.normal(size=(*leading, size))).astype(np.float32)


def slow_log_likelihood(raw, stroke, floor=FLOOR, bias=0.0):
    """Graves' eqs 18-26 for one point, in float64, in probability space."""
    raw = np.asarray(raw, np.float64)
    m = (len(raw) - 1) // 6
    pi = np.exp(raw[1 : 1 + m] * (1 + bias))
    pi /= pi.sum()
    mu_x, mu_y = raw[1 + m : 1 + 2 * m], raw[1 + 2 * m : 1 + 3 * m]
    sd_x = np.exp(raw[1 + 3 * m : 1 + 4 * m] - bias) + floor
    sd_y = np.exp(raw[1 + 4 * m : 1 + 5 * m] - bias) + floor
    rho = np.tanh(raw[1 + 5 * m :]) * (1 - mixture.CORRELATION_MARGIN)
    total = 0.0
    for j in range(m):
        dx, dy = (stroke[0] - mu_x[j]) / sd_x[j], (stroke[1] - mu_y[j]) / sd_y[j]
        z = dx**2 + dy**2 - 2 * rho[j] * dx * dy
        norm = 2 * math.pi * sd_x[j] * sd_y[j] * math.sqrt(1 - rho[j] ** 2)
        total += pi[j] * math.exp(-z / (2 * (1 - rho[j] ** 2))) / norm
    end = 1 / (1 + math.exp(-raw[0]))
    return math.log(total) + math.log(end if stroke[2] else 1 - end)


@pytest.mark.parametrize("bias", [0.0, 1.5])
def test_log_likelihood_equals_the_papers_formula(bias):
    rng = np.random.default_rng(0)
    raw = raw_outputs(rng, 5, 7)
    strokes = rng.normal(size=(5, 7, 3)).astype(np.float32)
    strokes[..., 2] = rng.random((5, 7)) < 0.3
    params = mixture.split_outputs(raw, FLOOR, bias)
    fast = ops.convert_to_numpy(mixture.log_likelihood(params, strokes))
    for place in np.ndindex(5, 7):
        slow = slow_log_likelihood(raw[place], strokes[place], bias=bias)
        # float32 carries 7 digits; the sums of squares here reach a few hundred.
        assert fast[place] == pytest.approx(slow, rel=2e-5, abs=2e-5)


def test_bias_per_line_acts_on_that_line_alone():
    rng = np.random.default_rng(1)
    raw = raw_outputs(rng, 3)
    together = mixture.split_outputs(raw, FLOOR, np.float32([0.0, 1.0, 5.0]))
    for row, bias in enumerate((0.0, 1.0, 5.0)):
        alone = mixture.split_outputs(raw[row], FLOOR, bias)
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_allclose(
                ops.convert_to_numpy(one), ops.convert_to_numpy(many)[row], rtol=1e-6
            )


def test_density_integrates_to_one():
    rng = np.random.default_rng(2)
    raw = raw_outputs(rng, num_mixtures=3, spread=0.5)
    places = np.linspace(-14, 14, 701)
    x, y = np.meshgrid(places, places)
    total = 0.0
    for end in (0.0, 1.0):
        strokes = np.stack([x, y, np.full_like(x, end)], -1).astype(np.float32)
        outputs = np.broadcast_to(raw, (*x.shape, len(raw)))
        params = mixture.split_outputs(outputs, FLOOR)
        values = ops.convert_to_numpy(mixture.log_likelihood(params, strokes))
        total += np.exp(values.astype(np.float64)).sum() * (places[1] - places[0]) ** 2
    # Smooth functions that vanish at the border integrate exactly on a grid; what is
    # left is float32.
    assert total == pytest.approx(1.0, abs=1e-4)


EXTREMES = {
    "target 1,000 scales away": ({}, (1000.0, -1000.0, 0.0)),
    "correlation at 1": ({"rho": 50.0}, (1.0, 1.0, 1.0)),
    "correlation at -1, target across": ({"rho": -50.0}, (3.0, 3.0, 1.0)),
    "scales of 1e-6": ({"sigma": math.log(1e-6)}, (0.5, -0.5, 0.0)),
    "scales of 1e-30, on the mean": ({"sigma": -69.0}, (0.0, 0.0, 0.0)),
    "huge scales": ({"sigma": 60.0}, (0.0, 0.0, 0.0)),
    "pen quite sure and wrong": ({"end": 200.0}, (0.0, 0.0, 0.0)),
}


@pytest.mark.parametrize("case", EXTREMES)
def test_log_likelihood_has_finite_gradients_at_extremes(case):
    settings, stroke = EXTREMES[case]
    m = 2
    raw = np.zeros(mixture.num_outputs(m), np.float32)
    raw[0] = settings.get("end", 0.0)
    raw[1 + 3 * m : 1 + 5 * m] = settings.get("sigma", 0.0)
    raw[1 + 5 * m :] = settings.get("rho", 0.0)

    def score(raw):
        params = mixture.split_outputs(raw, FLOOR)
        return ops.sum(mixture.log_likelihood(params, np.float32(stroke)))

    value = float(ops.convert_to_numpy(score(ops.convert_to_tensor(raw))))
    (gradient,) = gradients(score, raw)
    assert math.isfinite(value)
    assert np.isfinite(gradient).all()
    if case == "target 1,000 scales away":  # its true score, and a way back
        scale = 1.0 + FLOOR
        ink, pen = -((1000.0 / scale) ** 2) - math.log(2 * math.pi), -math.log(2)
        assert value == pytest.approx(ink + pen, rel=1e-6)
        assert np.abs(gradient[1 + m : 1 + 3 * m]).min() > 100


def noise(rng, count):
    values = np.empty((count, mixture.NOISE_SIZE), np.float32)
    values[:, [0, 3]] = rng.random((count, 2))
    values[:, 1:3] = rng.normal(size=(count, 2))
    return values


def test_draws_have_the_moments_of_the_mixture():
    rng = np.random.default_rng(3)
    count = 200_000
    raw = raw_outputs(rng, num_mixtures=3)
    params = mixture.split_outputs(np.broadcast_to(raw, (count, len(raw))), FLOOR)
    drawn = ops.convert_to_numpy(mixture.draw(params, noise(rng, count)))
    one = [ops.convert_to_numpy(part)[0].astype(np.float64) for part in params]
    log_weights, means, log_scales, rho, end_logit = one
    weights, scales = np.exp(log_weights), np.exp(log_scales)
    mean = (weights[:, None] * means).sum(0)
    covariance = np.zeros((2, 2))
    for pi, mu, sd, r in zip(weights, means, scales, rho, strict=True):
        cross = r * sd[0] * sd[1]
        covariance += pi * (
            np.array([[sd[0] ** 2, cross], [cross, sd[1] ** 2]])
            + np.outer(mu - mean, mu - mean)
        )
    # 5 standard errors of 200,000 draws; moments of order 4 of these mixtures are
    # below 100, so a covariance is known to about 10 / sqrt(200,000) = 0.022.
    deviation = np.sqrt(np.diag(covariance))
    assert drawn[:, :2].mean(0) == pytest.approx(
        mean, abs=5 * deviation.max() / math.sqrt(count)
    )
    np.testing.assert_allclose(np.cov(drawn[:, :2].T), covariance, atol=0.11)
    end = 1 / (1 + math.exp(-end_logit))
    assert drawn[:, 2].mean() == pytest.approx(end, abs=5 * 0.5 / math.sqrt(count))


@pytest.mark.parametrize("bias", [0.5, 1.0, 4.0])
def test_steps_stay_as_long_and_keep_their_direction_under_a_bias(bias):
    raw = np.random.default_rng(5).normal(0, 2, (40, 6 * 4 + 1)).astype(np.float32)
    null = (-0.2, 0.01)

    def moves(probability_bias):
        params = mixture.split_outputs(raw, FLOOR, probability_bias, null)
        means, log_scales, log_weights = (
            np.asarray(part, np.float64)
            for part in (params.means, params.log_scales, params.log_weights)
        )
        variances = np.exp(2 * log_scales).sum(axis=-1)
        return means - null, variances, np.exp(log_weights)

    (means, before, weights), (biased, after, sharper) = moves(0.0), moves(bias)
    lengths = (means**2).sum(axis=-1) + before
    ratio = np.sqrt((weights * lengths).sum(1) / (sharper * lengths).sum(1))
    stretch = np.sqrt((lengths - after) / (means**2).sum(axis=-1))
    assert ratio.max() > 1.25  # the limit is met
    stretch *= np.clip(ratio, 0.8, 1.25)[:, None]
    np.testing.assert_allclose(biased, means * stretch[..., None], rtol=2e-3, atol=1e-4)


def test_a_pen_at_rest_stays_there_under_a_bias():
    raw = np.zeros((1, 7), np.float32)
    raw[0, 2] = -0.2
    params = mixture.split_outputs(raw, FLOOR, 1.0, (-0.2, 0.0))
    np.testing.assert_allclose(params.means[0, 0], [-0.2, 0.0])


def test_a_large_bias_draws_the_mean_of_the_likeliest_component():
    rng = np.random.default_rng(5)
    raw = raw_outputs(rng, 50)
    params = mixture.split_outputs(raw, 1e-9, 1e4)
    drawn = ops.convert_to_numpy(mixture.draw(params, noise(rng, 50)))
    best = np.argmax(raw[:, 1:5], axis=1)
    means = ops.convert_to_numpy(params.means)[np.arange(50), best]
    np.testing.assert_allclose(drawn[:, :2], means, atol=1e-5)


def test_every_noise_picks_a_component():
    weights = np.log(np.float32([[0.2, 0.5, 0.3]]))
    for pick, component in ((0.0, 0), (0.19, 0), (0.21, 1), (0.71, 2), (0.99999994, 2)):
        params = mixture.MixtureParams(
            ops.convert_to_tensor(weights),
            ops.convert_to_tensor(np.float32([[[0, 0], [1, 1], [2, 2]]])),
            ops.convert_to_tensor(np.full((1, 3, 2), -20.0, np.float32)),
            ops.convert_to_tensor(np.zeros((1, 3), np.float32)),
            ops.convert_to_tensor(np.zeros(1, np.float32)),
        )
        drawn = mixture.draw(params, np.float32([[pick, 0.0, 0.0, 0.5]]))
        assert ops.convert_to_numpy(drawn)[0, 0] == pytest.approx(component)


def test_wrong_shapes_are_refused_with_what_was_received():
    with pytest.raises(ValueError, match=r"6 \* num_mixtures \+ 1.*\(2, 12\)"):
        mixture.split_outputs(np.zeros((2, 12), np.float32), FLOOR)
    params = mixture.split_outputs(np.zeros((2, 13), np.float32), FLOOR)
    with pytest.raises(ValueError, match="dx, dy, end_of_stroke"):
        mixture.log_likelihood(params, np.zeros((2, 2), np.float32))


def test_mixture_stays_float32_under_low_precision():
    raw = keras.ops.cast(np.zeros((1, 13), np.float32), "bfloat16")
    for part in mixture.split_outputs(raw, FLOOR):
        assert keras.backend.standardize_dtype(part.dtype) == "float32"

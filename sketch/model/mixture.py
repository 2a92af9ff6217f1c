"""Mixture density over the next pen point (Graves 2013, arXiv:1308.0850, section 4.1).

At every step the network outputs `6 * num_mixtures + 1` raw numbers. They become a
mixture of bivariate Gaussians over the next offset, in normalised units, and a
Bernoulli probability that the pen is lifted after it. All is computed in log space and
in float32: no density is formed and no epsilon stands inside a logarithm, so a point
1,000 standard deviations away still has its true likelihood and a gradient.
"""

import math
from typing import Any, NamedTuple

from keras import ops

from sketch.ink.strokes import DX, DY, END_OF_STROKE

Tensor = Any  # a tensor of the running backend, or a numpy array

# Correlations are at most 1 - CORRELATION_MARGIN: float32's tanh is exactly 1 from 9
# on, where the density would be infinite. The deviation of dy given dx, sqrt(1 - rho^2)
# of its scale, stays above 0.014; with equal scales, a component's short axis is at
# least sqrt((1 - rho) / (1 + rho)) = 0.007 of its long one.
CORRELATION_MARGIN = 1e-4

LOG_TWO_PI = math.log(2.0 * math.pi)

MAX_STRETCH = 1.25  # of all steps of a biased mixture, to be as long as without bias
NOISE_SIZE = 4  # random numbers that `draw` needs per point


class MixtureParams(NamedTuple):
    """Density of the next pen point at each step; `...` is any leading shape.

    log_weights: `[..., mixture]`, log pi; their logsumexp is 0.
    means: `[..., mixture, 2]`, mu, in normalised offsets.
    log_scales: `[..., mixture, 2]`, log sigma, in normalised offsets.
    correlations: `[..., mixture]`, rho, strictly between -1 and 1.
    end_logit: `[...]`, logit of the probability that end_of_stroke is 1.
    """

    log_weights: Tensor
    means: Tensor
    log_scales: Tensor
    correlations: Tensor
    end_logit: Tensor


def num_outputs(num_mixtures: int) -> int:
    """Raw numbers that the network outputs per step."""
    return 6 * num_mixtures + 1


def split_outputs(
    outputs: Tensor,
    scale_floor: float,
    probability_bias: float | Tensor = 0.0,
    null_offset: Tensor | None = None,
) -> MixtureParams:
    """Read raw network outputs as mixture parameters (eqs 18-22; bias: eqs 61-62).

    Departures from the paper. Its e = 1 / (1 + exp(e_hat)) is a sigmoid of -e_hat; here
    the logit has the usual sign. And `scale_floor` is added to every scale: the
    recordings' offsets are integers, so tiny scales could buy density without limit.
    With `null_offset`, a bias leaves the length of the pen's steps as it was, see
    `_with_steps_of`. Without that, a biased pen takes shorter steps, sees itself take
    them, and writes ever smaller.

    Args:
        outputs: `[..., 6 * num_mixtures + 1]`, the paper's hatted numbers in the order
            end logit, weights, x means, y means, x log scales, y log scales,
            correlations.
        scale_floor: in normalised units (the option `--epsilon`); 0 for no floor.
        probability_bias: >= 0, sharpens the mixture for sampling; 0 in training. A
            number, or a tensor of the leading shape.
        null_offset: `[2]`, the normalised offset of a pen that does not move. None: a
            bias leaves the means alone, as in the paper.

    Returns:
        MixtureParams in float32.

    Raises:
        ValueError: the last axis is not 6 * num_mixtures + 1.
    """
    num_mixtures, remainder = divmod(outputs.shape[-1] - 1, 6)
    if remainder or num_mixtures < 1:
        raise ValueError(
            "The last axis of `outputs` must be 6 * num_mixtures + 1. "
            f"Received: outputs.shape={outputs.shape}"
        )
    outputs = ops.cast(outputs, "float32")
    bias = ops.expand_dims(ops.convert_to_tensor(probability_bias, "float32"), -1)
    weights, mean_x, mean_y, scale_x, scale_y, correlations = (
        outputs[..., 1 + k * num_mixtures : 1 + (k + 1) * num_mixtures]
        for k in range(6)
    )  # [..., mixture] each
    log_scales = ops.stack([scale_x, scale_y], axis=-1)
    params = MixtureParams(
        log_weights=ops.log_softmax(weights * (1.0 + bias), axis=-1),
        means=ops.stack([mean_x, mean_y], axis=-1),
        log_scales=_floored(log_scales - ops.expand_dims(bias, -1), scale_floor),
        correlations=ops.tanh(correlations) * (1.0 - CORRELATION_MARGIN),
        end_logit=outputs[..., 0],
    )
    if null_offset is None:
        return params
    unbiased = params._replace(
        log_weights=ops.log_softmax(weights, axis=-1),
        log_scales=_floored(log_scales, scale_floor),
    )
    return _with_steps_of(unbiased, params, null_offset)


def _floored(log_scales: Tensor, scale_floor: float) -> Tensor:
    if not scale_floor:
        return log_scales
    return ops.logaddexp(log_scales, math.log(scale_floor))


def _with_steps_of(
    unbiased: MixtureParams, biased: MixtureParams, null_offset: Tensor
) -> MixtureParams:
    """Moves the means of a biased mixture until its steps are as long as before.

    First each component's E|x|^2 = |mu|^2 + sx^2 + sy^2 is kept, about the resting pen;
    then that of the mixture, which lost the long steps of rare components, as far as
    `MAX_STRETCH` allows.
    """
    null_offset = ops.convert_to_tensor(null_offset, "float32")
    moves = biased.means - null_offset
    squares = ops.sum(ops.square(moves), axis=-1)  # [..., mixture]
    before = squares + ops.sum(ops.exp(2.0 * unbiased.log_scales), axis=-1)
    lost = before - squares - ops.sum(ops.exp(2.0 * biased.log_scales), axis=-1)
    # A mean at rest has no direction: it stays there.
    stretch = ops.sqrt(1.0 + lost / ops.maximum(squares, 1e-12))
    expected, remaining = (
        ops.sum(ops.exp(params.log_weights) * before, axis=-1, keepdims=True)
        for params in (unbiased, biased)
    )
    ratio = ops.sqrt(expected / ops.maximum(remaining, 1e-12))
    stretch *= ops.clip(ratio, 1.0 / MAX_STRETCH, MAX_STRETCH)
    means = null_offset + moves * ops.expand_dims(stretch, -1)
    return biased._replace(means=means)


def component_log_likelihood(params: MixtureParams, offsets: Tensor) -> Tensor:
    """Log of N(x | mu_j, sigma_j, rho_j) for every component (eqs 24-25), in nats.

    The quadratic form is written as zx^2 + (zy - rho zx)^2 / (1 - rho^2), a sum of
    squares: the paper's zx^2 + zy^2 - 2 rho zx zy loses all digits as |rho| -> 1.

    Args:
        params: MixtureParams with leading shape `...`.
        offsets: `[..., 2]`, normalised.

    Returns:
        `[..., mixture]`.
    """
    rho = params.correlations
    z = (ops.expand_dims(offsets, -2) - params.means) * ops.exp(-params.log_scales)
    zx, zy = z[..., 0], z[..., 1]
    variance_left = (1.0 - rho) * (1.0 + rho)  # of y once x is known, exact near |1|
    quadratic = ops.square(zx) + ops.square(zy - rho * zx) / variance_left
    log_normaliser = (
        LOG_TWO_PI
        + params.log_scales[..., 0]
        + params.log_scales[..., 1]
        + 0.5 * ops.log(variance_left)
    )
    return -0.5 * quadratic - log_normaliser


def log_likelihood_parts(
    params: MixtureParams, strokes: Tensor
) -> tuple[Tensor, Tensor]:
    """Log-likelihood of offsets and of pen lifts apart (eqs 23-26), in nats.

    Args:
        params: MixtureParams with leading shape `[batch, time]`.
        strokes: `[batch, time, 3]`, normalised offsets and end_of_stroke.

    Returns:
        (ink, pen), each `[batch, time]`, one value per step, neither masked nor summed.

    Raises:
        ValueError: the last axis of `strokes` is not 3.
    """
    if strokes.shape[-1] != 3:
        raise ValueError(
            "`strokes` must be [..., 3]: dx, dy, end_of_stroke. "
            f"Received: strokes.shape={strokes.shape}"
        )
    strokes = ops.convert_to_tensor(strokes)
    components = component_log_likelihood(params, strokes[..., DX : DY + 1])
    ink = ops.logsumexp(params.log_weights + components, axis=-1)
    end = strokes[..., END_OF_STROKE]
    # log sigmoid(l) where the pen is lifted, log sigmoid(-l) where it is not.
    pen = -ops.softplus((1.0 - 2.0 * end) * params.end_logit)
    return ink, pen


def log_likelihood(params: MixtureParams, strokes: Tensor) -> Tensor:
    """Log-likelihood of pen points under the mixture (eqs 23-26), in nats.

    Args:
        params: MixtureParams with leading shape `[batch, time]`.
        strokes: `[batch, time, 3]`, normalised offsets and end_of_stroke.

    Returns:
        `[batch, time]`, one value per step, neither masked nor summed.
    """
    ink, pen = log_likelihood_parts(params, strokes)
    return ink + pen


def draw(params: MixtureParams, noise: Tensor) -> Tensor:
    """Draw one pen point from the mixture: a pure function of the noise.

    The component is the one whose share of [0, 1) contains `noise[0]`; the offset is
    mu + L z with L the Cholesky factor of its covariance; the pen is lifted where
    `noise[3]` is below that probability (a true Bernoulli draw).

    Args:
        params: MixtureParams with leading shape `...`.
        noise: `[..., 4]`: uniform, normal, normal, uniform.

    Returns:
        `[..., 3]`: normalised offset and end_of_stroke (0.0 or 1.0).
    """
    noise = ops.convert_to_tensor(noise)
    pick, normal_x, normal_y, lift = (noise[..., k] for k in range(NOISE_SIZE))
    cumulative = ops.cumsum(ops.exp(params.log_weights), axis=-1)
    # Rounding can leave the last sum just below 1: scale by it, to stay below it.
    threshold = ops.expand_dims(pick, -1) * cumulative[..., -1:]
    component = ops.sum(ops.cast(cumulative <= threshold, "int32"), axis=-1)
    chosen = ops.one_hot(
        ops.minimum(component, cumulative.shape[-1] - 1), cumulative.shape[-1]
    )  # [..., mixture]
    means = ops.sum(params.means * ops.expand_dims(chosen, -1), axis=-2)
    log_scales = ops.sum(params.log_scales * ops.expand_dims(chosen, -1), axis=-2)
    rho = ops.sum(params.correlations * chosen, axis=-1)
    across = rho * normal_x + ops.sqrt((1.0 - rho) * (1.0 + rho)) * normal_y
    offset = means + ops.exp(log_scales) * ops.stack([normal_x, across], axis=-1)
    end = ops.cast(lift < ops.sigmoid(params.end_logit), "float32")
    return ops.concatenate([offset, ops.expand_dims(end, -1)], axis=-1)

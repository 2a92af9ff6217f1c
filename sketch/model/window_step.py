"""One step of the attention window and its gradient (Graves 2013, eqs 46-51)."""

from keras import ops

from sketch.model.mixture import Tensor

# exp of 89 overflows float32. At this limit alpha, beta and kappa's move are 1e13.
MAX_LOGARITHM = 30.0


def forward(
    raw: Tensor, kappa: Tensor, characters: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Move the window by one pen step.

    Args:
        raw: `[batch, 3 * K]`, logarithms of alpha, beta and kappa's move.
        kappa: `[batch, K]`, where the components stood.
        characters: `[batch, length, alphabet]`, one-hot rows, zeros for padding.

    Returns:
        kappa `[batch, K]`, window `[batch, alphabet]`, phi `[batch, length]`.
    """
    alpha, beta, move = _exponentials(raw)
    kappa = kappa + move  # eq. 51
    _, heights = _heights(beta, kappa, ops.shape(characters)[1])
    phi = ops.sum(ops.expand_dims(alpha, -1) * heights, axis=1)  # eq. 46
    return kappa, ops.einsum("bu,bua->ba", phi, characters), phi  # eq. 47


def backward(
    raw: Tensor, kappa: Tensor, characters: Tensor, d_kappa: Tensor, d_window: Tensor
) -> tuple[Tensor, Tensor]:
    """The gradient of a step, which is computed again.

    Args:
        raw, characters: what `forward` took.
        kappa, d_kappa: what it returned, and the gradient with respect to that.
        d_window: the gradient with respect to the window.

    Returns:
        gradients with respect to raw and to the kappa before the step.
    """
    alpha, beta, move = _exponentials(raw)
    distance, heights = _heights(beta, kappa, ops.shape(characters)[1])
    d_phi = ops.einsum("ba,bua->bu", d_window, characters)
    # With respect to log alpha the gradient of alpha * heights is that same product.
    weighted = ops.expand_dims(alpha, -1) * heights * ops.expand_dims(d_phi, 1)
    d_alpha = ops.sum(weighted, axis=-1)
    d_beta = -beta * ops.sum(weighted * ops.square(distance), axis=-1)
    d_kappa = d_kappa - 2.0 * beta * ops.sum(weighted * distance, axis=-1)
    d_raw = ops.concatenate([d_alpha, d_beta, d_kappa * move], axis=-1)
    return ops.where(raw < MAX_LOGARITHM, d_raw, 0.0), d_kappa


def _exponentials(raw):
    """alpha, beta and kappa's move, `[batch, K]` each (eqs 49-51)."""
    return ops.split(ops.exp(ops.minimum(raw, MAX_LOGARITHM)), 3, axis=-1)


def _heights(beta, kappa, length):
    """kappa - u and exp(-beta (kappa - u)^2), `[batch, K, length]` each."""
    places = ops.arange(1, length + 1, dtype="float32")  # u
    distance = ops.expand_dims(kappa, -1) - places
    return distance, ops.exp(-ops.expand_dims(beta, -1) * ops.square(distance))

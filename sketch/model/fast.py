"""Matrix products, scans and LSTM runs by the fastest way the running backend has.

`fast_jax` and `fast_torch` hold the fast ways. The generic ones in `keras.ops` serve
TensorFlow, and GRU and peepholes everywhere.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from sketch.model.cell import LSTMWeights
from sketch.model.mixture import Tensor

_backend = keras.backend.backend()
if _backend == "jax":
    from sketch.model import fast_jax as _module
elif _backend == "torch":
    from sketch.model import fast_torch as _module
else:
    _module = None


def matmul(a: Tensor, b: Tensor, dtype: str) -> Tensor:
    """Matrix product with factors rounded to `dtype`, result in float32.

    JAX keeps the sums in float32 too; TensorFlow and torch round each to `dtype`.

    Args:
        a: `[..., inner]`.
        b: `[inner, columns]`.
        dtype: "float32" or "bfloat16".

    Returns:
        `[..., columns]` float32.
    """
    a, b = ops.convert_to_tensor(a), ops.convert_to_tensor(b)
    if _backend == "jax":
        return _module.matmul(a, b, dtype)
    if dtype == "float32":
        return ops.matmul(a, b)
    return ops.cast(ops.matmul(ops.cast(a, dtype), ops.cast(b, dtype)), "float32")


def scan(
    body: Callable,
    start: Any,
    steps: Any,
    rows: Any = (),
    weights: Any = (),
    variables: Sequence[keras.Variable] = (),
) -> Any:
    """Steps over time, each from the carry that the step before it made.

    Devices that share a batch each run their own rows.

    Args:
        body: `body(carry, step, rows, weights) -> carry`; closes over no tensor.
        start: the first carry, tensors `[batch, ...]`.
        steps: a tensor `[time, batch, ...]`.
        rows: tensors `[batch, ...]` that every step sees; they get no gradient.
        weights: tensors without a batch axis that every step sees.
        variables: weights of layers that `body` uses besides.

    Returns:
        The carries, `[time, batch, ...]`.
    """
    if _backend == "jax":
        return _module.scan(body, start, steps, rows, weights, variables)

    def step(carry, here):
        carry = body(carry, here, rows, weights)
        return carry, carry

    return ops.scan(step, start, steps)[1]


def has_lstm() -> bool:
    """Whether `lstm` can run here."""
    return _module is not None


def lstm(
    inputs: Sequence[Tensor],
    weights: LSTMWeights,
    state: tuple[Tensor, ...],
    dtype: str,
    depth: int = 1,
    characters: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """An LSTM without peepholes over a whole sequence, with or without a window.

    Args:
        inputs: tensors `[time, batch, ...]`, whose features follow each other; with a
            window, without that.
        weights: of the layer, and of the window.
        state: output and cell; with a window, kappa and window too.
        dtype: of the products' factors.
        depth: layers that share the memory for what a gradient needs.
        characters: of a window: `[batch, length, alphabet]`.

    Returns:
        outputs `[time, batch, units]` and the last cell; with a window, outputs and
        windows `[time, batch, alphabet]`.
    """
    return _module.lstm(inputs, weights, state, dtype, depth, characters)

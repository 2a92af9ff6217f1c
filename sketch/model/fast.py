"""Matrix products and LSTM runs by the quickest way the running backend has.

`fast_jax`, `fast_tensorflow` and `fast_torch` have these functions, in their own ways.
"""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from sketch.model.mixture import Tensor

_module = importlib.import_module(f"{__package__}.fast_{keras.backend.backend()}")


def matmul(a: Tensor, b: Tensor, dtype: str) -> Tensor:
    """Matrix product with factors rounded to `dtype`, result in float32.

    Args:
        a: `[..., inner]`.
        b: `[inner, columns]`.
        dtype: "float32" or "bfloat16".

    Returns:
        `[..., columns]` float32.
    """
    if dtype == "float32":
        return ops.matmul(a, b)
    return _module.low_precision_matmul(a, b, dtype)


def scan(
    body: Callable,
    start: Any,
    steps: Any,
    rows: Any = (),
    weights: Any = (),
    layers: Sequence[keras.Layer] = (),
) -> tuple[Any, Any]:
    """`ops.scan` over time; devices that share a batch each run their own rows.

    Left to themselves they would add up the weights' gradients step by step.

    Args:
        body: `body(carry, step, rows, weights) -> (carry, result)`.
        start: the first carry, tensors `[batch, ...]`.
        steps: tensors `[time, batch, ...]`.
        rows: tensors `[batch, ...]` that every step sees.
        weights: tensors without a batch axis that every step sees.
        layers: those whose weights `body` uses besides.

    Returns:
        The last carry, and the results `[time, batch, ...]`.
    """
    run = getattr(_module, "scan", None)
    if run is not None:
        return run(body, start, steps, rows, weights, layers)
    return ops.scan(lambda carry, step: body(carry, step, rows, weights), start, steps)


def lstm(bias: Tensor, peepholes: Tensor | None, dtype: str) -> Callable:
    """A run over a whole sequence for an LSTM with these parameters.

    Args:
        bias: `[4 * units]`.
        peepholes: `[3, units]`, or None for an LSTM without.
        dtype: of the factors of matrix products.

    Returns:
        `run(inputs, kernel, recurrent, state) -> (outputs, state)` with `inputs`
        `[batch, time, features]`.
    """
    return _module.lstm(bias, peepholes, dtype)

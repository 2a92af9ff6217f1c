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

    JAX keeps the sums in float32 too; TensorFlow and torch round each to `dtype`.

    Args:
        a: `[..., inner]`.
        b: `[inner, columns]`.
        dtype: "float32" or "bfloat16".

    Returns:
        `[..., columns]` float32.
    """
    return _module.matmul(ops.convert_to_tensor(a), ops.convert_to_tensor(b), dtype)


def scan(
    body: Callable,
    start: Any,
    steps: Any,
    rows: Any = (),
    weights: Any = (),
    variables: Sequence[keras.Variable] = (),
) -> Any:
    """Steps over time, each from the carry that the one before it made.

    Devices that share a batch each run their own rows. Weights that `body` multiplies
    by, by `matmul`, have their gradients made after the loop where that is quicker:
    it must use them in no other way.

    Args:
        body: `body(carry, step, rows, weights) -> carry`; closes over no tensor.
        start: the first carry, tensors `[batch, ...]`.
        steps: tensors `[time, batch, ...]`.
        rows: tensors `[batch, ...]` that every step sees; they get no gradient.
        weights: tensors without a batch axis that every step sees.
        variables: weights of layers that `body` uses besides.

    Returns:
        The carries, `[time, batch, ...]`.
    """
    run = getattr(_module, "scan", None)
    if run is not None:
        return run(body, start, steps, rows, weights, variables)

    def step(carry, here):
        carry = body(carry, here, rows, weights)
        return carry, carry

    return ops.scan(step, start, steps)[1]


def lstm(
    bias: Tensor, peepholes: Tensor | None, dtype: str, depth: int = 1
) -> Callable:
    """A run over a whole sequence for an LSTM with these parameters.

    Args:
        bias: `[4 * units]`.
        peepholes: `[3, units]`, or None for an LSTM without.
        dtype: of the factors of matrix products.
        depth: layers that share the memory for what a gradient needs.

    Returns:
        `run(inputs, kernel, recurrent, state) -> (outputs, state)` with `inputs`
        `[batch, time, features]`.
    """
    return _module.lstm(bias, peepholes, dtype, depth)

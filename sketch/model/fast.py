"""Matrix products and LSTM runs by the quickest way the running backend has.

`fast_jax`, `fast_tensorflow` and `fast_torch` have these functions, in their own ways.
"""

import importlib
from collections.abc import Callable

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

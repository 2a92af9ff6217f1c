"""Matrix products and LSTM runs by the quickest way the running backend has.

`fast_jax` and `fast_torch` have these same functions; a backend without such a module,
and a case that a module declines with NotImplementedError, go the generic way.
"""

import importlib
import importlib.util
from collections.abc import Callable

import keras
from keras import ops

from sketch.model.mixture import Tensor

_name = f"{__package__}.fast_{keras.backend.backend()}"
_module = importlib.import_module(_name) if importlib.util.find_spec(_name) else None


def matmul(a: Tensor, b: Tensor, dtype: str) -> Tensor:
    """Matrix product with factors rounded to `dtype`, sums and result in float32.

    Args:
        a: `[..., inner]`.
        b: `[inner, columns]`.
        dtype: "float32" or "bfloat16".

    Returns:
        `[..., columns]` float32.
    """
    if dtype == "float32":
        return ops.matmul(a, b)
    if _module is not None:
        return _module.low_precision_matmul(a, b, dtype)
    return ops.cast(ops.matmul(ops.cast(a, dtype), ops.cast(b, dtype)), "float32")


def lstm(bias: Tensor, peepholes: Tensor | None, dtype: str) -> Callable | None:
    """A run over a whole sequence for an LSTM with these parameters, if there is one.

    Args:
        bias: `[4 * units]`.
        peepholes: `[3, units]`, or None for an LSTM without.
        dtype: of the factors of matrix products.

    Returns:
        `run(inputs, kernel, recurrent, state) -> (outputs, state)` with `inputs`
        `[batch, time, features]`, or None where only the generic loop will do.
    """
    if _module is None:
        return None
    try:
        return _module.lstm(bias, peepholes, dtype)
    except NotImplementedError:
        return None

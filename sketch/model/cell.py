"""One step of an LSTM and its gradient, on the plain operators that all tensors have.

The generic layer and the fast paths share it; each brings its backend's functions.
Gates are i, f, c, o as in Keras, each `[..., units]`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

NARROW = 16  # features of inputs that are never rounded to low precision


class LSTMWeights(NamedTuple):
    """What an LSTM multiplies by and adds.

    kernel: `[features, 4 * units]`.
    recurrent: `[units, 4 * units]`; with a window, whose rows of the kernel come first,
        `[alphabet + units, 4 * units]`.
    bias: `[4 * units]`.
    window_kernel: `[units, 3 * K]`, None without a window.
    window_bias: `[3 * K]`, likewise.
    """

    kernel: Any
    recurrent: Any
    bias: Any
    window_kernel: Any | None = None
    window_bias: Any | None = None


def forward(
    gates: Any, cell: Any, sigmoid: Callable, tanh: Callable, peepholes: Any = None
) -> tuple:
    """A step (Graves 2013, eqs 7-11).

    Args:
        gates: the four sums of products and bias, before their functions.
        cell: of the step before.
        sigmoid, tanh: the backend's.
        peepholes: three vectors `[units]`: i and f see the last cell, o the new one.

    Returns:
        output, new cell, and the gates after their functions, for `backward`.
    """
    i, f, c, o = gates
    if peepholes is not None:
        i, f = i + peepholes[0] * cell, f + peepholes[1] * cell
    i, f, c = sigmoid(i), sigmoid(f), tanh(c)
    cell = f * cell + i * c
    if peepholes is not None:
        o = o + peepholes[2] * cell
    o = sigmoid(o)
    return o * tanh(cell), cell, (i, f, c, o)


def backward(
    gates: Any, cell: Any, d_output: Any, d_cell: Any, tanh: Callable
) -> tuple:
    """The gradient of a step without peepholes.

    Args:
        gates: after their functions, from `forward`.
        cell: of the step before.
        d_output, d_cell: gradients with respect to the step's output and new cell.
        tanh: the backend's.

    Returns:
        gradients with respect to the four sums and to the cell of the step before.
    """
    i, f, c, o = gates
    squashed = tanh(f * cell + i * c)
    d_cell = d_cell + d_output * o * (1.0 - squashed * squashed)
    d_gates = (
        d_cell * c * i * (1.0 - i),
        d_cell * cell * f * (1.0 - f),
        d_cell * i * (1.0 - c * c),
        d_output * squashed * o * (1.0 - o),
    )
    return d_gates, d_cell * f

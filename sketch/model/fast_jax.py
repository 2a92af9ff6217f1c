"""JAX: an LSTM whose gradient is written by hand, and low-precision products.

What autodiff does with a scan costs time and memory: it adds up the recurrent weights'
gradient step by step and saves more than is needed. Here the backward scan only makes
the gates' gradients; the weights' gradient is one large product after it.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

NARROW = 16  # so few features are projected within the loop


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _product(a, b, dtype):
    """`a @ b` for two matrices, factors rounded to `dtype`, summed in float32."""
    return jax.lax.dot(
        a.astype(dtype), b.astype(dtype), preferred_element_type=jnp.float32
    )


def _product_forward(a, b, dtype):
    return _product(a, b, dtype), (a, b)


def _product_backward(dtype, saved, gradient):
    a, b = saved
    return _product(gradient, b.T, dtype), _product(a.T, gradient, dtype)


_product.defvjp(_product_forward, _product_backward)


def low_precision_matmul(a, b, dtype):
    """See `fast.matmul`."""
    product = _product(a.reshape(-1, a.shape[-1]), b, dtype)
    return product.reshape(*a.shape[:-1], b.shape[-1])


def lstm(bias, peepholes, dtype):
    """See `fast.lstm`."""

    def run(inputs, kernel, recurrent, state):
        weights = _Weights(kernel, recurrent, bias, peepholes)
        inputs = jnp.swapaxes(inputs, 0, 1)  # [time, batch, features]
        outputs, cells = _scan(inputs, weights, state, dtype)
        return jnp.swapaxes(outputs, 0, 1), (outputs[-1], cells[-1])

    return run


class _Weights(NamedTuple):
    """kernel `[features, 4u]`, recurrent `[u, 4u]`, bias `[4u]`, peepholes `[3, u]`."""

    kernel: jax.Array
    recurrent: jax.Array
    bias: jax.Array
    peepholes: jax.Array | None


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _scan(inputs, weights, state, dtype):
    """Outputs, cells `[time, batch, units]` from inputs `[time, batch, features]`."""
    return _scan_forward(inputs, weights, state, dtype)[0]


def _scan_forward(inputs, weights, state, dtype):
    kernel, recurrent, bias, peepholes = weights
    recurrent = recurrent.astype(dtype)
    # A product of few features is as quick within the loop, and the gates' inputs of a
    # whole sequence, four times the size of its outputs, are never stored.
    is_narrow = inputs.shape[-1] <= NARROW
    if not is_narrow:
        inputs = low_precision_matmul(inputs, kernel, dtype) + bias

    def step(carry, here):
        output, cell = carry
        projected = here @ kernel + bias if is_narrow else here
        gates = projected + _product(output, recurrent, dtype)
        i, f, c, o = jnp.split(gates, 4, axis=-1)
        if peepholes is not None:
            i, f = i + peepholes[0] * cell, f + peepholes[1] * cell
        i, f, c = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(c)
        cell = f * cell + i * c
        if peepholes is not None:
            o = o + peepholes[2] * cell
        o = jax.nn.sigmoid(o)
        output = o * jnp.tanh(cell)
        gates = jnp.concatenate([i, f, c, o], -1)
        return (output, cell), (output, cell, gates)

    _, (outputs, cells, gates) = jax.lax.scan(step, state, inputs)
    return (outputs, cells), (outputs, cells, gates)


def _scan_forward_saving(inputs, weights, state, dtype):
    result, saved = _scan_forward(inputs, weights, state, dtype)
    return result, (inputs, weights, state, *saved)


def _scan_backward(dtype, saved, gradients):
    inputs, weights, state, outputs, cells, gates = saved
    kernel, recurrent, _, peepholes = weights
    units = recurrent.shape[0]
    low = recurrent.T.astype(dtype)
    last_outputs = jnp.concatenate([state[0][None], outputs[:-1]])
    last_cells = jnp.concatenate([state[1][None], cells[:-1]])

    def step(carry, at_step):
        d_output, d_cell = carry
        d_output_here, d_cell_here, cell, last_cell, gates = at_step
        i, f, c, o = jnp.split(gates, 4, axis=-1)
        d_output = d_output + d_output_here
        squashed = jnp.tanh(cell)
        d_o = d_output * squashed * o * (1.0 - o)
        d_cell = d_cell + d_cell_here + d_output * o * (1.0 - squashed * squashed)
        if peepholes is not None:
            d_cell = d_cell + d_o * peepholes[2]
        d_i = d_cell * c * i * (1.0 - i)
        d_f = d_cell * last_cell * f * (1.0 - f)
        d_c = d_cell * i * (1.0 - c * c)
        d_gates = jnp.concatenate([d_i, d_f, d_c, d_o], -1)
        d_cell = d_cell * f
        if peepholes is not None:
            d_cell = d_cell + d_i * peepholes[0] + d_f * peepholes[1]
        return (_product(d_gates, low, dtype), d_cell), d_gates

    zeros = jnp.zeros_like(state[0])
    d_outputs, d_cells = gradients
    d_state, d_gates = jax.lax.scan(
        step,
        (zeros, zeros),
        (d_outputs, d_cells, cells, last_cells, gates),
        reverse=True,
    )
    flat = d_gates.reshape(-1, 4 * units)  # [time * batch, 4 * units]

    def product_with_all(values):
        return _product(values.reshape(-1, values.shape[-1]).T, flat, dtype)

    d_peepholes = None
    if peepholes is not None:
        d_i, d_f, _, d_o = jnp.split(d_gates, 4, axis=-1)
        pairs = (d_i, last_cells), (d_f, last_cells), (d_o, cells)
        d_peepholes = jnp.stack([jnp.sum(d * cell, axis=(0, 1)) for d, cell in pairs])
    d_weights = _Weights(
        kernel=product_with_all(inputs),
        recurrent=product_with_all(last_outputs),
        bias=jnp.sum(flat, axis=0),
        peepholes=d_peepholes,
    )
    d_inputs = _product(flat, kernel.T, dtype).reshape(inputs.shape)
    return d_inputs, d_weights, d_state


_scan.defvjp(_scan_forward_saving, _scan_backward)

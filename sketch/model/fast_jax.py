"""JAX: an LSTM whose gradient is written by hand, and low-precision products.

What autodiff does with a scan costs time and memory: it adds up the recurrent weights'
gradient step by step and saves more than is needed. Here the backward scan only makes
the gates' gradients; the weights' gradient is one large product after it.
"""

from functools import partial

import jax
import jax.numpy as jnp


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
        inputs = jnp.swapaxes(inputs, 0, 1)  # [time, batch, features]
        projected = low_precision_matmul(inputs, kernel, dtype) + bias
        peephole_kernel = (
            jnp.zeros((3, recurrent.shape[0])) if peepholes is None else peepholes
        )
        outputs, cells = _scan(
            projected, recurrent, peephole_kernel, state, peepholes is not None, dtype
        )
        return jnp.swapaxes(outputs, 0, 1), (outputs[-1], cells[-1])

    return run


@partial(jax.custom_vjp, nondiff_argnums=(4, 5))
def _scan(projected, recurrent, peepholes, state, has_peepholes, dtype):
    """Outputs and cells `[time, batch, units]` from `projected` `[time, batch, 4u]`."""
    saved = _scan_forward(projected, recurrent, peepholes, state, has_peepholes, dtype)
    return saved[0]


def _scan_forward(projected, recurrent, peepholes, state, has_peepholes, dtype):
    low = recurrent.astype(dtype)

    def step(carry, projected):
        output, cell = carry
        gates = projected + _product(output, low, dtype)
        i, f, c, o = jnp.split(gates, 4, axis=-1)
        if has_peepholes:
            i, f = i + peepholes[0] * cell, f + peepholes[1] * cell
        i, f, c = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(c)
        cell = f * cell + i * c
        if has_peepholes:
            o = o + peepholes[2] * cell
        o = jax.nn.sigmoid(o)
        output = o * jnp.tanh(cell)
        return (output, cell), (output, cell, jnp.concatenate([i, f, c, o], -1))

    _, (outputs, cells, gates) = jax.lax.scan(step, state, projected)
    saved = (outputs, cells, gates, recurrent, peepholes, state)
    return (outputs, cells), saved


def _scan_backward(has_peepholes, dtype, saved, gradients):
    outputs, cells, gates, recurrent, peepholes, state = saved
    time, batch, units = outputs.shape
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
        if has_peepholes:
            d_cell = d_cell + d_o * peepholes[2]
        d_i = d_cell * c * i * (1.0 - i)
        d_f = d_cell * last_cell * f * (1.0 - f)
        d_c = d_cell * i * (1.0 - c * c)
        d_gates = jnp.concatenate([d_i, d_f, d_c, d_o], -1)
        d_cell = d_cell * f
        if has_peepholes:
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
    d_recurrent = _product(
        last_outputs.reshape(time * batch, units).T,
        d_gates.reshape(time * batch, 4 * units),
        dtype,
    )
    if has_peepholes:
        d_i, d_f, _, d_o = jnp.split(d_gates, 4, axis=-1)
        d_peepholes = jnp.stack(
            [
                jnp.sum(d_i * last_cells, axis=(0, 1)),
                jnp.sum(d_f * last_cells, axis=(0, 1)),
                jnp.sum(d_o * cells, axis=(0, 1)),
            ]
        )
    else:
        d_peepholes = jnp.zeros_like(peepholes)
    return d_gates, d_recurrent, d_peepholes, d_state


_scan.defvjp(_scan_forward, _scan_backward)

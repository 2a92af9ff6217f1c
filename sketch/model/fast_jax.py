"""JAX: an LSTM whose gradient is written by hand, and rows shared by devices.

What autodiff does with a scan costs time and memory: it adds up the recurrent weights'
gradient step by step and saves more than is needed. Here the backward pass goes through
time in pieces: a scan makes the gates' gradients of a piece, and the
weights' gradient of the piece is one large product after it. The gates themselves are
kept from the forward pass, or, of batches so large that memory would not hold them,
made again from the outputs, piece by piece, in one product.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import keras
from jax.sharding import PartitionSpec as P

from sketch.model import scan_jax
from sketch.model.products_jax import (
    multiplier,
    product,
    product_back,
    weights_gradient,
)

matmul = scan_jax.matmul

NARROW = 16  # so few features are projected within the loop
# Outputs `[time, batch, units]` of more elements, in all layers together, do without
# their gates (0.9 GB).
KEEP_GATES = 55_000_000


def _rows_apart(run, axes):
    """`run(*trees)`, of which each device that shares the batch sees its own rows.

    The gradient of what is whole everywhere is added up over the devices once, behind
    everything that `run` does.

    Args:
        run: returns a pair of trees whose batch axes are 0 and 1; closes over nothing.
        axes: the batch axis of all tensors of each argument; None: whole.
    """
    shared = keras.distribution.distribution()
    if shared is None:
        return run
    name = shared.batch_dim_name
    spec = {None: P(), 0: P(name), 1: P(None, name)}
    return jax.shard_map(
        run,
        mesh=shared.device_mesh.backend_mesh,
        in_specs=tuple(spec[axis] for axis in axes),
        out_specs=(spec[0], spec[1]),
        check_vma=False,  # else gradients are added up where they arise, in each step
    )


def scan(body, start, steps, rows, weights, variables):
    """See `fast.scan`."""
    count = len(variables)
    leaves, form = jax.tree.flatten(weights)

    def step(carry, here, rows, all_weights):
        state = list(zip(variables, all_weights[:count], strict=True))
        with keras.StatelessScope(state_mapping=state):
            return body(carry, here, rows, form.unflatten(all_weights[count:]))

    def run(start, steps, rows, all_weights):
        return (), scan_jax.scan(step, start, steps, rows, all_weights)

    apart = _rows_apart(run, (0, 1, 0, None))
    return apart(start, steps, rows, [*(v.value for v in variables), *leaves])[1]


def lstm(bias, peepholes, dtype, depth):
    """See `fast.lstm`."""

    def run(inputs, kernel, recurrent, state):
        weights = _Weights(kernel, recurrent, bias, peepholes)
        inputs = jnp.swapaxes(inputs, 0, 1)  # [time, batch, features]

        def scan(state, inputs, weights):
            size = depth * inputs.shape[0] * state[0].size
            how = _How(dtype, is_large=size > KEEP_GATES)
            outputs, cells = _scan(inputs, weights, state, how)
            return (outputs[-1], cells[-1]), outputs

        state, outputs = _rows_apart(scan, (0, 1, None))(state, inputs, weights)
        return jnp.swapaxes(outputs, 0, 1), state

    return run


class _How(NamedTuple):
    """What does not change the results, but for their rounding."""

    dtype: str  # of the products' factors
    is_large: bool  # memory is dearer than time


class _Weights(NamedTuple):
    """kernel `[features, 4u]`, recurrent `[u, 4u]`, bias `[4u]`, peepholes `[3, u]`."""

    kernel: jax.Array
    recurrent: jax.Array
    bias: jax.Array
    peepholes: jax.Array | None


def _project(inputs, kernel, bias, dtype):
    """The gates' part from `[..., features]`; few features are not rounded."""
    if inputs.shape[-1] <= NARROW:
        return inputs @ kernel + bias
    return product(inputs, kernel, dtype) + bias


def _gates(total, cell, peepholes):
    """Gates `(i, f, c, o)` `[batch, units]` and the new cell, from `[batch, 4u]`."""
    i, f, c, o = jnp.split(total, 4, axis=-1)
    if peepholes is not None:
        i, f = i + peepholes[0] * cell, f + peepholes[1] * cell
    i, f, c = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(c)
    cell = f * cell + i * c
    if peepholes is not None:
        o = o + peepholes[2] * cell
    return (i, f, c, jax.nn.sigmoid(o)), cell


def _forward(inputs, weights, state, how, keep_gates):
    """Outputs, cells `[time, batch, units]`, gates `[time, batch, 4 * units]`."""
    kernel, recurrent, bias, peepholes = weights
    dtype = how.dtype
    recur = multiplier(recurrent, inputs.shape[1], dtype)
    # The gates' inputs of a whole sequence are four times the size of its outputs. A
    # product of few features is as quick within the loop, others are nearly so.
    in_loop = inputs.shape[-1] <= NARROW or how.is_large
    if not in_loop:
        inputs = _project(inputs, kernel, bias, dtype)

    def step(carry, here):
        output, cell = carry
        projected = _project(here, kernel, bias, dtype) if in_loop else here
        gates, cell = _gates(projected + recur(output), cell, peepholes)
        output = gates[3] * jnp.tanh(cell)
        kept = jnp.stack(gates) if keep_gates else None
        return (output, cell), (output, cell, kept)

    return jax.lax.scan(step, state, inputs)[1]


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _scan(inputs, weights, state, how):
    """Outputs, cells `[time, batch, units]` from inputs `[time, batch, features]`."""
    outputs, cells, _ = _forward(inputs, weights, state, how, keep_gates=False)
    return outputs, cells


def _scan_saving(inputs, weights, state, how):
    outputs, cells, gates = _forward(
        inputs, weights, state, how, keep_gates=not how.is_large
    )
    return (outputs, cells), (inputs, weights, state, outputs, cells, gates)


def _scan_backward(how, saved, d_results):
    inputs, weights, state, outputs, cells, gates = saved

    def piece_back(carry, piece, befores):
        return _piece_backward(carry, piece, befores, weights, how.dtype)

    start = jax.tree.map(jnp.zeros_like, (state, weights))
    whole = inputs, cells, gates, *d_results
    (d_state, d_weights), d_inputs = scan_jax.through_pieces(
        piece_back, start, whole, (outputs, cells), state
    )
    return d_inputs, d_weights, d_state


def _piece_backward(carry, piece, befores, weights, dtype):
    """Through the steps of one piece, last to first.

    Args:
        carry: gradients of the state after the piece, and of the weights so far.
        piece: `[steps, batch, ...]`: inputs, cells, gates or None, gradients of outputs
            and cells.
        befores: likewise: outputs and cells one step earlier.

    Returns:
        The carry for the piece before, and the gradient of the piece's inputs.
    """
    d_state, d_weights = carry
    inputs, cells, gates, d_outputs, d_cells = piece
    last_outputs, last_cells = befores
    kernel, recurrent, bias, peepholes = weights

    def flat(values):
        return values.reshape(-1, values.shape[-1])

    if gates is None:
        projected = _project(flat(inputs), kernel, bias, dtype)
        total = projected + product(flat(last_outputs), recurrent, dtype)
        again, _ = _gates(total, flat(last_cells), peepholes)
        gates = jnp.stack([g.reshape(cells.shape) for g in again], axis=1)
    go_back = multiplier(recurrent.T, inputs.shape[1], dtype)

    def step(carry, at_step):
        d_output, d_cell = carry
        d_output_here, d_cell_here, cell, last_cell, gates = at_step
        i, f, c, o = gates
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
        return (go_back(d_gates), d_cell), d_gates

    d_state, d_gates = jax.lax.scan(
        step, d_state, (d_outputs, d_cells, cells, last_cells, gates), reverse=True
    )
    d_flat = flat(d_gates)  # [steps * batch, 4 * units]
    d_peepholes = None
    if peepholes is not None:
        d_i, d_f, _, d_o = jnp.split(d_gates, 4, axis=-1)
        pairs = (d_i, last_cells), (d_f, last_cells), (d_o, cells)
        d_peepholes = jnp.stack([jnp.sum(d * cell, axis=(0, 1)) for d, cell in pairs])
    d_weights_here = _Weights(
        kernel=weights_gradient(flat(inputs), d_flat, dtype),
        recurrent=weights_gradient(flat(last_outputs), d_flat, dtype),
        bias=jnp.sum(d_flat, axis=0),
        peepholes=d_peepholes,
    )
    d_weights = jax.tree.map(jnp.add, d_weights, d_weights_here)
    d_inputs = product_back(d_flat, kernel, dtype).reshape(inputs.shape)
    return (d_state, d_weights), d_inputs


_scan.defvjp(_scan_saving, _scan_backward)

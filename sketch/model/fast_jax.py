"""JAX: an LSTM, alone or with the window, whose gradient is written by hand.

Autodiff of a scan adds up the weights' gradients step by step and saves more than is
needed. Here the way back goes through time in pieces: a loop makes the gradients of a
piece's gates, and one large product after it those of the weights. The gates are kept
from the way forward, or, of batches so large that memory would not hold them, made
again piece by piece in one product.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax.sharding import PartitionSpec as P

from sketch.model import cell, window_step
from sketch.model.cell import NARROW, LSTMWeights
from sketch.model.products_jax import (
    left_gradient,
    matmul,
    multiplier,
    right_gradient,
)

PIECE = 128  # steps of the way back whose gradients are in memory at a time
# Outputs `[time, batch, units]` of more elements, in all layers together, do without
# their gates (0.9 GB).
MAX_OUTPUTS_WITH_GATES = 55_000_000


class _State(NamedTuple):
    """output, cell `[batch, units]`; with a window kappa and window, else None."""

    output: jax.Array
    cell: jax.Array
    kappa: jax.Array | None = None
    window: jax.Array | None = None


class _Options(NamedTuple):
    """Static: they change speed, memory and rounding, not results.

    dtype: of the products' factors.
    keeps_gates: memory is cheaper than time.
    """

    dtype: str
    keeps_gates: bool


def _rows_apart(run, axes):
    """`run(*trees)`, of which each device that shares the batch sees its own rows.

    The gradient of what is whole everywhere is added up over the devices once, after
    all that `run` does.

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
    """See `fast.scan`: by autodiff, which keeps what it needs for one piece."""
    time = len(steps)
    length = min(PIECE, time)
    pieces = -(-time // length)

    def run(start, steps, rows, weights, values):
        def step(carry, here):
            state = list(zip(variables, values, strict=True))
            with keras.StatelessScope(state_mapping=state):
                carry = body(carry, here, rows, weights)
            return carry, carry

        @jax.checkpoint
        def piece(carry, steps):
            return jax.lax.scan(step, carry, steps)

        steps = steps.reshape(pieces, length, *steps.shape[1:])
        _, carries = jax.lax.scan(piece, start, steps)
        return (), jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:time], carries)

    steps = jnp.pad(steps, ((0, pieces * length - time), (0, 0), (0, 0)))
    apart = _rows_apart(run, (0, 1, 0, None, None))
    return apart(start, steps, rows, weights, [v.value for v in variables])[1]


def lstm(inputs, weights, state, dtype, depth, characters):
    """See `fast.lstm`."""

    def run(state, inputs, weights, characters):
        size = depth * len(inputs[0]) * state[0].size
        options = _Options(dtype, size <= MAX_OUTPUTS_WITH_GATES)
        return _run(inputs, characters, weights, _State(*state), options)

    apart = _rows_apart(run, (0, 1, None, 0))
    last_cell, stored = apart(tuple(state), tuple(inputs), weights, characters)
    return (stored[0], last_cell) if characters is None else stored


def _project(inputs, weights, dtype):
    """The gates' part from tensors `[..., features]`."""
    inputs = _joined(inputs)
    features = inputs.shape[-1]
    if features > NARROW:
        return matmul(inputs, weights.kernel, dtype) + weights.bias
    # Multiplied and added with the gates' other operations: no product of its own.
    columns = (inputs[..., i, None] * weights.kernel[i] for i in range(features))
    return sum(columns, weights.bias)


def _joined(parts):
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=-1)


def _gates(total, last_cell):
    """A step from the sums `[batch, 4 * units]`: see `cell.forward`."""
    sums = jnp.split(total, 4, axis=-1)
    return cell.forward(sums, last_cell, jax.nn.sigmoid, jnp.tanh)


def _forward(inputs, characters, weights, state, options, keeps_gates):
    """States after each step, raw window and gates `[4, ...]` of each."""
    recur = multiplier(weights.recurrent, len(state.output), options.dtype)
    # The gates' inputs of a whole sequence are four times the size of its outputs. A
    # product of few features is as fast within the loop, others are nearly so.
    in_loop = len(weights.kernel) <= NARROW or not options.keeps_gates
    if not in_loop:
        inputs = _project(inputs, weights, options.dtype)

    def step(state, here):
        projected = _project(here, weights, options.dtype) if in_loop else here
        output, new_cell, gates = _gates(projected + recur(_seen(state)), state.cell)
        new, raw = _State(output, new_cell), None
        if characters is not None:
            raw = output @ weights.window_kernel + weights.window_bias
            kappa, seen, _ = window_step.forward(raw, state.kappa, characters)
            new = _State(output, new_cell, kappa, seen)
        return new, (new, raw, jnp.stack(gates) if keeps_gates else None)

    return jax.lax.scan(step, state, inputs)[1]


def _results(states):
    """The last cell; outputs and, with a window, windows `[time, batch, ...]`."""
    stored = states.output, states.window
    return states.cell[-1], stored[: 1 if states.window is None else 2]


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def _run(inputs, characters, weights, state, options):
    return _results(_forward(inputs, characters, weights, state, options, False)[0])


def _run_saving(inputs, characters, weights, state, options):
    made = _forward(inputs, characters, weights, state, options, options.keeps_gates)
    return _results(made[0]), (inputs, characters, weights, state, *made)


def _run_backward(options, saved, d_results):
    inputs, _, weights, state, *_ = saved
    d_last_cell, d_stored = d_results
    time = len(inputs[0])
    length = min(PIECE, time)
    go_back = multiplier(weights.recurrent.T, len(state.output), options.dtype)

    def piece_back(carry, end):
        return _piece_backward(carry, end, length, saved, d_stored, go_back, options)

    d_state = jax.tree.map(jnp.zeros_like, state)._replace(cell=d_last_cell)
    nothing = jax.tree.map(jnp.zeros_like, (weights, inputs))
    ends = jnp.arange(time, 0, -length)
    (d_state, d_weights, d_inputs), _ = jax.lax.scan(
        piece_back, (d_state, *nothing), ends
    )
    return d_inputs, None, d_weights, d_state


_run.defvjp(_run_saving, _run_backward)


def _piece_backward(carry, end, length, saved, d_stored, go_back, options):
    """Through the steps of one piece, last to first.

    Args:
        carry: gradients of the state after the piece; of weights and inputs so far.
        end: the step after the piece.
        length: steps of a piece; the first one may have fewer.
        saved: by `_run_saving`.
        d_stored: gradients of outputs and windows.
        go_back: multiplies the gradient of a step's sums by the recurrent weights.
        options: of the run.

    Returns:
        the carry for the piece before, and None.
    """
    d_state, d_weights, d_inputs = carry
    inputs, characters, weights, state, states, raw, gates = saved
    d_outputs, *d_windows = d_stored
    begin = jnp.maximum(end - length, 0)

    def cut(values):
        return jax.lax.dynamic_slice_in_dim(values, begin, length)

    def cut_before(values, initial):
        """`cut`, of the values one step earlier."""
        last = values[jnp.maximum(begin - 1, 0)]
        first = jnp.where(begin == 0, initial, last)[None]
        return jnp.concatenate([first, cut(values)[:-1]])

    before = jax.tree.map(cut_before, states, state)
    here = [_flat(cut(part)) for part in inputs]
    seen = _flat(_seen(before))
    first = 0  # of the steps whose gates follow
    if gates is None:
        total = _project(here, weights, options.dtype)
        total += matmul(seen, weights.recurrent, options.dtype)
        made = _gates(total, _flat(before.cell))[2]
        gates = jnp.stack([gate.reshape(before.cell.shape) for gate in made], axis=1)
        first = begin

    def step(count, carry):
        d_new, d_sums, d_raw = carry
        t = end - 1 - count
        d_output, d_kappa = d_new.output + d_outputs[t], None
        if characters is not None:
            d_window = d_new.window + d_windows[0][t]
            d_raw_here, d_kappa = window_step.backward(
                raw[t], states.kappa[t], characters, d_new.kappa, d_window
            )
            d_output += d_raw_here @ weights.window_kernel.T
            d_raw = d_raw.at[t - begin].set(d_raw_here)
        d_here, d_cell = cell.backward(
            gates[t - first], before.cell[t - begin], d_output, d_new.cell, jnp.tanh
        )
        d_here = jnp.concatenate(d_here, axis=-1)
        symbols = weights.recurrent.shape[0] - d_output.shape[-1]
        d_window, d_output = jnp.split(go_back(d_here), [symbols], axis=-1)
        if characters is None:
            d_window = None
        d_old = _State(d_output, d_cell, d_kappa, d_window)
        return d_old, d_sums.at[t - begin].set(d_here), d_raw

    empty = jnp.zeros((*before.cell.shape[:2], len(weights.bias)))
    no_raw = None if raw is None else jnp.zeros_like(cut(raw))
    d_state, *made = jax.lax.fori_loop(0, end - begin, step, (d_state, empty, no_raw))
    d_sums, d_raw = jax.tree.map(_flat, made)
    input_dtype = "float32" if len(weights.kernel) <= NARROW else options.dtype
    d_here = LSTMWeights(
        kernel=right_gradient(_joined(here), d_sums, input_dtype),
        recurrent=right_gradient(seen, d_sums, options.dtype),
        bias=jnp.sum(d_sums, axis=0),
    )
    if characters is not None:
        outputs = _flat(cut(states.output))
        d_here = d_here._replace(
            window_kernel=right_gradient(outputs, d_raw, "float32"),
            window_bias=jnp.sum(d_raw, axis=0),
        )
    d_weights = jax.tree.map(jnp.add, d_weights, d_here)
    d_piece = left_gradient(d_sums, weights.kernel, input_dtype)
    ends_of_parts = np.cumsum([part.shape[-1] for part in inputs])[:-1]
    d_parts = jnp.split(
        d_piece.reshape(length, -1, len(weights.kernel)), ends_of_parts, -1
    )
    d_inputs = tuple(
        # Rows after the piece are 0 here: a short first piece adds nothing to the next.
        jax.lax.dynamic_update_slice_in_dim(so_far, cut(so_far) + here, begin, axis=0)
        for so_far, here in zip(d_inputs, d_parts, strict=True)
    )
    return (d_state, d_weights, d_inputs), None


def _seen(state):
    """What the recurrent weights multiply."""
    if state.window is None:
        return state.output
    return jnp.concatenate([state.window, state.output], axis=-1)


def _flat(values):
    """`[..., features]` to rows."""
    return values.reshape(-1, values.shape[-1])

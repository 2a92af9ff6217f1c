"""TensorFlow: an LSTM whose gradient is written by hand, and low-precision products.

The gradient of `tf.while_loop` adds up the recurrent weights' gradient step by step.
Here the backward loop makes the gates' gradients alone; the weights' gradient is one
large product after it. XLA, which Keras uses where there is a GPU, compiles it too.
"""

import tensorflow as tf


def matmul(a, b, dtype):
    """See `fast.matmul`."""
    if dtype == "float32":
        return tf.matmul(a, b)
    return tf.cast(tf.matmul(tf.cast(a, dtype), tf.cast(b, dtype)), tf.float32)


def lstm(bias, peepholes, dtype, depth):
    """See `fast.lstm`."""

    def run(inputs, kernel, recurrent, state):
        inputs = tf.transpose(inputs, (1, 0, 2))  # [time, batch, features]
        projected = matmul(inputs, kernel, dtype) + bias
        weights = (recurrent,) if peepholes is None else (recurrent, peepholes)
        outputs, cells = _recurrence(dtype)(
            *map(tf.convert_to_tensor, (projected, *state, *weights))
        )
        return tf.transpose(outputs, (1, 0, 2)), (outputs[-1], cells[-1])

    return run


def _recurrence(dtype):
    """The loop over time, with its gradient; products with factors of `dtype`."""

    @tf.custom_gradient
    def recur(projected, output, cell, recurrent, *peepholes):
        """Outputs, cells `[time, batch, units]` from projected `[time, batch, 4u]`."""
        to_i, to_f, to_o = tf.unstack(peepholes[0]) if peepholes else (0.0,) * 3

        def forward(projected, output, cell):
            gates = projected + matmul(output, recurrent, dtype)
            i, f, c, o = tf.split(gates, 4, axis=-1)
            i, f = tf.sigmoid(i + to_i * cell), tf.sigmoid(f + to_f * cell)
            c = tf.tanh(c)
            cell = f * cell + i * c
            o = tf.sigmoid(o + to_o * cell)
            return o * tf.tanh(cell), cell, tf.concat([i, f, c, o], axis=-1)

        outputs, cells, gates = _loop(forward, (projected,), (output, cell))
        last_outputs = tf.concat([output[None], outputs[:-1]], axis=0)
        last_cells = tf.concat([cell[None], cells[:-1]], axis=0)

        def gradient(d_outputs, d_cells):
            transposed = tf.transpose(recurrent)

            def backward(d_here, d_cell_here, cell, last, gates, d_output, d_cell):
                i, f, c, o = tf.split(gates, 4, axis=-1)
                d_output, squashed = d_output + d_here, tf.tanh(cell)
                d_o = d_output * squashed * o * (1.0 - o)
                d_cell = d_cell + d_cell_here + d_output * o * (1.0 - squashed**2)
                d_cell = d_cell + d_o * to_o
                d_i = d_cell * c * i * (1.0 - i)
                d_f = d_cell * last * f * (1.0 - f)
                d_c = d_cell * i * (1.0 - c**2)
                d_gates = tf.concat([d_i, d_f, d_c, d_o], axis=-1)
                d_cell = d_cell * f + d_i * to_i + d_f * to_f
                return matmul(d_gates, transposed, dtype), d_cell, d_gates

            d_lasts, d_last_cells, d_gates = _loop(
                backward,
                (d_outputs, d_cells, cells, last_cells, gates),
                (tf.zeros_like(output), tf.zeros_like(cell)),
                reverse=True,
            )
            units = recurrent.shape[0]
            d_recurrent = matmul(
                tf.transpose(tf.reshape(last_outputs, (-1, units))),
                tf.reshape(d_gates, (-1, 4 * units)),
                dtype,
            )
            found = (d_gates, d_lasts[0], d_last_cells[0], d_recurrent)
            if not peepholes:
                return found
            d_i, d_f, _, d_o = tf.split(d_gates, 4, axis=-1)
            pairs = (d_i, last_cells), (d_f, last_cells), (d_o, cells)
            sums = [tf.reduce_sum(d * seen, axis=(0, 1)) for d, seen in pairs]
            return (*found, tf.stack(sums))

        return (outputs, cells), gradient

    return recur


def _loop(step, sequences, state, reverse=False):
    """What `step(*here, *state)` gives at each time, three tensors, stacked over time.

    The first two, `[batch, units]`, are the state of the next step; the third is
    `[batch, 4 * units]`.
    """
    length = tf.shape(sequences[0])[0]
    read = [
        tf.TensorArray(tf.float32, length, element_shape=values.shape[1:]).unstack(
            values
        )
        for values in sequences
    ]
    shape = state[0].shape
    written = tuple(
        tf.TensorArray(tf.float32, length, element_shape=(shape[0], width))
        for width in (shape[1], shape[1], 4 * shape[1])
    )

    def body(count, state, written):
        time = length - 1 - count if reverse else count
        found = step(*(values.read(time) for values in read), *state)
        written = tuple(
            array.write(time, value)
            for array, value in zip(written, found, strict=True)
        )
        return count + 1, found[:2], written

    _, _, written = tf.while_loop(
        lambda count, *_: count < length,
        body,
        (0, tuple(state), written),
        maximum_iterations=length,
    )
    stacked = tuple(array.stack() for array in written)
    for values in stacked:  # a loop forgets how long it is, even where that is known
        values.set_shape((sequences[0].shape[0], None, None))
    return stacked

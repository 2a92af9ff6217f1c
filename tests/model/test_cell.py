"""The LSTM's hand-written gradient against the backend's own."""

import numpy as np
from gradients import gradients
from keras import ops

from sketch.model import cell

BATCH, UNITS = 3, 5


def test_backward_equals_automatic_differentiation():
    rng = np.random.default_rng(0)
    shapes = ((4, BATCH, UNITS), *[(BATCH, UNITS)] * 3)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    sums, last_cell, d_output, d_cell = map(ops.convert_to_tensor, arrays)

    def score(sums, last_cell):
        output, new_cell, _ = cell.forward(sums, last_cell, ops.sigmoid, ops.tanh)
        return ops.sum(output * d_output) + ops.sum(new_cell * d_cell)

    d_sums, d_last = gradients(score, *arrays[:2])
    _, _, gates = cell.forward(sums, last_cell, ops.sigmoid, ops.tanh)
    found_sums, found_last = cell.backward(gates, last_cell, d_output, d_cell, ops.tanh)
    for ours, theirs in ((ops.stack(found_sums), d_sums), (found_last, d_last)):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours), theirs, rtol=1e-5, atol=1e-6
        )

"""LSTM and GRU layers: one step, and the run over a sequence, from the same weights.

Sampling calls `step`, training `run`. The order of gates and the weights' shapes are
those of `keras.layers.LSTM` and `keras.layers.GRU`, which the tests compare with; Keras
lacks the peepholes of Graves' LSTM (eqs 7-11) and a state that both ways share. Layers
take no mask: a causal network needs none if the loss is masked.

Under the policy `mixed_bfloat16` the matrix products round as `fast.matmul` says, but
for those of at most `NARROW` input features: pen offsets are never rounded. States,
gates and biases are kept in float32. PyTorch's own LSTM alone rounds all of these
(`fast_torch`). JAX sums the weights' gradients over all steps in float32; TensorFlow
and PyTorch round each of them once. Keras would round each weight as it is read, and
its gradient with it, whatever `autocast` says of the layer: hence `autocast=False` of
each weight.
"""

from collections.abc import Sequence

import keras
from keras import ops

from sketch.model import cell, fast
from sketch.model.mixture import Tensor

State = tuple[Tensor, ...]  # first the output h `[batch, units]`, then the rest


class RecurrentLayer(keras.layers.Layer):
    """What LSTM and GRU share: kernels, products, the run over a sequence.

    A subclass adds a bias, and says which part of it `project` adds: `input_bias`.

    Args:
        units: width of the state.
        kernel_initializer: for the input weights.
        recurrent_initializer: for the recurrent weights.
        weight_noise: standard deviation of Gaussian noise added to both kernels, drawn
            once a batch while training (Graves 2013, section 4.2, of fixed width).
        seed: for the weight noise.
    """

    num_gates: int
    state_size: int  # how many tensors the state holds
    is_plain_lstm = False  # what `fast.lstm` can run

    def __init__(
        self,
        units: int,
        kernel_initializer: str | keras.Initializer = "glorot_uniform",
        recurrent_initializer: str | keras.Initializer = "orthogonal",
        weight_noise: float = 0.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.weight_noise = weight_noise
        if weight_noise:
            self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        gates = self.num_gates * self.units
        self.kernel = self._add_weight(
            "kernel", (input_shape[-1], gates), self.kernel_initializer
        )
        self.recurrent_kernel = self._add_weight(
            "recurrent_kernel", (self.units, gates), self.recurrent_initializer
        )

    def _add_weight(self, name, shape, initializer):
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, autocast=False
        )

    def initial_state(self, batch_size: int) -> State:
        """Zeros: `state_size` tensors `[batch, units]`."""
        return (ops.zeros((batch_size, self.units), "float32"),) * self.state_size

    def weights_now(self, training: bool = False) -> tuple[Tensor, Tensor]:
        """Input and recurrent kernel, with this batch's noise while training."""
        kernels = self.kernel.value, self.recurrent_kernel.value
        if not (training and self.weight_noise):
            return kernels

        def noise(kernel):
            return keras.random.normal(
                kernel.shape, stddev=self.weight_noise, seed=self.seed_generator
            )

        return tuple(kernel + noise(kernel) for kernel in kernels)

    @property
    def other_variables(self) -> list[keras.Variable]:
        """What `advance` needs besides the kernels: these come first."""
        return self.trainable_variables[2:]

    def project(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """`[..., features]` to the gates' part that does not depend on the state."""
        narrow = inputs.shape[-1] <= cell.NARROW
        dtype = "float32" if narrow else self.compute_dtype
        return fast.matmul(inputs, kernel, dtype) + self.input_bias

    def advance(self, projected: Tensor, state: State, recurrent: Tensor) -> State:
        """One step from projected inputs `[batch, gates]`; the new state."""
        raise NotImplementedError

    def step(self, inputs: Tensor, state: State) -> State:
        """One step from inputs `[batch, features]`; `result[0]` is the output."""
        kernel, recurrent = self.weights_now()
        return self.advance(self.project(inputs, kernel), state, recurrent)

    def run(
        self, inputs: Sequence[Tensor], training: bool = False
    ) -> tuple[Tensor, State]:
        """Run over a sequence, from a state of zeros.

        Args:
            inputs: tensors `[time, batch, ...]`, whose features follow each other.
            training: adds weight noise where the layer has some.

        Returns:
            outputs `[time, batch, units]` and the state after the last step.
        """
        state = self.initial_state(ops.shape(inputs[0])[1])
        kernel, recurrent = self.weights_now(training)

        def body(state, projected, rows, recurrent):
            return self.advance(projected, state, recurrent)

        states = fast.scan(
            body,
            state,
            self.project(ops.concatenate(inputs, axis=-1), kernel),
            weights=recurrent,
            variables=self.other_variables,
        )
        return states[0], tuple(part[-1] for part in states)

    def call(self, inputs, training=False):
        """`run` with the batch first: `[batch, time, ...]`."""
        outputs, state = self.run([ops.swapaxes(inputs, 0, 1)], training)
        return ops.swapaxes(outputs, 0, 1), state


class LSTM(RecurrentLayer):
    """Long short-term memory (Graves 2013, eqs 7-11), gates i, f, c, o as in Keras.

    Departures from the paper: the forget gate's bias starts at 1, and without
    `peepholes` the gates do not see the cell. State: (output h, cell c).

    Args:
        units: width of the state.
        peepholes: let i and f see the last cell and o the new one; the fast paths have
            none, so these layers are slower.
        depth: layers of the network, which share the memory for their gradients.
        **kwargs: see RecurrentLayer.
    """

    num_gates = 4
    state_size = 2

    def __init__(self, units: int, peepholes: bool = False, depth: int = 1, **kwargs):
        super().__init__(units, **kwargs)
        self.peepholes = peepholes
        self.is_plain_lstm = not peepholes
        self.depth = depth

    def build(self, input_shape):
        super().build(input_shape)

        def forget_gate_open(shape, dtype=None):
            ones = ops.ones((self.units,), dtype)
            return ops.concatenate([0 * ones, ones, 0 * ones, 0 * ones])

        self.bias = self._add_weight("bias", (4 * self.units,), forget_gate_open)
        self.peephole_kernel = None
        if self.peepholes:
            self.peephole_kernel = self._add_weight(
                "peephole_kernel", (3, self.units), "zeros"
            )

    @property
    def input_bias(self):
        return self.bias

    def advance(self, projected, state, recurrent):
        output, last_cell = state
        sums = projected + fast.matmul(output, recurrent, self.compute_dtype)
        sums = ops.split(sums, 4, axis=-1)  # [batch, units] each
        return cell.forward(
            sums, last_cell, ops.sigmoid, ops.tanh, self.peephole_kernel
        )[:2]

    def run(self, inputs, training=False):
        if not (self.is_plain_lstm and fast.has_lstm()):
            return super().run(inputs, training)
        state = self.initial_state(ops.shape(inputs[0])[1])
        weights = cell.LSTMWeights(*self.weights_now(training), self.bias.value)
        outputs, last_cell = fast.lstm(
            inputs, weights, state, self.compute_dtype, self.depth
        )
        return outputs, (outputs[-1], last_cell)


class GRU(RecurrentLayer):
    """Gated recurrent unit, gates z, r, h, as `keras.layers.GRU(reset_after=True)`.

    State: (output h,).
    """

    num_gates = 3
    state_size = 1

    def build(self, input_shape):
        super().build(input_shape)
        self.bias = self._add_weight("bias", (2, 3 * self.units), "zeros")

    @property
    def input_bias(self):
        return self.bias[0]

    def advance(self, projected, state, recurrent):
        (output,) = state
        inner = fast.matmul(output, recurrent, self.compute_dtype) + self.bias[1]
        z, r, h = ops.split(projected, 3, axis=-1)
        inner_z, inner_r, inner_h = ops.split(inner, 3, axis=-1)
        update = ops.sigmoid(z + inner_z)
        candidate = ops.tanh(h + ops.sigmoid(r + inner_r) * inner_h)
        return (update * output + (1.0 - update) * candidate,)

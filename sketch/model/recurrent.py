"""LSTM and GRU layers: one step, and the run over a sequence, from the same weights.

Sampling calls `step`, training calls the layer on whole sequences. The order of gates
and the weights' shapes are those of `keras.layers.LSTM` and `keras.layers.GRU`, which
the tests compare with; what Keras lacks is the peepholes of Graves' LSTM (eqs 7-11)
and a state that both paths share. Layers take no mask: a causal network needs none as
long as the loss is masked, and quick paths refuse one.

Under the policy `mixed_bfloat16` the matrix products round as `fast.matmul` says;
states, gates and biases are kept in float32, but for PyTorch's own LSTM, which rounds
them too (`fast_torch`). The weights' gradients are sums over all steps, in float32
under JAX; TensorFlow and PyTorch round each of them once. Keras would round each weight
as it is read, and its gradient with it, whatever `autocast` says of the layer: hence
`autocast=False` of each weight.
"""

from collections.abc import Callable

import keras
from keras import ops

from sketch.model import fast
from sketch.model.mixture import Tensor

State = tuple[Tensor, ...]  # first the output h `[batch, units]`, then the rest


class RecurrentLayer(keras.layers.Layer):
    """What LSTM and GRU share: weights, products, the run over a sequence.

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
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], gates),
            initializer=self.kernel_initializer,
            autocast=False,
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, gates),
            initializer=self.recurrent_initializer,
            autocast=False,
        )

    def initial_state(self, batch_size: int) -> State:
        """Zeros: `state_size` tensors `[batch, units]`."""
        return tuple(
            ops.zeros((batch_size, self.units), "float32")
            for _ in range(self.state_size)
        )

    def weights_now(self, training: bool = False) -> tuple[Tensor, Tensor]:
        """Input and recurrent kernel, with this batch's noise while training."""
        kernels = self.kernel.value, self.recurrent_kernel.value
        if not (training and self.weight_noise):
            return kernels
        return tuple(
            kernel
            + keras.random.normal(
                kernel.shape, stddev=self.weight_noise, seed=self.seed_generator
            )
            for kernel in kernels
        )

    @property
    def other_variables(self) -> list[keras.Variable]:
        """What `advance` needs besides the kernels."""
        return [
            variable
            for variable in self.trainable_variables
            if variable is not self.kernel and variable is not self.recurrent_kernel
        ]

    def project(
        self, inputs: Tensor, kernel: Tensor, dtype: str | None = None
    ) -> Tensor:
        """`[..., features]` to the gates' part that does not depend on the state.

        Factors are rounded to `dtype`; None: to that of the layer's products.
        """
        raise NotImplementedError

    def advance(self, projected: Tensor, state: State, recurrent: Tensor) -> State:
        """One step from projected inputs `[batch, gates]`; the new state."""
        raise NotImplementedError

    def step(self, inputs: Tensor, state: State) -> State:
        """One step from inputs `[batch, features]`; `result[0]` is the output."""
        kernel, recurrent = self.weights_now()
        return self.advance(self.project(inputs, kernel), state, recurrent)

    def fast_path(self) -> Callable | None:
        """`run(inputs, kernel, recurrent, state) -> (outputs, state)`, or None."""
        return None

    def call(self, inputs, training=False):
        """Run over a sequence, from a state of zeros.

        Args:
            inputs: `[batch, time, features]`.
            training: adds weight noise where the layer has some.

        Returns:
            outputs `[batch, time, units]` and the state after the last step.
        """
        state = self.initial_state(ops.shape(inputs)[0])
        kernel, recurrent = self.weights_now(training)
        run = self.fast_path()
        if run is not None:
            return run(inputs, kernel, recurrent, state)
        projected = self.project(ops.swapaxes(inputs, 0, 1), kernel)

        def body(state, projected, rows, recurrent):
            return self.advance(projected, state, recurrent)

        states = fast.scan(
            body,
            state,
            projected,
            weights=recurrent,
            variables=self.other_variables,
        )
        return ops.swapaxes(states[0], 0, 1), tuple(part[-1] for part in states)

    def compute_output_spec(self, inputs, training=False):
        one = keras.KerasTensor((inputs.shape[0], self.units), "float32")
        outputs = keras.KerasTensor((*inputs.shape[:2], self.units), "float32")
        return outputs, (one,) * self.state_size


class LSTM(RecurrentLayer):
    """Long short-term memory (Graves 2013, eqs 7-11), gates i, f, c, o as in Keras.

    Departures from the paper: the forget gate's bias starts at 1, and without
    `peepholes` the gates do not see the cell. State: (output h, cell c).

    Args:
        units: width of the state.
        peepholes: let i and f see the last cell and o the new one, by three vectors.
        depth: layers of the network, which share the memory for their gradients.
        **kwargs: see RecurrentLayer.
    """

    num_gates = 4
    state_size = 2

    def __init__(self, units: int, peepholes: bool = False, depth: int = 1, **kwargs):
        super().__init__(units, **kwargs)
        self.peepholes = peepholes
        self.depth = depth

    def build(self, input_shape):
        super().build(input_shape)

        def forget_gate_open(shape, dtype=None):
            ones = ops.ones((self.units,), dtype)
            return ops.concatenate([0 * ones, ones, 0 * ones, 0 * ones])

        self.bias = self.add_weight(
            name="bias",
            shape=(4 * self.units,),
            initializer=forget_gate_open,
            autocast=False,
        )
        if self.peepholes:
            self.peephole_kernel = self.add_weight(
                name="peephole_kernel",
                shape=(3, self.units),
                initializer="zeros",
                autocast=False,
            )

    def project(self, inputs, kernel, dtype=None):
        return fast.matmul(inputs, kernel, dtype or self.compute_dtype) + self.bias

    def advance(self, projected, state, recurrent):
        output, cell = state
        gates = projected + fast.matmul(output, recurrent, self.compute_dtype)
        i, f, c, o = ops.split(gates, 4, axis=-1)  # [batch, units] each
        if self.peepholes:
            i = i + self.peephole_kernel[0] * cell
            f = f + self.peephole_kernel[1] * cell
        cell = ops.sigmoid(f) * cell + ops.sigmoid(i) * ops.tanh(c)
        if self.peepholes:
            o = o + self.peephole_kernel[2] * cell
        return ops.sigmoid(o) * ops.tanh(cell), cell

    def fast_path(self):
        peepholes = self.peephole_kernel.value if self.peepholes else None
        return fast.lstm(self.bias.value, peepholes, self.compute_dtype, self.depth)


class GRU(RecurrentLayer):
    """Gated recurrent unit, gates z, r, h, as `keras.layers.GRU(reset_after=True)`.

    State: (output h,).
    """

    num_gates = 3
    state_size = 1

    def build(self, input_shape):
        super().build(input_shape)
        self.bias = self.add_weight(
            name="bias",
            shape=(2, 3 * self.units),
            initializer="zeros",
            autocast=False,
        )

    def project(self, inputs, kernel, dtype=None):
        return fast.matmul(inputs, kernel, dtype or self.compute_dtype) + self.bias[0]

    def advance(self, projected, state, recurrent):
        (output,) = state
        inner = fast.matmul(output, recurrent, self.compute_dtype) + self.bias[1]
        z, r, h = ops.split(projected, 3, axis=-1)
        inner_z, inner_r, inner_h = ops.split(inner, 3, axis=-1)
        update = ops.sigmoid(z + inner_z)
        candidate = ops.tanh(h + ops.sigmoid(r + inner_r) * inner_h)
        return (update * output + (1.0 - update) * candidate,)

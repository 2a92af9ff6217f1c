"""The stack: recurrent layers, the window over a text, and the mixture's outputs.

One definition, run in two ways: `call` takes whole lines (training and scoring) and
works layer by layer, time first; `step` takes one pen point (sampling). The window
depends on the first layer alone, so training runs these two together once, and then
every upper layer over the whole sequence (Graves 2013, sections 4 and 5).

    input   previous point, its offset normalised `[batch, time, 3]`; the first is the
            null offset, so that the first real point is predicted too
    output  raw mixture numbers `[batch, time, 6 * num_mixtures + 1]`
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from keras import ops
from keras.initializers import GlorotUniform, Orthogonal, RandomUniform

from sketch.ink.strokes import END_OF_STROKE
from sketch.model import fast, mixture
from sketch.model.cell import LSTMWeights
from sketch.model.mixture import Tensor
from sketch.model.recurrent import GRU, LSTM, State
from sketch.model.seeds import part_seeds
from sketch.model.window import AttentionWindow, WindowState


class NetworkState(NamedTuple):
    """What the network remembers between two pen points."""

    layers: tuple[State, ...]
    window: WindowState | tuple[()]  # kappa and window; () without text


class BatchTotal(keras.metrics.Metric):
    """A sum over the last batch, the whole of it on every process and device."""

    def __init__(self, name: str):
        super().__init__(name=name, dtype="float32")
        self.total = self.add_variable((), initializer="zeros", name="total")

    def update_state(self, value):
        self.total.assign(value)

    def result(self):
        return ops.cast(self.total, "float32")

    def reset_state(self):
        pass


class Network(keras.Model):
    """LSTM or GRU layers under a mixture density, with or without text.

    Connections: layer n sees layer n - 1 and, with text, the window at t (layer 1 that
    at t - 1). `skip` adds the input to every layer and every layer to the output, as in
    the paper; `top` adds only the input to every layer. The output sees the window
    directly only if there is one layer.

    Args:
        dim: units a layer.
        depth: number of layers.
        num_mixtures: components of the output mixture.
        first_input: the normalised null offset and 0, see `first_input`.
        scale_floor: see `mixture.split_outputs`.
        cell: "lstm" or "gru".
        peepholes: see LSTM.
        skip, top: see above; they exclude each other.
        dropout: share of the layers' outputs set to 0 while training, but not in
            recurrent connections.
        uniform: > 0 draws the initial kernels of layers and output from U(-uniform,
            uniform); 0 means orthogonal recurrent and Glorot input kernels. For the
            window's see AttentionWindow.
        weight_noise: of the layers, see RecurrentLayer; not of window and output.
        num_symbols: size of the alphabet; None for a network without text.
        window_mixtures: K, components of the window.
        advance: characters per point, see AttentionWindow.
        seed: of initial weights, dropout and weight noise.

    Raises:
        ValueError: `skip` and `top` are both set.
    """

    def __init__(
        self,
        dim: int,
        depth: int,
        num_mixtures: int,
        first_input: tuple[float, float, float],
        scale_floor: float = 1e-5,
        cell: str = "lstm",
        peepholes: bool = False,
        skip: bool = False,
        top: bool = False,
        dropout: float = 0.0,
        uniform: float = 0.0,
        weight_noise: float = 0.0,
        num_symbols: int | None = None,
        window_mixtures: int = 10,
        advance: float = 0.04,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        if skip and top:
            raise ValueError("`skip` and `top` exclude each other: choose one.")
        self.num_mixtures = num_mixtures
        self.first_input = tuple(first_input)
        self.scale_floor = scale_floor
        self.num_symbols = num_symbols
        self.input_everywhere = skip or top
        self.all_layers_to_output = skip
        seeds = part_seeds(seed)

        make_layer = GRU
        if cell == "lstm":
            make_layer = partial(LSTM, peepholes=peepholes, depth=depth)

        def initializer(usual):
            if uniform:
                return RandomUniform(-uniform, uniform, seed=next(seeds))
            return usual(seed=next(seeds))

        def recurrent_layer(index):
            return make_layer(
                dim,
                kernel_initializer=initializer(GlorotUniform),
                recurrent_initializer=initializer(Orthogonal),
                weight_noise=weight_noise,
                seed=next(seeds),
                name=f"layer_{index + 1}",
            )

        self.recurrent_layers = [recurrent_layer(index) for index in range(depth)]
        self.dropouts = [
            keras.layers.Dropout(dropout, seed=next(seeds), dtype="float32")
            for _ in range(depth if dropout else 0)
        ]
        self.output_layer = keras.layers.Dense(
            mixture.num_outputs(num_mixtures),
            kernel_initializer=initializer(GlorotUniform),
            dtype="float32",
            name="mixture",
        )
        symbols = num_symbols or 0
        above = dim + symbols + (3 if self.input_everywhere else 0)
        for index, layer in enumerate(self.recurrent_layers):
            layer.build((None, None, above if index else 3 + symbols))
        if num_symbols is not None:
            self.window = AttentionWindow(
                window_mixtures, advance, seed=next(seeds), name="window"
            )
            self.window.build((None, dim))
        outputs_seen = dim * (depth if skip else 1) + (symbols if depth == 1 else 0)
        self.output_layer.build((None, None, outputs_seen))
        self.totals = [
            BatchTotal(name=name)
            for name in ("log_likelihood", "lines", "points", "loss")
        ]
        self.built = True

    @property
    def has_text(self) -> bool:
        return self.num_symbols is not None

    def take_weights(self, other: "Network", codes: Sequence[int] = ()) -> None:
        """Take the weights of a network that differs in its text alone.

        One of the two may have no text, or `other` a smaller alphabet. The window is in
        the last rows of each kernel that sees it, a row a character. Rows that `other`
        lacks are zeros, so the outputs for texts that it knows do not change; to a
        network without text all texts are padding alone.

        Args:
            other: with the same settings but for text and alphabet.
            codes: where both have text, the code here of each code of `other`.
        """
        pairs = list(zip(self.recurrent_layers, other.recurrent_layers, strict=True))
        pairs.append((self.output_layer, other.output_layer))
        if self.has_text and other.has_text:
            pairs.append((self.window, other.window))
        for layer, known in pairs:
            variables = layer.trainable_variables, known.trainable_variables
            for new, old in zip(*variables, strict=True):
                values = known_values = ops.convert_to_numpy(old)
                if new.shape != old.shape:
                    first = new.shape[0] - (self.num_symbols or 0)  # row of the window
                    values = np.zeros(new.shape, "float32")
                    values[:first] = known_values[:first]
                    if len(codes):
                        values[first + np.asarray(codes)] = known_values[first:]
                new.assign(values)

    # -- whole lines -----------------------------------------------------------------

    def call(self, inputs, training=False):
        """Raw outputs for whole lines.

        Args:
            inputs: dict with `strokes` `[batch, time, 3]`, normalised, and with text
                `text` `[batch, length]`, character codes, -1 for padding.
            training: adds dropout and weight noise.

        Returns:
            `[batch, time, 6 * num_mixtures + 1]`: row t is the density of point t.
        """
        strokes = ops.swapaxes(inputs["strokes"], 0, 1)  # [time, batch, 3]
        first = ops.broadcast_to(
            ops.convert_to_tensor(self.first_input, "float32"),
            (1, ops.shape(strokes)[1], 3),
        )
        points = ops.concatenate([first, strokes[:-1]], axis=0)
        window = None
        if self.has_text:
            hidden, window = self._first_layer(points, inputs["text"], training)
        else:
            hidden, _ = self.recurrent_layers[0].run([points], training)
        hiddens = [self._drop(0, hidden, training)]
        for index, layer in enumerate(self.recurrent_layers[1:], start=1):
            parts = self.inputs_of_upper_layer(hiddens[-1], points, window)
            hidden, _ = layer.run(parts, training)
            hiddens.append(self._drop(index, hidden, training))
        seen = ops.concatenate(self.inputs_of_output(hiddens, window), axis=-1)
        return ops.swapaxes(self.output_layer(seen), 0, 1)

    def _first_layer(self, points, text, training):
        """Layer 1 and window over whole lines: both `[time, batch, ...]`."""
        layer = self.recurrent_layers[0]
        characters = self.one_hot(text)
        state = layer.initial_state(ops.shape(points)[1])
        window_state = self.window.initial_state(characters)
        kernel, recurrent = layer.weights_now(training)
        if layer.is_plain_lstm and fast.has_lstm():
            weights = LSTMWeights(
                kernel[:3],
                ops.concatenate([kernel[3:], recurrent]),
                layer.bias.value,
                self.window.kernel.value,
                self.window.bias.value,
            )
            return fast.lstm(
                [points],
                weights,
                (*state, *window_state),
                layer.compute_dtype,
                layer.depth,
                characters,
            )

        def body(carry, point, characters, weights):
            state, (kappa, window) = carry
            state = self._first_step(point, window, state, weights)
            kappa, window, _ = self.window.step(state[0], kappa, characters)
            return state, (kappa, window)

        states, (_, windows) = fast.scan(
            body,
            (state, window_state),
            points,
            rows=characters,
            weights=(kernel, recurrent),
            variables=[*layer.other_variables, *self.window.trainable_variables],
        )
        return states[0], windows

    def _first_step(self, point, window, state, weights):
        """A step of layer 1 with text: of its inputs only the pen's are not rounded."""
        layer = self.recurrent_layers[0]
        kernel, recurrent = weights
        projected = layer.project(point, kernel[:3])
        projected += fast.matmul(window, kernel[3:], layer.compute_dtype)
        return layer.advance(projected, state, recurrent)

    def one_hot(self, text: Tensor) -> Tensor:
        """`[batch, length]` codes to `[batch, length, alphabet]`; padding is zeros."""
        real = ops.expand_dims(ops.cast(text >= 0, "float32"), -1)
        return ops.one_hot(ops.maximum(text, 0), self.num_symbols) * real

    def _drop(self, index, hidden, training):
        return (
            self.dropouts[index](hidden, training=training) if self.dropouts else hidden
        )

    def inputs_of_upper_layer(self, below, point, window) -> list:
        """What a layer above the first sees, one after the other."""
        parts = [below]
        if self.input_everywhere:
            parts.append(point)
        if self.has_text:
            parts.append(window)
        return parts

    def inputs_of_output(self, hiddens, window) -> list:
        """What the output layer sees, one after the other."""
        parts = list(hiddens) if self.all_layers_to_output else [hiddens[-1]]
        if self.has_text and len(hiddens) == 1:
            parts.append(window)
        return parts

    # -- one point -------------------------------------------------------------------

    def initial_state(
        self, batch_size: int, characters: Tensor | None = None
    ) -> NetworkState:
        """Before the first point: zeros, and the window on its first character.

        Args:
            batch_size: lines.
            characters: as `step` takes them; None without text.
        """
        return NetworkState(
            tuple(layer.initial_state(batch_size) for layer in self.recurrent_layers),
            self.window.initial_state(characters) if self.has_text else (),
        )

    def step(
        self, point: Tensor, state: NetworkState, characters: Tensor | None = None
    ) -> tuple[Tensor, NetworkState, Tensor | None]:
        """One pen step, for sampling.

        Args:
            point: `[batch, 3]`, the point before the one to be predicted.
            state: from `initial_state` or an earlier step.
            characters: `[batch, length, alphabet]` from `one_hot`; None without text.

        Returns:
            raw outputs `[batch, 6 * num_mixtures + 1]`, the new state, and phi
            `[batch, length]` (None without text).
        """
        window, phi, window_state = None, None, ()
        first, old = self.recurrent_layers[0], state.layers[0]
        if self.has_text:
            kappa, window = state.window
            states = [self._first_step(point, window, old, first.weights_now())]
            kappa, window, phi = self.window.step(states[0][0], kappa, characters)
            window_state = kappa, window
        else:
            states = [first.step(point, old)]
        for layer, old in zip(self.recurrent_layers[1:], state.layers[1:], strict=True):
            parts = self.inputs_of_upper_layer(states[-1][0], point, window)
            states.append(layer.step(ops.concatenate(parts, axis=-1), old))
        seen = self.inputs_of_output([new[0] for new in states], window)
        outputs = self.output_layer(ops.concatenate(seen, axis=-1))
        return outputs, NetworkState(tuple(states), window_state), phi

    # -- loss ------------------------------------------------------------------------

    @property
    def metrics(self):
        """What a step returns: sums over its batch, not Keras' means over all batches.

        Keras would zero those from outside the compiled step: several processes would
        wait for each other once for each number.
        """
        return self.totals

    def density(
        self, outputs: Tensor, probability_bias: float | Tensor = 0.0
    ) -> mixture.MixtureParams:
        """Raw outputs as mixture parameters, with this network's scale floor.

        A bias keeps the length of the pen's steps, see `mixture.split_outputs`.
        """
        is_plain = isinstance(probability_bias, float) and probability_bias == 0.0
        null_offset = None if is_plain else self.first_input[:END_OF_STROKE]
        return mixture.split_outputs(
            outputs, self.scale_floor, probability_bias, null_offset
        )

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Negative log-likelihood in nats a line: sum(nll * mask) / lines (eq. 26).

        `x["mask"]` `[batch, time]` is 1 on real steps, 0 on padding; a row of padding
        alone fills up a batch and is not counted as a line. Steps where `x["rest"]` is
        1, the end of a text, are learned too, but are not in the reported sums.
        """
        mask, strokes = (ops.convert_to_tensor(x[key]) for key in ("mask", "strokes"))
        rest = ops.convert_to_tensor(x["rest"]) if "rest" in x else 0.0 * mask
        # 0 times the likelihood of padding would be NaN where that is not finite.
        is_real = ops.expand_dims(mask + rest > 0, -1)
        steps = mixture.log_likelihood(
            self.density(ops.where(is_real, y_pred, 0.0)), strokes
        )
        total = ops.sum(mask * steps)
        lines = ops.sum(ops.max(mask, axis=1))
        loss = -(total + ops.sum(rest * steps)) / ops.maximum(lines, 1.0)
        values = total, lines, ops.sum(mask), loss
        for metric, value in zip(self.totals, values, strict=True):
            metric.update_state(value)
        return loss


def first_input(offset_mean, offset_std) -> tuple[float, float, float]:
    """The null offset, normalised, and pen down: the input before the first point."""
    x, y = (float(-m / s) for m, s in zip(offset_mean, offset_std, strict=True))
    return x, y, 0.0

"""The stack: recurrent layers, the window over a text, and the mixture's outputs.

One definition, run in two ways: `call` takes whole lines (training and scoring) and
works layer by layer, `step` takes one pen point (sampling). With text the window hangs
on the first layer alone, so that training scans layer 1 and window together once, and
runs every upper layer over the whole sequence (Graves 2013, sections 4 and 5).

    input   previous point, its offset normalised `[batch, time, 3]`; the first is the
            null offset, so that the first real point is predicted too
    output  raw mixture numbers `[batch, time, 6 * num_mixtures + 1]`
"""

from typing import NamedTuple

import keras
from keras import ops

from sketch.ink.strokes import END_OF_STROKE
from sketch.model import fast, mixture
from sketch.model.mixture import Tensor
from sketch.model.recurrent import GRU, LSTM, State
from sketch.model.seeds import part_seeds
from sketch.model.window import AttentionWindow, WindowState


class NetworkState(NamedTuple):
    """All that the network remembers between two pen points."""

    layers: tuple[State, ...]
    window: WindowState | tuple[()]  # kappa and window; () without text


class BatchTotal(keras.metrics.Metric):
    """A sum over the last batch, whole on every process and device."""

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

    Connections: layer n sees layer n - 1 and, with text, the window at t (layer 1 the
    window at t - 1). `skip` adds the input to every layer and every layer to the
    output, as in the paper; `top` adds only the input to every layer. The window
    reaches the output through the layers above the first; a text network of one layer
    shows it to the output directly.

    Args:
        dim: units a layer.
        depth: number of layers.
        num_mixtures: components of the output mixture.
        first_input: the normalised null offset and 0, see `first_input`.
        scale_floor: see `mixture.split_outputs`.
        cell: "lstm" or "gru".
        peepholes: see LSTM.
        skip, top: see above; they exclude each other.
        dropout: share of the layers' outputs set to 0 while training; recurrent
            connections keep all.
        uniform: > 0 draws the initial kernels of layers and output from U(-uniform,
            uniform); 0 means orthogonal recurrent and Glorot input kernels. The window
            has small weights of its own, see AttentionWindow.
        weight_noise: of the layers, see RecurrentLayer; window and output have none.
        num_symbols: size of the alphabet; None for a network without text.
        window_mixtures: K, components of the window.
        advance: characters per point, see AttentionWindow.
        seed: of initial weights, dropout and weight noise.

    Raises:
        ValueError: if `skip` and `top` are both asked for.
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

        def kernel_initializer(usual):
            if uniform:
                return keras.initializers.RandomUniform(
                    -uniform, uniform, seed=next(seeds)
                )
            return usual(seed=next(seeds))

        def recurrent_layer(index):
            make = {"lstm": LSTM, "gru": GRU}[cell]
            return make(
                dim,
                kernel_initializer=kernel_initializer(keras.initializers.GlorotUniform),
                recurrent_initializer=kernel_initializer(keras.initializers.Orthogonal),
                weight_noise=weight_noise,
                seed=next(seeds),
                name=f"layer_{index + 1}",
                **({"peepholes": peepholes, "depth": depth} if cell == "lstm" else {}),
            )

        self.recurrent_layers = [recurrent_layer(index) for index in range(depth)]
        self.dropouts = [
            keras.layers.Dropout(dropout, seed=next(seeds), dtype="float32")
            for _ in range(depth if dropout else 0)
        ]
        self.output_layer = keras.layers.Dense(
            mixture.num_outputs(num_mixtures),
            kernel_initializer=kernel_initializer(keras.initializers.GlorotUniform),
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

    def take_weights(self, other: "Network") -> None:
        """Takes the weights of a network that has text where this one has none, or the
        other way round, and is like it in all else.

        What saw the window sees it in the last rows of its kernel: they are left out,
        or are zeros at first. So either network's outputs are those that the one with
        text has where the text is padding alone.
        """
        layers = [
            [*network.recurrent_layers, network.output_layer]
            for network in (self, other)
        ]
        for layer, known in zip(*layers, strict=True):
            variables = layer.trainable_variables, known.trainable_variables
            for new, old in zip(*variables, strict=True):
                missing = max(new.shape[0] - old.shape[0], 0)
                rows = ops.zeros((missing, *new.shape[1:]), new.dtype)
                new.assign(ops.concatenate([old.value[: new.shape[0]], rows]))

    # -- whole lines -----------------------------------------------------------------

    def call(self, inputs, training=False):
        """Raw outputs for whole lines.

        Args:
            inputs: dict with `strokes` `[batch, time, 3]`, normalised, and with text
                `text` `[batch, length]`, character codes, -1 for padding.
            training: switches dropout and weight noise on.

        Returns:
            `[batch, time, 6 * num_mixtures + 1]`: row t is the density of point t.
        """
        strokes = inputs["strokes"]
        first = ops.broadcast_to(
            ops.convert_to_tensor(self.first_input, "float32"),
            (ops.shape(strokes)[0], 1, 3),
        )
        points = ops.concatenate([first, strokes[:, :-1]], axis=1)
        if self.has_text:
            hidden, window = self._first_layer(points, inputs["text"], training)
        else:
            (hidden, _), window = (
                self.recurrent_layers[0](points, training=training),
                None,
            )
        hiddens = [self._drop(0, hidden, training)]
        for index, layer in enumerate(self.recurrent_layers[1:], start=1):
            seen = self._seen_by_upper_layer(hiddens[-1], points, window)
            hidden, _ = layer(seen, training=training)
            hiddens.append(self._drop(index, hidden, training))
        return self.output_layer(self._seen_by_output(hiddens, window))

    def _first_layer(self, points, text, training):
        """Layer 1 and window in one scan: both `[batch, time, ...]`."""
        layer = self.recurrent_layers[0]
        characters = self.one_hot(text)
        batch_size = ops.shape(points)[0]

        def body(carry, point, characters, weights):
            kernel, recurrent = weights
            state, (kappa, window) = carry
            # In the loop: of all points at once it is hundreds of times their size.
            seen = ops.concatenate([point, window], axis=-1)
            state = layer.advance(
                layer.project(seen, kernel, "float32"), state, recurrent
            )
            kappa, window, _ = self.window.step(state[0], kappa, characters)
            return state, (kappa, window)

        start = (
            layer.initial_state(batch_size),
            self.window.initial_state(characters),
        )
        states, (_, windows) = fast.scan(
            body,
            start,
            ops.swapaxes(points, 0, 1),
            rows=characters,
            weights=layer.weights_now(training),
            variables=[*layer.other_variables, *self.window.trainable_variables],
        )
        return ops.swapaxes(states[0], 0, 1), ops.swapaxes(windows, 0, 1)

    def one_hot(self, text: Tensor) -> Tensor:
        """`[batch, length]` codes to `[batch, length, alphabet]`; padding is zeros."""
        real = ops.expand_dims(ops.cast(text >= 0, "float32"), -1)
        return ops.one_hot(ops.maximum(text, 0), self.num_symbols) * real

    def _drop(self, index, hidden, training):
        return (
            self.dropouts[index](hidden, training=training) if self.dropouts else hidden
        )

    def _seen_by_upper_layer(self, below, points, window):
        seen = [below]
        if self.input_everywhere:
            seen.append(points)
        if self.has_text:
            seen.append(window)
        return ops.concatenate(seen, axis=-1) if len(seen) > 1 else below

    def _seen_by_output(self, hiddens, window):
        seen = list(hiddens) if self.all_layers_to_output else [hiddens[-1]]
        if self.has_text and len(hiddens) == 1:
            seen.append(window)
        return ops.concatenate(seen, axis=-1) if len(seen) > 1 else seen[0]

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
        window, phi, new_window = None, None, ()
        first, seen = self.recurrent_layers[0], point
        if self.has_text:
            kappa, window = state.window
            seen = ops.concatenate([point, window], axis=-1)
        states = [first.step(seen, state.layers[0])]
        if self.has_text:
            kappa, window, phi = self.window.step(states[0][0], kappa, characters)
            new_window = kappa, window
        for layer, old in zip(self.recurrent_layers[1:], state.layers[1:], strict=True):
            seen = self._seen_by_upper_layer(states[-1][0], point, window)
            states.append(layer.step(seen, old))
        seen = self._seen_by_output([new[0] for new in states], window)
        return self.output_layer(seen), NetworkState(tuple(states), new_window), phi

    # -- loss ------------------------------------------------------------------------

    @property
    def metrics(self):
        """What a step returns: sums over its batch, in place of Keras' means over all.

        Those would be zeroed from outside the compiled step, for which, on several
        processes, all wait for all, number by number.
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

        `x["mask"]` `[batch, time]` is 1 on real steps, 0 on padding; a line of padding
        alone fills up a batch and counts as no line. Rows where `x["rest"]` is 1, the
        end of a text, are learned too, but are not in the sums that are reported.
        """
        mask, strokes = (ops.convert_to_tensor(x[key]) for key in ("mask", "strokes"))
        steps = mixture.log_likelihood(self.density(y_pred), strokes)
        total = ops.sum(mask * steps)
        lines = ops.sum(ops.max(mask, axis=1))
        learned = total
        if "rest" in x:
            learned = total + ops.sum(ops.convert_to_tensor(x["rest"]) * steps)
        loss = -learned / ops.maximum(lines, 1.0)
        values = total, lines, ops.sum(mask), loss
        for metric, value in zip(self.totals, values, strict=True):
            metric.update_state(value)
        return loss


def first_input(offset_mean, offset_std) -> tuple[float, float, float]:
    """The null offset in normalised units, pen down: what the first point follows."""
    x, y = (float(-m / s) for m, s in zip(offset_mean, offset_std, strict=True))
    return x, y, 0.0

"""A small network that reads ink: bidirectional LSTM layers under CTC (Graves 2006).

It judges generated ink: text that it reads without errors is legible. `POOL` points are
pooled to a frame before the recurrent layers: a character has many more points than it
needs frames, and the layers are faster by that factor.

    input   strokes `[batch, time, 3]`, normalised, and mask `[batch, time]`
    output  logits `[batch, frames, alphabet]`; code 0, the end of a text elsewhere, is
            CTC's blank here

The backward layers see each line reversed within its own length: padding stays behind
the ink in both directions, and no layer needs a mask.
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import normalise
from sketch.model.mixture import Tensor
from sketch.model.recurrent import LSTM
from sketch.model.seeds import part_seeds

POOL = 4  # points per frame: an IAM-OnDB character has about 25
CONTEXT = 3  # frames that the first layer sees at once
ROUND = 256  # to read, lines are padded to a multiple of it: fewer compilations
MAX_ROWS = 64  # lines that are read at once
BLANK = 0


class Recogniser(keras.Model):
    """Reads lines of ink.

    Args:
        dim: units of each layer and direction.
        depth: number of bidirectional layers.
        num_symbols: size of the alphabet, including the blank.
        dropout: share of each layer's inputs set to 0 while training.
        seed: of initial weights and dropout.
    """

    def __init__(
        self,
        dim: int,
        depth: int,
        num_symbols: int,
        dropout: float = 0.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        seeds = part_seeds(seed)

        def glorot():
            return keras.initializers.GlorotUniform(seed=next(seeds))

        def recurrent_layer(name):
            orthogonal = keras.initializers.Orthogonal(seed=next(seeds))
            return LSTM(
                dim,
                kernel_initializer=glorot(),
                recurrent_initializer=orthogonal,
                depth=2 * depth,
                name=name,
            )

        self.frame_layer = keras.layers.Conv1D(
            dim,
            CONTEXT,
            padding="same",
            activation="relu",
            kernel_initializer=glorot(),
            dtype="float32",
            name="frames",
        )
        self.frame_layer.build((None, None, POOL * 3))
        names = [f"layer_{index + 1}" for index in range(depth)]
        self.forward_layers = [recurrent_layer(f"{name}_forward") for name in names]
        self.backward_layers = [recurrent_layer(f"{name}_backward") for name in names]
        for index in range(depth):
            for layer in (self.forward_layers[index], self.backward_layers[index]):
                layer.build((None, None, 2 * dim if index else dim))
        self.dropouts = [
            keras.layers.Dropout(dropout, seed=next(seeds), dtype="float32")
            for _ in range(depth + 1 if dropout else 0)
        ]
        self.output_layer = keras.layers.Dense(
            num_symbols, kernel_initializer=glorot(), dtype="float32", name="symbols"
        )
        self.output_layer.build((None, None, 2 * dim))
        self.totals = [
            keras.metrics.Sum(name=name) for name in ("nats", "characters", "points")
        ]
        self.built = True

    def call(self, inputs, training=False):
        """Logits of every frame.

        Args:
            inputs: dict with `strokes` `[batch, time, 3]`, normalised, and `mask`
                `[batch, time]`, 1 = real, 0 = padding.
            training: adds dropout.

        Returns:
            `[batch, frames, num_symbols]`; a line's own frames (`num_frames`) come
            first.
        """
        mask = ops.convert_to_tensor(inputs["mask"])
        hidden = self.frame_layer(to_frames(inputs["strokes"], mask))
        lengths = num_frames(mask)
        for index, layers in enumerate(
            zip(self.forward_layers, self.backward_layers, strict=True)
        ):
            hidden = self._drop(index, hidden, training)
            forward, _ = layers[0](hidden, training=training)
            backward, _ = layers[1](reverse(hidden, lengths), training=training)
            hidden = ops.concatenate([forward, reverse(backward, lengths)], axis=-1)
        return self.output_layer(self._drop(-1, hidden, training))

    def _drop(self, index, hidden, training):
        if not self.dropouts:
            return hidden
        return self.dropouts[index](hidden, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """CTC's negative log-likelihood in nats per character.

        `x["text"]` `[batch, length]` holds the codes, -1 for padding. A row of padding
        alone fills up a batch and adds nothing.
        """
        text, mask = (ops.convert_to_tensor(x[key]) for key in ("text", "mask"))
        is_line = ops.max(mask, axis=1) > 0
        is_character = ops.cast(text >= 0, "int32")
        nats = ops.ctc_loss(
            ops.maximum(text, 0),
            ops.cast(y_pred, "float32"),
            ops.sum(is_character, axis=1),
            ops.maximum(num_frames(mask), 1),
            mask_index=BLANK,
        )
        nats = ops.sum(ops.where(is_line, nats, 0.0))
        characters = ops.cast(ops.sum(is_character), "float32")
        for metric, value in zip(
            self.totals, (nats, characters, ops.sum(mask)), strict=True
        ):
            metric.update_state(value)
        return nats / ops.maximum(characters, 1.0)


def to_frames(strokes: Tensor, mask: Tensor) -> Tensor:
    """`[batch, time, 3]` to `[batch, ceil(time / POOL), 3 * POOL]`, zeros for padding.

    Offsets are compressed: a jump of the lifted pen is tens of units, an offset within
    a letter tenths.
    """
    offsets = ops.arcsinh(strokes[..., :2])
    points = ops.concatenate([offsets, strokes[..., 2:]], axis=-1)
    points = ops.where(ops.expand_dims(mask, -1) > 0, points, 0.0)
    time = ops.shape(points)[1]  # unknown when TensorFlow compiles
    points = ops.pad(points, ((0, 0), (0, -time % POOL), (0, 0)))
    return ops.reshape(points, (-1, -(-time // POOL), 3 * POOL))


def num_frames(mask: Tensor) -> Tensor:
    """Frames that hold a line's own points: int32 `[batch]`."""
    points = ops.cast(ops.sum(mask, axis=1), "int32")
    return (points + (POOL - 1)) // POOL


def reverse(values: Tensor, lengths: Tensor) -> Tensor:
    """`[batch, frames, ...]` with each line's own frames reversed, padding in place."""
    places = ops.expand_dims(ops.arange(ops.shape(values)[1], dtype="int32"), 0)
    ends = ops.expand_dims(lengths, 1)
    order = ops.where(places < ends, ends - 1 - places, places)
    return ops.take_along_axis(values, ops.expand_dims(order, -1), axis=1)


def frames_needed(codes: np.ndarray) -> int:
    """Frames that CTC needs to spell a text, with a blank between equal neighbours."""
    return len(codes) + int((codes[1:] == codes[:-1]).sum())


def decode(logits: np.ndarray, lengths: Sequence[int], alphabet: Alphabet) -> list[str]:
    """The text of the likeliest path, without repetitions and blanks.

    Args:
        logits: `[batch, frames, num_symbols]`.
        lengths: int `[batch]`, each line's own frames.
        alphabet: of the recogniser.
    """
    best = logits.argmax(axis=-1)
    texts = []
    for codes, length in zip(best, lengths, strict=True):
        codes = codes[:length]
        is_new = np.diff(codes, prepend=BLANK) != 0
        texts.append(alphabet.decode(codes[is_new & (codes != BLANK)]).strip())
    return texts


def read_lines(
    recogniser: Recogniser,
    strokes: Sequence[np.ndarray],
    offset_mean: np.ndarray,
    offset_std: np.ndarray,
    alphabet: Alphabet,
) -> list[str]:
    """Read lines of ink, in batches of similar length.

    Args:
        recogniser: with its trained weights.
        strokes: lines `[time, 3]`, in the recording's units; an empty one reads "".
        offset_mean, offset_std: `[2]`, of the recogniser's training corpus.
        alphabet: of the recogniser.

    Returns:
        The texts, in the order of `strokes`.
    """
    texts = [""] * len(strokes)
    order = sorted(range(len(strokes)), key=lambda line: len(strokes[line]))
    order = [line for line in order if len(strokes[line])]
    rows = min(MAX_ROWS, 2 ** max(len(order) - 1, 0).bit_length())
    for start in range(0, len(order), rows):
        lines = order[start : start + rows]
        time = -(-len(strokes[lines[-1]]) // ROUND) * ROUND
        padded = np.zeros((rows, time, 3), np.float32)
        mask = np.zeros((rows, time), np.float32)
        for row, line in enumerate(lines):
            length = len(strokes[line])
            padded[row, :length] = normalise(strokes[line], offset_mean, offset_std)
            mask[row, :length] = 1.0
        logits = recogniser.predict_on_batch({"strokes": padded, "mask": mask})
        lengths = [-(-len(strokes[line]) // POOL) for line in lines]
        read = decode(np.asarray(logits)[: len(lines)], lengths, alphabet)
        for line, text in zip(lines, read, strict=True):
            texts[line] = text
    return texts

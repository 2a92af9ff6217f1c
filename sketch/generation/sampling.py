"""The sampling loop: many lines at once, many steps to a compiled call.

The loop is a pure function of the network's weights and of noise that is drawn before
it, per line, from (seed, line), so the same call gives the same ink. The noise of a
line does not depend on the other lines, but batches of another size are other programs:
rounding grows along a line and can lead to other ink. `STEPS_PER_CALL` steps are one
call of a compiled program; between calls `sample` asks whether all lines have ended.

Priming clamps the first points to given ink; states and kappa carry over.

Recordings repeat points, so some components stand for a pen that hardly moves. A bias
(Graves 2013, eqs 61 and 62) sharpens those too, and a pen that sees itself stand goes
on standing for hundreds of steps. So the bias fades as the pen slows down and is off
before it stands. Of 96 texts at bias 1, in one try, 2 found no end; without the fade,
21.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from sketch.generation.terms import FIRST_SPEED, SLOW_SPEEDS, SPEED_MEMORY
from sketch.ink.alphabet import padded_length
from sketch.ink.strokes import END_OF_STROKE
from sketch.model.mixture import NOISE_SIZE, draw
from sketch.model.network import Network, NetworkState

STEPS_PER_CALL = 64


class Trace(NamedTuple):
    """What happened while lines were written; `time` counts the free steps alone.

    strokes: float32 `[batch, time, 3]`, normalised.
    outputs: float32 `[batch, time, 6 * num_mixtures + 1]`, raw, before the bias; the
        last axis is empty without details.
    bias: float32 `[batch, time, 1]`, that the step was drawn with; the last axis is
        empty without details.
    phi: float32 `[batch, time, length]`; the last axis is empty without text.
    window: float32 `[batch, time, alphabet]`; the last axis is empty without text
        or details.
    """

    strokes: np.ndarray
    outputs: np.ndarray
    bias: np.ndarray
    phi: np.ndarray
    window: np.ndarray


class SamplingLoop(keras.Model):
    """`STEPS_PER_CALL` steps of a network: keras compiles `predict_on_batch`.

    Args:
        network: whose steps.
        details: whether to return outputs, bias and window of each step, too. Figures
            of how a line was written need them; they are many times the ink's size.
    """

    def __init__(self, network: Network, details: bool = False):
        super().__init__(autocast=False)
        self.network = network
        self.details = details
        self.built = True

    def call(self, inputs):
        """Takes the steps.

        Args:
            inputs: dict of `point` `[batch, 3]`, the last point; `speed` `[batch]`, of
                the pen; `state`, flattened; `noise` `[batch, steps, 4]`; `given`
                `[batch, steps, 3]` and `is_given` `[batch, steps]`, points to take in
                place of drawn ones; `probability_bias` `[batch]`; `slow_speeds`
                `[batch, 2]`; with text `characters`, one-hot `[batch, length,
                alphabet]`.

        Returns:
            dict of the new `point`, `speed` and `state` and of the steps: `strokes`
            `[batch, steps, 3]`, `phi`, and with details `outputs`, `bias` and `window`;
            see `Trace`.
        """
        network = self.network
        characters = inputs.get("characters")
        bias = inputs["probability_bias"]
        slow, moving = inputs["slow_speeds"][:, 0], inputs["slow_speeds"][:, 1]

        null_offset = ops.convert_to_tensor(network.first_input[:END_OF_STROKE])

        def body(carry, at_step):
            point, speed, state = carry[:3]
            noise, given, is_given = at_step
            outputs, state, phi = network.step(point, state, characters)
            share = ops.clip((speed - slow) / (moving - slow), 0.0, 1.0)
            biased = share * bias
            drawn = draw(network.density(outputs, biased), noise)
            point = ops.where(ops.expand_dims(is_given, -1) > 0, given, drawn)
            move = ops.norm(point[:, :END_OF_STROKE] - null_offset, axis=-1)
            speed = SPEED_MEMORY * speed + (1.0 - SPEED_MEMORY) * move
            phi = phi if network.has_text else carry[-1]
            carry = (point, speed, state, outputs, biased, phi)
            return carry, carry  # TensorFlow's scan wants results shaped as the carry

        batch_size = ops.shape(inputs["point"])[0]
        length = ops.shape(characters)[1] if network.has_text else 0
        start = (
            inputs["point"],
            inputs["speed"],
            NetworkState(*inputs["state"]),
            ops.zeros((batch_size, network.output_layer.units), "float32"),
            ops.zeros((batch_size,), "float32"),
            ops.zeros((batch_size, length), "float32"),
        )
        steps = tuple(
            ops.swapaxes(inputs[name], 0, 1) for name in ("noise", "given", "is_given")
        )
        last, (points, _, states, outputs, biased, phi) = ops.scan(body, start, steps)
        point, speed, state = last[:3]
        result = {"strokes": points, "phi": phi}
        if self.details:
            result["outputs"] = outputs
            result["bias"] = ops.expand_dims(biased, -1)
            if network.has_text:
                result["window"] = states.window[1]
        result = {name: ops.swapaxes(values, 0, 1) for name, values in result.items()}
        return result | {"point": point, "speed": speed, "state": tuple(state)}


def sample(
    loop: SamplingLoop,
    num_lines: int,
    max_steps: int,
    probability_bias: float | Sequence[float] = 0.0,
    seed: int | Sequence[int] = 0,
    texts: Sequence[np.ndarray] | None = None,
    primes: Sequence[np.ndarray] | None = None,
    has_ended: Callable[[np.ndarray], np.ndarray] | None = None,
    max_codes: int = 0,
    slow_speeds: tuple[float, float] = SLOW_SPEEDS,
) -> Trace:
    """Writes lines, all at once.

    Args:
        loop: the compiled steps of a network.
        num_lines: number of lines.
        max_steps: maximum number of free steps.
        probability_bias: >= 0, for all lines or for each.
        seed: of all lines (line i then draws from (seed, i)), or one for each.
        texts: with text, the codes of each line, the primes' text included.
        primes: strokes `[time, 3]`, normalised, that each line follows first; they are
            not in the result.
        has_ended: called between calls of the loop with the strokes since the last one
            and the one before them, `[num_lines, time, 3]`; returns which lines end
            there, bool `[num_lines]`. Sampling ends when all have.
        max_codes: length of text for which the loop is compiled, if no text is longer.
        slow_speeds: the bias is off below the first and full above the second.

    Returns:
        Trace of `max_steps` steps, or fewer if all lines have ended.
    """
    network = loop.network
    seeds = [[seed, line] for line in range(num_lines)] if np.isscalar(seed) else seed
    generators = [np.random.default_rng(line_seed) for line_seed in seeds]
    primes = [np.zeros((0, 3), np.float32)] * num_lines if primes is None else primes
    prime_lengths = np.array([len(prime) for prime in primes])
    inputs = {
        "point": np.tile(np.float32(network.first_input), (num_lines, 1)),
        "speed": np.full(num_lines, FIRST_SPEED, np.float32),
        "probability_bias": np.broadcast_to(
            np.float32(probability_bias), (num_lines,)
        ).copy(),
        "slow_speeds": np.tile(np.float32(slow_speeds), (num_lines, 1)),
    }
    if network.has_text:
        inputs["characters"] = one_hot(texts, network.num_symbols, max_codes)
    first = network.initial_state(num_lines, inputs.get("characters"))
    inputs["state"] = _to_numpy(first)
    longest_prime = int(prime_lengths.max(initial=0))
    trace = None
    ended = np.zeros(num_lines, bool)
    free = 0
    for start in range(0, longest_prime + max_steps, STEPS_PER_CALL):
        noise = np.stack([_draw_noise(generator) for generator in generators])
        given, is_given = _given(primes, start)
        result = loop.predict_on_batch(
            inputs | {"noise": noise, "given": given, "is_given": is_given}
        )
        inputs |= {name: result[name] for name in ("point", "speed", "state")}
        if trace is None:
            trace = _empty_trace(result, max_steps)
        _keep(trace, result, start - prime_lengths)
        last_seen = max(free - 1, 0)
        # The free steps of the line with the longest prime.
        free = min(max(start + STEPS_PER_CALL - longest_prime, 0), max_steps)
        if has_ended is not None and free:
            ended |= has_ended(trace.strokes[:, last_seen:free])
            if ended.all():
                break
    return Trace(*(values[:, :free] for values in trace))


def one_hot(
    texts: Sequence[np.ndarray], num_symbols: int, max_codes: int = 0
) -> np.ndarray:
    """Codes of several lines to float32 `[batch, length, alphabet]`, zeros after each.

    The length is `max_codes`, or that of the longest, rounded up, see
    `padded_length`.
    """
    length = padded_length(max(max_codes, *(len(text) for text in texts)))
    characters = np.zeros((len(texts), length, num_symbols), np.float32)
    for row, text in enumerate(texts):
        characters[row, np.arange(len(text)), text] = 1.0
    return characters


def _draw_noise(generator: np.random.Generator) -> np.ndarray:
    """`[STEPS_PER_CALL, 4]`: uniform, normal, normal, uniform."""
    noise = np.empty((STEPS_PER_CALL, NOISE_SIZE), np.float32)
    noise[:, [0, 3]] = generator.random((STEPS_PER_CALL, 2), np.float32)
    noise[:, 1:3] = generator.standard_normal((STEPS_PER_CALL, 2), np.float32)
    return noise


def _given(primes: Sequence[np.ndarray], start: int) -> tuple[np.ndarray, np.ndarray]:
    """The primes' points in the call that begins at `start`, and a mask of them."""
    given = np.zeros((len(primes), STEPS_PER_CALL, 3), np.float32)
    is_given = np.zeros((len(primes), STEPS_PER_CALL), np.float32)
    for row, prime in enumerate(primes):
        part = prime[start : start + STEPS_PER_CALL]
        given[row, : len(part)] = part
        is_given[row, : len(part)] = 1.0
    return given, is_given


def _to_numpy(state: NetworkState) -> tuple:
    return tuple(keras.tree.map_structure(ops.convert_to_numpy, tuple(state)))


def _empty_trace(result: dict, max_steps: int) -> Trace:
    """Room for all steps; the system takes memory only as it fills."""
    widths = {name: result[name].shape[2] for name in Trace._fields if name in result}
    return Trace(
        *(
            np.zeros(
                (len(result["strokes"]), max_steps, widths.get(name, 0)), "float32"
            )
            for name in Trace._fields
        )
    )


def _keep(trace: Trace, result: dict, first_places: np.ndarray) -> None:
    """Puts the steps of a call in their places in the trace.

    `first_places` `[batch]` is the place of the first of them; steps of a prime have
    places below 0. Steps outside the trace are left out.
    """
    places = first_places[:, None] + np.arange(STEPS_PER_CALL)  # [batch, steps]
    rows, steps = np.nonzero((places >= 0) & (places < trace.strokes.shape[1]))
    for name in Trace._fields:
        if name in result:
            getattr(trace, name)[rows, places[rows, steps]] = result[name][rows, steps]

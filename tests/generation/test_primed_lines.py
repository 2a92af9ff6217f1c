"""A line that goes on from a prime begins where its own pen touches the paper."""

import numpy as np
import pytest
from untrained import make_network

from sketch.generation.sampling import SamplingLoop, sample
from sketch.generation.terms import Prime, SamplingOptions
from sketch.generation.texts import write_texts
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import END_OF_STROKE

ALPHABET = Alphabet.from_texts(["a b"])
START = (-0.2, 0.01, 0.0)


@pytest.fixture(scope="module")
def loop():
    network = make_network(first_input=START, num_symbols=ALPHABET.size)
    return SamplingLoop(network, details=True)


def written(loop, prime, seed=0):
    manner = SamplingOptions(seed=seed, max_tries=1)
    (line,) = write_texts(loop, ALPHABET, ["a"], manner, [prime])
    return line.trace


def sampled(loop, prime, seed=0):
    return sample(
        loop,
        1,
        120,
        seed=[[seed, 0, 0, 0]],
        texts=[ALPHABET.encode("b a")],
        primes=[prime.strokes],
    )


def prime_with(last_flag):
    strokes = np.full((5, 3), 0.3, np.float32)
    strokes[:, END_OF_STROKE] = [0, 1, 0, 0, last_flag]
    return Prime(strokes, "b")


def first_flag(loop, seed):
    return sampled(loop, prime_with(1), seed).strokes[0, 0, END_OF_STROKE]


def assert_close(*arrays):
    """Programs of other batch sizes round otherwise."""
    np.testing.assert_allclose(*arrays, rtol=1e-3, atol=1e-4)


def test_the_way_through_the_air_to_the_first_point_is_no_ink(loop):
    seed = next(s for s in range(99) if first_flag(loop, s) == 0)
    whole = sampled(loop, prime_with(1), seed)
    trace = written(loop, prime_with(1), seed)
    steps = len(trace.strokes)
    assert_close(trace.strokes, whole.strokes[0, 1 : steps + 1])
    assert_close(trace.outputs, whole.outputs[0, 1 : steps + 1])
    assert len(trace.phi) == len(trace.window) == steps


def test_a_dot_at_the_beginning_stays_a_dot(loop):
    seed = next(s for s in range(99) if first_flag(loop, s) == 1)
    trace = written(loop, prime_with(1), seed)
    np.testing.assert_allclose(trace.strokes[0], [*START[:2], 1])
    rest = sampled(loop, prime_with(1), seed).strokes[0, 1 : len(trace.strokes)]
    assert_close(trace.strokes[1:], rest)


def test_a_prime_that_ends_with_the_pen_down_is_gone_on_from(loop):
    trace = written(loop, prime_with(0))
    whole = sampled(loop, prime_with(0)).strokes[0, : len(trace.strokes)]
    assert_close(trace.strokes, whole)

"""The sampling loop with a fixed distribution, and with a network it must follow."""

import tracemalloc

import numpy as np
import pytest
from keras import ops
from untrained import always_the_same, make_network

from sketch.generation.sampling import STEPS_PER_CALL, SamplingLoop, sample
from sketch.model import mixture

START = (-0.2, 0.01, 0.0)


def network(**settings):
    return make_network(depth=2, first_input=START, **settings)


def test_moments_of_a_fixed_distribution():
    """Correlation included; the theory is of one Gaussian and a coin."""
    raw = np.zeros(mixture.num_outputs(3), np.float32)
    raw[0] = -1.0  # pen lifted with probability 0.2689
    raw[1:4] = (0.0, -40.0, -40.0)  # the first component alone
    raw[4], raw[7] = 0.5, -0.25  # its mean
    raw[10], raw[13] = np.log(2.0), np.log(0.5)  # its scales
    raw[16] = np.arctanh(0.7)
    strokes = sample(SamplingLoop(always_the_same(raw)), 200, 250, seed=1).strokes
    drawn = strokes.reshape(-1, 3)
    count = len(drawn)  # 50,000
    assert drawn[:, 0].mean() == pytest.approx(0.5, abs=5 * 2.0 / count**0.5)
    assert drawn[:, 1].mean() == pytest.approx(-0.25, abs=5 * 0.5 / count**0.5)
    # Relative standard error of a deviation: 1 / sqrt(2 count) = 0.0032.
    assert drawn[:, :2].std(0) == pytest.approx([2.0, 0.5], rel=0.016)
    # Of a correlation: (1 - 0.49) / sqrt(count) = 0.0023.
    assert np.corrcoef(drawn[:, :2].T)[0, 1] == pytest.approx(0.7, abs=0.012)
    assert drawn[:, 2].mean() == pytest.approx(0.2689, abs=0.01)


@pytest.mark.parametrize("mean, is_biased", [(0.0, False), (0.5, True)])
def test_a_pen_that_stands_still_is_under_no_bias(mean, is_biased):
    """Nor would it ever be again, if the bias made it stand the stiller."""
    raw = np.zeros(mixture.num_outputs(3), np.float32)
    raw[1:4] = (0.0, -40.0, -40.0)  # the first component alone
    raw[4], raw[7] = START[0] + mean, START[1]
    raw[10] = raw[13] = np.log(0.1)
    loop = SamplingLoop(always_the_same(raw))
    steps = 2 * STEPS_PER_CALL
    drawn = sample(loop, 300, steps, probability_bias=1.0, seed=1).strokes[..., :2]
    # Of 600 numbers: 3 % of it is one standard error.
    spread = drawn.std(axis=0).mean(axis=-1)
    # It takes speed 1 at least log(0.3) / log(0.9) = 11.4 steps to fall to 0.3.
    np.testing.assert_allclose(spread[:11], 0.1 / np.e, rtol=0.15)
    slow = spread[30:]  # and at most 30 to fall to 0.2; the second call knows it too
    np.testing.assert_allclose(slow, 0.1 / np.e if is_biased else 0.1, rtol=0.15)


@pytest.mark.parametrize("speeds", [(0.5, 2.0), (0.3, 2.5)])
def test_bias_of_a_step_fades_between_the_slow_speeds(speeds):
    loop = SamplingLoop(network(), details=True)
    prime = np.float32([[0.1, 0.0, 0.0]] * 20)
    steps = STEPS_PER_CALL + 10
    trace = sample(loop, 1, steps, [2.0], 3, primes=[prime], slow_speeds=speeds)
    speed, expected = 1.0, []
    slow, moving = speeds
    for dx, dy, _ in np.concatenate([prime, trace.strokes[0]]).astype(float):
        expected.append(2.0 * np.clip((speed - slow) / (moving - slow), 0.0, 1.0))
        way = np.hypot(dx - START[0], dy - START[1])
        speed = 0.9 * speed + 0.1 * way
    assert min(expected) < 1.0 < max(expected)  # else it says little
    np.testing.assert_allclose(trace.bias[0, :, 0], expected[20:], atol=1e-4)


def test_same_seed_same_ink_and_no_line_depends_on_its_neighbours():
    loop = SamplingLoop(network())
    many = sample(loop, 5, 40, seed=3).strokes
    assert (many == sample(loop, 5, 40, seed=3).strokes).all()
    assert (many != sample(loop, 5, 40, seed=4).strokes).any()
    assert not np.allclose(many[0], many[1])
    # Another batch size is another compiled program: products may round otherwise.
    np.testing.assert_allclose(
        sample(loop, 2, 40, seed=3).strokes, many[:2], rtol=1e-3, atol=1e-4
    )


def test_pieces_join_without_a_seam():
    """Two pieces of the loop equal one walk by single steps with the same noise."""
    writer = network()
    steps = STEPS_PER_CALL + 10
    trace = sample(SamplingLoop(writer), 1, steps, 0.5, seed=[[7]])
    generator = np.random.default_rng([7])
    state, point = writer.initial_state(1), np.float32([START])
    for t in range(steps):
        if t % STEPS_PER_CALL == 0:
            uniform = generator.random((STEPS_PER_CALL, 2), np.float32)
            normal = generator.standard_normal((STEPS_PER_CALL, 2), np.float32)
        place = t % STEPS_PER_CALL
        noise = np.float32([[uniform[place, 0], *normal[place], uniform[place, 1]]])
        outputs, state, _ = writer.step(ops.convert_to_tensor(point), state)
        point = mixture.draw(writer.density(outputs, 0.5), noise)
        point = ops.convert_to_numpy(point)
        np.testing.assert_allclose(trace.strokes[0, t], point[0], rtol=1e-3, atol=1e-4)


def test_priming_leaves_the_network_as_if_it_had_written_the_prime():
    writer = network(num_symbols=5)
    text = np.array([1, 2, 3, 0])
    loop = SamplingLoop(writer, details=True)
    whole = sample(loop, 1, 90, seed=[[1]], texts=[text])
    prime = whole.strokes[0, :70]  # not the steps of a call
    rest = sample(loop, 1, 20, seed=[[1]], texts=[text], primes=[prime])
    for name in ("strokes", "outputs", "phi", "window"):
        np.testing.assert_allclose(
            getattr(rest, name)[0],
            getattr(whole, name)[0, 70:],
            rtol=1e-3,
            atol=1e-4,
        )


def test_primes_of_different_lengths_each_end_where_they_end():
    writer = network()
    loop = SamplingLoop(writer, details=True)
    rng = np.random.default_rng(0)
    primes = [rng.normal(size=(n, 3)).astype(np.float32) for n in (3, 70)]
    trace = sample(loop, 2, 20, primes=primes, seed=2)
    assert trace.strokes.shape == (2, 20, 3)
    for row, prime in enumerate(primes):
        state, point = writer.initial_state(1), np.float32([START])
        for next_point in [*prime, None]:
            outputs, state, _ = writer.step(ops.convert_to_tensor(point), state)
            if next_point is not None:
                point = next_point[None]
        np.testing.assert_allclose(
            trace.outputs[row, 0],
            ops.convert_to_numpy(outputs)[0],
            rtol=1e-4,
            atol=1e-5,
        )


def test_sampling_ends_when_all_lines_have():
    loop = SamplingLoop(network())
    seen = []

    def has_ended(recent):
        seen.append(recent)
        return np.array([len(seen) == 1, len(seen) == 2])  # each says it once

    trace = sample(loop, 2, 1000, has_ended=has_ended)
    assert trace.strokes.shape[1] == 2 * STEPS_PER_CALL
    # Each step is seen once, and the last of each call again: a lift, and then a rest.
    assert [recent.shape for recent in seen] == [
        (2, STEPS_PER_CALL, 3),
        (2, STEPS_PER_CALL + 1, 3),
    ]
    np.testing.assert_array_equal(
        np.concatenate([seen[0], seen[1][:, 1:]], axis=1), trace.strokes
    )


def test_sample_copies_no_ink_from_call_to_call():
    """As numpy's memory shows: ten times the steps, ten times the ink."""
    loop = SamplingLoop(network())
    sample(loop, 4, STEPS_PER_CALL)
    taken = {}
    for calls in (30, 300):
        tracemalloc.start()
        trace = sample(loop, 4, calls * STEPS_PER_CALL, has_ended=lambda _: False)
        taken[calls] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert trace.outputs.size == trace.phi.size == trace.window.size == 0
    ink = 270 * STEPS_PER_CALL * 4 * 3 * 4  # bytes more in the longer one
    assert taken[300] - taken[30] < 2 * ink  # in pieces, and put together


def test_text_model_says_where_it_is():
    writer = network(num_symbols=5)
    trace = sample(
        SamplingLoop(writer, details=True), 2, 30, texts=[[1, 2, 0], [3, 4, 1, 2, 0]]
    )
    assert trace.phi.shape[:2] == (2, 30)
    assert trace.window.shape == (2, 30, 5)
    # phi is a weight for each character: their one-hot vectors make the window
    first = np.eye(5)[[1, 2, 0]]
    np.testing.assert_allclose(
        trace.window[0], trace.phi[0, :, :3] @ first, rtol=1e-4, atol=1e-5
    )

"""The whole stack: counts of the papers, step against call, padding, batches."""

import functools
import itertools

import keras
import numpy as np
import pytest
from gradients import gradients, loss_of, weight_gradients
from keras import ops

from sketch.model import mixture
from sketch.model.network import Network, first_input

START = (-0.2, 0.01, 0.0)
KINDS = {
    "one layer": {"depth": 1},
    "three layers": {"depth": 3},
    "skip": {"depth": 3, "skip": True, "peepholes": True},
    "top": {"depth": 2, "top": True},
    "gru": {"depth": 2, "cell": "gru"},
    "text": {"depth": 2, "num_symbols": 7},
    "text, one layer": {"depth": 1, "num_symbols": 7},
    "text, as the paper": {
        "depth": 3,
        "skip": True,
        "peepholes": True,
        "num_symbols": 7,
    },
}


def small(**kwargs):
    return Network(
        dim=6,
        num_mixtures=2,
        first_input=START,
        window_mixtures=3,
        advance=0.3,
        **({"depth": 1} | kwargs),
    )


def batch_of(network, lengths=(9, 6, 4), time=9, seed=0):
    """Lines of ink that only look like some, with zeros and mask 0 behind them."""
    rng = np.random.default_rng(seed)
    strokes = rng.normal(size=(len(lengths), time, 3)).astype(np.float32)
    strokes[..., 2] = strokes[..., 2] > 1
    mask = (np.arange(time) < np.array(lengths)[:, None]).astype(np.float32)
    inputs = {"strokes": strokes * mask[..., None], "mask": mask}
    if network.has_text:
        inputs["text"] = rng.integers(0, 7, size=(len(lengths), 5)).astype(np.int32)
        inputs["text"][1, 3:] = -1
    return inputs


@pytest.mark.parametrize(
    "count, settings",
    [
        (3_368_121, {"dim": 400, "depth": 3}),
        (3_366_121, {"dim": 900, "depth": 1}),
        (3_653_751, {"dim": 400, "depth": 3, "num_symbols": 57}),
    ],
    ids=["3x400", "1x900", "3x400 with text"],
)
def test_network_has_as_many_parameters_as_graves(count, settings):
    network = Network(
        num_mixtures=20, first_input=START, peepholes=True, skip=True, **settings
    )
    assert network.count_params() == count


def by_steps(network, inputs):
    """What `network(inputs)` gives, made point by point."""
    strokes = ops.convert_to_tensor(inputs["strokes"])
    characters = network.one_hot(inputs["text"]) if network.has_text else None
    state = network.initial_state(len(strokes), characters)
    point = ops.convert_to_tensor(np.tile(np.float32(START), (len(strokes), 1)))
    found = []
    for t in range(strokes.shape[1]):
        outputs, state, _ = network.step(point, state, characters)
        found.append(outputs)
        point = strokes[:, t]
    return ops.stack(found, axis=1)


@pytest.mark.parametrize(
    "kind, precision",
    [(kind, "float32") for kind in KINDS]
    + [(kind, "mixed_bfloat16") for kind in ("skip", "gru", "text")],
)
def test_steps_equal_the_call(kind, precision):
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        network = small(**KINDS[kind])
    finally:
        keras.config.set_dtype_policy(former)
    inputs = batch_of(network)
    whole, steps = (
        ops.convert_to_numpy(values)
        for values in (network(inputs), by_steps(network, inputs))
    )
    close = 1e-5  # the same float32 sums in another order
    if precision == "mixed_bfloat16":
        # Now and then that order decides how an output is rounded, and PyTorch's own
        # LSTM rounds more than a step does.
        close = 1 / 64 if keras.backend.backend() == "torch" else 1e-4
    np.testing.assert_allclose(steps, whole, rtol=close, atol=close)


@pytest.mark.parametrize("kind", ["three layers", "gru", "text", "text, as the paper"])
def test_gradients_of_steps_equal_those_of_the_call(kind, monkeypatch):
    if keras.backend.backend() == "jax":
        from sketch.model import fast_jax

        monkeypatch.setattr(fast_jax, "PIECE", 3)  # two pieces
    network = small(**KINDS[kind])
    inputs = batch_of(network, lengths=(4, 3, 2), time=4)
    towards = np.random.default_rng(4).normal(size=(3, 4, 13)).astype(np.float32)
    towards = ops.convert_to_tensor(towards)

    def score(run):
        return lambda strokes: ops.sum(run(inputs | {"strokes": strokes}) * towards)

    step = functools.partial(by_steps, network)
    (call,), (steps,) = (
        gradients(score(run), inputs["strokes"]) for run in (network, step)
    )
    np.testing.assert_allclose(call, steps, rtol=1e-4, atol=1e-5)
    for variable, call, steps in zip(
        network.trainable_variables,
        weight_gradients(network, inputs),
        weight_gradients(network, inputs, step),
        strict=True,
    ):
        assert np.abs(call).max() > 0, f"{variable.path} does not learn"
        np.testing.assert_allclose(
            call, steps, rtol=1e-4, atol=1e-5, err_msg=variable.path
        )


@pytest.mark.parametrize("kind", ["three layers", "gru", "text, as the paper"])
def test_outputs_of_a_line_do_not_depend_on_padding_and_other_lines(kind):
    network = small(**KINDS[kind])
    inputs = batch_of(network)
    together = ops.convert_to_numpy(network(inputs))
    for row, length in ((0, 9), (2, 4)):
        alone = {key: value[row : row + 1] for key, value in inputs.items()}
        for key in ("strokes", "mask"):
            alone[key] = alone[key][:, :length]
        np.testing.assert_allclose(
            ops.convert_to_numpy(network(alone))[0],
            together[row, :length],
            rtol=1e-5,
            atol=1e-5,
        )


@pytest.mark.parametrize("kind", ["text, one layer", "text, as the paper"])
@pytest.mark.parametrize("learns", ["text", "to do without"])
def test_take_weights_keeps_the_outputs_where_there_is_no_text(kind, learns):
    reads = small(**KINDS[kind], seed=1)
    free = small(**KINDS[kind] | {"num_symbols": None}, seed=2)
    new, old = (reads, free) if learns == "text" else (free, reads)
    inputs = batch_of(reads)
    blank = inputs | {"text": -np.ones_like(inputs["text"])}
    before = ops.convert_to_numpy(old(blank))
    assert np.abs(ops.convert_to_numpy(new(blank)) - before).max() > 0.01
    new.take_weights(old)
    # The order of sums: kernels of more rows, in which all that is added is zero.
    np.testing.assert_allclose(ops.convert_to_numpy(new(blank)), before, atol=1e-5)
    if learns == "text":  # what it reads says nothing yet
        np.testing.assert_allclose(ops.convert_to_numpy(new(inputs)), before, atol=1e-5)


@pytest.mark.parametrize("kind", ["text, one layer", "text, as the paper"])
def test_take_weights_of_a_smaller_alphabet_changes_no_text_that_it_has(kind):
    new, old = (small(**KINDS[kind] | {"num_symbols": n}, seed=n) for n in (9, 7))
    codes = [0, 1, 3, 4, 5, 7, 8]  # 2 and 6 are new
    inputs = batch_of(old)
    before = ops.convert_to_numpy(old(inputs))
    new.take_weights(old, codes)
    text = inputs["text"]
    here = inputs | {"text": np.where(text < 0, -1, np.array(codes)[text])}
    # The order of sums, as above.
    np.testing.assert_allclose(ops.convert_to_numpy(new(here)), before, atol=1e-5)
    # A new character says nothing yet.
    new_text, blank = (here | {"text": np.full_like(text, code)} for code in (2, -1))
    outputs = [ops.convert_to_numpy(new(inputs)) for inputs in (new_text, blank)]
    np.testing.assert_allclose(*outputs, atol=1e-5)


def test_loss_is_nats_per_line_without_padding():
    network = small(depth=2)
    inputs = batch_of(network)
    loss = loss_of(network, inputs)
    lines = []
    for row, length in enumerate((9, 6, 4)):
        one = {key: value[row : row + 1, :length] for key, value in inputs.items()}
        lines.append(loss_of(network, one))
    assert loss == pytest.approx(np.mean(lines), rel=1e-5)
    padding_line = {
        "strokes": np.concatenate([inputs["strokes"], np.zeros((1, 9, 3), "f4")]),
        "mask": np.concatenate([inputs["mask"], np.zeros((1, 9), "f4")]),
    }
    assert loss_of(network, padding_line) == pytest.approx(loss, rel=1e-5)


def test_loss_and_gradient_do_not_depend_on_outputs_for_padding():
    network = small(depth=1)
    inputs = batch_of(network)
    outputs = ops.convert_to_numpy(network(inputs))
    real = inputs["mask"][..., None] > 0

    def loss(outputs):
        return network.compute_loss(x=inputs, y_pred=outputs)

    (expected,) = gradients(loss, outputs)
    (found,) = gradients(loss, np.where(real, outputs, np.nan))
    np.testing.assert_allclose(found, np.where(real, expected, 0.0), rtol=1e-6)
    assert (found[~real[..., 0]] == 0).all() and np.abs(found).max() > 0


def test_training_step_returns_sums_over_its_batch():
    network = small(depth=1)
    network.compile(optimizer=keras.optimizers.Adam(0.01))
    inputs = batch_of(network)
    before = network.test_on_batch(inputs, return_dict=True)
    assert before["lines"] == 3
    assert before["points"] == 9 + 6 + 4
    assert before["loss"] == pytest.approx(-before["log_likelihood"] / 3, rel=1e-6)
    for _ in range(20):
        network.train_on_batch(inputs)
    after = network.test_on_batch(inputs, return_dict=True)
    assert after["log_likelihood"] > before["log_likelihood"] + 1


def test_initial_weights_depend_on_the_seed():
    first, same, other = (small(depth=2, seed=seed).get_weights() for seed in (5, 5, 6))
    assert all((a == b).all() for a, b in zip(first, same, strict=True))
    assert not all((a == b).all() for a, b in zip(first, other, strict=True))
    kernels = [weight for weight in first if weight.ndim == 2]
    for one, another in itertools.combinations(kernels, 2):
        assert one.shape != another.shape or (one != another).any()


def test_uniform_weights_stay_within_their_bound():
    network = small(depth=2, uniform=0.05)
    kernels = [w for w in network.get_weights() if w.ndim == 2]
    assert max(np.abs(kernel).max() for kernel in kernels) <= 0.05
    assert min(np.abs(kernel).max() for kernel in kernels) > 0.04


def test_dropout_acts_only_in_training():
    network = small(depth=2, dropout=0.5)
    inputs = batch_of(network)
    still, again = (ops.convert_to_numpy(network(inputs)) for _ in range(2))
    assert (still == again).all()
    dropped = ops.convert_to_numpy(network(inputs, training=True))
    assert np.abs(dropped - still).max() > 1e-3


def test_skip_and_top_exclude_each_other():
    with pytest.raises(ValueError, match="exclude each other"):
        small(depth=2, skip=True, top=True)


def test_first_input_is_that_of_rnnlib():
    """RNNLIB feeds (-0.1968395, -0.003023848): -mean / std of its own statistics."""
    x, y, end = first_input((8.1657, 0.11145), (41.484, 36.857))
    assert x == pytest.approx(-0.1968395, rel=1e-3)
    assert y == pytest.approx(-0.003023848, rel=1e-3)
    assert end == 0.0


def test_rest_after_a_text_is_learned_and_not_scored():
    network = small(depth=2, num_symbols=7)
    inputs = batch_of(network)
    outputs = network(inputs)
    plain = float(ops.convert_to_numpy(network.compute_loss(x=inputs, y_pred=outputs)))
    rest = np.zeros((3, 9), np.float32)
    rest[[1, 2], [6, 4]] = 1.0
    network.compile(optimizer=keras.optimizers.SGD(0.0))
    sums = network.test_on_batch(inputs | {"rest": rest}, return_dict=True)
    assert sums["log_likelihood"] == pytest.approx(-3 * plain, rel=1e-5)
    params = network.density(outputs)
    steps = ops.convert_to_numpy(
        mixture.log_likelihood(params, ops.convert_to_tensor(inputs["strokes"]))
    )
    more = plain - (steps[1, 6] + steps[2, 4]) / 3
    assert sums["loss"] == pytest.approx(more, rel=1e-5)

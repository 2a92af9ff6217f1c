"""One checkpoint, three backends: what JAX saved, scored and learned, each must.

`saved/` was written by `KERAS_BACKEND=jax PYTHONPATH=tests python THIS_FILE`: weights
and optimizer after three steps, the log-likelihoods of 64 lines under them, the loss'
gradients, and what three more steps change. So old checkpoints must load, too.
"""

from pathlib import Path

import numpy as np
import pytest
from gradients import weight_gradients
from keras import ops

from sketch.experiment.weights import load_weights
from sketch.model import mixture
from sketch.model.network import Network
from sketch.settings.hyperparameters import Hyperparameters
from sketch.training.optimizer import build_optimizer

SAVED = Path(__file__).parent / "saved"
LINES, TIME, SYMBOLS = 64, 40, 6
KINDS = {
    "free": {},
    "text": {"num_symbols": SYMBOLS, "peepholes": True, "skip": True},
}


def compiled(kind: str) -> Network:
    network = Network(
        dim=8,
        depth=2,
        num_mixtures=3,
        first_input=(-0.2, 0.01, 0.0),
        window_mixtures=2,
        advance=0.2,
        **KINDS[kind],
    )
    optimizer = build_optimizer(Hyperparameters(learning_rate=1e-2), 10, 30.0)
    network.compile(optimizer=optimizer)
    optimizer.build(network.trainable_variables)
    return network


def lines(kind: str) -> dict[str, np.ndarray]:
    """Ink by a formula: no generator of random numbers is the same for ever."""
    line, time = np.arange(LINES)[:, None], np.arange(TIME)
    strokes = np.stack(
        [
            0.3 + 0.8 * np.sin(0.3 * time + line),
            0.9 * np.cos(0.7 * time + 0.1 * line * line),
            (time + line) % 7 == 6,
        ],
        axis=-1,
    )
    mask = time < 20 + line % 21
    inputs = {"strokes": strokes * mask[..., None], "mask": mask}
    inputs = {name: values.astype(np.float32) for name, values in inputs.items()}
    if kind == "text":
        place = np.arange(8)
        codes = (3 * line + place * place) % SYMBOLS
        inputs["text"] = np.where(place < 4 + line % 5, codes, -1).astype(np.int32)
    return inputs


def cut(inputs: dict, time: int) -> dict[str, np.ndarray]:
    """The first steps of the lines."""
    return inputs | {name: inputs[name][:, :time] for name in ("strokes", "mask")}


def log_likelihoods(network: Network, inputs: dict) -> np.ndarray:
    """Nats of each line."""
    params = network.density(network(inputs))
    steps = ops.convert_to_numpy(mixture.log_likelihood(params, inputs["strokes"]))
    return (steps * inputs["mask"]).sum(axis=1)


def found(network: Network, inputs: dict) -> dict[str, np.ndarray]:
    """What the test compares, computed by the running backend; takes three steps."""
    results = {"log_likelihoods": log_likelihoods(network, inputs)}
    before = [weight.numpy() for weight in network.trainable_variables]
    for number, gradient in enumerate(weight_gradients(network, inputs)):
        results[f"gradient {number}"] = gradient
    results["loss"] = [
        network.train_on_batch(cut(inputs, time), return_dict=True)["loss"]
        for time in (TIME, 30, 20)  # as lengths of batches change in a run
    ]
    for number, weight in enumerate(network.trainable_variables):
        results[f"update {number}"] = weight.numpy() - before[number]
    return results


@pytest.mark.parametrize("kind", KINDS)
def test_checkpoint_of_jax_scores_and_learns_the_same(kind):
    network, inputs = compiled(kind), lines(kind)
    load_weights(network, SAVED / f"{kind}.weights.h5")
    assert int(ops.convert_to_numpy(network.optimizer.iterations)) == 3
    with np.load(SAVED / f"{kind}.npz") as expected:
        results = found(network, inputs)
        assert set(expected) == set(results)
        for name, value in results.items():
            # float32 sums in another order. Gradients and updates are compared on the
            # scale of their tensor: those of single weights may cancel to nothing.
            scored = name in ("log_likelihoods", "loss")
            scale = np.abs(expected[name]) if scored else np.abs(expected[name]).max()
            error = np.abs(value - expected[name])
            assert (error <= (1e-4 if scored else 1e-3) * scale).all(), name


def save() -> None:
    """Writes `saved/` anew; needed only where networks are meant to change."""
    SAVED.mkdir(exist_ok=True)
    for kind in KINDS:
        network, inputs = compiled(kind), lines(kind)
        for _ in range(3):
            network.train_on_batch(inputs)
        network.save_weights(SAVED / f"{kind}.weights.h5")
        np.savez(SAVED / f"{kind}.npz", **found(network, inputs))


if __name__ == "__main__":
    save()

"""Prints what two devices tell each other in a training step of each network, as JSON.

`{name: {"exchanges": [[computation, operation], ...], "steps": [alone, shared],
"factors": dtype}}`: the collectives of the compiled step, two steps of plain descent
on one device and on two (not in low precision), and what the layers multiply. Of each
step there are the log-likelihood, the gradient's norm and how far each weight went,
which is as its gradient is. The argument holds the settings of the networks, by name,
and for some their `precision`. Run by a test as a process of its own, since JAX counts
its devices once.
"""

import json
import re
import sys

import jax
import keras
import numpy as np
from keras.src.backend.jax.trainer import _distribute_data  # what train_on_batch does

from sketch.backend import devices
from sketch.model.network import Network
from sketch.settings.hyperparameters import Hyperparameters
from sketch.training.optimizer import build_optimizer

SIZE = {"dim": 8, "depth": 1, "num_mixtures": 2, "first_input": (0, 0, 0)}
DESCENT = Hyperparameters(step_method="scale", learning_rate=0.1, max_grad=0.0)
COLLECTIVES = "all-reduce|all-gather|all-to-all|collective-permute|reduce-scatter"


def make_batch(has_text):
    rng = np.random.default_rng(0)
    strokes = rng.normal(size=(4, 20, 3)).astype("float32")
    strokes[..., 2] = strokes[..., 2] > 1
    inputs = {"strokes": strokes, "mask": np.ones((4, 20), "float32")}
    if has_text:
        inputs["text"] = rng.integers(0, 5, (4, 6)).astype("int32")
        inputs["rest"] = np.zeros((4, 20), "float32")
    return inputs


def exchanges(network, inputs):
    state = network._get_jax_state(
        trainable_variables=True,
        non_trainable_variables=True,
        optimizer_variables=True,
        metrics_variables=True,
    )
    data = _distribute_data((inputs, None, None))
    compiled = jax.jit(network.train_step).lower(state, data).compile()
    found, computation = [], ""
    for line in compiled.as_text().splitlines():
        if header := re.match(r"(ENTRY )?%?[\w.\-]+ .*\{$", line):
            computation = "entry" if header[1] else line.split()[0]
        if operation := re.search(rf" ({COLLECTIVES})(-start)?\(", line):
            found.append([computation, operation[1]])
    return found


def take_step(network, inputs):
    before = [values.copy() for values in network.get_weights()]  # its memory is reused
    found = network.train_on_batch(inputs, return_dict=True)
    pairs = zip(network.get_weights(), before, strict=True)
    went = [float(np.linalg.norm(new - old)) for new, old in pairs]
    return [
        float(found["log_likelihood"]),
        float(network.optimizer.gradient_norm),
        *went,
    ]


def measure(arguments):
    precision = arguments.pop("precision", "float32")
    keras.config.set_dtype_policy(precision)
    inputs = make_batch("num_symbols" in arguments)
    steps, found = [], []
    for count in (1, 2):
        with devices.sharing_batches(count, batch_size=4):
            network = Network(**(SIZE | arguments))
            network.compile(optimizer=build_optimizer(DESCENT, 1, 20.0))
            network.optimizer.build(network.trainable_variables)
            if precision == "float32":
                steps.append([take_step(network, inputs) for _ in range(2)])
            if keras.distribution.distribution() is not None:
                found = exchanges(network, inputs)
    factors = network.recurrent_layers[0].compute_dtype
    return {"exchanges": found, "steps": steps, "factors": factors}


if __name__ == "__main__":
    named = json.loads(sys.argv[1])
    print(json.dumps({name: measure(arguments) for name, arguments in named.items()}))

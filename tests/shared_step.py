"""Prints what two devices tell each other in a training step of each network, as JSON.

`{name: {"exchanges": [[computation, operation], ...], "sums": [[alone], [shared]],
"factors": dtype}}`: the collectives of the compiled step, the log-likelihoods of two
steps on one device and on two, and what the layers multiply. The argument holds the
settings of the networks, by name, and for some their `precision`. Run by a test as a
process of its own, since JAX counts its devices once.
"""

import json
import re
import sys

import jax
import keras
import numpy as np
from keras.src.backend.jax.trainer import _distribute_data  # what train_on_batch does

from sketch.experiment import devices
from sketch.experiment.hyperparameters import Hyperparameters
from sketch.experiment.optimizer import build_optimizer
from sketch.model.network import Network

SIZE = {"dim": 8, "depth": 1, "num_mixtures": 2, "first_input": (0, 0, 0)}
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


def measure(arguments):
    keras.config.set_dtype_policy(arguments.pop("precision", "float32"))
    inputs = make_batch("num_symbols" in arguments)
    sums, found = [], []
    for count in (1, 2):
        with devices.sharing_batches(count, batch_size=4):
            network = Network(**(SIZE | arguments))
            network.compile(optimizer=build_optimizer(Hyperparameters(), 1, 20.0))
            step = network.train_on_batch
            results = [step(inputs, return_dict=True) for _ in range(2)]
            sums.append([float(result["log_likelihood"]) for result in results])
            if keras.distribution.distribution() is not None:
                found = exchanges(network, inputs)
    factors = network.recurrent_layers[0].compute_dtype
    return {"exchanges": found, "sums": sums, "factors": factors}


if __name__ == "__main__":
    named = json.loads(sys.argv[1])
    print(json.dumps({name: measure(arguments) for name, arguments in named.items()}))

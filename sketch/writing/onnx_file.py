"""An experiment as an ONNX file: the step of its network, and what a writer must know.

`generation.onnx_step` describes inputs and outputs. The metadata `sketch` is JSON: the
facts of `facts.step_facts`, and `states`, a list of `name`, `size` and `first`. Before
the first step all numbers of a state are `first`; the window is the first character.
"""

import json
from pathlib import Path

import keras
import numpy as np
import onnxruntime

from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import load_network
from sketch.generation.onnx_step import build_step, describe_states
from sketch.generation.sampling import SamplingLoop
from sketch.model.network import Network
from sketch.system.atomic import write_bytes
from sketch.writing.facts import step_facts

TOLERANCE = 1e-5  # of float32; of numbers above 1, relative to them
CHECKED_LINES, CHECKED_STEPS, CHECKED_LENGTH = 8, 24, 16


def write_onnx(experiment: Experiment, path: str | Path) -> None:
    """Writes an experiment with its best weights as an ONNX file.

    Raises:
        ValueError: no checkpoint; or ONNX Runtime computes something else than keras.
        OSError: the file cannot be written.
    """
    with keras.device("cpu:0"):  # GPUs may round products to fewer digits
        network = load_network(experiment)
        model = build_step(network, experiment.slow_speeds)
        check_step(model.SerializeToString(), network, experiment.slow_speeds)
    states = [
        {"name": name, "size": size, "first": first}
        for name, (size, first) in describe_states(network).items()
    ]
    facts = step_facts(experiment) | {"states": states}
    model.metadata_props.add(key="sketch", value=json.dumps(facts))
    write_bytes(path, model.SerializeToString())


def check_step(
    model: bytes, network: Network, slow_speeds: tuple[float, float]
) -> dict[str, float]:
    """Compares steps of ONNX Runtime with those of the sampling loop.

    Both take each step from the same numbers: random texts and noise, and the states to
    which the steps before led. States that are drawn themselves can be such as no pen
    gets into, where rounding errors have no limit.

    Args:
        model: of `build_step`.
        network, slow_speeds: of which it was built.

    Returns:
        The largest difference of each output.

    Raises:
        ValueError: one is above `TOLERANCE`; names it.
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    rng, rows = np.random.default_rng(0), CHECKED_LINES
    feeds = {
        name: np.full((rows, size), first, np.float32)
        for name, (size, first) in describe_states(network).items()
    }
    states = [name for name in feeds if name != "speed"]  # of NetworkState
    feeds["point"] = np.tile(np.float32(network.first_input), (rows, 1))
    feeds["probability_bias"] = np.linspace(0.0, 2.0, rows, dtype=np.float32)
    outputs = [f"next_{name}" for name in ("point", *states)]
    if network.has_text:
        codes = rng.integers(network.num_symbols, size=(rows, CHECKED_LENGTH))
        feeds["characters"] = np.eye(network.num_symbols, dtype=np.float32)[codes]
        feeds["window"] = feeds["characters"][:, 0]
        outputs.append("phi")
    nested = tuple(network.initial_state(1, feeds.get("characters")))
    fixed = {
        "given": np.zeros((rows, 1, 3), np.float32),
        "is_given": np.zeros((rows, 1), np.float32),
        "slow_speeds": np.tile(np.float32(slow_speeds), (rows, 1)),
    }
    loop, differences = SamplingLoop(network), dict.fromkeys(outputs, 0.0)
    for _ in range(CHECKED_STEPS):
        noise = np.hstack([rng.random((rows, 2)), rng.standard_normal((rows, 2))])
        feeds["noise"] = noise[:, [0, 2, 3, 1]].astype(np.float32)
        speed, *made = session.run(["next_speed", *outputs], feeds)
        inputs = {name: feeds[name] for name in feeds if name not in states} | fixed
        inputs["noise"] = feeds["noise"][:, None]
        inputs["speed"] = speed[:, 0]  # of the loop: the point counts already
        old = [feeds[name] for name in states]
        inputs["state"] = keras.tree.pack_sequence_as(nested, old)
        known = loop.predict_on_batch(inputs)
        wanted = known["point"], *keras.tree.flatten(known["state"]), known["phi"][:, 0]
        for name, found, expected in zip(outputs, made, wanted, strict=False):
            off = np.abs(found - expected) / np.maximum(np.abs(expected), 1.0)
            differences[name] = np.maximum(differences[name], off.max())  # keeps NaN
        feeds |= {"speed": speed} | dict(zip(["point", *states], made, strict=False))
    for name, difference in differences.items():
        if not difference <= TOLERANCE:
            raise ValueError(
                f"{name} of onnxruntime {onnxruntime.__version__} differs by "
                f"{difference:.1e} from that of {keras.backend.backend()}, where "
                f"{TOLERANCE:.0e} is allowed, and nothing was written: try another "
                "--backend or release of onnxruntime"
            )
    return differences

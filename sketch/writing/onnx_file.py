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
from sketch.ink.strokes import END_OF_STROKE
from sketch.model.network import Network
from sketch.system.atomic import write_bytes
from sketch.writing.facts import step_facts

METADATA = "sketch"
TOLERANCE = 1e-5  # of float32; of numbers above 1, relative to them
CHECKED_LINES, CHECKED_STEPS, CHECKED_LENGTH = 8, 4, 16


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
    entry = model.metadata_props.add()
    entry.key = METADATA
    entry.value = json.dumps(step_facts(experiment) | {"states": states})
    write_bytes(path, model.SerializeToString())


def check_step(
    model: bytes, network: Network, slow_speeds: tuple[float, float]
) -> dict[str, float]:
    """Compares steps of ONNX Runtime with those of the sampling loop.

    The first begins with random states. Both take each step from the same numbers.

    Args:
        model: of `build_step`.
        network, slow_speeds: that it was built of.

    Returns:
        The largest difference of each output.

    Raises:
        ValueError: one is above `TOLERANCE`; names it.
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    feeds = _random_inputs(session, rng)
    states = [name for name in describe_states(network) if name != "speed"]
    outputs = ["next_point", *(f"next_{name}" for name in states)]
    outputs += ["phi"] * network.has_text
    nested = tuple(network.initial_state(1, feeds.get("characters")))
    fixed = {
        "given": np.zeros((CHECKED_LINES, 1, 3), np.float32),
        "is_given": np.zeros((CHECKED_LINES, 1), np.float32),
        "slow_speeds": np.tile(np.float32(slow_speeds), (CHECKED_LINES, 1)),
    }
    loop, differences = SamplingLoop(network), dict.fromkeys(outputs, 0.0)
    for _ in range(CHECKED_STEPS):
        feeds["noise"][:, 1:3] = rng.standard_normal((CHECKED_LINES, 2))
        speed, *made = session.run(["next_speed", *outputs], feeds)
        inputs = {name: feeds[name] for name in feeds if name not in ("speed", *states)}
        inputs["speed"] = speed[:, 0]  # of the loop: the point counts already
        inputs["state"] = keras.tree.pack_sequence_as(
            nested, [feeds[s] for s in states]
        )
        inputs["noise"] = feeds["noise"][:, None]
        known = loop.predict_on_batch(inputs | fixed)
        wanted = [known["point"], *keras.tree.flatten(known["state"]), known["phi"]]
        for name, found, expected in zip(outputs, made, wanted, strict=False):
            off = np.abs(found - expected.reshape(found.shape))
            off = np.max(off / np.maximum(np.abs(expected.reshape(found.shape)), 1.0))
            differences[name] = np.maximum(differences[name], off)  # NaN stays
        feeds |= dict(
            zip([n.removeprefix("next_") for n in outputs], made, strict=True)
        )
        feeds["speed"] = speed
        feeds.pop("phi", None)
    for name, difference in differences.items():
        if not difference <= TOLERANCE:
            raise ValueError(
                f"{name} of onnxruntime {onnxruntime.__version__} differs by "
                f"{difference:.1e} from that of {keras.backend.backend()}, where "
                f"{TOLERANCE:.0e} is allowed, and nothing was written: try another "
                "--backend or release of onnxruntime"
            )
    return differences


def _random_inputs(
    session: onnxruntime.InferenceSession, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    sizes = {"batch": CHECKED_LINES, "characters": CHECKED_LENGTH}
    feeds = {
        put.name: rng.random([sizes.get(n, n) for n in put.shape], np.float32)
        for put in session.get_inputs()
    }
    feeds["point"][:, END_OF_STROKE] = 0.0
    if "characters" in feeds:
        feeds["kappa"] *= CHECKED_LENGTH
        codes = feeds["characters"].argmax(axis=-1)
        feeds["characters"] = np.eye(feeds["window"].shape[1], dtype=np.float32)[codes]
    return feeds

"""Builds the network of an experiment or a recogniser, and loads its weights."""

from pathlib import Path
from typing import Any

from sketch.experiment import checkpoint
from sketch.experiment.experiment import Experiment
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.run_directory import RunDirectory
from sketch.experiment.weights_file import check_weights_file, unfit
from sketch.ink.alphabet import END, Alphabet
from sketch.model.network import Network, first_input
from sketch.model.recogniser import Recogniser

MIN_BYTES = 2  # of a weight: published experiments are in half precision


def build_network(experiment: Experiment) -> Network:
    """The experiment's network with its initial weights.

    Raises:
        ValueError: the experiment has weights, and they are too few for its settings.
    """
    settings = experiment.hyperparameters
    require_weights(experiment, _least_weights(experiment))
    return Network(
        dim=settings.dim,
        depth=settings.depth,
        num_mixtures=settings.mixtures,
        first_input=first_input(experiment.offset_mean, experiment.offset_std),
        scale_floor=settings.epsilon,
        cell="gru" if settings.gru else "lstm",
        peepholes=settings.peepholes,
        skip=settings.skip,
        top=settings.top,
        dropout=settings.dropout,
        uniform=settings.uniform,
        weight_noise=settings.weight_noise,
        num_symbols=experiment.alphabet.size if settings.text else None,
        window_mixtures=settings.window_mixtures,
        advance=1.0 / experiment.typical_points_per_character,
        seed=settings.seed,
    )


def build_recogniser(directory: RecogniserDirectory) -> Recogniser:
    """The recogniser with its initial weights.

    Raises:
        ValueError: it has weights, and they are too few for its settings.
    """
    settings = directory.settings
    dim, depth = settings.dim, settings.depth
    require_weights(directory, dim * (16 * depth * dim + 2 * directory.alphabet.size))
    return Recogniser(
        dim=dim,
        depth=depth,
        num_symbols=directory.alphabet.size,
        dropout=settings.dropout,
        seed=settings.seed,
    )


def _least_weights(experiment: Experiment) -> int:
    """A lower bound of the network's number of weights: gates, window and output."""
    settings = experiment.hyperparameters
    symbols = experiment.alphabet.size if settings.text else 0
    a_state = 3 * (settings.dim + symbols) * settings.depth + 6 * settings.mixtures
    return settings.dim * (a_state + settings.window_mixtures * settings.text)


def require_weights(directory: RunDirectory, num_weights: int) -> None:
    """Refuses checkpoints that are too small for `num_weights` weights.

    A stranger's settings could ask for a network that fills the memory. So its weights
    must exist before it is built.

    Raises:
        ValueError: names the file.
    """
    least = num_weights * MIN_BYTES
    for kind in checkpoint.KINDS:
        for folder in checkpoint.swap_paths(directory.checkpoints_dir, kind):
            path = folder / checkpoint.WEIGHTS_NAME
            if path.is_file() and (size := path.stat().st_size) < least:
                raise unfit(path, f"{size:,} bytes, at least {least:,} are needed")


def load_network(experiment: Experiment) -> Network:
    """The experiment's network with its best weights; see `load_trained`."""
    return load_trained(experiment)[0]


def load_trained(
    experiment: Experiment, kind: str = "best"
) -> tuple[Network, dict[str, Any]]:
    """The experiment's network with its weights, and which these are.

    Args:
        experiment: which.
        kind: "best" or "latest" checkpoint; the other one if it is missing: a new run
            has no best one, a published experiment no latest one.

    Returns:
        The network; `kind`, `epoch` and `step` of its weights, for reports.

    Raises:
        ValueError: there is no checkpoint yet, or it does not fit the settings.
    """
    network = build_network(experiment)
    found = checkpoint.read_weights(
        experiment.load_checkpoint,
        dict.fromkeys((kind, *checkpoint.KINDS)),
        lambda path: load_weights(network, path),
    )
    if found is None:
        raise ValueError(
            f"{experiment.name} has no checkpoint yet: train it with --model "
            f"{experiment.name}"
        )
    kind, _, state = found
    return network, {
        "kind": kind,
        "epoch": state.get("epoch"),
        "step": state.get("step"),
    }


def load_weights(network: Network, path: Path) -> None:
    """Reads `model.weights.h5`; into a compiled network, the optimizer's state too.

    Raises:
        ValueError: the file does not fit the network; names it and the remedy.
    """
    check_weights_file(path)
    try:
        network.load_weights(path)
    except MemoryError:
        raise
    except Exception as error:  # h5py and Keras raise many kinds
        raise unfit(path, error) from error


def begin_with(
    network: Network, alphabet: Alphabet, parent: Experiment, path: Path
) -> None:
    """Gives a new experiment's network the weights of its parent.

    Args:
        network: of the same shape as the parent's; one of the two may lack text, and
            the parent may lack characters.
        alphabet: of the network.
        parent: the experiment with the weights.
        path: of the weights.

    Raises:
        ValueError: the file is damaged.
    """
    has_text, had_text = network.has_text, parent.hyperparameters.text
    if has_text == had_text and (not has_text or alphabet == parent.alphabet):
        load_weights(network, path)
        return
    theirs = build_network(parent)
    load_weights(theirs, path)
    codes = []
    if has_text and had_text:
        here = {known: code for code, known in enumerate(alphabet.characters, start=1)}
        codes = [END, *(here[known] for known in parent.alphabet.characters)]
    network.take_weights(theirs, codes)

"""The settings of a network and its training, each declared once.

A field has its default, range, help and command-line flags. The command line
(`cli/train.py`), the JSON form (below) and the experiment's name (`names.py`) are
derived from them. Options that do not change what is learned are in `run_options.py`.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sketch.settings.option import Settings, option

DEMO_NAME = "demo"  # the data set name of the built-in corpus

SomeSettings = TypeVar("SomeSettings", bound=Settings)

_model, _data, _optimisation = (
    partial(option, group=group) for group in ("Model", "Data", "Optimisation")
)
_DATASET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9_])?")


@dataclass(frozen=True)
class Hyperparameters(Settings):
    """A network and its training: runs with equal fields are the same experiment.

    Raises:
        ValueError: a value is out of range, or two exclude each other; names the
            options.
    """

    # A name, not a path; "demo" is the built-in corpus.
    name: str = _data(
        "handwriting",
        "--name",
        "Name of the data set: lower-case letters, digits, - and _. demo is the "
        "built-in corpus.",
        in_name="always",
    )
    # From here to learning_rate: the defaults of udibr/sketch.
    depth: int = _model(
        3,
        "--depth",
        "Number of recurrent layers.",
        between=(1, 100),
        in_name="always",
    )
    dim: int = _model(
        700,
        "--dim",
        "Cells in each recurrent layer.",
        between=(1, 100_000),
        in_name="always",
    )
    mixtures: int = _model(
        20,
        "-G --mixtures",
        "Gaussians in the mixture (the gradient limit is --max-grad).",
        between=(1, 1000),
        in_name="always",
    )
    batch_size: int = _optimisation(
        56,
        "--bs --batch-size",
        "Lines in a batch.",
        between=(1, 1_000_000),
        in_name="always",
    )
    learning_rate: float = _optimisation(
        1e-4,
        "--lr --learning-rate",
        "Step size of the optimizer; the peak of a one-cycle schedule.",
        above=0,
        in_name="always",
    )
    # Between layers, never from one time step to the next.
    dropout: float = _optimisation(
        0.0,
        "--dropout -d",
        "Share of each layer's outputs that is dropped in training.",
        between=(0, 0.99),
    )
    # Graves clips each derivative; limiting the norm keeps the direction.
    max_grad: float = _optimisation(
        10.0,
        "--max-grad",
        "Limit of the gradient's global norm, in nats per point; 0: no limit.",
        minimum=0,
    )
    step_method: str = _optimisation(
        "adam",
        "--step-method",
        "The optimizer. graves is centred RMSprop with momentum, as in his paper; "
        "muon learns fastest, with --lr 5e-3 or so.",
        choices=("adam", "rmsprop", "graves", "adagrad", "adadelta", "scale", "muon"),
    )
    # In normalised units, where the tablet's grid is coarser than 1e-2.
    epsilon: float = _model(
        1e-5,
        "--epsilon",
        "Lower limit of the mixture's standard deviations, relative to the data's.",
        minimum=0,
    )
    gru: bool = _model(False, "--gru", "GRU layers instead of LSTM layers.")
    skip: bool = _model(
        False,
        "--skip",
        "Connect the input to all layers, and all layers to the output; needs "
        "--depth > 1.",
    )
    top: bool = _model(
        False,
        "--top",
        "Connect the input to all layers, and only the top layer to the output; needs "
        "--depth > 1.",
    )
    uniform: float = _optimisation(
        0.0,
        "--uniform -u",
        "Draw initial kernels uniformly from [-U, U]; 0: orthogonal recurrent kernels, "
        "Glorot for the others.",
        minimum=0,
    )
    # udibr/sketch cut them at 600.
    max_length: int | None = _data(
        None,
        "--max-length",
        "Train on the first N points of each line.",
        unset="whole lines",
        type=int,
        between=(1, 1_000_000),
    )
    # The maximum is the largest seed that every backend takes.
    seed: int = _optimisation(
        0,
        "--seed",
        "Seed of initial weights, order of the lines and noise.",
        between=(0, 2**31 - 1),
    )
    text: bool = _model(False, "--text", "Learn to write a given text.")
    window_mixtures: int = _model(
        10,
        "-K --window-mixtures",
        "Gaussians in the attention window; needs --text. Graves used 10.",
        between=(1, 1000),
    )
    # Graves' LSTM has them, Keras' has not.
    peepholes: bool = _model(
        False, "--peepholes", "Connect LSTM cells to their gates, as Graves did."
    )
    schedule: str = _optimisation(
        "constant",
        "--schedule",
        "Learning rate over all --epochs: constant, or one-cycle: one rise and fall.",
        choices=("constant", "one-cycle"),
    )
    # Graves' adaptive noise on all weights begins at 0.075; noise of a fixed width
    # "proved ineffective" for him.
    weight_noise: float = _optimisation(
        0.0,
        "--weight-noise",
        "Standard deviation of noise on the kernels of LSTM or GRU layers in training.",
        minimum=0,
    )
    augment: float = _data(
        0.0,
        "--augment",
        "Strength of the random slant, size and stretch of each training line.",
        between=(0, 1),
    )

    recombine: float = option(
        0.0,
        "--recombine",
        "Share of the training lines that are new in each epoch: words of one form in "
        "another order, with rare characters and other numbers more often; needs "
        "transcripts.",
        minimum=0,
        maximum=1,
        group="Data",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dataset_name(self.name)
        for flag, is_set in (("--skip", self.skip), ("--top", self.top)):
            if is_set and self.depth == 1:
                raise ValueError(f"{flag} needs --depth of at least 2, received 1")
        if self.skip and self.top:
            raise ValueError("--skip and --top exclude each other; choose one")
        if self.peepholes and self.gru:
            raise ValueError("--peepholes are part of an LSTM; leave out --gru")
        if self.window_mixtures != Hyperparameters.window_mixtures and not self.text:
            raise ValueError("-K needs --text")


# Weights fit another network if all of these are equal. If only text and its window
# differ, most weights can be taken over: see `Network.take_weights`.
SHAPE_FIELDS = (
    "depth",
    "dim",
    "mixtures",
    "gru",
    "skip",
    "top",
    "text",
    "window_mixtures",
    "peepholes",
)


def check_dataset_name(name: str) -> None:
    """Raises ValueError, with the characters it may have, for an invalid `--name`."""
    if not _DATASET_NAME.fullmatch(name):
        raise ValueError(
            "--name must be 1 to 64 of the characters a-z, 0-9, - and _, beginning "
            f"with a letter or digit and not ending with -; received {name!r}"
        )


def to_json(settings: Settings) -> dict[str, Any]:
    """All settings, ready for `json.dumps`."""
    return dataclasses.asdict(settings)


def from_json(
    values: Mapping[str, Any], kind: type[SomeSettings] = Hyperparameters
) -> SomeSettings:
    """Settings from the mapping that `to_json` made, perhaps in an older version.

    A missing setting is newer than the file. It gets its default, which is always what
    programs without the setting did.

    Raises:
        ValueError: an unknown setting (lists the valid ones), or a value out of range.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"settings must be a JSON object, received {values!r:.80}")
    known = [field.name for field in dataclasses.fields(kind)]
    unknown = sorted(str(key) for key in values if key not in known)
    if unknown:
        raise ValueError(
            f"unknown settings {', '.join(unknown)[:200]}; the valid ones are "
            + ", ".join(known)
        )
    return kind(**values)

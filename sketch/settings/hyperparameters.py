"""Every setting of a run, declared once.

A field of `Hyperparameters` (what is learned and how: they make the experiment's name)
carries its default, its range, its help and its command-line flags. The command line
(`cli/train.py`), the JSON form (below) and the name (`names.py`) are derived from that.
How long a run goes, where and on what is in `run_options.py`.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sketch.settings.option import Settings, option

DEMO_NAME = "demo"  # the dataset name of the built-in corpus

SomeSettings = TypeVar("SomeSettings", bound=Settings)

_DATASET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9_])?")


@dataclass(frozen=True)
class Hyperparameters(Settings):
    """What is learned and how; two runs with equal fields are the same experiment.

    Raises:
        ValueError: a value out of range, or two that exclude each other; names the
            options.
    """

    # A name, not a path; "demo" is the built-in corpus.
    name: str = option(
        "handwriting",
        "--name",
        "Name of the data set: lower-case letters, digits, - and _.",
        in_name="always",
    )
    # udibr's defaults, down to learning_rate.
    depth: int = option(
        3,
        "--depth",
        "Number of recurrent layers.",
        minimum=1,
        maximum=100,
        in_name="always",
    )
    dim: int = option(
        700,
        "--dim",
        "Cells in each recurrent layer.",
        minimum=1,
        maximum=100_000,
        in_name="always",
    )
    mixtures: int = option(
        20,
        "-G --mixtures",
        "Gaussians in the mixture (the gradient limit is --max-grad).",
        minimum=1,
        maximum=1000,
        in_name="always",
    )
    batch_size: int = option(
        56,
        "--bs --batch-size",
        "Lines in a batch.",
        minimum=1,
        maximum=1_000_000,
        in_name="always",
    )
    learning_rate: float = option(
        1e-4,
        "--lr --learning-rate",
        "Step size of the optimizer; the peak of a one-cycle schedule.",
        above=0,
        in_name="always",
    )
    # A state is dropped with this probability between layers, never in time.
    dropout: float = option(
        0.0,
        "--dropout -d",
        "Share of the layers' outputs that is dropped while training.",
        minimum=0,
        maximum=0.99,
    )
    # Graves clips derivatives one by one; the norm keeps their direction.
    max_grad: float = option(
        10.0,
        "--max-grad",
        "Limit of the gradient's global norm, in nats a point; 0 sets none.",
        minimum=0,
    )
    step_method: str = option(
        "adam",
        "--step-method",
        "The optimizer; graves is centred RMSprop with momentum, as in his paper; "
        "muon learns faster, by a --lr of about 5e-3.",
        choices=("adam", "rmsprop", "graves", "adagrad", "adadelta", "scale", "muon"),
    )
    # In normalised units: the tablet's grid is coarser than 1e-2 of them.
    epsilon: float = option(
        1e-5,
        "--epsilon",
        "Floor of the mixture's standard deviations, in those of the data.",
        minimum=0,
    )
    gru: bool = option(False, "--gru", "GRU layers in place of LSTM layers.")
    skip: bool = option(
        False,
        "--skip",
        "Input to every layer and every layer to the output; needs --depth > 1.",
    )
    top: bool = option(
        False,
        "--top",
        "Input to every layer, the top one to the output; needs --depth > 1.",
    )
    # 0 is orthogonal for recurrent and Glorot for other weights.
    uniform: float = option(
        0.0,
        "--uniform -u",
        "Draw the initial kernels of layers and output from [-U, U]; 0 takes "
        "orthogonal and Glorot ones.",
        minimum=0,
    )
    # None is whole lines; udibr cut them at 600.
    max_length: int | None = option(
        None,
        "--max-length",
        "Train on the first N points of each line.",
        unset="whole lines",
        type=int,
        minimum=1,
        maximum=1_000_000,
    )
    # The highest seed that every backend takes.
    seed: int = option(
        0,
        "--seed",
        "Seed of the initial weights, the order of the lines and the noise.",
        minimum=0,
        maximum=2**31 - 1,
    )
    text: bool = option(False, "--text", "Learn to write a given text.")
    # Graves used 10.
    window_mixtures: int = option(
        10,
        "-K --window-mixtures",
        "Gaussians in the window over the text; needs --text.",
        minimum=1,
        maximum=1000,
    )
    # Graves' LSTM has them, Keras' has not.
    peepholes: bool = option(
        False, "--peepholes", "LSTM gates that see the cell, as Graves had them."
    )
    schedule: str = option(
        "constant",
        "--schedule",
        "Learning rate over all --epochs: constant, or one rise and fall.",
        choices=("constant", "one-cycle"),
    )
    # Graves' adaptive noise, of all weights, begins at 0.075; of a fixed width it
    # "proved ineffective" for him.
    weight_noise: float = option(
        0.0,
        "--weight-noise",
        "Standard deviation of the noise added to the kernels of the LSTM or GRU "
        "layers while training.",
        minimum=0,
    )
    augment: float = option(
        0.0,
        "--augment",
        "Strength of the random slant, size and stretch of each training line.",
        minimum=0,
        maximum=1,
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


# A network's weights fit another exactly if all of these are equal; where only text
# and its window differ, what is left of them: see `Network.take_weights`.
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
    """Refuses what is no `--name`.

    Raises:
        ValueError: says what a name is.
    """
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
    """The settings in a mapping made by `to_json`, perhaps by an older version.

    A setting that is missing was not known when the file was written; it takes its
    default, which is always what programs without the setting did.

    Args:
        values: by the settings' names.
        kind: which settings they are.

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

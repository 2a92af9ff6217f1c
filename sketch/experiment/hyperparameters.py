"""Every setting of a run, declared once.

A field of `Hyperparameters` (what is learned and how: they make the experiment's name)
or of `RunOptions` (how long, where, on what: they do not) carries its default, its
range, its help and its command-line flags. The command line (`cli/train.py`), the JSON
form (below) and the name (`names.py`) are derived from that.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, TypeVar

from sketch.experiment.option import Option, Settings, option

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
        "The optimizer; graves is centred RMSprop with momentum, as in his paper.",
        choices=("adam", "rmsprop", "graves", "adagrad", "adadelta", "scale"),
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
        if self.window_mixtures != _default("window_mixtures") and not self.text:
            raise ValueError("-K needs --text")


@dataclass(frozen=True)
class CommonOptions(Settings):
    """How long and on what anything is trained; may change when it is resumed.

    Raises:
        ValueError: a value out of range; names the option.
    """

    # What `settled` puts in the place of None.
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"epochs": 500, "precision": "float32"}

    epochs: int | None = option(
        None,
        "--epochs",
        "Passes over the training lines, those before a resume included.",
        unset="as the run was begun with; 500",
        type=int,
        minimum=1,
        in_name="never",
    )
    precision: str | None = option(
        None,
        "--precision",
        "Arithmetic of the layers; the mixture and the loss are always float32.",
        unset="as the run was begun with; float32",
        type=str,
        choices=("float32", "mixed_bfloat16"),
        in_name="never",
    )
    backend: str | None = option(
        None,
        "--backend",
        "Keras backend.",
        unset="$KERAS_BACKEND, or jax",
        type=str,
        choices=("jax", "tensorflow", "torch"),
        in_name="never",
    )
    data: str | None = option(
        None,
        "--data",
        "The corpus: handwriting.hdf5, or a folder that holds it.",
        unset="$SKETCH_DATA, $FUEL_DATA_PATH/handwriting/ or ./data/",
        type=str,
        in_name="never",
    )
    patience: int | None = option(
        None,
        "--patience",
        "Stop after N epochs without a better validation.",
        unset="never",
        type=int,
        minimum=1,
        in_name="never",
    )
    # What a power cut may cost.
    checkpoint_minutes: float = option(
        5.0,
        "--checkpoint-minutes",
        "Minutes between checkpoints within an epoch; 0 is after each step.",
        minimum=0,
        in_name="never",
    )

    def settled(self, kept: Mapping[str, Any]) -> Self:
        """What was not given, as the run was begun with, or as new runs are.

        Args:
            kept: from `to_keep`, of the run that goes on; or empty.

        Raises:
            ValueError: a value of `kept` is none.
        """
        open_ = {n: kept.get(n, default) for n, default in self.DEFAULTS.items()}
        return replace(
            self, **{n: v for n, v in open_.items() if getattr(self, n) is None}
        )

    def to_keep(self) -> dict[str, Any]:
        """What holds when the run goes on, until something else is given."""
        return {name: getattr(self, name) for name in self.DEFAULTS}


@dataclass(frozen=True)
class RunOptions(CommonOptions):
    """How long, on what and where a run goes; may change when it is resumed.

    Raises:
        ValueError: a value out of range, or a place among processes that is none.
    """

    data: tuple[str, ...] = option(
        (),
        "--data",
        "The corpus: handwriting.hdf5, or a folder that holds it; may be given several "
        "times, for a corpus of several files.",
        unset="$SKETCH_DATA, $FUEL_DATA_PATH/handwriting/ or ./data/",
        type=str,
        multiple=True,
        in_name="never",
    )
    tensorboard: bool = option(
        False,
        "--tensorboard",
        "Write the history for TensorBoard, too: into tensorboard/ of the experiment.",
        in_name="never",
    )
    memory: float | None = option(
        None,
        "--memory",
        "GB of memory for lines; of a corpus that takes more, each line is read from "
        "disk when it is needed, in the same order.",
        unset="a quarter of the machine's",
        type=float,
        above=0,
        in_name="never",
    )
    devices: int | None = option(
        None,
        "--devices",
        "Devices (GPUs) of this machine to share each batch.",
        unset="all there are",
        type=int,
        minimum=1,
        in_name="never",
    )
    coordinator: str | None = option(
        None,
        "--coordinator",
        "HOST:PORT where process 0 of a run on several processes is reached.",
        unset="what SLURM, Open MPI or Kubernetes says, or none",
        type=str,
        in_name="never",
    )
    processes: int | None = option(
        None,
        "--processes",
        "How many processes the run has; 1 ignores a scheduler.",
        unset="what the scheduler says, or 1",
        type=int,
        minimum=1,
        in_name="never",
    )
    process: int | None = option(
        None,
        "--process",
        "The number of this process, from 0 on.",
        unset="what the scheduler says, or 0",
        type=int,
        minimum=0,
        in_name="never",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        place = self.coordinator, self.processes, self.process
        if place[::2] == (None, None) and self.processes in (None, 1):
            return
        if None in place:
            raise ValueError(
                "--coordinator, --processes and --process go together: give all three, "
                "or none where a scheduler starts the processes"
            )
        if self.process >= self.processes:
            raise ValueError(
                f"--process must be below --processes {self.processes}, received "
                f"{self.process}"
            )
        port = self.coordinator.rpartition(":")[2]
        if not (":" in self.coordinator and port.isdigit() and int(port) < 65536):
            raise ValueError(
                f"--coordinator must be HOST:PORT, received {self.coordinator!r}"
            )


# A network's weights fit another exactly if all of these are equal.
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


def get_option(field: str) -> Option:
    """The option of a field of either dataclass, by the field's name."""
    for settings in (Hyperparameters, RunOptions):
        if field in settings.__dataclass_fields__:
            return settings.__dataclass_fields__[field].metadata["option"]
    raise ValueError(f"there is no setting called {field!r}")


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


def _default(field: str) -> Any:
    return Hyperparameters.__dataclass_fields__[field].default

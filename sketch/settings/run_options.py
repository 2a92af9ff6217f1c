"""How long, on what and where a run trains: not in the experiment's name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Self

from sketch.settings.option import Settings, option

_option = partial(option, in_name="never")
_machine = partial(_option, group="Machines")


@dataclass(frozen=True)
class CommonOptions(Settings):
    """Options of every training; they may change on a resume.

    Raises:
        ValueError: a value is out of range; names the option.
    """

    # `settled` puts them in place of None.
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "epochs": 500,
        "precision": "float32",
        "patience": 0,
    }

    epochs: int | None = _option(
        None,
        "--epochs",
        "Passes over the training lines, including those before a resume.",
        unset="as before; in a new run 500",
        type=int,
        minimum=1,
    )
    precision: str | None = _machine(
        None,
        "--precision",
        "Arithmetic of the layers; the mixture and the loss are always float32.",
        unset="as before; in a new run float32",
        type=str,
        choices=("float32", "mixed_bfloat16"),
    )
    backend: str | None = _machine(
        None,
        "--backend",
        "Keras backend.",
        unset="$KERAS_BACKEND, or jax",
        type=str,
        choices=("jax", "tensorflow", "torch"),
    )
    data: tuple[str, ...] = _option(
        (),
        "--data",
        "The corpus: handwriting.hdf5, or a folder that holds it. Repeat it for a "
        "corpus of several files.",
        unset="$SKETCH_DATA, ./data/ or $FUEL_DATA_PATH/handwriting/",
        type=str,
        multiple=True,
        group="Data",
    )
    patience: int | None = _option(
        None,
        "--patience",
        "Stop after N epochs without a better validation score; 0: never.",
        unset="as before; in a new run 0",
        type=int,
        minimum=0,
    )
    # A power cut costs at most this much training.
    checkpoint_minutes: float = _option(
        5.0,
        "--checkpoint-minutes",
        "Minutes between checkpoints within an epoch; 0: after each step.",
        minimum=0,
    )

    def settled(self, kept: Mapping[str, Any]) -> Self:
        """Fills in the options that were not given: from the former run, or defaults.

        `kept` is from `to_keep`, of the run that goes on; or empty.

        Raises:
            ValueError: a value of `kept` is invalid.
        """
        open_ = {n: kept.get(n, default) for n, default in self.DEFAULTS.items()}
        return replace(
            self, **{n: v for n, v in open_.items() if getattr(self, n) is None}
        )

    def to_keep(self) -> dict[str, Any]:
        """The options that hold on a resume, until others are given."""
        return {name: getattr(self, name) for name in self.DEFAULTS}


@dataclass(frozen=True)
class RunOptions(CommonOptions):
    """How long, on what and where a run trains; may change on a resume.

    Raises:
        ValueError: a value is out of range, or `--process` is not below `--processes`.
    """

    tensorboard: bool = _option(
        False,
        "--tensorboard",
        "Also write the history for TensorBoard, to tensorboard/ in the experiment.",
    )
    memory: float | None = _option(
        None,
        "--memory",
        "GB of memory for lines, per process. Lines of a larger corpus are read from "
        "disk when they are needed, in the same order.",
        unset="a quarter of the machine's, divided by its processes",
        type=float,
        above=0,
        group="Data",
    )
    devices: int | None = _machine(
        None,
        "--devices",
        "Number of devices (GPUs) of this machine that share each batch.",
        unset="all",
        type=int,
        minimum=1,
    )
    coordinator: str | None = _machine(
        None,
        "--coordinator",
        "HOST:PORT of process 0, for a run of several processes.",
        unset="as SLURM, Open MPI or Kubernetes says, or none",
        type=str,
    )
    processes: int | None = _machine(
        None,
        "--processes",
        "Number of processes of the run; 1 ignores a scheduler.",
        unset="as the scheduler says, or 1",
        type=int,
        minimum=1,
    )
    process: int | None = _machine(
        None,
        "--process",
        "Number of this process, counted from 0.",
        unset="as the scheduler says, or 0",
        type=int,
        minimum=0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        place = self.coordinator, self.processes, self.process
        if place[::2] == (None, None) and self.processes in (None, 1):
            return
        if None in place:
            raise ValueError(
                "--coordinator, --processes and --process go together: give all three, "
                "or none if a scheduler starts the processes"
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

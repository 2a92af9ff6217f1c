"""How long a run goes, where and on what: no part of the experiment's name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from sketch.settings.option import Settings, option


@dataclass(frozen=True)
class CommonOptions(Settings):
    """How long and on what anything is trained; may change when it is resumed.

    Raises:
        ValueError: a value out of range; names the option.
    """

    # What `settled` puts in the place of None.
    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "epochs": 500,
        "precision": "float32",
        "patience": 0,
    }

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
    data: tuple[str, ...] = option(
        (),
        "--data",
        "The corpus: handwriting.hdf5, or a folder that holds it; may be given several "
        "times, for a corpus of several files.",
        unset="$SKETCH_DATA, ./data/ or $FUEL_DATA_PATH/handwriting/",
        type=str,
        multiple=True,
        in_name="never",
    )
    patience: int | None = option(
        None,
        "--patience",
        "Stop after N epochs without a better validation; 0 never stops.",
        unset="as the run was begun with; 0",
        type=int,
        minimum=0,
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

    tensorboard: bool = option(
        False,
        "--tensorboard",
        "Write the history for TensorBoard, too: into tensorboard/ of the experiment.",
        in_name="never",
    )
    memory: float | None = option(
        None,
        "--memory",
        "GB of memory for lines, of each process; of a corpus that takes more, each "
        "line is read from disk when it is needed, in the same order.",
        unset="a quarter of the machine's, shared by its processes",
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

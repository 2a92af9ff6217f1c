"""What a run writes into its directory: checkpoints, history, pictures.

Process 0 keeps the record. The others call the same methods of `NoRecord`, which wait
for nobody.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from tqdm import tqdm

from sketch.backend import devices
from sketch.experiment.experiment import Experiment
from sketch.experiment.run_directory import RunDirectory
from sketch.experiment.weights import build_network
from sketch.figures.pictures import draw_history, draw_pen, draw_sketch
from sketch.generation.sampling import SamplingLoop
from sketch.ink import DamagedInk
from sketch.model.network import Network
from sketch.system.atomic import write_bytes
from sketch.training.board_tensorflow import Board
from sketch.writing.pen import free_lines, in_units, sampling_options, write_experiment

SAMPLES = 64  # lines of sketch.png
SAMPLE_STEPS = 700  # points of each: about a line of IAM-OnDB
KEPT_EVERY = 10  # epochs: of these the picture stays in samples/


class Record:
    """The record of a run.

    Args:
        directory: of the run, locked by the caller.
        model: what is trained.
    """

    def __init__(self, directory: RunDirectory, model: keras.Model):
        self.directory = directory
        self.model = model
        self.saved_at = time.monotonic()

    @property
    def age(self) -> float:
        """Minutes since the last checkpoint."""
        return (time.monotonic() - self.saved_at) / 60

    def latest(self) -> tuple[Path, dict[str, Any]] | None:
        """The checkpoint to go on from: path of the weights and state, or None."""
        return self.directory.latest_or_best()

    def kept(self) -> str:
        """Which checkpoint stands, as a part of a message."""
        latest = self.latest()
        if latest is None:
            return "no checkpoint was saved yet"
        return f"the last checkpoint, of step {latest[1].get('step')}, is kept"

    def find_unsound(self) -> str | None:
        """The first weight or optimizer variable with NaN or infinity, or None."""
        for owner, variables in (
            ("the network's", self.model.weights),
            ("the optimizer's", self.model.optimizer.variables),
        ):
            for variable in variables:
                if not np.isfinite(ops.convert_to_numpy(variable)).all():
                    return f"{owner} {variable.name}"
        return None

    def begin(self, epoch: int) -> None:
        """Drops the history's rows of later epochs."""
        self.directory.truncate_history(epoch)

    def save(self, kind: str, state: dict[str, Any]) -> None:
        """Saves "latest" or "best": weights, optimizer and `state`."""
        with devices.on_one_device():  # Keras makes a variable or two to save others
            self.directory.save_checkpoint(kind, self.model.save_weights, state)
        self.saved_at = time.monotonic()

    def append(self, row: Mapping[str, float]) -> None:
        """Adds an epoch to the history."""
        self.directory.append_history(row)

    def tell_epoch(self, row: Mapping[str, float]) -> None:
        """Prints an epoch on stdout: it is a result."""
        tqdm.write(self.in_words(row))

    def in_words(self, row: Mapping[str, float]) -> str:
        """An epoch in a line."""
        raise NotImplementedError

    def tell(self, words: str) -> None:
        """Prints a line on stderr."""
        tqdm.write(words, file=sys.stderr)

    def draw(self, epoch: int) -> None:
        """Draws the pictures of an epoch, if there are any."""

    def close(self) -> None:
        """Ends the record."""


class RecogniserRecord(Record):
    """The record of a recogniser."""

    def in_words(self, row: Mapping[str, float]) -> str:
        """An epoch in a line."""
        return (
            f"epoch {row['epoch']}, step {row['step']}: "
            f"train {row['train_nats_per_character']:.3f} nats/character, "
            f"valid {row['valid_error_rate']:.1%} of the characters wrong, "
            f"{row['points_per_second']:,.0f} points/s"
        )


class ExperimentRecord(Record):
    """The record of an experiment, with pictures and perhaps TensorBoard.

    Args:
        experiment: its directory, locked by the caller.
        network: what is trained.
        texts: what a text model writes in sketch.png, repeated to 64 lines.
        has_board: whether to write for TensorBoard, too.
    """

    def __init__(
        self,
        experiment: Experiment,
        network: Network,
        texts: Sequence[str],
        has_board: bool = False,
    ):
        super().__init__(experiment, network)
        self.experiment = experiment
        self.texts = texts
        self.has_board = has_board
        self.board: Board | None = None
        self._loop = None

    def begin(self, epoch: int) -> None:
        """Drops the history's rows of later epochs, and opens TensorBoard's."""
        super().begin(epoch)
        if self.has_board:
            with devices.on_one_device():
                self.board = Board(self.experiment.path / "tensorboard", self.model)

    def append(self, row: Mapping[str, float]) -> None:
        """Adds an epoch to the history, and to TensorBoard's."""
        super().append(row)
        if self.board is not None:
            self.board.write(row)

    def in_words(self, row: Mapping[str, float]) -> str:
        """An epoch in a line."""
        return (
            f"epoch {row['epoch']}, step {row['step']}: "
            f"train {row['train_log_likelihood']:.1f}, "
            f"valid {row['valid_log_likelihood']:.1f}, "
            f"test {row['test_log_likelihood']:.1f} nats/line "
            f"({row['valid_log_likelihood_per_point']:.3f} valid nats/point), "
            f"{row['points_per_second']:,.0f} points/s"
        )

    def draw(self, epoch: int) -> None:
        """Draws history.png, pen.png and sketch.png.

        A copy of sketch.png stays in samples/: of the last epoch and of every tenth.
        """
        rows, sketch_path = self.experiment.history(), self.experiment.sketch_path
        if rows:  # the user may have moved them away
            draw_history(self.experiment.history_png, rows)
        with devices.on_one_device():
            lines = self.sample()
        try:
            draw_pen(self.experiment.pen_path, lines)
            draw_sketch(sketch_path, lines)
        except DamagedInk as error:  # weights at the edge of what float32 holds
            self.tell(f"no sketch.png of this epoch: {error}")
        else:  # the last of all: `draw_missing` looks for it
            write_bytes(self._of_epoch(epoch), sketch_path.read_bytes())
            if (epoch - 1) % KEPT_EVERY:
                self._of_epoch(epoch - 1).unlink(missing_ok=True)

    def draw_missing(self, epoch: int) -> None:
        """Draws the pictures of an epoch if a run was killed before it could."""
        paths = self._of_epoch(epoch), self.experiment.sketch_path
        if not all(path.exists() for path in paths):
            self.draw(epoch)

    def _of_epoch(self, epoch: int) -> Path:
        return self.experiment.samples_dir / f"sketch-{epoch:03d}.png"

    def sample(self) -> list[np.ndarray]:
        """64 lines: free ones, or the first texts of the validation set."""
        loop = self._loop_here()
        if not self.model.has_text:
            return free_lines(loop, self.experiment, SAMPLES, SAMPLE_STEPS)
        texts = [self.texts[k % len(self.texts)] for k in range(SAMPLES)]
        options = sampling_options(self.experiment, max_tries=1)
        written = write_experiment(self.experiment, texts, options, loop=loop)
        return [in_units(self.experiment, line.trace.strokes) for line in written]

    def close(self) -> None:
        """Ends the record."""
        if self.board is not None:
            self.board.close()

    def _loop_here(self) -> SamplingLoop:
        """The loop of the network, or of a copy where several devices share it."""
        is_shared = devices.is_shared(self.model.trainable_variables[0])
        if self._loop is None:
            network = build_network(self.experiment) if is_shared else self.model
            self._loop = SamplingLoop(network)
        if is_shared:
            for here, there in zip(
                self._loop.network.trainable_variables,
                self.model.trainable_variables,
                strict=True,
            ):
                here.assign(ops.convert_to_numpy(there))
        return self._loop


class NoRecord:
    """In place of a `Record` in every process but the first: its methods do nothing."""

    age = -1.0  # of the last checkpoint: never too old

    def __getattr__(self, name: str) -> Callable:
        getattr(ExperimentRecord, name)  # raises AttributeError for a wrong name
        return lambda *_: None

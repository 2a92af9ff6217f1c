"""What a run leaves in its directory: checkpoints, history, pictures.

Process 0 keeps the record. The others call the same methods of `NoRecord`, which wait
for nobody.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from tqdm import tqdm

from sketch.experiment import devices
from sketch.experiment.board_tensorflow import Board
from sketch.experiment.building import build_network
from sketch.experiment.directory import Experiment
from sketch.experiment.pen import free_lines, in_units, write_experiment
from sketch.generation.sampling import SamplingLoop
from sketch.ink import DamagedInk
from sketch.ink.figures import draw_history, draw_pen, draw_sketch
from sketch.model.network import Network

SAMPLES = 64  # lines of sketch.png
SAMPLE_STEPS = 700  # points of each: about a line of IAM-OnDB


class Record:
    """The record of a run.

    Args:
        experiment: its directory, locked by the caller.
        network: what is trained.
        texts: what a text model writes in sketch.png, again and again.
        has_board: whether TensorBoard is told, too.
    """

    def __init__(
        self,
        experiment: Experiment,
        network: Network,
        texts: Sequence[str],
        has_board: bool = False,
    ):
        self.experiment = experiment
        self.network = network
        self.texts = texts
        self.has_board = has_board
        self.board: Board | None = None
        self.saved_at = time.monotonic()
        self._loop = None

    @property
    def age(self) -> float:
        """Minutes since the last checkpoint."""
        return (time.monotonic() - self.saved_at) / 60

    def latest(self) -> tuple[Path, dict[str, Any]] | None:
        """Where to go on: the path of the weights and the state, or None."""
        load = self.experiment.load_checkpoint
        return load("latest") or load("best")

    def begin(self, epoch: int) -> None:
        """Takes back what the history tells of later epochs."""
        if self.has_board:
            with devices.on_one_device():
                self.board = Board(self.experiment.path / "tensorboard", self.network)
        self.experiment.truncate_history(epoch)

    def save(self, kind: str, state: dict[str, Any]) -> None:
        """Saves "latest" or "best": weights, optimizer and `state`."""
        with devices.on_one_device():  # Keras makes a variable or two to save others
            self.experiment.save_checkpoint(kind, self.network.save_weights, state)
        self.saved_at = time.monotonic()

    def append(self, row: Mapping[str, float]) -> None:
        """Adds an epoch to the history, and tells it on stdout: it is a result."""
        self.experiment.append_history(row)
        if self.board is not None:
            self.board.write(row)
        tqdm.write(_epoch_line(row))

    def draw(self, epoch: int) -> None:
        """Draws history.png, sketch.png and pen.png."""
        draw_history(self.experiment.history_png, self.experiment.history())
        with devices.on_one_device():
            lines = self.sample()
        name = f"sketch-{epoch:03d}.png"
        try:
            draw_sketch(self.experiment.samples_dir / name, lines)
            draw_sketch(self.experiment.sketch_path, lines)
            draw_pen(self.experiment.pen_path, lines)
        except DamagedInk as error:  # weights at the edge of what float32 holds
            tqdm.write(f"no sketch.png of this epoch: {error}")

    def sample(self) -> list[np.ndarray]:
        """64 lines: free ones, or the first texts of the validation set."""
        loop = self._loop_here()
        if not self.network.has_text:
            return free_lines(loop, self.experiment, SAMPLES, SAMPLE_STEPS)
        texts = [self.texts[k % len(self.texts)] for k in range(SAMPLES)]
        written = write_experiment(self.experiment, texts, max_tries=1, loop=loop)
        return [in_units(self.experiment, line.trace.strokes) for line in written]

    def close(self) -> None:
        """Ends the record."""
        if self.board is not None:
            self.board.close()

    def _loop_here(self) -> SamplingLoop:
        """Of the network itself, or of a copy where several devices share that."""
        is_shared = devices.is_shared(self.network.trainable_variables[0])
        if self._loop is None:
            network = build_network(self.experiment) if is_shared else self.network
            self._loop = SamplingLoop(network)
        if is_shared:
            for here, there in zip(
                self._loop.network.trainable_variables,
                self.network.trainable_variables,
                strict=True,
            ):
                here.assign(ops.convert_to_numpy(there))
        return self._loop


class NoRecord:
    """In place of `Record` in every process but the first."""

    age = -1.0

    def latest(self) -> None:
        """None."""

    def begin(self, epoch: int) -> None:
        """Nothing."""

    def save(self, kind: str, state: dict[str, Any]) -> None:
        """Nothing."""

    def append(self, row: Mapping[str, float]) -> None:
        """Nothing."""

    def draw(self, epoch: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def _epoch_line(row: Mapping[str, float]) -> str:
    return (
        f"epoch {row['epoch']}, step {row['step']}: "
        f"train {row['train_log_likelihood']:.1f}, "
        f"valid {row['valid_log_likelihood']:.1f}, "
        f"test {row['test_log_likelihood']:.1f} nats/line "
        f"({row['valid_log_likelihood_per_point']:.3f} valid nats/point), "
        f"{row['points_per_second']:,.0f} points/s"
    )

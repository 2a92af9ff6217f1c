"""The pictures of an experiment, drawn after each epoch."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from keras import ops
from tqdm import tqdm

from sketch.backend import devices
from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import build_network
from sketch.figures.pictures import draw_history, draw_pen, draw_sketch
from sketch.generation.sampling import SamplingLoop
from sketch.ink import DamagedInk
from sketch.model.network import Network
from sketch.system.atomic import write_bytes
from sketch.writing.pen import free_lines, in_units, sampling_options, write_experiment

SAMPLES = 64  # lines of sketch.png
SAMPLE_STEPS = 700  # points of each: about a line of IAM-OnDB
KEPT_EVERY = 10  # epochs: of these the picture stays in samples/


class EpochPictures:
    """history.png, pen.png, sketch.png and `samples/`.

    Args:
        experiment: its directory, locked by the caller.
        network: what is trained.
        texts: what a text model writes in sketch.png, repeated to 64 lines.
    """

    def __init__(self, experiment: Experiment, network: Network, texts: Sequence[str]):
        self.experiment = experiment
        self.folder = experiment.path
        self.network = network
        self.texts = texts
        self._loop: SamplingLoop | None = None

    def draw(self, epoch: int) -> None:
        """Draws all of them.

        A copy of sketch.png stays in samples/: of the last epoch and of every tenth.
        """
        rows, sketch_path = self.experiment.history(), self.folder / "sketch.png"
        if rows:  # the user may have moved them away
            draw_history(self.folder / "history.png", rows)
        with devices.on_one_device():
            lines = self.sample()
        try:
            draw_pen(self.folder / "pen.png", lines)
            draw_sketch(sketch_path, lines)
        except DamagedInk as error:  # weights at the edge of what float32 holds
            tqdm.write(f"no sketch.png of this epoch: {error}", file=sys.stderr)
        else:  # the last of all: `draw_missing` looks for it
            write_bytes(self._of_epoch(epoch), sketch_path.read_bytes())
            if (epoch - 1) % KEPT_EVERY:
                self._of_epoch(epoch - 1).unlink(missing_ok=True)

    def draw_missing(self, epoch: int) -> None:
        """Draws the pictures of an epoch if a run was killed before it could."""
        paths = self._of_epoch(epoch), self.folder / "sketch.png"
        if not all(path.exists() for path in paths):
            self.draw(epoch)

    def sample(self) -> list[np.ndarray]:
        """64 lines: free ones, or the first texts of the validation set."""
        loop = self._loop_here()
        if not self.network.has_text:
            return free_lines(loop, self.experiment, SAMPLES, SAMPLE_STEPS)
        texts = [self.texts[k % len(self.texts)] for k in range(SAMPLES)]
        options = sampling_options(self.experiment, max_tries=1)
        written = write_experiment(self.experiment, texts, options, loop=loop)
        return [in_units(self.experiment, line.trace.strokes) for line in written]

    def _of_epoch(self, epoch: int) -> Path:
        return self.experiment.samples_dir / f"sketch-{epoch:03d}.png"

    def _loop_here(self) -> SamplingLoop:
        """The loop of the network, or of a copy where several devices share it."""
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

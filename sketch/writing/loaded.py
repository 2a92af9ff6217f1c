"""What a pen keeps in memory once it was read: network, sampling loops, a reader.

Importing this imports no keras; whatever precision a program of its own has set stays
as it was.
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sketch.backend import devices
from sketch.experiment.experiment import Experiment

if TYPE_CHECKING:
    from sketch.generation.sampling import SamplingLoop
    from sketch.model.network import Network
    from sketch.writing.loaded_recogniser import LoadedRecogniser


class LoadedPen:
    """Reads each part when it is first asked for.

    Args:
        experiment: whose best weights.
        backend: see `devices.set_up`.
        root: the folder of all experiments, where readers are looked for.
    """

    def __init__(self, experiment: Experiment, backend: str | None, root: str | Path):
        self.experiment = experiment
        self.backend = backend
        self.root = root
        self._last_recogniser: tuple[str | Path, LoadedRecogniser] | None = None

    @cached_property
    def network(self) -> "Network":
        devices.set_up(self.backend, precision=None)  # before keras is imported

        from sketch.experiment.weights import load_network

        with devices.in_float32():
            return load_network(self.experiment)

    @cached_property
    def loop(self) -> "SamplingLoop":
        return self._make_loop(details=False)

    @cached_property
    def detailed_loop(self) -> "SamplingLoop":
        """It also tells what the network saw, for figures."""
        return self._make_loop(details=True)

    def reader(self, path_or_name: str | Path) -> "LoadedRecogniser":
        """The reader; see `RecogniserDirectory.load`. The last one is kept."""
        from sketch.experiment.recogniser_directory import RecogniserDirectory
        from sketch.writing.loaded_recogniser import LoadedRecogniser

        if self._last_recogniser is None or self._last_recogniser[0] != path_or_name:
            with devices.in_float32():
                reader = LoadedRecogniser(
                    RecogniserDirectory.load(path_or_name, self.root)
                )
            self._last_recogniser = (path_or_name, reader)
        return self._last_recogniser[1]

    def _make_loop(self, details: bool) -> "SamplingLoop":
        network = self.network
        from sketch.generation.sampling import SamplingLoop

        with devices.in_float32():
            return SamplingLoop(network, details)

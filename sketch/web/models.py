"""The models that the page offers: the pretrained ones, and the user's own.

All are experiments with text, loaded when first needed.

A browser names a model; the name is looked up among those found when the server began,
and never becomes a path.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException

from sketch.experiment.experiment import Experiment
from sketch.experiment.places import find_own, find_pretrained, read_title
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.styles import load_styles
from sketch.generation.sampling import SamplingLoop
from sketch.ink.line_of_ink import InkLine
from sketch.system.messages import echo
from sketch.writing.check import find_recogniser_of
from sketch.writing.loaded_recogniser import LoadedRecogniser

MAX_OPEN = 4  # whose weights are kept in memory


class OpenModel(NamedTuple):
    """An experiment, the compiled loop of its network, and who reads what it writes."""

    experiment: Experiment
    loop: SamplingLoop
    recogniser: LoadedRecogniser | None = None


class Models:
    """The experiments that can write a text.

    Attributes:
        experiments: by name, in the order in which they are offered.
        titles: of each, by its name.
        styles: the lines of each one's styles, by its name and theirs.
        damaged: a line for each experiment that cannot be read.
    """

    def __init__(self, root: Path, models: Sequence[str] = ()):
        """Looks for experiments.

        Args:
            root: the folder of all experiments.
            models: names or paths of those to offer; none: the pretrained ones, the
                default first, and all in `root`. Of two with one name, that in `root`
                is offered, once it can write.

        Raises:
            FileNotFoundError: one of `models` does not exist.
            ValueError: one of `models` is damaged, not trained yet, or without text.
        """
        self.experiments: dict[str, Experiment] = {}
        self.titles: dict[str, str] = {}
        self.styles: dict[str, dict[str, InkLine]] = {}
        self.damaged: list[str] = []
        self._open: dict[str, OpenModel] = {}
        self._recognisers: dict[Path, LoadedRecogniser | None] = {}
        for path in models or [*find_pretrained().values(), *find_own(root)]:
            try:
                experiment = Experiment.load(path, root)
                problem = _find_problem(experiment)
            except (ValueError, OSError) as error:
                if models:
                    raise
                self.damaged.append(str(error))
                continue
            if problem and models:
                raise ValueError(problem)
            if problem:
                continue
            name = experiment.name
            if models and name in self.experiments:
                raise ValueError(f"two experiments are named {name}")
            self.experiments[name] = experiment  # the user's own comes last
            self.titles[name] = read_title(experiment.path)
            self.styles[name] = self._find_styles(experiment)

    def _find_styles(self, experiment: Experiment) -> dict[str, InkLine]:
        try:
            return load_styles(experiment)
        except (ValueError, OSError) as error:  # it writes without them
            self.damaged.append(str(error))
            return {}

    def find(self, name: str | None) -> Experiment:
        """The experiment of a name; None: the first one.

        Raises:
            HTTPException: 404 if there is none.
        """
        if not self.experiments:
            raise HTTPException(
                404,
                "There is no model that writes text yet: train one with sketch train "
                "--text, and start sketch serve again.",
            )
        if name is None:
            return next(iter(self.experiments.values()))
        if name not in self.experiments:
            raise HTTPException(404, "There is no model of this name.")
        return self.experiments[name]

    def open(self, name: str) -> OpenModel:
        """The model of a name, ready to write; takes seconds the first time."""
        from sketch.experiment.weights import load_network

        experiment = self.find(name)
        model = self._open.pop(name, None)
        if model is None:
            loop = SamplingLoop(load_network(experiment))
            model = OpenModel(experiment, loop, self._find_recogniser(experiment))
        self._open[name] = model  # the last one used is the last one to go
        while len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
        return model

    def _find_recogniser(self, experiment: Experiment) -> LoadedRecogniser | None:
        """As `sketch write` chooses one; a damaged one checks nothing."""
        path = find_recogniser_of(experiment)
        if path is None:
            return None
        if path not in self._recognisers:
            try:
                directory = RecogniserDirectory.load(path, path.parent)
                self._recognisers[path] = LoadedRecogniser(directory)
            except (ValueError, OSError) as error:
                echo(f"nothing written by {experiment.name} is checked: {error}", True)
                self._recognisers[path] = None
        return self._recognisers[path]


def _find_problem(experiment: Experiment) -> str | None:
    """Why an experiment writes no text, or None if it does."""
    if not experiment.hyperparameters.text:
        return f"{experiment.name} writes freely and knows no text"
    if not experiment.has_checkpoint():
        return f"{experiment.name} has no checkpoint yet: train it first"
    return None

"""The hands that the page offers: those that come with sketch, and the user's.

All are experiments with text, opened when first needed.

A browser names a hand; it is looked up among the names found when the server began,
and never becomes a path.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException

from sketch.experiment.experiment import Experiment
from sketch.experiment.places import find_own, find_pretrained
from sketch.experiment.styles import load_styles
from sketch.generation.sampling import SamplingLoop

MAX_OPEN = 4  # whose weights are kept in memory


class Hand(NamedTuple):
    """An experiment, and the compiled loop of its network."""

    experiment: Experiment
    loop: SamplingLoop


class Models:
    """The experiments that can write a text.

    Attributes:
        experiments: by name, in the order in which they are offered.
        styles: the names of those that each brings along.
        damaged: what others suffer from, a line each.
    """

    def __init__(self, root: Path, models: Sequence[str] = ()):
        """Looks for experiments.

        Args:
            root: the folder of all experiments.
            models: names or paths of those to offer; none: those that come with
                sketch, the default first, and all in `root`. Of one name, that in
                `root`, once it can write.

        Raises:
            FileNotFoundError: one of `models` is not there.
            ValueError: one of `models` is damaged, not trained yet, or without text.
        """
        self.experiments: dict[str, Experiment] = {}
        self.styles: dict[str, list[str]] = {}
        self.damaged: list[str] = []
        self._open: dict[str, Hand] = {}
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
            if models and experiment.name in self.experiments:
                raise ValueError(f"two experiments are named {experiment.name}")
            self.experiments[experiment.name] = experiment  # not the published one
            self.styles[experiment.name] = self._find_styles(experiment)

    def _find_styles(self, experiment: Experiment) -> list[str]:
        try:
            return list(load_styles(experiment))
        except (ValueError, OSError) as error:  # it writes without them
            self.damaged.append(str(error))
            return []

    def find(self, name: str | None) -> Experiment:
        """The experiment of a name; None: the one that is offered first.

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
            raise HTTPException(404, "There is no hand of this name.")
        return self.experiments[name]

    def open(self, name: str) -> Hand:
        """The hand of a name, ready to write; takes seconds when it was not open."""
        from sketch.experiment.weights import load_network

        experiment = self.find(name)
        hand = self._open.pop(name, None)
        if hand is None:
            hand = Hand(experiment, SamplingLoop(load_network(experiment)))
        self._open[name] = hand  # the last one used is the last one to go
        while len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
        return hand


def _find_problem(experiment: Experiment) -> str | None:
    """Why an experiment writes no text, or None if it does."""
    if not experiment.hyperparameters.text:
        return f"{experiment.name} writes freely and knows no text"
    if not any(experiment.load_checkpoint(kind) for kind in ("best", "latest")):
        return f"{experiment.name} has no checkpoint yet: train it first"
    return None

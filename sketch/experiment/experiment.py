"""The experiment directory: what a run leaves, and all that later commands need.

    experiments/<name>/
      hyperparameters.json  settings, alphabet, offset statistics, data digest, lineage
      environment.json      versions, commit, backend, devices, command line, files of
                            the corpus: of the last run and, as `first`, of the first
      history.csv           one row an epoch; history.png is drawn from it
      checkpoints/latest/   model.weights.h5 and state.json, where a run goes on
      checkpoints/best/     the same, of the best validation
      sketch.png, pen.png   64 samples, and their pen states; redrawn every epoch
      samples/              sketch-<epoch>.png of the last and every tenth epoch
      lock                  the process that trains here now

Every file appears whole or not at all. Loading an experiment runs nothing from it and
reads nothing outside it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from sketch.experiment import places
from sketch.experiment.places import SETTINGS_NAME
from sketch.experiment.run_directory import RunDirectory
from sketch.experiment.settings_file import Lineage, parse_content, to_content
from sketch.generation.terms import SLOW_SPEEDS
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.names import experiment_name

# If the corpus has no transcripts; udibr/sketch and scribe assume these.
POINTS_PER_CHARACTER = 25.0
TEXT_LENGTH = 64


@dataclass(frozen=True, eq=False)
class Experiment(RunDirectory):
    """One experiment directory, opened; made by `create` or `load`.

    Attributes:
        hyperparameters: the settings.
        text_length: 99 % of the transcripts are no longer, in characters; 0: unknown.
        points_per_character: of the transcribed lines, where the end of the text is one
            more character; 0: unknown.
        slow_speeds: of the pen, normalised: 1 % and 4 % of the training points are
            slower (`training.run_lines.measure_speeds`). Sampling fades its bias there.
        character_counts: how often each character is in the transcripts that it and
            its ancestors learned from; empty: unknown.
        lineage: the experiment whose weights it began with, or None.
    """

    kind: ClassVar[str] = "experiment"
    settings_name: ClassVar[str] = SETTINGS_NAME
    option: ClassVar[str] = "--model"
    command: ClassVar[str] = "train"
    parse = staticmethod(parse_content)

    hyperparameters: Hyperparameters
    text_length: int = 0
    points_per_character: float = 0.0
    slow_speeds: tuple[float, float] = SLOW_SPEEDS
    character_counts: Mapping[str, int] = field(default_factory=dict)
    lineage: Lineage | None = None

    @classmethod
    def create(
        cls, root: str | Path, hyperparameters: Hyperparameters, facts: Mapping
    ) -> "Experiment":
        """Makes the directory with its `hyperparameters.json`, or nothing at all.

        Args:
            root: the folder of all experiments; made if it is missing.
            hyperparameters: the settings.
            facts: `alphabet` (an Alphabet), `offset_mean` and `offset_std` (two
                numbers each), `data_digest`; optional are `text_length`,
                `points_per_character`, `slow_speeds`, `character_counts` and `lineage`
                (a Lineage or None).

        Raises:
            FileExistsError: there is one of this name; tells the two ways on.
            ValueError: a fact is out of range.
            OSError: the directory cannot be written.
        """
        experiment = cls.planned(root, hyperparameters, facts)
        return experiment._create(to_content(hyperparameters, facts))

    @classmethod
    def planned(
        cls, root: str | Path, hyperparameters: Hyperparameters, facts: Mapping
    ) -> "Experiment":
        """The experiment that `create` would make, without its directory."""
        lineage = facts.get("lineage")
        name = experiment_name(hyperparameters, lineage.digest if lineage else None)
        path = Path(os.path.abspath(root)) / name
        return cls(path, **parse_content(to_content(hyperparameters, facts)))

    @property
    def dataset_name(self) -> str:
        return self.hyperparameters.name

    @property
    def full_name(self) -> str:
        """The name made of its settings; a published directory has a shorter one."""
        digest = self.lineage.digest if self.lineage else None
        return experiment_name(self.hyperparameters, digest)

    def require_text(self) -> None:
        """Refuses an experiment that was trained without texts.

        Raises:
            ValueError: it was.
        """
        if not self.hyperparameters.text:
            raise ValueError(
                f"{self.name} cannot write a given text: train one with --text"
            )

    def content(self) -> dict[str, Any]:
        """The content of `hyperparameters.json`, for `parse_content`."""
        return to_content(self.hyperparameters, vars(self))

    @property
    def typical_points_per_character(self) -> float:
        """Points per character: of the corpus, or the usual number if unknown."""
        return self.points_per_character or POINTS_PER_CHARACTER

    @property
    def longest_text(self) -> int:
        """The longest text that the network follows well, in characters."""
        return self.text_length or TEXT_LENGTH

    @property
    def samples_dir(self) -> Path:
        """The folder of `sketch-<epoch>.png` and other samples; perhaps missing.

        Raises:
            ValueError: it is a link.
        """
        path = self.path / "samples"
        if path.is_symlink():
            raise ValueError(f"{path} is a link: remove it, a folder belongs there")
        return path

    def folders(self) -> list[Path]:
        """The folders that files are written into."""
        return [self.path, self.samples_dir]


def find_experiments(root: str | Path) -> list[Path]:
    """The experiment directories in `root`, by name; none if it does not exist."""
    return places.find_directories(root, SETTINGS_NAME)

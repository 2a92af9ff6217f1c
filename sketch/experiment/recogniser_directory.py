"""The directory of a recogniser: what its training leaves, and all that reading needs.

    experiments/<dataset>-recogniser/
      recogniser.json       settings, alphabet, offset statistics, data digest
      environment.json      as in the directory of an experiment
      history.csv           one row an epoch
      checkpoints/latest/   model.weights.h5 and state.json, where training goes on
      checkpoints/best/     the same, with the fewest errors on the validation lines
      lock                  the process that trains here now

Like an experiment, it is written whole or not at all, and nothing in it is run.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import sketch
from sketch.experiment.history import COMMON_COLUMNS
from sketch.experiment.places import RECOGNISER_NAME
from sketch.experiment.run_directory import RunDirectory
from sketch.experiment.settings_file import (
    Lineage,
    corpus_content,
    parse_corpus,
    parse_lineage,
)
from sketch.settings.hyperparameters import from_json, to_json
from sketch.settings.recogniser_settings import RecogniserSettings, recogniser_name


@dataclass(frozen=True, eq=False)
class RecogniserDirectory(RunDirectory):
    """The directory of a recogniser, opened; made by `create` or `load`.

    Attributes:
        settings: of the recogniser and its training.
        lineage: the recogniser whose weights it began with, or None.
    """

    kind: ClassVar[str] = "recogniser"
    settings_name: ClassVar[str] = RECOGNISER_NAME
    option: ClassVar[str] = "--recogniser"
    command: ClassVar[str] = "train-recogniser"
    columns: ClassVar[tuple[str, ...]] = (
        *COMMON_COLUMNS,
        "train_nats_per_character",
        "valid_error_rate",
        "gradient_norm",
    )

    settings: RecogniserSettings
    lineage: Lineage | None = None

    @property
    def dataset_name(self) -> str:
        return self.settings.name

    @staticmethod
    def parse(content: Mapping[str, Any]) -> dict[str, Any]:
        facts = parse_corpus(content)  # first: it checks the format
        return facts | {
            "settings": from_json(content.get("settings"), RecogniserSettings),
            "lineage": parse_lineage(content.get("lineage")),
        }

    @classmethod
    def create(
        cls, root: str | Path, settings: RecogniserSettings, facts: Mapping[str, Any]
    ) -> "RecogniserDirectory":
        """Makes the directory with its `recogniser.json`, or nothing at all.

        Args:
            root: the folder of all experiments; made if it is missing.
            settings: of the recogniser.
            facts: `alphabet`, `offset_mean`, `offset_std`, `data_digest` and perhaps
                `lineage`.

        Raises:
            FileExistsError: there is one of this name; tells the two ways on.
            OSError: the directory cannot be written.
        """
        lineage = facts.get("lineage")
        name = recogniser_name(settings, lineage.digest if lineage else None)
        path = Path(os.path.abspath(root)) / name
        content = {
            "format": 1,
            "sketch_version": sketch.__version__,
            "settings": to_json(settings),
            **corpus_content(facts),
            "lineage": asdict(lineage) if lineage else None,
        }
        return cls(path, **cls.parse(content))._create(content)

    def derive(self, given: Mapping[str, Any]) -> RecogniserSettings:
        """These settings with some others, for a recogniser that its weights fit.

        Raises:
            ValueError: they do not fit: shows both values.
        """
        settings = replace(self.settings, **given)
        for flag, name in (("--depth", "depth"), ("--dim", "dim")):
            old, new = getattr(self.settings, name), getattr(settings, name)
            if old != new:
                raise ValueError(
                    f"the weights of {self.name} have another shape: {flag} is {old} "
                    f"there and {new} here. Leave that out to go on with them, or "
                    "leave out --recogniser to begin anew"
                )
        return settings

    def as_lineage(self) -> Lineage:
        """The lineage of a recogniser that begins with its best weights.

        Raises:
            ValueError: it has none yet.
        """
        best = self.load_checkpoint("best")
        if best is None or type(best[1].get("step")) is not int:
            raise ValueError(f"{self.name} has no best checkpoint yet to start from")
        return Lineage(self.name, best[1]["step"], (self.data_digest,))

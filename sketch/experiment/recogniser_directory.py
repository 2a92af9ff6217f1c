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
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import sketch
from sketch.experiment.history import COMMON_COLUMNS
from sketch.experiment.places import RECOGNISER_NAME
from sketch.experiment.run_directory import RunDirectory
from sketch.experiment.settings_file import corpus_content, parse_corpus
from sketch.settings.hyperparameters import from_json, to_json
from sketch.settings.recogniser_settings import RecogniserSettings, recogniser_name


@dataclass(frozen=True, eq=False)
class RecogniserDirectory(RunDirectory):
    """The directory of a recogniser, opened; made by `create` or `load`.

    Attributes:
        settings: of the recogniser and its training.
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

    @property
    def dataset_name(self) -> str:
        return self.settings.name

    @staticmethod
    def parse(content: Mapping[str, Any]) -> dict[str, Any]:
        facts = parse_corpus(content)  # first: it checks the format
        return facts | {
            "settings": from_json(content.get("settings"), RecogniserSettings)
        }

    @classmethod
    def create(
        cls, root: str | Path, settings: RecogniserSettings, facts: Mapping[str, Any]
    ) -> "RecogniserDirectory":
        """Makes the directory with its `recogniser.json`, or nothing at all.

        Args:
            root: the folder of all experiments; made if it is missing.
            settings: of the recogniser.
            facts: `alphabet`, `offset_mean`, `offset_std` and `data_digest`.

        Raises:
            FileExistsError: there is one of this name; tells the two ways on.
            OSError: the directory cannot be written.
        """
        path = Path(os.path.abspath(root)) / recogniser_name(settings)
        content = {
            "format": 1,
            "sketch_version": sketch.__version__,
            "settings": to_json(settings),
            **corpus_content(facts),
        }
        return cls(path, **cls.parse(content))._create(content)

    def require_same(self, given: Mapping[str, Any]) -> None:
        """Refuses settings that this recogniser was not made with.

        Raises:
            ValueError: shows both values of each.
        """
        changed = [
            f"{field.metadata['option'].flags[0]} is {getattr(self.settings, name)} "
            f"there and {given[name]} here"
            for field in fields(RecogniserSettings)
            if (name := field.name) in given
            and given[name] != getattr(self.settings, name)
        ]
        if changed:
            raise ValueError(
                f"{self.name} was made with other settings: {'; '.join(changed)}. "
                "Leave them out to go on with it, or leave out --recogniser for a new "
                "one"
            )

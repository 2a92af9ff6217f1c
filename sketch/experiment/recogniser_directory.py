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

import numpy as np

import sketch
from sketch.experiment import places
from sketch.experiment.history import COMMON_COLUMNS
from sketch.experiment.places import RECOGNISER_NAME as SETTINGS_NAME
from sketch.experiment.run_directory import RunDirectory, refuse_existing
from sketch.experiment.settings_file import corpus_content, parse_corpus
from sketch.ink.alphabet import Alphabet
from sketch.settings.hyperparameters import from_json, to_json
from sketch.settings.recogniser_settings import RecogniserSettings, recogniser_name
from sketch.system import lock
from sketch.system.atomic import whole_folder, write_text
from sketch.system.untrusted import read_parsed, to_json_text

KIND = ("recogniser", "--recogniser")  # for `refuse_existing`
COLUMNS = (
    *COMMON_COLUMNS,
    "train_nats_per_character",
    "valid_error_rate",
    "gradient_norm",
)


@dataclass(frozen=True, eq=False)
class RecogniserDirectory(RunDirectory):
    """The directory of a recogniser, opened; made by `create` or `load`.

    Attributes:
        path: the directory.
        settings: of the recogniser and its training.
        alphabet: the characters that it knows.
        offset_mean, offset_std: float64 `[2]`, per axis, in the recording's units; it
            sees (offset - mean) / std.
        data_digest: the content digest of the corpus.
    """

    settings_name: ClassVar[str] = SETTINGS_NAME
    option: ClassVar[str] = KIND[1]
    command: ClassVar[str] = "train-recogniser"

    settings: RecogniserSettings
    alphabet: Alphabet
    offset_mean: np.ndarray
    offset_std: np.ndarray
    data_digest: str

    columns: ClassVar[tuple[str, ...]] = COLUMNS

    @property
    def dataset_name(self) -> str:
        return self.settings.name

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
        refuse_existing(path, *KIND)
        content = {
            "format": 1,
            "sketch_version": sketch.__version__,
            "settings": to_json(settings),
            **corpus_content(facts),
        }
        recogniser = cls(path, **_parse(content))
        try:
            # The lock is tried first: a directory that no run could hold is not made.
            with whole_folder(path) as folder, lock.hold(folder / "lock"):
                write_text(folder / SETTINGS_NAME, to_json_text(content))
        except OSError:
            refuse_existing(path, *KIND)  # another process was quicker
            raise
        return recogniser

    @classmethod
    def load(cls, path_or_name: str | Path, root: str | Path) -> "RecogniserDirectory":
        """Opens the directory of a recogniser.

        Args:
            path_or_name: see `places.find_directory`.
            root: the folder of all experiments.

        Raises:
            FileNotFoundError: no such recogniser; names those that exist.
            ValueError: damaged, or of a newer sketch; names the file.
        """
        path = places.find_directory(path_or_name, root, SETTINGS_NAME)
        if path is not None:
            return cls(path, **read_parsed(path / SETTINGS_NAME, _parse))
        name = repr(str(path_or_name))
        if places.find_directory(path_or_name, root, places.SETTINGS_NAME):
            problem = f"{name} is an experiment, not a recogniser"
        else:
            problem = f"there is no recogniser {name}"
        names = [path.name for path in find_recognisers(root)]
        names += [n for n in places.find_pretrained(SETTINGS_NAME) if n not in names]
        there = f"there are {', '.join(names)}" if names else f"{root} has none"
        raise FileNotFoundError(
            f"{problem}; {there}; `sketch train-recogniser` trains one on the corpus "
            "given by --data"
        )

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


def find_recognisers(root: str | Path) -> list[Path]:
    """The directories of the recognisers in `root`, by name."""
    return places.find_directories(root, SETTINGS_NAME)


def _parse(content: Mapping[str, Any]) -> dict[str, Any]:
    facts = parse_corpus(content)
    return {"settings": from_json(content.get("settings"), RecogniserSettings), **facts}

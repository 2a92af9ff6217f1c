"""The directory of a reader: what its training leaves, and all that reading needs.

    experiments/<dataset>-recogniser/
      recogniser.json           settings, alphabet, offset statistics, data digest
      environment.json      versions, commit, backend, devices, command line: of
                            the last run and, as `first`, of the first
      history.csv           one row an epoch
      checkpoints/latest/   model.weights.h5 and state.json, where training goes on
      checkpoints/best/     the same, of the fewest errors on the validation lines
      lock                  who trains here now

It is kept as an experiment is: whole or not at all, and nothing in it is run.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

import sketch
from sketch.experiment import places
from sketch.experiment.places import RECOGNISER_NAME as SETTINGS_NAME
from sketch.experiment.run_directory import RunDirectory, refuse_existing
from sketch.experiment.settings_file import corpus_content, parse_corpus
from sketch.ink.alphabet import Alphabet
from sketch.settings.hyperparameters import from_json, to_json
from sketch.settings.recogniser_settings import RecogniserSettings, recogniser_name
from sketch.system import lock
from sketch.system.atomic import whole_folder, write_text
from sketch.system.untrusted import read_parsed, to_json_text

KIND = (
    "reader",
    "--recogniser",
)  # what it is called, and the option that goes on with one
COLUMNS = (
    "epoch",
    "step",
    "seconds",
    "points_per_second",
    "learning_rate",
    "train_nats_per_character",
    "valid_error_rate",
    "gradient_norm",
)


@dataclass(frozen=True, eq=False)
class RecogniserDirectory(RunDirectory):
    """The directory of a reader, opened; made by `create` or `load`.

    Attributes:
        path: the directory.
        settings: what it is.
        alphabet: the characters that it knows.
        offset_mean, offset_std: float64 `[2]`, the units that it reads, in those of
            the recordings.
        data_digest: the content digest of the corpus that it learned from.
    """

    settings: RecogniserSettings
    alphabet: Alphabet
    offset_mean: np.ndarray
    offset_std: np.ndarray
    data_digest: str

    columns: ClassVar[tuple[str, ...]] = COLUMNS

    @classmethod
    def create(
        cls, root: str | Path, settings: RecogniserSettings, facts: Mapping[str, Any]
    ) -> "RecogniserDirectory":
        """Makes the directory with its `recogniser.json`, or nothing at all.

        Args:
            root: the folder of all experiments; made if it is not there.
            settings: what it is.
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
        reader = cls(path, **_parse(content))
        try:
            # Where no run could hold it, it is not made.
            with whole_folder(path) as folder, lock.hold(folder / "lock"):
                write_text(folder / SETTINGS_NAME, to_json_text(content))
        except OSError:
            refuse_existing(path, *KIND)  # somebody else was quicker
            raise
        return reader

    @classmethod
    def load(cls, path_or_name: str | Path, root: str | Path) -> "RecogniserDirectory":
        """Opens the directory of a reader.

        Args:
            path_or_name: its name within `root`, the path of its directory, or the
                name of one that comes with sketch.
            root: the folder of all experiments.

        Raises:
            FileNotFoundError: no such reader; names those that there are.
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
        """Refuses settings that this reader was not made with.

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

"""The directory of a reader: what its training leaves, and all that reading needs.

    experiments/<dataset>-reader/
      reader.json           settings, alphabet, offset statistics, data digest
      environment.json      versions, commit, backend, devices, command line: of
                            the last run and, as `first`, of the first
      history.csv           one row an epoch
      checkpoints/latest/   model.weights.h5 and state.json, where training goes on
      checkpoints/best/     the same, of the fewest errors on the validation lines
      lock                  who trains here now

It is kept as an experiment is: whole or not at all, and nothing in it is run.
"""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

import sketch
from sketch.experiment import checkpoint, hands, lock
from sketch.experiment.files import read_parsed, to_json_text
from sketch.experiment.hyperparameters import check_dataset_name, from_json, to_json
from sketch.experiment.reader_settings import ReaderSettings, reader_name
from sketch.experiment.run_directory import RunDirectory, refuse_existing
from sketch.experiment.settings_file import SETTINGS_NAME as EXPERIMENT
from sketch.experiment.settings_file import corpus_content, parse_corpus
from sketch.ink.files import whole_folder, write_text
from sketch.ink.fit import unit_ratio
from sketch.ink.text import Alphabet

if TYPE_CHECKING:
    from sketch.evaluation.recogniser import Recogniser
    from sketch.experiment.directory import Experiment

SETTINGS_NAME = "reader.json"
KIND = "reader", "--reader"  # what it is called, and the option that goes on with one
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
class Reader(RunDirectory):
    """The directory of a reader, opened; made by `create` or `load`.

    Attributes:
        path: the directory.
        settings: what it is.
        alphabet: the characters that it knows.
        offset_mean, offset_std: float64 `[2]`, the units that it reads, in those of
            the recordings.
        data_digest: the content digest of the corpus that it learned from.
    """

    settings: ReaderSettings
    alphabet: Alphabet
    offset_mean: np.ndarray
    offset_std: np.ndarray
    data_digest: str

    columns: ClassVar[tuple[str, ...]] = COLUMNS

    @classmethod
    def create(
        cls, root: str | Path, settings: ReaderSettings, facts: Mapping[str, Any]
    ) -> "Reader":
        """Makes the directory with its `reader.json`, or nothing at all.

        Args:
            root: the folder of all experiments; made if it is not there.
            settings: what it is.
            facts: `alphabet`, `offset_mean`, `offset_std` and `data_digest`.

        Raises:
            FileExistsError: there is one of this name; tells the two ways on.
            OSError: the directory cannot be written.
        """
        path = Path(os.path.abspath(root)) / reader_name(settings)
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
    def load(cls, path_or_name: str | Path, root: str | Path) -> "Reader":
        """Opens the directory of a reader.

        Args:
            path_or_name: its name within `root`, the path of its directory, or the
                name of one that comes with sketch.
            root: the folder of all experiments.

        Raises:
            FileNotFoundError: no such reader; names those that there are.
            ValueError: damaged, or of a newer sketch; names the file.
        """
        path = hands.find_directory(path_or_name, root, SETTINGS_NAME)
        if path is not None:
            return cls(path, **read_parsed(path / SETTINGS_NAME, _parse))
        names = [path.name for path in find_readers(root)]
        there = f"in {root} are {', '.join(names)}" if names else f"{root} has none"
        published = [path.name for path in find_readers(hands.hands_dir())]
        if published:
            there += f", with sketch come: {', '.join(published)}"
        name = repr(str(path_or_name))
        if hands.find_directory(path_or_name, root, EXPERIMENT):
            problem = f"{name} is an experiment, and no reader"
        else:
            problem = f"there is no reader {name}"
        command = "sketch train-reader"
        of = Path(path_or_name).name.removesuffix("-reader")
        with contextlib.suppress(ValueError):  # an experiment's name is not its corpus'
            check_dataset_name(of)
            command += f" --name {of}"
        raise FileNotFoundError(
            f"{problem}; {there}; `{command}` makes one, of the corpus at --data"
        )

    def build_recogniser(self) -> "Recogniser":
        """The network with its initial weights.

        Raises:
            ValueError: there are weights, and they are too few for the settings.
        """
        from sketch.evaluation.recogniser import Recogniser
        from sketch.experiment.building import require_weights

        dim, depth = self.settings.dim, self.settings.depth
        require_weights(self, dim * (16 * depth * dim + 2 * self.alphabet.size))
        return Recogniser(
            dim=self.settings.dim,
            depth=self.settings.depth,
            num_symbols=self.alphabet.size,
            dropout=self.settings.dropout,
            seed=self.settings.seed,
        )

    def require_same(self, given: Mapping[str, Any]) -> None:
        """Refuses settings that this reader was not made with.

        Raises:
            ValueError: shows both values of each.
        """
        changed = [
            f"{field.metadata['option'].flags[0]} is {getattr(self.settings, name)} "
            f"there and {given[name]} here"
            for field in fields(ReaderSettings)
            if (name := field.name) in given
            and given[name] != getattr(self.settings, name)
        ]
        if changed:
            raise ValueError(
                f"{self.name} was made with other settings: {'; '.join(changed)}. "
                "Leave that out to go on with it, or leave out --reader to begin anew"
            )


class LoadedReader:
    """A reader with its best weights: ink in, text out.

    Attributes:
        reader: its directory, opened.
        state: of the checkpoint.

    Raises:
        ValueError: there is no checkpoint yet, or it does not fit the settings.
    """

    def __init__(self, reader: Reader):
        from sketch.experiment.building import load_weights

        self.reader = reader
        self.recogniser = reader.build_recogniser()
        found = checkpoint.read_weights(
            reader.load_checkpoint,
            ("best", "latest"),
            lambda path: load_weights(self.recogniser, path),
        )
        if found is None:
            raise ValueError(
                f"{reader.name} has no checkpoint yet: go on with it by `sketch "
                f"train-reader --reader {reader.name}`"
            )
        _, _, self.state = found

    @property
    def error_rate(self) -> float:
        """The share of the validation lines' characters that these weights misread.

        As their history has it; NaN where that does not tell.
        """
        try:
            rows = {row["epoch"]: row for row in self.reader.history()}
        except (OSError, ValueError):  # damaged: nothing that reading needs
            rows = {}
        row = rows.get(self.state.get("epoch"), {})
        return row.get("valid_error_rate", float("nan"))

    def read(
        self, strokes: Sequence[np.ndarray], offset_std: np.ndarray | None = None
    ) -> list[str]:
        """The texts of lines of ink.

        Args:
            strokes: lines `[time, 3]`, in the units of their recordings.
            offset_std: `[2]`, of these recordings: another tablet's ink is seen in its
                own units, as `units.py` has it. None: they are those of the reader.
        """
        from sketch.evaluation.recogniser import read_lines

        scale = 1.0
        if offset_std is not None:
            scale = unit_ratio(offset_std, self.reader.offset_std)
        return read_lines(
            self.recogniser,
            strokes,
            self.reader.offset_mean * scale,
            self.reader.offset_std * scale,
            self.reader.alphabet,
        )


def is_reader(path_or_name: str | Path, root: str | Path) -> bool:
    """Whether `Reader.load` would find a reader."""
    return hands.find_directory(path_or_name, root, SETTINGS_NAME) is not None


def find_readers(root: str | Path) -> list[Path]:
    """The directories of the readers in `root`, by name."""
    return hands.find_directories(root, SETTINGS_NAME)


def find_reader_of(experiment: "Experiment") -> Path | None:
    """A reader that comes with sketch, of the experiment's corpus and characters."""
    characters = set(experiment.alphabet.characters)
    for path in find_readers(hands.hands_dir()):
        reader = Reader.load(path, path.parent)
        is_of_corpus = reader.data_digest == experiment.data_digest
        if is_of_corpus and characters <= set(reader.alphabet.characters):
            return path
    return None


def _parse(content: Mapping[str, Any]) -> dict[str, Any]:
    facts = parse_corpus(content)
    return {"settings": from_json(content.get("settings"), ReaderSettings), **facts}

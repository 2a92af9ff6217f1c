"""The directory of a training run: what experiments and recognisers have in common.

Every file appears whole or not at all. Loading a directory runs nothing from it and
reads nothing outside it.
"""

import contextlib
import difflib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from sketch.experiment import checkpoint, history, places
from sketch.ink.alphabet import Alphabet
from sketch.settings.run_options import CommonOptions
from sketch.system import lock
from sketch.system.atomic import is_temporary, whole_folder, write_text
from sketch.system.untrusted import read_json, read_parsed, to_json_text

ENVIRONMENT_NAME = "environment.json"
OLD_SECONDS = 60 * 60  # a younger temporary file may be one that somebody writes now
MAX_CORPUS_FILES = 1000


@dataclass(frozen=True, eq=False)
class RunDirectory:
    """The directory of a run, opened; made by `create` of a subclass, or by `load`.

    Attributes:
        path: the directory.
        alphabet: the characters of its corpus; empty if that has no transcripts.
        offset_mean, offset_std: float64 `[2]`, per axis, in the recording's units, of
            the training split; a model sees (offset - mean) / std.
        data_digest: the content digest of the corpus.
    """

    path: Path
    alphabet: Alphabet
    offset_mean: np.ndarray
    offset_std: np.ndarray
    data_digest: str

    kind: ClassVar[str]  # what it is called
    settings_name: ClassVar[str]  # the file that makes it one
    option: ClassVar[str]  # which names it on the command line
    command: ClassVar[str]  # which trains it
    columns: ClassVar[tuple[str, ...]] = history.COLUMNS  # of its history

    @staticmethod
    def parse(content: Mapping[str, Any]) -> dict[str, Any]:
        """The fields but `path`, from the content of the settings file.

        Raises:
            ValueError: says which part is missing or out of range.
        """
        raise NotImplementedError

    @classmethod
    def load(cls, path_or_name: str | Path, root: str | Path) -> Self:
        """Opens the directory of a run.

        Args:
            path_or_name: see `places.find_directory`.
            root: the folder of all experiments.

        Raises:
            FileNotFoundError: it does not exist; names the nearest one.
            ValueError: damaged, or of a newer sketch; names the file.
        """
        path = places.find_directory(path_or_name, root, cls.settings_name)
        if path is None:
            raise FileNotFoundError(cls._not_found(path_or_name, Path(root)))
        return cls(path, **read_parsed(path / cls.settings_name, cls.parse))

    @classmethod
    def _not_found(cls, path_or_name: str | Path, root: Path) -> str:
        name = str(path_or_name)
        for file, kind in places.KINDS.items():
            is_other = file != cls.settings_name
            if is_other and places.find_directory(path_or_name, root, file):
                return f"{name!r} is {kind}, not {places.KINDS[cls.settings_name]}"
        names = [path.name for path in places.find_directories(root, cls.settings_name)]
        names += places.find_pretrained(cls.settings_name)
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"`sketch list` shows those in {root} and the pretrained models"
        if near:
            hint = f"did you mean {near[0]}?"
        return f"there is no {cls.kind} {name!r}; {hint}"

    @classmethod
    def refuse_existing(cls, path: Path) -> None:
        """Refuses to begin a run in a directory that is not empty.

        Raises:
            FileExistsError: `path` exists, and is not an empty folder; tells the two
                ways on.
        """
        is_empty = path.is_dir() and not any(path.iterdir())
        if os.path.lexists(path) and not is_empty:
            raise FileExistsError(
                f"{path} exists: go on with it by {cls.option} {path.name}, or begin "
                f"another {cls.kind} with another --seed or --name"
            )

    def _create(self, content: dict[str, Any]) -> Self:
        """Makes the directory with its settings file, or nothing at all."""
        self.refuse_existing(self.path)
        try:
            # The lock is tried first: a directory that no run could hold is not made.
            with whole_folder(self.path) as folder, lock.hold(folder / "lock"):
                write_text(folder / self.settings_name, to_json_text(content))
        except OSError:
            self.refuse_existing(self.path)  # another process was quicker
            raise
        return self

    @property
    def name(self) -> str:
        """The name of the directory."""
        return self.path.name

    @property
    def dataset_name(self) -> str:
        """`--name`: of the corpus that it learned from."""
        raise NotImplementedError

    @property
    def history_path(self) -> Path:
        """The table of the history."""
        return self.path / "history.csv"

    @property
    def checkpoints_dir(self) -> Path:
        """The folder of the checkpoints; see `checkpoint.py`."""
        return self.path / "checkpoints"

    def folders(self) -> list[Path]:
        """The folders that files are written into."""
        return [self.path]

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the directory for one training process, and tidies it up first.

        Raises:
            RuntimeError: another process trains here; names it.
            OSError: the directory cannot be written.
        """
        with lock.hold(self.path / "lock"):
            for folder in self.folders():
                _remove_old_temporaries(folder)
            checkpoint.clean(self.checkpoints_dir)
            yield

    def holder(self) -> str | None:
        """The process that trains here now, in words, or None."""
        return lock.holder(self.path / "lock")

    def save_checkpoint(
        self, kind: str, write: Callable[[Path], None], state: dict[str, Any]
    ) -> None:
        """Saves "latest" or "best"; see `checkpoint.save`."""
        checkpoint.save(self.checkpoints_dir, kind, write, state)

    def has_checkpoint(self, *kinds: str) -> bool:
        """Whether there is a checkpoint of one of these kinds (default: of any)."""
        folder = self.checkpoints_dir
        return any(
            checkpoint.exists(folder, kind) for kind in kinds or checkpoint.KINDS
        )

    def load_checkpoint(self, kind: str) -> tuple[Path, dict[str, Any]] | None:
        """The weights' path and the state, or None; see `checkpoint.load`."""
        return checkpoint.load(self.checkpoints_dir, kind)

    def latest_or_best(self) -> tuple[Path, dict[str, Any]] | None:
        """The checkpoint from which a run goes on, or None."""
        return self.load_checkpoint("latest") or self.load_checkpoint("best")

    def kept_options(self) -> Mapping[str, Any]:
        """The options of the last run that hold until others are given.

        Raises:
            ValueError: the checkpoint is damaged; names the file.
        """
        weights, state = self.latest_or_best() or (None, {})
        kept = state.get("options") or {}
        try:
            if not isinstance(kept, dict):
                raise ValueError("`options` must be a JSON object")
            kept = {name: kept[name] for name in CommonOptions.DEFAULTS if name in kept}
            CommonOptions(**kept)  # checks each
        except ValueError as error:
            path = weights.with_name(checkpoint.STATE_NAME)
            raise ValueError(f"{path} is damaged: {error}; restore the file") from error
        return kept

    def append_history(self, row: Mapping[str, float]) -> None:
        """Adds an epoch's row; see `history.append`."""
        history.append(self.history_path, row, self.columns)

    def history(self) -> list[dict[str, float]]:
        """The rows, oldest first; see `history.read`."""
        return history.read(self.history_path)

    def truncate_history(self, epoch: int) -> None:
        """Drops the rows after `epoch`; see `history.truncate`."""
        history.truncate(self.history_path, epoch, self.columns)

    def write_environment(
        self, environment: Mapping[str, Any], corpus: Sequence[str | Path] = ()
    ) -> None:
        """Writes `environment.json`: what this run and the first run here ran on.

        Args:
            environment: of this run, see `machine.describe`. `first` is added from the
                second run on: what the file said of the first.
            corpus: the files of its corpus; `corpus_hint` finds them again.
        """
        before = self._read_environment()
        environment = dict(environment)
        if corpus:
            environment["corpus"] = [os.path.abspath(path) for path in corpus]
        if before:
            environment["first"] = before.get("first", before)
        write_text(self.path / ENVIRONMENT_NAME, to_json_text(environment))

    def corpus_hint(self) -> list[Path]:
        """Where the files of its corpus were when it last trained.

        They may be gone or changed: compare the digest. Empty if nothing is known.
        """
        paths = self._read_environment().get("corpus")
        is_list = isinstance(paths, list) and len(paths) <= MAX_CORPUS_FILES
        if not is_list or not all(isinstance(path, str) for path in paths):
            return []
        found = [Path(path) for path in paths]
        return found if all(path.is_file() for path in found) else []

    def _read_environment(self) -> dict[str, Any]:
        try:
            return read_json(self.path / ENVIRONMENT_NAME, inside=self.path)
        except (OSError, ValueError):  # the first run, or a file that cannot be read
            return {}


def _remove_old_temporaries(folder: Path) -> None:
    """Removes temporary files that a killed process left.

    A younger one may belong to a `sketch sample`, which writes without the lock.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # its writer has renamed it
            is_old = time.time() - path.lstat().st_mtime > OLD_SECONDS
            is_file = path.is_symlink() or not path.is_dir()
            if is_old and is_file and is_temporary(path):
                path.unlink()

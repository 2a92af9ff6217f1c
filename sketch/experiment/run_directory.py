"""The directory of a training run: what an experiment's and a reader's have in common.

Everything that is written appears whole or not at all. Loading one runs nothing from it
and reads nothing outside it.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from sketch.experiment import checkpoint, history
from sketch.system import lock
from sketch.system.atomic import is_temporary, write_text
from sketch.system.untrusted import read_json, to_json_text


@dataclass(frozen=True, eq=False)
class RunDirectory:
    """The directory of a run, opened.

    Attributes:
        path: the directory.
    """

    path: Path

    columns: ClassVar[tuple[str, ...]] = history.COLUMNS  # of its history

    @property
    def name(self) -> str:
        """The name of the directory."""
        return self.path.name

    @property
    def history_path(self) -> Path:
        """The table of the history."""
        return self.path / "history.csv"

    @property
    def checkpoints_dir(self) -> Path:
        """The folder of the checkpoints; `checkpoint.py` tells what is in it."""
        return self.path / "checkpoints"

    def folders(self) -> list[Path]:
        """Where files are written."""
        return [self.path]

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the directory for one training process, and tidies it up first.

        Raises:
            RuntimeError: another process trains here; names it.
            OSError: the directory cannot be written.
        """
        with lock.hold(self.path / "lock"):
            for path in [
                path for folder in self.folders() for path in folder.iterdir()
            ]:
                is_file = path.is_symlink() or not path.is_dir()
                if is_temporary(path) and is_file:
                    path.unlink()
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

    def load_checkpoint(self, kind: str) -> tuple[Path, dict[str, Any]] | None:
        """The weights' path and the state, or None; see `checkpoint.load`."""
        return checkpoint.load(self.checkpoints_dir, kind)

    def latest_or_best(self) -> tuple[Path, dict[str, Any]] | None:
        """The checkpoint from which a run goes on, or None."""
        return self.load_checkpoint("latest") or self.load_checkpoint("best")

    def kept_options(self) -> Mapping[str, Any]:
        """The options of its last run that hold until others are given."""
        _, state = self.latest_or_best() or (None, {})
        kept = state.get("options")
        return kept if isinstance(kept, dict) else {}

    def append_history(self, row: Mapping[str, float]) -> None:
        """Adds an epoch's row; see `history.append`."""
        history.append(self.history_path, row, self.columns)

    def history(self) -> list[dict[str, float]]:
        """The rows, oldest first; see `history.read`."""
        return history.read(self.history_path)

    def truncate_history(self, epoch: int) -> None:
        """Drops the rows after `epoch`; see `history.truncate`."""
        history.truncate(self.history_path, epoch, self.columns)

    def write_environment(self, environment: dict[str, Any]) -> None:
        """Notes what the run runs on, beside what the first run here ran on.

        `environment.json` is of the last run; `first`, from the second run on, is what
        the file said before that.
        """
        path = self.path / "environment.json"
        try:
            before = read_json(path, inside=self.path)
        except (OSError, ValueError):  # the first run, or a file that cannot be read
            before = None
        if before:
            environment = environment | {"first": before.get("first", before)}
        write_text(path, to_json_text(environment))


def refuse_existing(
    path: Path, kind: str = "experiment", option: str = "--model"
) -> None:
    """Refuses to begin a run where something is, and tells the two ways on.

    Raises:
        FileExistsError: `path` is there, and not an empty folder.
    """
    if os.path.lexists(path) and not (path.is_dir() and not any(path.iterdir())):
        raise FileExistsError(
            f"{path} is there already: go on with it by {option} {path.name}, or begin "
            f"another {kind} with another --seed or --name"
        )

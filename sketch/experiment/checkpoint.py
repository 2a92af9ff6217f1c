"""A checkpoint: weights and state in one folder that is always whole.

`checkpoints/<kind>/` holds `model.weights.h5` and `state.json`: the state, and length
and SHA-256 of the weights, so that a truncated or exchanged file is an error.

Not every system can replace a folder in one step. So a swap uses three names, and at
every instant one of them is a complete checkpoint:

1. the new one is written as `.<kind>.<random>.tmp` and synced
2. it is renamed `<kind>.next`: from now on it counts
3. `<kind>` is renamed `<kind>.previous`, `<kind>.next` is renamed `<kind>`
4. `<kind>.previous` is deleted

Readers take the first that exists of `<kind>.next`, `<kind>`, `<kind>.previous`. The
next save, or the next holder of the lock, finishes an interrupted swap.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from sketch.system.atomic import (
    is_temporary,
    naming,
    sync,
    sync_folder,
    temporary_beside,
    write_text,
)
from sketch.system.untrusted import read_json, require_plain, to_json_text

Content = TypeVar("Content")

WEIGHTS_NAME = "model.weights.h5"
STATE_NAME = "state.json"
KINDS = ("latest", "best")
MAX_READS = 20  # of weights that a run saves meanwhile
MOMENT = 0.05  # seconds between two looks


def save(
    folder: Path, kind: str, write: Callable[[Path], None], state: dict[str, Any]
) -> None:
    """Saves a checkpoint in place of the last one of its kind.

    Args:
        folder: `checkpoints/` of an experiment; made if it is missing.
        kind: "latest" or "best".
        write: writes the weights to the path that it is given.
        state: goes into `state.json`; numpy's numbers and arrays become plain ones.

    Raises:
        OSError: the disk is full, for example; the former checkpoint is unchanged.
        ValueError: the state is not JSON (infinity, NaN).
    """
    temporary = temporary_beside(folder / kind)
    try:
        with naming(folder / kind, "the last checkpoint stands: cannot save to"):
            folder.mkdir(exist_ok=True)
            require_plain(folder, inside=folder.parent)
            temporary.mkdir()
            weights = temporary / WEIGHTS_NAME
            write(weights)
            sync(weights)
            about = {"bytes": weights.stat().st_size, "sha256": _sha256(weights)}
            content = {"format": 1, "weights": about, "state": state}
            write_text(temporary / STATE_NAME, to_json_text(content))
            settle(folder, kind)
            os.rename(temporary, folder / f"{kind}.next")
            sync_folder(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    with naming(folder / kind, "the new checkpoint is safe, but cannot rename it to"):
        settle(folder, kind)


def settle(folder: Path, kind: str) -> None:
    """Finishes an interrupted swap, if there was one.

    Only the process that holds the lock may call it.
    """
    new, current, old = swap_paths(folder, kind)
    if new.exists():
        if current.exists():
            _remove(old)
            os.rename(current, old)
        os.rename(new, current)
        sync_folder(folder)
    if current.exists():
        _remove(old)


def clean(folder: Path) -> None:
    """Finishes interrupted swaps and removes half-written checkpoints."""
    if not folder.is_dir():
        return
    require_plain(folder, inside=folder.parent)
    for kind in KINDS:
        settle(folder, kind)
    for path in folder.iterdir():
        if is_temporary(path):
            _remove(path)


def exists(folder: Path, kind: str) -> bool:
    """Whether there is a checkpoint, whole or damaged; nothing of it is read."""
    return any(os.path.lexists(path) for path in swap_paths(folder, kind))


def load(folder: Path, kind: str) -> tuple[Path, dict[str, Any]] | None:
    """Finds a checkpoint and checks that its weights are those that were saved.

    Another process may be saving meanwhile: a checkpoint counts as damaged only if it
    is still the same one a moment later.

    Args:
        folder: `checkpoints/` of an experiment.
        kind: "latest" or "best".

    Returns:
        The path of the weights, and the state; None if none was ever saved.

    Raises:
        ValueError: damaged, or a link; names the file and the remedy.
    """
    last = None
    while True:
        here = [_identity(path) for path in swap_paths(folder, kind)]
        try:
            found = _load_once(folder, kind)
            if found is not None or not any(here):
                return found
        except (OSError, ValueError) as error:
            if here == last:
                raise ValueError(f"{error}. {_remedy(folder, kind)}") from error
        last = here
        time.sleep(MOMENT)


def read_weights(
    load: Callable[[str], tuple[Path, dict[str, Any]] | None],
    kinds: Iterable[str],
    read: Callable[[Path], Content],
) -> tuple[str, Content, dict[str, Any]] | None:
    """Reads the weights of a checkpoint together with the state that belongs to them.

    A run may save a new checkpoint between the two; then both are read again.

    Args:
        load: `load_checkpoint` of an experiment or a recogniser.
        kinds: the first of these that exists is read.
        read: reads the weights at the path that it is given; perhaps several times.

    Returns:
        The kind, what `read` returned last, and the state; None if none was saved.

    Raises:
        ValueError: damaged, see `load`; or each time a new one was saved.
    """
    for kind in kinds:
        before = load(kind)
        for _ in range(MAX_READS):
            if before is None:
                break
            content, failure = None, None
            try:
                content = read(before[0])
            except (OSError, ValueError) as error:
                failure = error
            after = load(kind)
            # The path may differ: an interrupted swap was finished meanwhile.
            if after is not None and after[1] == before[1] and failure is None:
                return kind, content, after[1]
            if after == before:
                raise failure
            before = after
        if before is not None:
            raise ValueError(
                f"{before[0].parent} is saved more often than it can be read; try "
                "again when the run has ended"
            )
    return None


def _load_once(folder: Path, kind: str) -> tuple[Path, dict[str, Any]] | None:
    for path in swap_paths(folder, kind):
        if not os.path.lexists(path):
            continue
        weights, state_path = path / WEIGHTS_NAME, path / STATE_NAME
        require_plain(weights, inside=folder.parent)
        content = read_json(state_path, inside=folder.parent)
        if content.get("format") != 1:
            raise ValueError(
                f"{state_path} is damaged, or of a newer sketch: its format is "
                f"{content.get('format')!r:.20}, 1 is expected"
            )
        state, about = content.get("state"), content.get("weights")
        if not isinstance(state, dict) or not isinstance(about, dict):
            raise ValueError(f"{state_path} is damaged: no state or no weights in it")
        size = weights.stat().st_size
        if size != about.get("bytes"):
            raise ValueError(
                f"{weights} is damaged: it has {size:,} bytes, its {STATE_NAME} says "
                f"{about.get('bytes')!r:.20}"
            )
        if _sha256(weights) != about.get("sha256"):
            raise ValueError(
                f"{weights} is damaged: its content is not what its {STATE_NAME} says"
            )
        return weights, state
    return None


def _remedy(folder: Path, kind: str) -> str:
    path, other = folder / kind, KINDS[1 - KINDS.index(kind)]
    if exists(folder, other):
        return f"To go on from the {other} checkpoint, move the folder {path} away"
    return (
        f"There is no {other} checkpoint: replace the folder {path} by a copy, or move "
        "it away to begin anew at step 0"
    )


def swap_paths(folder: Path, kind: str) -> tuple[Path, Path, Path]:
    """The three names of a checkpoint; the first that exists is the current one."""
    return folder / f"{kind}.next", folder / kind, folder / f"{kind}.previous"


def _identity(path: Path) -> tuple[int, int] | None:
    """Changes when the folder is replaced, or a file in it is added or removed."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

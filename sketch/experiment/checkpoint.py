"""A checkpoint: weights and state in one folder that is always whole.

`checkpoints/<kind>/` holds `model.weights.h5` and `state.json`, which has the state
and, of the weights, length and SHA-256: a file that was cut or exchanged is told at
once, and not by what the network writes.

A folder cannot be replaced by another in one step on every system, so the swap has
three names, and a complete checkpoint stands under one of them at every instant:

1. the new one is written as `.<kind>.<random>.tmp` and synced: not yet complete
2. it is renamed `<kind>.next`: from now on it counts
3. `<kind>` is renamed `<kind>.previous`, `<kind>.next` is renamed `<kind>`
4. `<kind>.previous` is deleted

Reading takes the first there is of `<kind>.next`, `<kind>`, `<kind>.previous`; the next
save, or the next holder of the lock, finishes a swap that was cut off.
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
    temporary_beside,
    write_text,
)
from sketch.system.untrusted import read_json, require_plain, to_json_text

Content = TypeVar("Content")

WEIGHTS_NAME = "model.weights.h5"
STATE_NAME = "state.json"
KINDS = ("latest", "best")
MAX_READS = 20  # of weights that a run keeps saving
MOMENT = 0.05  # seconds from one look to the next


def save(
    folder: Path, kind: str, write: Callable[[Path], None], state: dict[str, Any]
) -> None:
    """Saves a checkpoint in place of the last one of its kind.

    Args:
        folder: `checkpoints/` of an experiment; made if it is not there.
        kind: "latest" or "best".
        write: writes the weights to the path that it is given.
        state: goes into `state.json`; numpy's numbers and arrays become plain ones.

    Raises:
        OSError: the disk is full, say; the checkpoint that was there is as it was.
        ValueError: unknown kind, or a state that is not JSON (infinity, NaN).
    """
    _require_kind(kind)
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
            sync(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    with naming(folder / kind, "the new checkpoint is safe, but cannot rename it to"):
        settle(folder, kind)


def settle(folder: Path, kind: str) -> None:
    """Finishes a swap that was cut off; does nothing where none was.

    Only for the one process that writes here.
    """
    new, current, old = places(folder, kind)
    if new.exists():
        if current.exists():
            _remove(old)
            os.rename(current, old)
        os.rename(new, current)
        sync(folder)
    if current.exists():
        _remove(old)


def clean(folder: Path) -> None:
    """Finishes cut-off swaps and removes what a killed process left half written."""
    if not folder.is_dir():
        return
    require_plain(folder, inside=folder.parent)
    for kind in KINDS:
        settle(folder, kind)
    for path in folder.iterdir():
        if is_temporary(path):
            _remove(path)


def load(folder: Path, kind: str) -> tuple[Path, dict[str, Any]] | None:
    """Finds a checkpoint and checks that its weights are those that were saved.

    Another process may be saving meanwhile: a checkpoint that seems damaged is called
    so if it is still the same one a moment later.

    Args:
        folder: `checkpoints/` of an experiment.
        kind: "latest" or "best".

    Returns:
        The path of the weights, and the state; None where none was ever saved.

    Raises:
        ValueError: damaged, or a link; names the file and the remedy.
    """
    _require_kind(kind)
    seen = None
    while True:
        here = [_identity(place) for place in places(folder, kind)]
        try:
            found = _load_once(folder, kind)
            if found is not None or not any(here):
                return found
        except (OSError, ValueError) as error:
            if here == seen:
                raise ValueError(f"{error}. {_remedy(folder, kind)}") from error
        seen = here
        time.sleep(MOMENT)


def read_weights(
    load: Callable[[str], tuple[Path, dict[str, Any]] | None],
    kinds: Iterable[str],
    read: Callable[[Path], Content],
) -> tuple[str, Content, dict[str, Any]] | None:
    """Has the weights of a checkpoint read, and finds the state that is theirs.

    A run may save between the two, and weights of one step with the state of another
    would be told as one: then both are read again.

    Args:
        load: `load_checkpoint` of an experiment or a reader.
        kinds: the first of these that there is.
        read: reads the weights at the path that it is given; perhaps several times.

    Returns:
        The kind, what `read` returned last, and the state; None where none was saved.

    Raises:
        ValueError: damaged, see `load`; or saved anew each time.
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
            # An unfinished swap is finished meanwhile: the same save, another path.
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
    for place in places(folder, kind):
        if not os.path.lexists(place):
            continue
        weights, state_path = place / WEIGHTS_NAME, place / STATE_NAME
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
    place, other = folder / kind, KINDS[1 - KINDS.index(kind)]
    if any(path.exists() for path in places(folder, other)):
        return f"To go on from the {other} checkpoint, move the folder {place} away"
    return (
        f"There is no {other} checkpoint: put a copy in place of the folder {place}, "
        "or move it away and training begins anew at step 0"
    )


def places(folder: Path, kind: str) -> tuple[Path, Path, Path]:
    """Where a checkpoint may be, the first that is there is it: see `save`."""
    return folder / f"{kind}.next", folder / kind, folder / f"{kind}.previous"


def _identity(path: Path) -> tuple[int, int] | None:
    """Other where another folder has its place, or a file of it came or went."""
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


def _require_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"a checkpoint is one of {', '.join(KINDS)}, not {kind!r}")


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Files and folders written whole or not at all, and the folder of the user's cache."""

import atexit
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from sketch.system.messages import echo

TEMPORARY = re.compile(r"\..*\.[0-9a-f]{8}\.tmp(\.[^.]*)?", re.DOTALL)


def user_cache() -> Path:
    """The folder for files that can be made again.

    `sketch` in `$XDG_CACHE_HOME` or `~/.cache`. Where that cannot be written, as in a
    container without a home, it is a temporary folder that this process removes when it
    ends; a line on stderr says so.
    """
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return _writable_folder(os.path.join(root, "sketch"))


@cache
def _writable_folder(path: str) -> Path:
    try:
        if path.startswith("~"):  # expanduser found no home
            raise FileNotFoundError("this user has no home")
        os.makedirs(path, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()  # raises if nothing can be written
        return Path(path)
    except OSError as error:
        reason = error.strerror or error
        echo(f"no cache at {path} ({reason}): set $XDG_CACHE_HOME to have one", True)
    folder = tempfile.mkdtemp(prefix="sketch-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yields a temporary path; the file that the block writes there replaces `path`.

    Whoever reads `path` finds the old file or the new one, never half of one, even
    after a power cut: the file is synced, then renamed. If the block raises, the
    temporary file is removed and `path` is unchanged. A link is replaced, not followed.
    Missing folders are made.

    Raises:
        OSError: names `path`.
    """
    path = Path(path)
    with naming(path, "cannot write"):
        make_folder(path.parent)
        temporary = temporary_beside(path)
        try:
            yield temporary
            sync(temporary)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Makes a folder, and the folders above it that are missing.

    Raises:
        NotADirectoryError: one of them is a file; names it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        file = next(one for one in (path, *path.parents) if os.path.lexists(one))
        raise NotADirectoryError(f"{file} is a file, not a folder") from None


@contextmanager
def whole_folder(path: str | Path, replace: bool = False) -> Iterator[Path]:
    """Yields a temporary folder that becomes `path` after the block.

    If the block raises, the temporary folder is removed. Missing folders above `path`
    are made; `path` may be an empty folder. With `replace` it need not be empty: the
    old one is deleted after the new one has its name.

    Raises:
        OSError: names `path`; it cannot be written, or is not empty.
    """
    path = Path(path)
    with naming(path, "cannot make"):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(path)
        try:
            temporary.mkdir()
            yield temporary
            if replace and path.exists():
                _swap_folders(temporary, path)
            else:
                os.rename(temporary, path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        sync_folder(path.parent)


def _swap_folders(new: Path, path: Path) -> None:
    old = temporary_beside(path)
    os.rename(path, old)
    try:
        os.rename(new, path)
    except BaseException:
        os.rename(old, path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Writes a file, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Writes `text` as UTF-8 with plain line feeds, whole or not at all."""
    write_bytes(path, text.encode())


def temporary_beside(path: Path) -> Path:
    """A new hidden name in the folder of `path`: renaming needs the same disk.

    It has the suffix of `path`, by which some writers choose their format.
    """
    token = secrets.token_hex(4)
    return path.with_name(f".{path.name[:40]}.{token}.tmp{path.suffix}")


def is_temporary(path: Path) -> bool:
    """Whether `temporary_beside` made this name."""
    return TEMPORARY.fullmatch(path.name) is not None


def sync(path: Path) -> None:
    """Waits until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Syncs a folder's list of names, where the file system can.

    FUSE, 9p, CIFS and Windows may refuse it. The file is in place by then, so this is
    no failure to write it.
    """
    with suppress(OSError):
        sync(path)


@contextmanager
def naming(path: Path, problem: str) -> Iterator[None]:
    """Adds to any `OSError` of the block what failed and on which file."""
    try:
        yield
    except OSError as error:
        named = type(error)(f"{problem} {path}: {error.strerror or error}")
        named.errno = error.errno
        raise named from error

"""Files and folders written whole or not at all."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = re.compile(r"\..*\.[0-9a-f]{8}\.tmp(\.[^.]*)?", re.DOTALL)


def user_cache() -> Path:
    """Folder of what can be made again: `sketch` in `$XDG_CACHE_HOME` or `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "sketch"


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Lends a new name beside `path`; what the block writes there takes its place.

    Whoever reads `path` finds the old file or the new one, never half of one, even
    after a power cut: the file is synced, then renamed. When the block raises, the
    temporary file goes and `path` stays as it was. A link is replaced itself, not what
    it leads to. The folder of `path` is made if it is not there.

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
        sync(path.parent)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, where they are missing.

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
    """Lends a new folder beside `path`; what the block puts there takes its name.

    The folder above `path` is made if it is not there. `path` may be an empty folder;
    when the block raises, the temporary folder goes and all is as it was.

    Args:
        path: of the folder.
        replace: whether a folder that holds something is replaced. It goes when the new
            one has its name, not before.

    Raises:
        OSError: names `path`, which may hold something already.
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
        sync(path.parent)


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
    """A new hidden name in the folder of `path`: renaming works only within a disk.

    It ends as `path` does, for those who choose a format by that.
    """
    token = secrets.token_hex(4)
    return path.with_name(f".{path.name[:40]}.{token}.tmp{path.suffix}")


def is_temporary(path: Path) -> bool:
    """Whether the name is one of `temporary_beside`."""
    return TEMPORARY.fullmatch(path.name) is not None


def sync(path: Path) -> None:
    """Has the disk keep a file's content, or a folder's list of names."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def naming(path: Path, problem: str) -> Iterator[None]:
    """Has an `OSError` from within say what failed and on which file."""
    try:
        yield
    except OSError as error:
        named = type(error)(f"{problem} {path}: {error.strerror or error}")
        named.errno = error.errno
        raise named from error

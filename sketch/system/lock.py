"""Only one process trains in a directory; a second one is told which one does.

The lock is the operating system's (`flock`) on the file `lock`. It is released when its
process ends, even by `kill -9`. The file's content only says who holds it.
"""

import contextlib
import datetime
import errno
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from sketch.system.atomic import naming

try:
    import fcntl
except ImportError:  # Windows: experiments can be read there, not trained
    fcntl = None

# Errors of `flock` on file systems without locks, such as some network ones.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)
_TRIES = 5  # `holder`, which `sketch list` calls, holds the lock for an instant


def require_locks() -> None:
    """Raises RuntimeError on a system without file locks, where nothing can train."""
    if fcntl is None:
        raise RuntimeError("training needs file locks: on Windows, use WSL")


@contextlib.contextmanager
def hold(path: Path) -> Iterator[None]:
    """Holds the lock file `path` during the `with` block.

    Raises:
        RuntimeError: another process holds it; names it.
        OSError: the file cannot be made, or its file system has no locks.
    """
    require_locks()
    with naming(path, "cannot lock"):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        for attempt in range(1, _TRIES + 1):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if attempt == _TRIES:
                    raise RuntimeError(
                        f"{path.parent} is in use by {_read(descriptor)}; wait for it, "
                        "or stop it (it saves its state)"
                    ) from error
                time.sleep(0.1)
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
                raise OSError(
                    f"the file system of {path.parents[1]} has no file locks: put "
                    "--experiments on another"
                ) from error
        now = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
        text = f"process {os.getpid()} on {socket.gethostname()}, since {now}\n"
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
        try:
            yield
        finally:
            os.truncate(descriptor, 0)
    finally:
        os.close(descriptor)  # and with it the lock


def holder(path: Path) -> str | None:
    """The process that holds the lock file `path`, in words; None if there is none."""
    if fcntl is None or path.is_symlink() or not path.is_file():
        return None
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # we may not read it
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    except OSError as error:
        if error.errno not in _NO_LOCKS:  # without locks nobody trains here
            raise
    finally:
        os.close(descriptor)
    return None


def _read(descriptor: int) -> str:
    text = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
    return text if text and text.isprintable() else "another process"

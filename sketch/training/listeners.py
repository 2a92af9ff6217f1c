"""Whoever reads what a run tells: a pipe, a file, a terminal, and they may be gone.

What a run makes is its directory, and what it tells is only news of that. So a run goes
on to its end where a pipe is closed or the disk under a log is full; nobody is there to
begin it again.
"""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO


@contextlib.contextmanager
def listeners_may_leave() -> Iterator[None]:
    """Within, what stdout or stderr cannot take is lost; also a decorator."""
    with (
        contextlib.redirect_stdout(_Lossy(sys.stdout)),
        contextlib.redirect_stderr(_Lossy(sys.stderr)),
    ):
        yield


class _Lossy:
    """A stream whose text may be lost."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

"""What may end a run early, and what may not.

Ctrl-C and SIGTERM are noted and obeyed between two batches. A closed pipe, or a full
disk under a log, ends nothing: the result of a run is its directory, and what it prints
is only news of that.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, TextIO

from sketch.backend.processes import ALONE, Processes

# The first batch of a run compiles, which may take a minute.
NOTED = b"\nstops after this batch, and saves; a second signal stops at once\n"


class Interrupts:
    """Context in which the first signal is only noted; the second one ends at once.

    A signal that the process ignores stays ignored: shells start background commands
    so that they ignore Ctrl-C. Where one process of several gets a signal, all stop at
    the same batch: `check` tells them all.

    Args:
        processes: those of the run.

    Attributes:
        signal_number: of the signal that the last `check` found, or 0.
    """

    def __init__(self, processes: Processes = ALONE) -> None:
        self.processes = processes
        self.signal_number = 0
        self._noted = 0

    def check(self) -> bool:
        """Whether to stop; every process must ask equally often."""
        self.signal_number = self.processes.greatest(self._noted)
        return bool(self.signal_number)

    def __enter__(self) -> "Interrupts":
        self._previous = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._noted:
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(128 + number)
        self._noted = number
        with contextlib.suppress(OSError):  # Ctrl-C ends what stderr is piped to, too
            os.write(2, NOTED)  # print may be what is interrupted


@contextlib.contextmanager
def output_may_be_lost() -> Iterator[None]:
    """Within, text that stdout or stderr cannot take is lost; also a decorator."""
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

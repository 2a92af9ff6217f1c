"""Ctrl-C and SIGTERM while training: noted, and obeyed between two batches."""

import contextlib
import os
import signal
import threading
from types import FrameType

from sketch.backend.processes import ALONE, Processes

# The first batch of a run, with its compilation, may take a minute.
NOTED = b"\nstops after this batch, and saves; a second signal stops at once\n"


class Interrupts:
    """Context in which the first signal is only noted; the second one ends at once.

    A signal that the process ignores, as what a shell runs in the background does with
    Ctrl-C, stays ignored. Another may reach one process of several: all stop at the
    same batch, that at which `check` has told them all.

    Args:
        processes: those of the run.

    Attributes:
        signal_number: of the signal that was there at the last `check`, or 0.
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

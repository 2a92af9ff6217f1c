"""Ctrl-C and SIGTERM while training: noted, and obeyed between two batches."""

import signal
import threading
from types import FrameType


class Interrupts:
    """Context in which the first signal is only noted; the second one ends at once.

    Attributes:
        signal_number: of the signal that came, or 0.
    """

    def __init__(self) -> None:
        self.signal_number = 0

    def __enter__(self) -> "Interrupts":
        self._previous = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal_number:
            raise KeyboardInterrupt
        self.signal_number = number

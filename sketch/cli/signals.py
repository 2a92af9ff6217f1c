"""Ctrl-C and SIGTERM at the command line: exceptions, until one has ended the program.

Raised within an import, an exception may crash an extension module that is half made.
Raised within a callback, of the garbage collector say, Python discards it, and some
libraries catch whatever there is. So it waits for the end of an import, and a timer
raises it again where nothing is cleared up any more. While training, `Interrupts` takes
the signals.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

AGAIN_SECONDS = 0.05
HAS_TIMER = hasattr(signal, "setitimer")  # Windows has none
IMPORT = "<frozen importlib."  # how the files of Python's import system are called

_pending = 0  # the signal that has not ended the program yet


def obey_signals() -> None:
    """From now on the signals raise KeyboardInterrupt, and SystemExit 143."""
    signal.signal(signal.SIGTERM, _end)
    # A shell lets what it runs in the background ignore Ctrl-C.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)
    sys.unraisablehook = _quiet(sys.unraisablehook)


def signals_obeyed() -> None:
    """The program has come to its end: none is raised again."""
    global _pending
    _pending = 0  # first: an alarm that has come already would set the timer again
    if HAS_TIMER:
        signal.setitimer(signal.ITIMER_REAL, 0)  # SIGALRM would kill Python's last acts


def _end(number: int, frame: FrameType | None) -> None:
    is_importing = HAS_TIMER and _is_importing(frame)
    if is_importing and _pending:  # the second signal: there is nothing to save
        if number == signal.SIGINT:
            with contextlib.suppress(OSError):  # nobody may read it any more
                os.write(2, b"\ninterrupted\n")
        os._exit(128 + number)
    _come_again(number)
    if not is_importing:
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def _is_importing(frame: FrameType | None) -> bool:
    while frame and not frame.f_code.co_filename.startswith(IMPORT):
        frame = frame.f_back
    return frame is not None


def _come_again(number: int) -> None:
    global _pending
    if HAS_TIMER:
        _pending = number
        signal.signal(signal.SIGALRM, _deliver)
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS)


def _deliver(alarm: int, frame: FrameType | None) -> None:
    global _pending
    number = _pending
    if number and (sys.exception() or _is_importing(frame)):
        _come_again(number)  # files are being closed, or what not
    elif number:
        _pending = 0
        signal.raise_signal(number)  # to whoever handles it by now


def _quiet(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """A `sys.unraisablehook` to which a discarded signal is one that comes again."""

    def hook(unraisable: Any) -> None:
        number = _signal_of(unraisable.exc_value)
        if number and HAS_TIMER:
            _come_again(number)
        else:
            original(unraisable)

    return hook


def _signal_of(error: BaseException | None) -> int:
    if isinstance(error, KeyboardInterrupt):
        return signal.SIGINT
    if isinstance(error, SystemExit) and error.code == 128 + signal.SIGTERM:
        return signal.SIGTERM
    return 0

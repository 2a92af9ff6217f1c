"""`sketch`: finds the command, and turns every end of it into an exit code.

0 done, 1 failed as told in one line, 2 wrong usage, 130 interrupted, 143 terminated.
"""

import contextlib
import difflib
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

import sketch
from sketch.system.messages import echo, printable

# In the order of a user's work; each file holds a click command called `command`.
COMMANDS = {
    "convert": "sketch.cli.convert",
    "train": "sketch.cli.train",
    "sample": "sketch.cli.sample",
    "write": "sketch.cli.write",
    "train-recogniser": "sketch.cli.train_recogniser",
    "evaluate": "sketch.cli.evaluate",
    "list": "sketch.cli.list",
    "show": "sketch.cli.show",
    "plot": "sketch.cli.plot",
    "serve": "sketch.cli.serve",
    "publish": "sketch.cli.publish",
    "export": "sketch.cli.export",
}

# Options of commands that may stand before the command, and whether they take a value.
EARLY_OPTIONS = {"--debug": False, "--experiments": True, "--backend": True}

SIGNALLED = (130, 143)

# Errors of the input or of the machine; any other error is a fault in the program.
EXPECTED = (
    ValueError,
    OSError,
    RuntimeError,
    ImportError,
    MemoryError,
    FloatingPointError,
)


class LazyGroup(click.Group):
    """A group that imports the file of a command only when the command is run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Moves what stands before the command, of `EARLY_OPTIONS`, behind it."""
        at = 0
        while at < len(args) and args[at].partition("=")[0] in EARLY_OPTIONS:
            at += 1 + EARLY_OPTIONS.get(args[at], False)  # --option=value is one word
        return super().parse_args(
            ctx, [*args[at : at + 1], *args[:at], *args[at + 1 :]]
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(COMMANDS[cmd_name]).command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = difflib.get_close_matches(args[0], COMMANDS, n=1)
        if args[0] not in COMMANDS and near and not ctx.resilient_parsing:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)


HELP = {"help_option_names": ["-h", "--help"], "show_default": True}


@click.group(cls=LazyGroup, context_settings=HELP)
@click.version_option(sketch.__version__)
def cli() -> None:
    """Learn pen writing point by point, score it, and write.

    Begin with `sketch write "hello" -o hello.png`: a pretrained model writes it.
    `sketch train` learns from your own recordings or from built-in handwriting. By
    default the network is large; the README has commands for small ones.

    --debug, --experiments and --backend may stand before the command, too.
    """


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line and exits the process.

    Args:
        args: the arguments, or None for those of the process.
    """
    try:
        _run(args)
    except SystemExit as end:
        if args is None and end.code in SIGNALLED:
            _end_at_once(end.code)
        raise


def _run(args: Sequence[str] | None) -> NoReturn:
    state = {"debug": False}  # set by the --debug option of a command
    if args is None:
        sys.unraisablehook = _send_again
    if getattr(sys.stdout, "errors", None) == "strict":  # the encoding may lack letters
        sys.stdout.reconfigure(errors="replace")
    signal.signal(signal.SIGTERM, _on_signal)
    # A shell lets background programs ignore Ctrl-C.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _on_signal)
    try:
        result = cli.main(args, "sketch", standalone_mode=False, obj=state)
        sys.exit(result if isinstance(result, int) else 0)
    except (KeyboardInterrupt, click.Abort):
        echo("interrupted", err=True)
        sys.exit(130)
    except click.UsageError as error:
        show_usage(error)
        sys.exit(error.exit_code)
    except Exception as error:
        if state["debug"]:
            traceback.print_exc()
        else:
            echo(f"Error: {describe(error)}", err=True)
        sys.exit(1)


def _on_signal(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the program by an exception, so that open files are cleaned up.

    Training has handlers of its own, which save first.
    """
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib."):
        frame = frame.f_back
    if frame:  # an exception may crash an extension module that is half imported
        if number == signal.SIGINT:
            os.write(2, b"\ninterrupted\n")
        _end_at_once(128 + number)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def _send_again(dropped: "sys.UnraisableHookArgs") -> None:
    """Repeats a signal whose exception Python drops: it came within a destructor."""
    numbers = {KeyboardInterrupt: signal.SIGINT, SystemExit: signal.SIGTERM}
    if dropped.exc_type not in numbers:
        return sys.__unraisablehook__(dropped)
    signal_again = [os.getpid(), numbers[dropped.exc_type]]
    timer = threading.Timer(0.1, os.kill, signal_again)  # when that has returned
    timer.daemon = True
    timer.start()


def _end_at_once(code: int) -> NoReturn:
    """Ends the process without Python's own clean-up.

    That would wait a minute for threads of JAX, or crash what they are compiling.
    """
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # closed, or in use
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def show_usage(error: click.UsageError) -> None:
    """Prints wrong usage as click does, safe to print on a terminal."""
    if error.ctx is not None:
        for row in error.ctx.get_usage().splitlines():
            echo(row, err=True)
        echo(f"Try '{error.ctx.command_path} --help' for help.", err=True)
        echo("", err=True)
    echo(f"Error: {' '.join(error.format_message().split())}", err=True)


def describe(error: Exception) -> str:
    """One line on what went wrong, safe to print on a terminal."""
    if isinstance(error, click.ClickException):
        text = error.format_message()
    elif isinstance(error, OSError) and error.strerror and error.filename:
        text = f"{error.filename}: {error.strerror}"
    else:
        text = str(error)
    if isinstance(error, MemoryError):
        text = f"out of memory {text}"
    elif not isinstance(error, (click.ClickException, *EXPECTED)) or not text.strip():
        text = (
            f"{type(error).__name__}: {text}. This is a fault in sketch; --debug shows "
            "the traceback"
        )
    line = printable(" ".join(text.split()))
    return line if len(line) <= 1000 else line[:1000] + "…"

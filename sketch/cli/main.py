"""`sketch`: finds the command, and turns every end of it into an exit code.

0 done, 1 failed as told in one line, 2 wrong usage, 130 interrupted, 143 terminated.
"""

import contextlib
import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

import sketch
from sketch.cli.signals import obey_signals, signals_obeyed
from sketch.system.messages import printable

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
}

SIGNALLED = (130, 143)

# What a library function raises when the world, not the program, is at fault.
EXPECTED = (
    ValueError,
    OSError,
    RuntimeError,
    ImportError,
    MemoryError,
    FloatingPointError,
)


class LazyGroup(click.Group):
    """A group that imports the file of a command when that is asked for."""

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


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(sketch.__version__)
def cli() -> None:
    """Learn pen writing point by point, score it, and write.

    Begin with `sketch write "hello" -o hello.png`: a hand comes with sketch. `sketch
    train` learns from your own recordings, or else from the built-in handwriting, and
    tells how to get more; its defaults are a large network, the README has small ones.
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
            with contextlib.suppress(OSError):  # nobody may read it any more
                sys.stdout.flush()
                sys.stderr.flush()
            # Python's own end would wait for what JAX left running, a minute, or crash
            # what it is compiling in a thread.
            os._exit(end.code)
        raise


def _run(args: Sequence[str] | None) -> NoReturn:
    seen = {"debug": False}  # the --debug option of a command sets it
    if getattr(sys.stdout, "errors", None) == "strict":  # a log of few characters
        sys.stdout.reconfigure(errors="replace")
    obey_signals()
    try:
        result = cli.main(args, "sketch", standalone_mode=False, obj=seen)
        sys.exit(result if isinstance(result, int) else 0)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        if seen["debug"]:
            traceback.print_exc()
        else:
            click.echo(f"Error: {describe(error)}", err=True)
        sys.exit(1)
    finally:
        signals_obeyed()


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

"""A line on the terminal: the names and texts in it come from anywhere."""

from typing import TYPE_CHECKING

import click

from sketch.ink.printable import printable

if TYPE_CHECKING:
    from sketch.ink.written import Ink


def echo(line: object, err: bool = False) -> None:
    """Prints one line, without what a terminal would obey.

    Args:
        line: of it, line ends are replaced, too: nobody's name makes lines of its own.
        err: whether to stderr.
    """
    click.echo(printable(str(line)), err=err)


def echo_writing(ink: "Ink") -> None:
    """Tells on stderr how the writing of a text went."""
    for note in ink.notes:
        echo(f"note: {note}", err=True)
    again = sum(count - 1 for count in ink.tries)
    if again:
        echo(f"pieces of text: {len(ink.tries)}, written again: {again}", err=True)
    for fault in ink.faults:
        echo(fault, err=True)

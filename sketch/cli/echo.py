"""A line on the terminal: the names and texts in it come from anywhere."""

import click

from sketch.ink.printable import printable


def echo(line: object, err: bool = False) -> None:
    """Prints one line, without what a terminal would obey.

    Args:
        line: of it, line ends are replaced, too: nobody's name makes lines of its own.
        err: whether to stderr.
    """
    click.echo(printable(str(line)), err=err)

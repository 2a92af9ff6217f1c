"""Text that comes from strangers, or goes to them.

Alone in its file, and importing nothing of the project, so that an error can be told
when nothing else can be imported.
"""

import shlex
from collections.abc import Iterable
from pathlib import Path

import click


def printable(text: str, stand_in: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """A text without what a terminal would obey; line ends are replaced, too.

    Args:
        text: from anywhere.
        stand_in: what is shown for each character that cannot be shown.
    """
    return "".join(c if c.isprintable() else stand_in for c in text)


def command_line(words: Iterable[object]) -> str:
    """A command as it was typed, without the folders of the machine.

    Files are shared, and absolute paths name their users: the last part is kept.
    """
    return shlex.join(_without_folders(str(word)) for word in words)


def _without_folders(word: str) -> str:
    if word.startswith("-"):
        option, is_set, value = word.partition("=")
        return option + is_set + _without_folders(value)
    return Path(word).name if Path(word).is_absolute() else word


def counted(number: int, one: str, many: str | None = None) -> str:
    """`counted(1, "line")` is "1 line", `counted(2000, "line")` is "2,000 lines".

    Args:
        number: how many.
        one: the word for one of them.
        many: the word for more; None: `one` and an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def echo(line: object, err: bool = False) -> None:
    """Prints one line, without what a terminal would obey.

    Args:
        line: of it, line ends are replaced, too: nobody's name makes lines of its own.
        err: whether to stderr.
    """
    click.echo(printable(str(line)), err=err)

"""Text for a terminal, made safe and readable.

Imports nothing of the project: errors must be told even if no other import works.
"""

import shlex
from collections.abc import Iterable
from pathlib import Path

import click


def printable(text: str, stand_in: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """The text with `stand_in` for control characters, which a terminal would obey.

    Line ends are control characters, too.
    """
    return "".join(c if c.isprintable() else stand_in for c in text)


def command_line(words: Iterable[object]) -> str:
    """A command as it was typed, but with only the last part of absolute paths.

    Commands are published, and the folders of a machine name its users.
    """
    return shlex.join(_without_folders(str(word)) for word in words)


def _without_folders(word: str) -> str:
    if word.startswith("-"):
        option, is_set, value = word.partition("=")
        return option + is_set + _without_folders(value)
    return Path(word).name if Path(word).is_absolute() else word


def counted(number: int, one: str, many: str | None = None) -> str:
    """`counted(1, "line")` is "1 line", `counted(2000, "line")` is "2,000 lines".

    `many` is the plural; by default `one` and an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def echo(line: object, err: bool = False) -> None:
    """Prints one line, made `printable`, to stdout or (`err`) to stderr."""
    click.echo(printable(str(line)), err=err)


def progress_bar(name: str, total: int, unit: str, is_shown: bool, done: int = 0):
    """A tqdm bar on stderr, which disappears when it is closed."""
    from tqdm import tqdm

    return tqdm(
        total=total,
        initial=done,
        desc=name,
        unit=unit,
        disable=not is_shown,
        leave=False,
        dynamic_ncols=True,
    )

"""Lines gathered from the files of sources, and an account of what was not."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sketch.convert import FORMATS
from sketch.convert.source_file import SourceFile
from sketch.convert.sources import read_sources
from sketch.corpus.corpus_line import Line
from sketch.ink import DamagedInk


@dataclass
class Database:
    """The lines of sources, and what else is known about them."""

    # In an order that is the same each time.
    lines: list[Line] = field(default_factory=list)
    # The forms in each split list; only IAM-OnDB has such lists.
    split_lists: dict[str, frozenset[str]] = field(default_factory=dict)
    num_files: int = 0  # files that were read
    num_other: int = 0  # files that are neither ink of the format nor texts
    # `(file or line, reason)` of ink and texts that could not be used.
    left_out: list[tuple[str, str]] = field(default_factory=list)
    num_files_left_out: int = 0  # how many entries of `left_out` are whole files
    # `(form or file, what was done)` where a text does not fit its ink.
    in_doubt: list[tuple[str, str]] = field(default_factory=list)
    # Those of `in_doubt` whose lines were left without a text.
    without_text: list[str] = field(default_factory=list)
    # Texts that have the name of no ink file.
    strays: list[str] = field(default_factory=list)
    num_joined: int = 0  # pieces of pen strokes that were joined to the piece before
    # Things in ink files that are not ink, by kind.
    passed_over: Counter[str] = field(default_factory=Counter)


class Collector(ABC):
    """Goes through sources once, and fills a database; a subclass for each kind.

    Args:
        file_format: the format, of `FORMATS`.
        limit: how many records of each file are read; None: all.
    """

    def __init__(self, file_format: str, limit: int | None = None):
        self.file_format = file_format
        self.limit = limit
        self.database = Database()
        self.told: set[tuple[str, str]] = set()  # the entries of `left_out`

    @abstractmethod
    def is_wanted(self, parts: tuple[str, ...]) -> bool:
        """Whether `take` should have a file, by its place in its source."""

    @abstractmethod
    def take(self, file: SourceFile) -> None:
        """Reads a file. A DamagedInk from here leaves it out, named."""

    @abstractmethod
    def finish(self) -> None:
        """Makes the database's lines of the files that were taken."""

    def leave_out(self, name: str, reason: str, is_file: bool = True) -> None:
        """Notes a whole file, or one line of it, that is not used."""
        reason = reason.removeprefix(name).lstrip(":, ")  # parsers name the file, too
        if (name, reason) not in self.told:  # a file may be met by two paths
            self.told.add((name, reason))
            self.database.left_out.append((name, reason))
            self.database.num_files_left_out += is_file

    def collect(
        self, sources: Sequence[str | Path], show_progress: bool = False
    ) -> Database:
        """Reads all files of the format in folders, archives and files.

        Raises:
            FileNotFoundError: A source is not there.
            DamagedInk: An archive is damaged, or the sources hold no line at all.
            ValueError: They hold more ink than fits into memory.
        """
        database, names = self.database, set()
        how = self._is_wanted, self.leave_out, self.limit
        for file in read_sources(sources, *how, show_progress):
            try:
                self.take(file)
            except DamagedInk as error:
                self.leave_out(file.name, str(error))
            else:
                names.add(file.name)
        database.num_files = len(names)
        self.finish()
        database.left_out.sort()
        database.in_doubt.sort()
        if not database.lines:
            expected = f"*{FORMATS[self.file_format][1]}"
            if self.file_format == "iam":
                expected = "lineStrokes/…/FORM-NN.xml"
            what = first_three(database.left_out)
            raise DamagedInk(
                f"no ink in {', '.join(map(str, sources))}: expected {expected}"
                f"{f' ({what})' if what else ''}; name the folder or archive that "
                "holds them"
            )
        return database

    def _is_wanted(self, parts: tuple[str, ...]) -> bool:
        is_wanted = is_visible(parts) and self.is_wanted(parts)
        if not is_wanted and len(parts) > 1:  # 1: the source itself
            self.database.num_other += 1
        return is_wanted


def is_visible(parts: tuple[str, ...]) -> bool:
    """False for the files that macOS and editors leave beside others."""
    return not parts[-1].startswith(".") and "__MACOSX" not in parts


def first_three(found: Sequence[tuple[str, str]]) -> str:
    """The first entries of `left_out` or `in_doubt`, and the number of the others."""
    words = "; ".join(f"{name}: {what}" for name, what in found[:3])
    more = len(found) - 3
    return words + (f"; and {more:,} more" if more > 0 else "")

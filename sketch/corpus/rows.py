"""Rows of a corpus by their number: in memory, or read from disk when taken.

Batches always need the length of every line, but its ink only once an epoch. A row on
disk costs some tens of bytes of memory. A file is open only while its rows are read.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sketch.corpus.corpus_line import ROW_WIDTH, Line, find_problem
from sketch.corpus.hdf5_checks import damage_named, damaged, read_referenced

AT_ONCE = 10_000  # rows that are read together while all are read


class Rows(Protocol):
    """Strokes, character codes or ids of lines 0, 1, ...

    Attributes:
        lengths: int `[line]`.
    """

    lengths: np.ndarray

    def take(self, numbers: Sequence[int]) -> list[Any]:
        """The rows of these numbers, in this order."""


class RowsInMemory:
    """`Rows` of a list."""

    def __init__(self, rows: Sequence[Any]):
        self.rows = rows
        self.lengths = np.array([len(row) for row in rows], np.int64)

    def take(self, numbers: Sequence[int]) -> list[Any]:
        return [self.rows[number] for number in numbers]


@dataclass(frozen=True)
class Located:
    """Where rows are in one file."""

    path: Path  # the file
    source: str  # the dataset
    references: np.ndarray  # from `Corpus.locate`
    identity: tuple[int, ...]  # `Corpus.identity`; another file of this path is refused


class RowsOnDisk:
    """`Rows` of corpus files, in the order of the files.

    Args:
        parts: where they are.
        lengths: int `[line]`.
        item_size: bytes of an item of a row.
        decode: turns the bytes of a row into what `take` returns, or raises ValueError.
    """

    def __init__(
        self,
        parts: Sequence[Located],
        lengths: np.ndarray,
        item_size: int,
        decode: Callable[[bytes], Any],
    ):
        self.parts = parts
        self.lengths = lengths
        self.item_size = item_size
        self.decode = decode
        self.starts = np.cumsum([0, *(len(part.references) for part in parts)])

    def chosen(
        self, numbers: np.ndarray, decode: Callable[[bytes], Any] | None = None
    ) -> "RowsOnDisk":
        """The rows of these increasing numbers; `decode` replaces the present one."""
        bounds = zip(self.starts[:-1], self.starts[1:], strict=True)
        parts = [
            replace(part, references=part.references[_within(numbers, *bound)])
            for part, bound in zip(self.parts, bounds, strict=True)
        ]
        decode = decode or self.decode
        return RowsOnDisk(parts, self.lengths[numbers], self.item_size, decode)

    def measured(self) -> "RowsOnDisk":
        """The same rows, with their lengths after decoding."""
        lengths = np.array([len(row) for row in self._all()], np.int64)
        return RowsOnDisk(self.parts, lengths, self.item_size, self.decode)

    def held(self) -> RowsInMemory:
        """The same rows, in memory."""
        return RowsInMemory(list(self._all()))

    def _all(self) -> Iterator[Any]:
        numbers = np.arange(len(self.lengths))
        for start in range(0, len(numbers), AT_ONCE):
            yield from self.take(numbers[start : start + AT_ONCE])

    def take(self, numbers: Sequence[int]) -> list[Any]:
        numbers = np.asarray(numbers, np.int64)
        places = np.searchsorted(self.starts, numbers, side="right") - 1
        taken: list[Any] = [None] * len(numbers)
        for place in np.unique(places):
            part = self.parts[place]
            chosen = np.flatnonzero(places == place)
            rows = numbers[chosen] - self.starts[place]
            with damage_named(part.path):
                found = read_referenced(
                    part.path,
                    part.source,
                    part.references[rows],
                    self.item_size,
                    part.identity,
                )
                for number, data in zip(chosen, found, strict=True):
                    taken[number] = self.decode(data)
        return taken


def _within(numbers: np.ndarray, start: int, stop: int) -> np.ndarray:
    return numbers[(numbers >= start) & (numbers < stop)] - start


class Sets:
    """The lines of the sets of one or several corpus files, in the order of the files.

    `files` are `Corpus`; `path` is for messages.
    """

    files: Sequence[Any]
    path: Any

    def is_same_set(self, one: str, other: str) -> bool:
        """Whether two sets are the same rows of each file."""
        return all(file.is_same_set(one, other) for file in self.files)

    def lengths(self, set_name: str) -> np.ndarray:
        """Number of offsets of each line of a set, int `[line]`."""
        return np.concatenate([file.lengths(set_name) for file in self.files])

    def strokes(self, set_name: str) -> RowsOnDisk:
        """The ink of a set: float32 `[time, 3]`, in the recording's units."""
        return self._rows("features", set_name, _checked_strokes)

    def texts(self, set_name: str, source: str = "transcripts") -> RowsOnDisk:
        """The transcripts, `line_ids` or `writers` of a set; "" where unknown."""
        return self._rows(source, set_name, lambda data: data.decode("utf-8"))

    def text_lengths(self, set_name: str) -> np.ndarray:
        """Characters of each transcript of a set, int `[line]`; 0 where unknown."""
        return self.texts(set_name).measured().lengths

    def transcripts(self, set_name: str) -> list[str]:
        """The transcript of each line of a set; "" where unknown."""
        return self.texts(set_name).held().rows

    def writers(self, set_name: str) -> list[str]:
        """The writer of each line of a set; "" where unknown."""
        return self.texts(set_name, "writers").held().rows

    def read_set(self, set_name: str) -> list[Line]:
        """Reads all lines of a set into memory (about 100 MB for IAM-OnDB).

        Raises:
            ValueError: There is no such set.
            DamagedInk: A line cannot be read, or is not ink.
        """
        return self.read_lines(set_name, range(len(self.lengths(set_name))))

    def read_lines(self, set_name: str, numbers: Sequence[int]) -> list[Line]:
        """As `read_set`, only the lines of these numbers."""
        sources = ("transcripts", "line_ids", "writers")
        columns = [self._rows("features", set_name, _to_strokes)]
        columns += [self.texts(set_name, source) for source in sources]
        rows = zip(*(column.take(numbers) for column in columns), strict=True)
        lines = [Line(*row) for row in rows]
        for line in lines:
            if problem := find_problem(line.strokes):
                raise damaged(self.path, f"line {line.line_id}: {problem}")
        return lines

    def _rows(
        self, source: str, set_name: str, decode: Callable[[bytes], object]
    ) -> RowsOnDisk:
        parts = [
            Located(file.path, source, file.locate(source, set_name), file.identity)
            for file in self.files
        ]
        stored = np.concatenate([part.references["length"] for part in parts])
        is_ink = source == "features"
        lengths = stored // ROW_WIDTH if is_ink else stored
        return RowsOnDisk(parts, lengths.astype(np.int64), 4 if is_ink else 1, decode)


def _to_strokes(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f4").astype(np.float32).reshape(-1, ROW_WIDTH)


def _checked_strokes(data: bytes) -> np.ndarray:
    strokes = _to_strokes(data)
    if problem := find_problem(strokes):
        raise ValueError(problem)
    return strokes

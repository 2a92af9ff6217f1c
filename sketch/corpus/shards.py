"""Several corpus files as one: their sets joined, in the order of the files.

Methods of `Shards` do for all files what the method of that name of `Corpus` does.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from sketch.corpus.corpus_line import ROW_WIDTH, Line, find_problem
from sketch.corpus.hdf5 import Corpus
from sketch.corpus.hdf5_checks import damaged
from sketch.corpus.rows import Located, RowsOnDisk
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import extent

OTHER_UNITS = 5.0  # times larger; single letters are not this much below whole lines
MEASURED = 200  # lines of each file


class Shards:
    """Corpus files, open for reading; made by `open_shards`.

    Attributes:
        files: in order.
        path: their paths, for messages.
        source: what the lines are.
        sets: names of the sets; the same in all files.
        offset_mean, offset_std: float64 `[2]`, over all training sets.
        alphabet: the characters of all files.
        digest: of all digests; of a single file, its own.
    """

    def __init__(self, files: Sequence[Corpus]):
        self.files = files
        self.path = ", ".join(str(file.path) for file in files)
        self.source = "; ".join(dict.fromkeys(file.source for file in files))
        self.sets = files[0].sets
        characters = {c for file in files for c in file.alphabet.characters}
        self.alphabet = Alphabet(tuple(sorted(characters)))
        self.digest = files[0].digest
        self.offset_mean, self.offset_std = files[0].offset_mean, files[0].offset_std
        if len(files) > 1:
            joined = "\n".join(file.digest for file in files)
            self.digest = hashlib.sha256(joined.encode()).hexdigest()
            counts = np.array([file.lengths("train").sum() for file in files])
            shares = (counts / counts.sum())[:, None]
            means, stds = (
                np.array([getattr(file, f"offset_{name}") for file in files])
                for name in ("mean", "std")
            )
            self.offset_mean = mean = (shares * means).sum(axis=0)
            squares = stds**2 + (means - mean) ** 2
            self.offset_std = np.sqrt((shares * squares).sum(axis=0))

    def require_fit(self) -> None:
        """Refuses files that should not be trained on together.

        Raises:
            ValueError: The ink of one is in other units; or a line that one holds out
                is trained on in another, by its id and its ink.
        """
        if len(self.files) == 1:
            return
        first, *others = map(_extent, self.files)
        for file, size in zip(self.files[1:], others, strict=True):
            # Words are narrower than lines, drawings flat or high: both sides count.
            if (size > OTHER_UNITS * first).all() or (OTHER_UNITS * size < first).all():
                ratio = np.linalg.norm(size) / np.linalg.norm(first)
                raise ValueError(
                    f"the ink of {file.path} is {ratio:.3g} times as large as that of "
                    f"{self.files[0].path}: it is in other units. Train on one of them "
                    "and go on with the other by --model, which brings units together"
                )
        held_out: dict[tuple[str, int], list[Corpus]] = {}
        for file in self.files:
            for name in set(self.sets) - {"train"}:
                for key in _keys(file, name):
                    held_out.setdefault(key, []).append(file)
        for file in self.files:
            for line_id, length in _keys(file, "train"):
                for other in held_out.get((line_id, length), ()):
                    if other is not file and _is_same_ink(line_id, file, other):
                        raise ValueError(
                            f"line {line_id} is for training in {file.path} and held "
                            f"out in {other.path}: name one of them, or convert the "
                            "sources of both in one go"
                        )

    def is_same_set(self, one: str, other: str) -> bool:
        """Whether two sets are the same rows of each file."""
        return all(file.is_same_set(one, other) for file in self.files)

    def lengths(self, set_name: str) -> np.ndarray:
        """Offsets of each line of a set, int `[line]`."""
        return np.concatenate([file.lengths(set_name) for file in self.files])

    def text_lengths(self, set_name: str) -> np.ndarray:
        """Characters of each transcript of a set, int `[line]`; 0 where unknown."""
        return self.texts(set_name).measured().lengths

    def read_set(self, set_name: str) -> list[Line]:
        """All lines of a set, in memory."""
        return [line for file in self.files for line in file.read_set(set_name)]

    def transcripts(self, set_name: str) -> list[str]:
        """The transcript of each line of a set; "" where unknown."""
        return self.texts(set_name).held().rows

    def writers(self, set_name: str) -> list[str]:
        """The writer of each line of a set; "" where unknown."""
        return self.texts(set_name, "writers").held().rows

    def strokes(self, set_name: str) -> RowsOnDisk:
        """The ink of a set: float32 `[time, 3]`, in the recording's units."""
        return self._rows("features", set_name, _decode_strokes)

    def texts(self, set_name: str, source: str = "transcripts") -> RowsOnDisk:
        """The transcripts of a set, or its `line_ids` or `writers`."""
        return self._rows(source, set_name, lambda data: data.decode("utf-8"))

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


def _extent(file: Corpus) -> np.ndarray:
    """Width and height of the median training line."""
    strokes = Shards([file]).strokes("train")
    last = len(strokes.lengths) - 1
    rows = np.unique(np.linspace(0, last, MEASURED).astype(int))
    return np.median([extent(line) for line in strokes.take(rows)], axis=0)


def _keys(file: Corpus, set_name: str) -> Iterator[tuple[str, int]]:
    ids = Shards([file]).texts(set_name, "line_ids").held().rows
    return zip(ids, file.lengths(set_name).tolist(), strict=True)


def _is_same_ink(line_id: str, *files: Corpus) -> bool:
    return np.array_equal(*(file.line(line_id).strokes for file in files))


def _decode_strokes(data: bytes) -> np.ndarray:
    strokes = np.frombuffer(data, "<f4").astype(np.float32).reshape(-1, ROW_WIDTH)
    if problem := find_problem(strokes):
        raise ValueError(problem)
    return strokes


@contextlib.contextmanager
def open_shards(paths: Sequence[str | Path]) -> Iterator[Shards]:
    """Opens corpus files as one; its `Rows` stay valid when the files are closed.

    Raises:
        FileNotFoundError, BlockingIOError: as in `Corpus.open`.
        DamagedInk: as there, or the files have different sets.
        ValueError: Two files hold the same lines.
    """
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(Corpus.open(path)) for path in paths]
        of_digest: dict[str, Corpus] = {}
        for file in files:
            first = of_digest.setdefault(file.digest, file)
            if first is not file:
                raise ValueError(
                    f"{first.path} and {file.path} hold the same lines: name one of "
                    "them"
                )
            if file.sets != files[0].sets:
                raise damaged(
                    file.path,
                    f"its sets are {', '.join(file.sets)}, those of {files[0].path} "
                    f"are {', '.join(files[0].sets)}",
                )
        yield Shards(files)

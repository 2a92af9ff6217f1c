"""Several corpus files as one: their sets joined, in the order of the files."""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sketch.corpus.hdf5 import Corpus
from sketch.corpus.hdf5_checks import damaged
from sketch.corpus.rows import Sets
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import extent

OTHER_UNITS = 5.0  # times larger; single letters are not this much below whole lines
MEASURED = 200  # lines of each file


class Shards(Sets):
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


def _extent(file: Corpus) -> np.ndarray:
    """Width and height of the median training line."""
    strokes = file.strokes("train")
    last = len(strokes.lengths) - 1
    rows = np.unique(np.linspace(0, last, MEASURED).astype(int))
    return np.median([extent(line) for line in strokes.take(rows)], axis=0)


def _keys(file: Corpus, set_name: str) -> Iterator[tuple[str, int]]:
    ids = file.texts(set_name, "line_ids").held().rows
    return zip(ids, file.lengths(set_name).tolist(), strict=True)


def _is_same_ink(line_id: str, *files: Corpus) -> bool:
    return np.array_equal(*(file.line(line_id).strokes for file in files))


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

"""Made-up ink as people bring it, for the tests of everything that converts it."""

import json

import numpy as np

from sketch.corpus.corpus_line import SETS, Line
from sketch.corpus.hdf5 import Corpus
from sketch.ink.line_of_ink import InkLine

TEXTS = ["the quick brown fox", "jumps over", "a lazy dog"]


def own_lines(texts=TEXTS, seed=0) -> list[InkLine]:
    """Lines of whole-numbered offsets, which no format rounds."""
    rng = np.random.default_rng(seed)
    lines = []
    for text in texts:
        strokes = np.zeros((12 * len(text), 3), np.float32)
        strokes[:, :2] = rng.integers(-40, 60, (len(strokes), 2))
        strokes[:, 2] = rng.random(len(strokes)) < 0.1
        strokes[-1, 2] = 1
        lines.append(InkLine(strokes, text))
    return lines


def ndjson(count: int, word: str = "cat") -> str:
    """A file of Quick, Draw! with drawings 10000, 10001, …."""
    rows = []
    for number in range(count):
        x, y = [0, number % 7 + 1, 3], [number % 3, 2, 5]
        key = str(10_000 + number)
        rows.append({"key_id": key, "word": word, "drawing": [[x, y], [y, x]]})
    return "\n".join(map(json.dumps, rows)) + "\n"


def read_corpus(path) -> dict[str, Line]:
    """All lines of a corpus by id."""
    with Corpus.open(path) as corpus:
        lines = [line for name in SETS for line in corpus.read_set(name)]
    return {line.line_id: line for line in lines}

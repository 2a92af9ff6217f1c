"""Little corpora of random ink."""

from dataclasses import replace

import numpy as np

from sketch.corpus.corpus_line import Line
from sketch.corpus.hdf5 import write_corpus

FACTS = {"source": "made up", "command": "test", "seed": 0, "split": "random"}


def make_corpus(path, seed=0, length=12, scale=1, prefix=""):
    rng = np.random.default_rng(seed)

    def lines(name, count):
        for number in range(count):
            strokes = rng.normal((5, 0), (20, 30), size=(length, 2)).round() * scale
            ends = (np.arange(length) % 5 == 4) | (np.arange(length) == length - 1)
            rows = np.column_stack([strokes, ends]).astype(np.float32)
            line_id = f"{prefix}{name}-{number:02d}"
            yield Line(rows, "ab ba"[: 2 + number % 3], line_id, "w")

    sets = {
        name: list(lines(name, count))
        for name, count in (("train", 18), ("valid", 5), ("test", 4))
    }
    write_corpus(path, sets, **FACTS)
    return path


def make_line(number: int, length: int = 5, text: str = "abc") -> Line:
    rng = np.random.default_rng(number)
    strokes = rng.integers(-90, 90, size=(length, 3)).astype(np.float32)
    strokes[:, 2] = rng.random(length) < 0.3
    return Line(strokes, text, f"form-{number:02d}", f"w{number % 3}")


def make_sets() -> dict[str, list[Line]]:
    return {
        "train": [
            make_line(1, 7),
            make_line(2, 1, "caf\u00e9 \u4e66"),
            make_line(3, 4),
        ],
        "valid": [make_line(4, 2, "")],
        "test": [make_line(5, 3), make_line(6, 9)],
    }


def swap_line(sets: dict[str, list[Line]], **fields) -> None:
    """Changes the first line of `test`."""
    sets["test"][0] = replace(sets["test"][0], **fields)

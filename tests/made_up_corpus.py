"""A little corpus of random ink."""

import numpy as np

from sketch.corpus.hdf5 import Line, write_corpus


def make_corpus(path, seed=0, length=12, scale=1):
    rng = np.random.default_rng(seed)

    def lines(name, count):
        for number in range(count):
            strokes = rng.normal((5, 0), (20, 30), size=(length, 2)).round() * scale
            ends = (np.arange(length) % 5 == 4) | (np.arange(length) == length - 1)
            rows = np.column_stack([strokes, ends]).astype(np.float32)
            yield Line(rows, "ab ba"[: 2 + number % 3], f"{name}-{number:02d}", "w")

    sets = {
        name: list(lines(name, count))
        for name, count in (("train", 18), ("valid", 5), ("test", 4))
    }
    write_corpus(path, sets, source="made up", command="a test", seed=0, split="random")
    return path

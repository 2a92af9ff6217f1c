"""Does training from disk keep up, and how much memory does it take?

    python benchmarks/streaming.py --gigabytes 10

Writes a corpus of that size in files of half a GB, reads an epoch's batches of it with
next to no --memory, and deletes it. Its lines are as long as those of IAM-OnDB.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from report import peak_memory, report
from training import LENGTH_SPREAD, LONGEST, MEAN_LENGTH

FILE_BYTES = 5e8


def write_file(path: Path, number: int) -> None:
    """Half a GB of random ink, the same for the same number."""
    from sketch.corpus.hdf5 import Line, write_corpus

    rng = np.random.default_rng(number)
    count = int(FILE_BYTES / 12 / MEAN_LENGTH)
    lengths = rng.normal(MEAN_LENGTH, LENGTH_SPREAD, count).clip(30, LONGEST)
    lines = []
    for row, length in enumerate(lengths.astype(int)):
        ink = rng.normal(8, 40, size=(length, 3)).astype(np.float32)
        ink[:, 2] = rng.random(length) < 0.04
        lines.append(Line(ink, "some words", f"{number}-{row}"))
    held = max(count // 100, 1)
    sets = {"valid": lines[:held], "test": lines[held : 2 * held]}
    sets["train"] = lines[2 * held :]
    write_corpus(path, sets, source="random", command="", seed=number, split="random")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=10.0)
    parser.add_argument("--bs", type=int, default=56)
    parser.add_argument("--batches", type=int, help="stop there; all of an epoch else")
    parser.add_argument("--folder", help="where there is room; the system's usually")
    arguments = parser.parse_args()

    from multiprocessing import get_context

    from sketch.corpus.shards import open_shards
    from sketch.experiment.hyperparameters import Hyperparameters
    from sketch.experiment.lines import load_lines
    from sketch.experiment.processes import ALONE

    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        count = max(round(arguments.gigabytes * 1e9 / FILE_BYTES), 1)
        paths = [Path(folder) / f"{number}.hdf5" for number in range(count)]
        for number, path in enumerate(paths):  # in a process of its own: for the peak
            writer = get_context("spawn").Process(
                target=write_file, args=(path, number)
            )
            writer.start()
            writer.join()
        stored = sum(path.stat().st_size for path in paths)
        before, started = peak_memory(), time.perf_counter()
        with open_shards(paths) as corpus:
            facts = corpus.alphabet, corpus.offset_mean, corpus.offset_std
        settings = Hyperparameters(batch_size=arguments.bs)
        lines = load_lines(paths, settings, *facts, 1.0, ALONE)
        opened = time.perf_counter() - started
        points, started = 0.0, time.perf_counter()
        for number, batch in enumerate(lines.batches["train"].epoch(0)):
            if number == arguments.batches:
                break
            points += float(batch.inputs["mask"].sum())
        report(
            "batches from disk",
            vars(arguments),
            corpus_gb=stored / 1e9,
            lines=lines.batches["train"].num_lines,
            before_gb=before,
            memory_gb=peak_memory(),
            seconds_to_open=opened,
            points_per_second=round(points / (time.perf_counter() - started)),
        )


if __name__ == "__main__":
    main()

"""Does training from disk keep up with training from memory, and how much does it take?

    python benchmarks/streaming.py --gigabytes 10

Writes a corpus of that size in files of half a GB, trains on it twice, once with its
lines on disk and once with all in memory, and deletes it. The lines are as long as
those of IAM-OnDB. Before each run the system drops its cache of the files. A step is
timed together with making its batch; the first step of each shape is left out.
"""

import argparse
import os
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from report import peak_memory, report
from training import LENGTH_SPREAD, LONGEST, MEAN_LENGTH, sketch_step

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


def forget(path: Path) -> None:
    """Drops the file from the system's cache: the next read goes to the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def train(arguments, paths: list[Path], memory: float, answer) -> None:
    """Trains with `memory` bytes for lines; puts rate and memory into `answer`."""
    from sketch.backend import devices
    from sketch.backend.processes import ALONE
    from sketch.corpus.shards import open_shards
    from sketch.settings.hyperparameters import Hyperparameters
    from sketch.training.run_lines import load_lines

    devices.set_up("jax")
    started = time.perf_counter()
    with open_shards(paths) as corpus:
        facts = corpus.alphabet, corpus.offset_mean, corpus.offset_std
    settings = Hyperparameters(batch_size=arguments.bs)
    batches = load_lines(paths, settings, *facts, memory, ALONE).batches["train"]
    opened = time.perf_counter() - started
    step = sketch_step(arguments, has_text=False)
    shapes, points, seconds = set(), 0.0, 0.0
    started = time.perf_counter()
    for number, batch in enumerate(batches.epoch(0)):
        step(batch.inputs)
        now = time.perf_counter()
        if batch.inputs["mask"].shape in shapes:
            points += float(batch.inputs["mask"].sum())
            seconds += now - started
        shapes.add(batch.inputs["mask"].shape)
        started = now
        if number == arguments.batches:
            break
    answer.put(
        {
            "points_per_second": round(points / seconds),
            "memory_gb": peak_memory(),
            "seconds_to_open": opened,
        }
    )


def apart(function, *arguments) -> None:
    """Runs in a process of its own, whose memory can be told from that of others."""
    process = get_context("spawn").Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=10.0)
    parser.add_argument("--dim", type=int, default=400)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--mixtures", type=int, default=20)
    parser.add_argument("--bs", type=int, default=56)
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--folder", help="where there is room; the system's usually")
    arguments = parser.parse_args()
    answer = get_context("spawn").SimpleQueue()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        count = max(round(arguments.gigabytes * 1e9 / FILE_BYTES), 1)
        paths = [Path(folder) / f"{number}.hdf5" for number in range(count)]
        for number, path in enumerate(paths):
            apart(write_file, path, number)
        found = {}
        for name, memory in (("from disk", 1.0), ("from memory", 1e15)):
            for path in paths:
                forget(path)
            apart(train, arguments, paths, memory, answer)
            found[name] = answer.get()
        rates = [side["points_per_second"] for side in found.values()]
        report(
            "training from disk",
            vars(arguments),
            corpus_gb=sum(path.stat().st_size for path in paths) / 1e9,
            **found,
            ratio=rates[0] / rates[1],
        )


if __name__ == "__main__":
    main()

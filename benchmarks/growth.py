"""How do time and memory grow with the corpus, the lines' length and the batch?

    python benchmarks/growth.py

Doubles one size at a time: lines in the corpus (writing it, an epoch), points in a line
and lines in a batch (an epoch, sampling). Each measurement is a process of its own, for
its own peak of memory. Prints a JSON line for each, and draws growth.png beside this
file: seconds against the size, on logarithmic axes.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from report import peak_memory, report

DIM, MIXTURES = 256, 10
LINES, LENGTH, BATCH = 500, 200, 16  # while another size is doubled
DOUBLINGS = 4


def corpus_of(lines: int, length: int, folder: Path) -> Path:
    """A corpus file of made-up lines."""
    from sketch.corpus.corpus_line import Line
    from sketch.corpus.hdf5 import write_corpus

    rng = np.random.default_rng(0)

    def line(number):
        strokes = np.zeros((length, 3), np.float32)
        strokes[:, :2] = rng.normal(scale=20, size=(length, 2)).round()
        strokes[-1, 2] = 1.0
        return Line(strokes, "text", f"line-{number}", "")

    held_out = [line(-1)]
    sets = {
        "train": [line(k) for k in range(lines)],
        "valid": held_out,
        "test": held_out,
    }
    path = folder / "corpus.hdf5"
    write_corpus(path, sets, source="made up", command="", seed=0, split="random")
    return path


def measure(what: str, lines: int, length: int, batch: int) -> dict:
    """Seconds and memory of one kind of work, in this process."""
    from sketch.backend import devices

    devices.set_up("jax")
    from sketch.corpus.batches import Batches
    from sketch.corpus.hdf5 import Corpus
    from sketch.generation.sampling import SamplingLoop, sample
    from sketch.model.network import Network
    from sketch.settings.hyperparameters import Hyperparameters
    from sketch.training.optimizer import build_optimizer

    with tempfile.TemporaryDirectory() as folder:
        if what == "write corpus":
            started = time.perf_counter()
            corpus_of(lines, length, Path(folder))
            return _figures(started)
        path = corpus_of(lines, length, Path(folder))
        network = Network(DIM, 1, MIXTURES, (0.0, 0.0, 0.0))
        if what == "sampling":
            loop = SamplingLoop(network)
            sample(loop, batch, length)
            started = time.perf_counter()
            sample(loop, batch, length)
            return _figures(started)
        with Corpus.open(path) as corpus:
            strokes = [line.strokes for line in corpus.read_set("train")]
        batches = Batches(strokes, np.zeros(2), np.ones(2), batch)
        network.compile(optimizer=build_optimizer(Hyperparameters(), 1, length))
        network.train_on_batch(next(batches.epoch(0)).inputs)
        started = time.perf_counter()
        for one in batches.epoch(0):
            network.train_on_batch(one.inputs)
        return _figures(started)


def _figures(started: float) -> dict:
    return {"seconds": time.perf_counter() - started, "memory_gb": peak_memory()}


def draw(curves: dict[str, list[float]]) -> None:
    """Seconds of each kind of work at 1, 2, 4, … times its size."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, seconds in curves.items():
        sizes = [2**k for k in range(len(seconds))]
        axes.loglog(sizes, seconds, "o-", base=2, label=name)
    axes.set_xlabel("times the smallest")
    axes.set_ylabel("seconds")
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    FigureCanvasAgg(figure).print_png(Path(__file__).with_suffix(".png"))


def main() -> None:
    if len(sys.argv) > 1:  # one measurement
        print(json.dumps(measure(sys.argv[1], *map(int, sys.argv[2:]))))
        return
    doubled = [2**k for k in range(DOUBLINGS)]
    plans = [
        ("write corpus", "lines", [(LINES * 8 * k, LENGTH, BATCH) for k in doubled])
    ]
    plans += [("epoch", "lines", [(LINES * k, LENGTH, BATCH) for k in doubled])]
    plans += [("epoch", "length", [(LINES, LENGTH * k, BATCH) for k in doubled])]
    plans += [("epoch", "batch", [(LINES, LENGTH, BATCH * k) for k in doubled])]
    plans += [("sampling", "length", [(1, LENGTH * k, BATCH) for k in doubled])]
    plans += [("sampling", "batch", [(1, LENGTH, BATCH * k) for k in doubled])]
    curves = {}
    for what, grown, settings in plans:
        found = []
        for setting in settings:
            command = [sys.executable, __file__, what, *map(str, setting)]
            out = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append(json.loads(out.stdout.splitlines()[-1]))
        report(
            f"growth: {what}",
            {"grown": grown, "lines_length_batch": [list(s) for s in settings]},
            seconds=[one["seconds"] for one in found],
            memory_gb=[one["memory_gb"] for one in found],
        )
        curves[f"{what}, by {grown}"] = [one["seconds"] for one in found]
    draw(curves)


if __name__ == "__main__":
    main()

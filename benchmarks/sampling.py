"""How long does writing take?

    python benchmarks/sampling.py                      free lines, 1x900
    python benchmarks/sampling.py --text               texts of 30 characters, 3x400
    python benchmarks/sampling.py --text --lines 1     one line
    python benchmarks/sampling.py --text --lines 1024  for a GPU

The network has its initial weights, so no line ends early: all steps are taken, and the
figures are upper bounds for a trained network. The first call compiles the loop; its
seconds are reported separately.
"""

import argparse
import statistics
import time

import numpy as np
from report import peak_memory, report

CHARACTERS = 30
STEPS = 700
SYMBOLS = 80
REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--lines", type=int, default=64)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--dim", type=int)
    parser.add_argument("--depth", type=int)
    parser.add_argument("--backend", default="jax")
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()
    arguments.dim = arguments.dim or (400 if arguments.text else 900)
    arguments.depth = arguments.depth or (3 if arguments.text else 1)

    from sketch.backend import devices

    devices.set_up(arguments.backend, arguments.precision)
    from sketch.generation.sampling import SamplingLoop, sample
    from sketch.model.network import Network

    network = Network(
        arguments.dim,
        arguments.depth,
        20,
        (0.0, 0.0, 0.0),
        num_symbols=SYMBOLS if arguments.text else None,
    )
    loop = SamplingLoop(network)
    rng = np.random.default_rng(0)
    texts = None
    if arguments.text:
        texts = list(rng.integers(1, SYMBOLS, (arguments.lines, CHARACTERS)))
    seconds = []
    for seed in range(1 + REPEATS):
        started = time.perf_counter()
        sample(loop, arguments.lines, arguments.steps, seed=seed, texts=texts)
        seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds[1:])
    report(
        "sampling",
        vars(arguments),
        seconds=median,
        first_seconds=seconds[0],
        lines_per_second=arguments.lines / median,
        memory_gb=peak_memory(),
    )


if __name__ == "__main__":
    main()

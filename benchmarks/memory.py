"""How much memory does training take on a batch of IAM-OnDB's longest line?

    python benchmarks/memory.py --dim 900 --mixtures 10 --bs 56
    python benchmarks/memory.py --dim 400 --depth 3 --mixtures 20 --bs 64 --text

One step on a batch of lines of 1,939 points, in a process that does nothing else; the
lines of the corpus (0.1 GB) come on top of it.
"""

import argparse

import numpy as np
from report import peak_memory, report
from training import LONGEST, POINTS_PER_CHARACTER, sketch_step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dim", type=int, default=900)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--mixtures", type=int, default=10)
    parser.add_argument("--bs", type=int, default=56)
    parser.add_argument("--length", type=int, default=LONGEST)
    parser.add_argument("--backend", default="jax")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--text", action="store_true")
    arguments = parser.parse_args()

    from sketch.backend import devices

    devices.set_up(arguments.backend, arguments.precision, trains=True)
    step = sketch_step(arguments, arguments.text)
    shape = arguments.bs, arguments.length
    inputs = {"strokes": np.zeros((*shape, 3), np.float32)}
    inputs["mask"] = np.ones(shape, np.float32)
    if arguments.text:
        characters = arguments.length // POINTS_PER_CHARACTER
        inputs["text"] = np.ones((arguments.bs, characters), np.int32)
    before = peak_memory()
    step(inputs)
    report(
        "memory of training",
        vars(arguments),
        before_gb=before,
        memory_gb=peak_memory(),
    )


if __name__ == "__main__":
    main()

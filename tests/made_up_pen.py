"""A pen that does as it is told, in place of a network that is sampled."""

from types import SimpleNamespace

import numpy as np

from sketch.generation.sampling import Trace
from sketch.generation.terms import CheckResult
from sketch.ink.alphabet import Alphabet

NULL = (-0.2, 0.01, 0.0)
LOOP = SimpleNamespace(network=SimpleNamespace(first_input=NULL))
ALPHABET = Alphabet.from_texts(["a -bcdefghijklmnopqrstuvwxyz"])
STEPS = 6  # pen points of a character
AIR = 99.0  # dx of the way from a prime to what is written behind it
OK = CheckResult(0.0, None)


class Pen:
    """Stands in for `sample`: writes well, or goes wrong where `goes_wrong` says.

    Every character takes `STEPS` rows; dx is its code; then the pen rests. Behind a
    prime it goes through the air first, a row.
    """

    def __init__(self, goes_wrong=lambda text, seed: False):
        self.goes_wrong = goes_wrong
        self.calls = []
        self.sizes = set()
        self.biases = set()

    def __call__(
        self,
        loop,
        num_lines,
        max_steps,
        bias,
        seeds,
        texts,
        primes,
        has_ended,
        longest_text,
        slow_speeds,
    ):
        self.calls.append((num_lines, max_steps, seeds, texts, primes))
        self.sizes.add((num_lines, longest_text))
        self.biases.add(bias)
        lines = zip(texts, seeds, primes, strict=True)
        traces = [self.write(*of_line) for of_line in lines]
        time = min(max(len(trace[0]) for trace in traces), max_steps)
        width = max(trace[1].shape[1] for trace in traces)
        strokes = np.zeros((num_lines, time, 3), np.float32)
        strokes[:] = (3.0, 0.0, 0.0)
        phi = np.zeros((num_lines, time, width), np.float32)
        for row, (of_row, weights) in enumerate(traces):
            strokes[row, : len(of_row)] = of_row[:time]
            phi[row, : len(weights), : weights.shape[1]] = weights[:time]
        empty = np.zeros((num_lines, time, 0), np.float32)
        trace = Trace(strokes, empty, empty, phi, empty)
        has_ended(strokes)
        return trace

    def write(self, codes, seed, prime):
        start = 0
        if len(prime):  # its own text stands before this one's
            start = len(prime) // STEPS + 1
            while (
                ALPHABET.decode(codes[start - 1 : start]) != " "
            ):  # joins have no rows
                start += 1
        own = codes[start:-1]
        rows = np.repeat(np.float32(own), STEPS)
        strokes = np.column_stack([rows, np.zeros((len(rows), 2))])
        strokes[-1, 2] = 1.0
        rest = np.array([[NULL[0], NULL[1], 1.0]])
        places = np.repeat(np.arange(len(own)), STEPS) + start
        if self.goes_wrong(ALPHABET.decode(own), seed):
            places[-STEPS:] = start  # never looks at the last character
        phi = np.eye(len(codes))[np.append(places, len(codes) - 1)]
        if len(prime):
            strokes = np.vstack([[AIR, 0.0, 0.0], strokes])
            phi = np.vstack([phi[:1], phi])
        return np.vstack([strokes, rest]), phi


def on_paper(line):
    """Which rows are no way through the air."""
    return line.trace.strokes[:, 0] != AIR


def says(line):
    """What the made-up ink spells: every STEPS-th dx is a code."""
    dx = line.trace.strokes[on_paper(line), 0]
    return ALPHABET.decode(dx[::STEPS].round().astype(int))

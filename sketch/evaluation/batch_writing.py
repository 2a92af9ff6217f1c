"""Many texts written in batches, for the evaluations that let a model write."""

import time
from collections.abc import Iterable, Sequence

import numpy as np

from sketch.corpus.corpus_line import Line
from sketch.corpus.shards import Shards
from sketch.experiment.experiment import Experiment
from sketch.generation.sampling import SamplingLoop, sample
from sketch.generation.terms import Prime
from sketch.generation.texts import WrittenLine, write_texts
from sketch.ink.alphabet import Alphabet, padded_length
from sketch.system.messages import counted
from sketch.writing.check import ReadingCheck
from sketch.writing.pen import sampling_options, scale_to_prime

BATCH_SIZE = 64  # lines written at once


def spellable_lines(
    corpus: Shards, set_name: str, alphabets: Iterable[Alphabet]
) -> tuple[list[Line], list[str]]:
    """The lines of a set whose text all alphabets can spell, and a note on the others.

    Raises:
        ValueError: there is no such line.
    """
    known = set.intersection(*(set(alphabet.characters) for alphabet in alphabets))
    stored = corpus.read_set(set_name)
    lines = [
        line for line in stored if line.transcript and set(line.transcript) <= known
    ]
    if not lines:
        raise ValueError(
            f"{corpus.path} has no line in the set {set_name} whose text the model and "
            "the recogniser can spell"
        )
    if len(lines) == len(stored):
        return lines, []
    count = counted(len(stored) - len(lines), f"{set_name} line")
    return lines, [
        f"left out: {count} whose text is unknown, or has characters that are unknown"
    ]


def spread(items: Sequence, count: int) -> list:
    """At most `count` items, evenly spread over all of them."""
    places = np.linspace(0, len(items) - 1, min(count, len(items)))
    return [items[place] for place in places.round().astype(int)]


def write_all(
    experiment: Experiment,
    loop: SamplingLoop,
    texts: Sequence[str],
    *,
    bias: float,
    seed: int,
    max_tries: int,
    primes: Sequence[Prime] | None = None,
    check: ReadingCheck | None = None,
    bar=None,
) -> tuple[list[WrittenLine], float]:
    """Writes texts, those of similar length together.

    All batches have the same number of rows, and the programs for all lengths are
    compiled before.

    Args:
        experiment, loop: of the model.
        texts: what to write.
        bias, seed, max_tries: see `SamplingOptions`.
        primes: ink that each text continues, or None.
        check: chooses among tries, or None.
        bar: a progress bar, updated by line; or None.

    Returns:
        The lines in the order of `texts`, and the seconds of writing. `line_in_units`
        of `writing.pen` has their ink.
    """
    primes = [None] * len(texts) if primes is None else primes
    lengths = [
        len(text) + (len(prime.text) + 1 if prime else 0)
        for text, prime in zip(texts, primes, strict=True)
    ]
    order = sorted(range(len(texts)), key=lengths.__getitem__)
    num_rows = min(BATCH_SIZE, len(texts))
    compile_all(loop, num_rows, max(lengths) + 1)
    written: dict[int, WrittenLine] = {}
    started = time.perf_counter()
    for number, start in enumerate(range(0, len(order), BATCH_SIZE)):
        places = order[start : start + BATCH_SIZE]
        options = sampling_options(
            experiment,
            probability_bias=bias,
            # Each batch has a seed of its own, beyond those that users can give.
            seed=seed + (number << 32),
            max_tries=max_tries,
            batch_size=num_rows,
        )
        done = write_texts(
            loop,
            experiment.alphabet,
            [texts[place] for place in places],
            options,
            [primes[place] for place in places],
            check and check.of_pen(experiment.offset_mean, experiment.offset_std),
        )
        written |= zip(places, done, strict=True)
        if bar is not None:
            bar.update(len(places))
    for place, line in written.items():
        if primes[place] is not None:
            scale_to_prime(experiment, [line], primes[place])
    seconds = time.perf_counter() - started
    return [written[place] for place in range(len(texts))], seconds


def compile_all(loop: SamplingLoop, num_rows: int, max_codes: int) -> None:
    """Compiles the programs that write `num_rows` texts of at most `max_codes` codes.

    A text that is written again may be shorter than the others of its batch; its
    program would otherwise be compiled while the clock runs.
    """
    step = padded_length(1)
    for length in range(step, padded_length(max_codes) + 1, step):
        sample(loop, num_rows, 1, texts=[np.zeros(length, np.int32)] * num_rows)

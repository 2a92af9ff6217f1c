"""Texts written in batches: their order, their compilation, their primes."""

import numpy as np

from sketch.evaluation.batch_writing import spread, write_all
from sketch.experiment.weights import load_network
from sketch.generation.sampling import SamplingLoop
from sketch.generation.terms import Prime


def test_time_of_writing_leaves_compilation_out(pen, monkeypatch):
    """Lines of several lengths, which this pen gets wrong and writes again."""
    is_timed = []  # a first look at the clock, and a second
    monkeypatch.setattr(
        "sketch.evaluation.batch_writing.time.perf_counter",
        lambda: is_timed.append(True) or float(len(is_timed)),
    )
    shapes = {0: set(), 1: set()}
    loop = SamplingLoop(load_network(pen))
    predict = loop.predict_on_batch

    def note(inputs):
        shape = inputs["characters"].shape
        shapes[len(is_timed)].add((inputs["point"].shape, shape))
        return predict(inputs)

    loop.predict_on_batch = note
    monkeypatch.setattr("sketch.evaluation.batch_writing.BATCH_SIZE", 2)
    texts = ["big" * 9, "gib", "big" * 5, "big" * 8, "b"]
    done, seconds = write_all(pen, loop, texts, bias=0.0, seed=0, max_tries=3)
    assert seconds == 1.0 and [line.text for line in done] == texts
    assert len(shapes[1]) > 1 and shapes[1] <= shapes[0]
    assert max(max(line.tries) for line in done) > 1


def test_each_text_continues_its_own_prime(pen, monkeypatch):
    loop = SamplingLoop(load_network(pen))
    rows = np.float32([[0.5, 1, 0], [0.5, -1, 0]] * 40)
    rows[7::8, 2] = 1
    primes = [Prime(rows * (size, size, 1), "bigbig") for size in (1, 2)]
    scaled = []
    monkeypatch.setattr(
        "sketch.evaluation.batch_writing.scale_to_prime",
        lambda experiment, lines, prime: scaled.append((lines[0].text, prime)),
    )
    options = {"bias": 1.0, "seed": 0, "max_tries": 1}
    texts = ["gibgibgib", "bigb"]  # written in order of their lengths
    done, _ = write_all(pen, loop, texts, primes=primes, **options)
    by_text = dict(scaled)
    assert all(by_text[text] is p for text, p in zip(texts, primes, strict=True))
    alone, _ = write_all(pen, loop, texts, **options)
    for line, other in zip(done, alone, strict=True):
        assert line.trace.strokes.tobytes() != other.trace.strokes.tobytes()
    assert len(scaled) == 2  # none of those without a prime


def test_spread_takes_items_evenly_with_both_ends():
    assert spread(range(10), 4) == [0, 3, 6, 9]
    assert spread("abc", 5) == ["a", "b", "c"]

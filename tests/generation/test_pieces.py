"""Pieces in batches: tries, checks, limits."""

import numpy as np
from made_up_pen import ALPHABET, LOOP, OK, STEPS, says

from sketch.generation import pieces
from sketch.generation.terms import CheckResult, Prime, SamplingOptions
from sketch.generation.texts import write_texts


def test_only_a_failed_piece_is_written_again(pen):
    pen.goes_wrong = lambda text, seed: text == "karim" and seed[-1] < 2
    texts = ["project", "karim", "machine"]
    lines = write_texts(LOOP, ALPHABET, texts, SamplingOptions(seed=9))
    assert [line.tries for line in lines] == [[1], [3], [1]]
    assert not any(line.faults for line in lines)
    # The loop was compiled for eight rows and the longest text: it is called for them.
    assert pen.sizes == {(8, len("project") + 1)}
    seeds = [tuple(seed) for call in pen.calls for seed in call[2]]
    assert len(set(seeds)) == len(seeds)  # no try repeats another


def test_spare_rows_hold_further_tries(pen):
    pen.goes_wrong = lambda text, seed: text == "karim" and seed[-1] < 2
    texts = ["project", "karim"]
    lines = write_texts(LOOP, ALPHABET, texts, SamplingOptions(seed=9, batch_size=7))
    assert [call[0] for call in pen.calls] == [7]  # one call has been enough
    assert [line.tries for line in lines] == [[1], [3]]
    assert [says(line) for line in lines] == texts
    # The seeds are those of a loop without rows to spare, so the ink is the same.
    seeds = [tuple(seed) for seed in pen.calls[0][2]]
    assert seeds == [(9, row, 0, tried) for tried in range(4) for row in (0, 1)][:7]
    pen.goes_wrong = lambda text, seed: True
    (line,) = write_texts(
        LOOP, ALPHABET, ["abc"], SamplingOptions(max_tries=4, batch_size=7)
    )
    assert line.tries == [4] and line.faults == ["'abc' may lack 'c' (4 tries)"]
    assert len(pen.calls) == 2  # all tries at once


def test_piece_that_a_check_refuses_is_written_again(pen):
    seen = []

    def check(texts, strokes):
        seen.append(list(zip(texts, map(len, strokes), strict=True)))
        refused = [text == "karim" and len(seen) < 2 for text in texts]
        return [CheckResult(0.5, "it reads as 'x'") if no else OK for no in refused]

    options = SamplingOptions(batch_size=2)
    first, second = write_texts(LOOP, ALPHABET, ["karim", "it"], options, check=check)
    # Both rows of the second batch are tries of the first text.
    assert seen == [
        [("karim", 5 * STEPS), ("it", 2 * STEPS)],
        [("karim", 5 * STEPS)] * 2,
    ]
    assert first.tries == [2] and second.tries == [1]
    assert not first.faults and not second.faults


def test_best_try_is_kept_when_none_is_flawless(pen):
    usual = pen.write
    pen.write = lambda codes, seed, prime: tuple(
        np.repeat(rows, 1 + seed[-1], axis=0) for rows in usual(codes, seed, prime)
    )
    badness = iter([0.1, 0.05, 0.08])

    def check(texts, strokes):
        return [CheckResult(next(badness), None) for _ in texts]

    (line,) = write_texts(
        LOOP, ALPHABET, ["abc"], SamplingOptions(max_tries=3), check=check
    )
    assert (line.tries, line.faults) == ([3], [])
    assert len(line.trace.strokes) == 2 * 3 * STEPS  # of the second try


def test_check_sees_no_more_than_max_tries(pen):
    seen = []

    def check(texts, strokes):
        seen.append(list(texts))
        refused = [text == "karim" for text in texts]
        return [CheckResult(0.5, "it reads as 'x'") if no else OK for no in refused]

    options = SamplingOptions(max_tries=2, batch_size=7)
    write_texts(LOOP, ALPHABET, ["karim", "it"], options, check=check)
    assert seen == [["karim", "it", "karim", "it"]]


def test_piece_with_uneven_attention_is_written_again_without_a_fault(pen):
    """The least uneven try is kept, unless a reader looks at it."""
    times = {0: 12, 1: 9, 2: 11}  # rows of the second character; the others have 6

    def write(codes, seed, prime):
        strokes, phi = usual(codes, seed, prime)
        more = [STEPS] * (times[seed[-1]] - STEPS)
        rows = np.insert(np.arange(len(phi)), STEPS, more)
        return strokes[rows], phi[rows]

    usual, pen.write = pen.write, write
    options = SamplingOptions(max_tries=3, batch_size=1)
    (line,) = write_texts(LOOP, ALPHABET, ["abcde"], options)
    assert (line.tries, line.faults) == ([3], [])
    assert len(line.trace.strokes) == 5 * STEPS + 9 - STEPS

    def check(texts, strokes):
        return [OK] * len(texts)

    (line,) = write_texts(LOOP, ALPHABET, ["abcde"], options, check=check)
    assert line.tries == [1]
    times[1] = 8  # 1.33 times the usual
    (line,) = write_texts(LOOP, ALPHABET, ["abcde"], options)
    assert line.tries == [2]


def test_least_bad_try_is_kept_when_all_are_refused(pen):
    pen.goes_wrong = lambda text, seed: seed[-1] == 2  # the window: worse than all
    badness = iter([0.75, 0.25, 0.5])

    def check(texts, strokes):
        return [CheckResult(bad := next(badness), f"{bad} wrong") for _ in texts]

    (line,) = write_texts(
        LOOP, ALPHABET, ["abc"], SamplingOptions(max_tries=4), check=check
    )
    assert line.faults == ["0.25 wrong (4 tries)"]
    assert line.tries == [4]


def test_piece_without_an_end_is_stopped_at_its_limit(pen):
    pen.write = lambda codes, seed, prime: (
        np.tile(np.float32([[1, 0, 0]]), (10_000, 1)),
        np.zeros((10_000, len(codes)), np.float32),
    )
    options = SamplingOptions(max_tries=2, steps_per_character=20)
    (line,) = write_texts(LOOP, ALPHABET, ["abc"], options)
    assert line.faults == ["'abc' may not be finished (2 tries)"]
    assert len(line.trace.strokes) == 20 * 4
    assert line.trace.strokes[-1, 2] == 1.0  # nothing goes on from its last point


def test_limit_of_a_short_piece_is_its_own_beside_a_long_one(pen):
    slowly = pen.write

    def write(codes, seed, prime):
        strokes, phi = slowly(codes, seed, prime)
        times = 4 if len(codes) == 3 else 1
        return np.repeat(strokes, times, axis=0)[times - 1 :], np.repeat(phi, times, 0)

    pen.write = write
    options = SamplingOptions(max_tries=1, steps_per_character=STEPS)
    short, long = write_texts(LOOP, ALPHABET, ["it", "somewhere"], options)
    assert short.faults == ["'it' may not be finished (1 try)"] and not long.faults
    assert len(short.trace.strokes) == 3 * STEPS


def test_sampling_waits_for_no_row_that_is_not_needed(pen, monkeypatch):
    """A text past its time, a try too many, the time of a text that is done."""
    asked = []

    def sample(*arguments):
        num_lines, max_steps, has_ended = arguments[1], arguments[2], arguments[7]
        nothing = np.full((num_lines, 20, 3), 3.0, np.float32)
        ends = [has_ended(nothing).tolist(), has_ended(nothing[:, :2]).tolist()]
        asked.append((max_steps, ends))
        return pen(*arguments)

    monkeypatch.setattr(pieces, "sample", sample)
    pen.goes_wrong = lambda text, seed: text == "it"
    options = SamplingOptions(max_tries=3, steps_per_character=7, batch_size=4)
    write_texts(LOOP, ALPHABET, ["it", "somewhere"], options)
    no, yes = False, True
    # Two rows for each text; then all for the third of three tries of "it".
    assert asked[0] == (7 * 10, [[no] * 4, [yes, no, yes, no]])
    assert asked[1] == (7 * 3, [[no, yes, yes, yes], [yes] * 4])
    assert len(asked) == 2


def test_single_try_is_not_halved(pen):
    pen.goes_wrong = lambda text, seed: True
    (line,) = write_texts(
        LOOP, ALPHABET, ["the quick fox"], SamplingOptions(max_tries=1)
    )
    assert len(pen.calls) == 1 and line.tries == [1] and len(line.faults) == 1


def test_many_pieces_are_written_in_batches_of_one_size(pen):
    texts = ["abc", "de", "fgh"] * 30
    seen = []
    lines = write_texts(LOOP, ALPHABET, texts, report=seen.append)
    assert [says(line) for line in lines] == texts
    assert [call[0] for call in pen.calls] == [32, 32, 32]
    assert seen == [32, 64, 90]


def test_prime_comes_first_and_is_not_in_the_ink(pen):
    prime = Prime(np.ones((8 * STEPS, 3), np.float32), "some ink")
    (line,) = write_texts(
        LOOP, ALPHABET, ["karim"], SamplingOptions(batch_size=1), [prime]
    )
    ((_, _, _, (codes,), (given,)),) = pen.calls
    assert ALPHABET.decode(codes) == "some ink karim"
    assert given is prime.strokes
    assert says(line) == "karim"
    assert line.trace.phi.shape[1] == len("karim") + 1

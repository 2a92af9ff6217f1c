"""Texts to ink with a pen that does as it is told: pieces, tries, joins."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_ink import pens_of, turned

from sketch.generation import pieces
from sketch.generation.sampling import Trace
from sketch.generation.terms import CheckResult, Prime, SamplingOptions
from sketch.generation.texts import split_text, write_texts
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import split_pen_strokes, strokes_from_points

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


@pytest.fixture
def pen(monkeypatch):
    pen = Pen()
    monkeypatch.setattr(pieces, "sample", pen)
    return pen


def on_paper(line):
    """Which rows are no way through the air."""
    return line.trace.strokes[:, 0] != AIR


def says(line):
    """What the made-up ink spells: every STEPS-th dx is a code."""
    dx = line.trace.strokes[on_paper(line), 0]
    return ALPHABET.decode(dx[::STEPS].round().astype(int))


def test_texts_are_written_whole_and_the_rest_is_cut_off(pen):
    lines = write_texts(LOOP, ALPHABET, ["karim", "learning"])
    assert [says(line) for line in lines] == ["karim", "learning"]
    for line in lines:
        assert line.tries == [1] and line.faults == []
        assert len(line.trace.strokes) == STEPS * len(line.text)
        assert line.trace.strokes[-1, 2] == 1.0
        assert line.trace.phi.shape == (len(line.trace.strokes), len(line.text) + 1)


def test_only_what_went_wrong_is_written_again(pen):
    pen.goes_wrong = lambda text, seed: text == "karim" and seed[-1] < 2
    texts = ["project", "karim", "machine"]
    lines = write_texts(LOOP, ALPHABET, texts, SamplingOptions(seed=9))
    assert [line.tries for line in lines] == [[1], [3], [1]]
    assert not any(line.faults for line in lines)
    # The loop was compiled for eight rows and the longest text: it is called for them.
    assert pen.sizes == {(8, len("project") + 1)}
    seeds = [tuple(seed) for call in pen.calls for seed in call[2]]
    assert len(set(seeds)) == len(seeds)  # no try repeats another


def test_rows_to_spare_hold_further_tries(pen):
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
    assert line.tries == [4] and line.faults


def test_a_text_that_always_goes_wrong_is_kept_and_told(pen):
    pen.goes_wrong = lambda text, seed: True
    (line,) = write_texts(LOOP, ALPHABET, ["abc"], SamplingOptions(max_tries=4))
    assert line.tries == [4]
    assert len(pen.calls) == 1  # all tries at once
    assert line.faults == ["'abc' may lack 'c' (4 tries)"]


def test_what_a_check_refuses_is_written_again(pen):
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


def test_of_ink_without_a_fault_the_best_of_all_tries_is_kept(pen):
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


def test_a_check_looks_at_no_try_too_many(pen):
    seen = []

    def check(texts, strokes):
        seen.append(list(texts))
        refused = [text == "karim" for text in texts]
        return [CheckResult(0.5, "it reads as 'x'") if no else OK for no in refused]

    options = SamplingOptions(max_tries=2, batch_size=7)
    write_texts(LOOP, ALPHABET, ["karim", "it"], options, check=check)
    assert seen == [["karim", "it", "karim", "it"]]


def test_what_had_uneven_attention_is_written_again_and_is_no_fault(pen):
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


def test_of_ink_that_is_always_refused_the_least_bad_is_kept(pen):
    pen.goes_wrong = lambda text, seed: seed[-1] == 2  # the window: worse than all
    badness = iter([0.75, 0.25, 0.5])

    def check(texts, strokes):
        return [CheckResult(bad := next(badness), f"{bad} wrong") for _ in texts]

    (line,) = write_texts(
        LOOP, ALPHABET, ["abc"], SamplingOptions(max_tries=4), check=check
    )
    assert line.faults == ["0.25 wrong (4 tries)"]
    assert line.tries == [4]


def test_a_pen_that_finds_no_end_is_stopped(pen):
    pen.write = lambda codes, seed, prime: (
        np.tile(np.float32([[1, 0, 0]]), (10_000, 1)),
        np.zeros((10_000, len(codes)), np.float32),
    )
    options = SamplingOptions(max_tries=2, steps_per_character=20)
    (line,) = write_texts(LOOP, ALPHABET, ["abc"], options)
    assert line.faults == ["'abc' may not be finished (2 tries)"]
    assert len(line.trace.strokes) == 20 * 4
    assert line.trace.strokes[-1, 2] == 1.0  # nothing goes on from its last point


def test_a_short_text_has_no_more_time_beside_a_long_one(pen):
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


def test_nothing_is_waited_for_that_is_not_looked_at(pen, monkeypatch):
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


def test_long_texts_are_written_in_pieces_that_go_on_from_the_first(pen):
    text = "the quick brown fox jumps over the lazy dog"
    (line,) = write_texts(
        LOOP, ALPHABET, [text], SamplingOptions(longest_text=24, batch_size=1)
    )
    pieces = split_text(text, 12)
    assert len(pieces) > 3
    assert says(line) == "".join(pieces)
    assert line.tries == [1] * len(pieces)
    for number, call in enumerate(pen.calls[1:], start=1):
        (codes,), (prime,) = call[3], call[4]
        assert ALPHABET.decode(codes) == f"{pieces[0]} {pieces[number]}"
        assert len(prime) == STEPS * len(pieces[0])
    assert np.count_nonzero(~on_paper(line)) == len(pieces) - 1
    assert line.text == text
    assert line.trace.phi.shape[1] == len(text) + 1
    # each step looks at the character that it writes, whichever piece that is in
    seen = line.trace.phi[on_paper(line)].argmax(axis=1)[::STEPS]
    assert "".join(text[place] for place in seen) == "".join(pieces)


@pytest.mark.parametrize("says, leads", [("some ink", "some ink"), ("a" * 17, "the")])
def test_all_pieces_go_on_from_the_prime_unless_it_leaves_them_no_room(
    pen, says, leads
):
    prime = Prime(np.ones((len(says) * STEPS, 3), np.float32), says)
    text = "the quick brown fox jumps over the lazy dog"
    write_texts(
        LOOP, ALPHABET, [text], SamplingOptions(longest_text=24, batch_size=1), [prime]
    )
    first, *rest = [ALPHABET.decode(call[3][0]) for call in pen.calls]
    assert first == f"{says} the quick"
    assert len(rest) > 2 and all(each.startswith(f"{leads} ") for each in rest)


class Scribe(Pen):
    """Writes letters, each piece `GAP` from its prime's last letter, on its baseline.

    The prime may be several pieces together. Where the pen is in the end is another
    matter: far below, or on a dot or a crossbar.
    """

    GAP = 7.0

    def __init__(self, slope, way):
        super().__init__()
        self.slope = slope
        self.way = np.array([way, 1.0])  # of x, y: mirrored where it is -1
        self.null = np.append(self.way * NULL[:2], 0.0)
        self.ends = {}  # by the strokes: the text, and its last letter from the pen

    def pens_of(self, text):
        return [pen * self.way for pen in turned(pens_of(text)[0], self.slope, 0.0)]

    def edge_of(self, text):
        """The far edge of its letters, on the baseline; it begins at (0, 0)."""
        edge = np.abs(np.concatenate(self.pens_of(text))[:, 0]).max()
        return np.array([edge, self.slope * edge]) * self.way

    def strokes_of(self, text):
        """Normalised, from where the pen touches; the next piece may go on from it."""
        pens = self.pens_of(text)
        strokes = (strokes_from_points(pens) + self.null).astype(np.float32)
        self.ends[strokes.tobytes()] = text, self.edge_of(text) - pens[-1][-1]
        return strokes

    def write(self, codes, seed, prime):
        said = ALPHABET.decode(codes[:-1])
        before, way = "", np.zeros((0, 3))
        if len(prime):
            before, end = self.ends[prime.tobytes()]
            first = self.pens_of(said[len(before) + 1 :])[0][0]
            gap = self.way * (self.GAP, 0.0)
            way = [[*(end + gap + first + self.null[:2]), 0.0]]
        text = said[len(before) :].lstrip()
        strokes = self.strokes_of(text)
        both = np.vstack([prime, way, strokes]).astype(np.float32)
        self.ends[both.tobytes()] = said, self.ends[strokes.tobytes()][1]
        start = len(said) - len(text)
        rows = np.vstack([way, strokes, [[*self.null[:2], 1.0]]])
        looks = np.linspace(start, len(said), len(rows)).astype(int)
        return rows, np.eye(len(codes))[looks]


LINES = [
    "jumping over any lazy dog it will say tut to a big sly cat of my town",
    # Pieces of a letter or two, which tell little of their baseline.
    "so it was an extraordinarylongwords - anotherextraordinaryone and so on it was",
    "so it was an extraordinarylongwords y anotherextraordinaryone and so on it was",
]


@pytest.mark.parametrize("text", LINES)
@pytest.mark.parametrize("given", [None, "by a friend", "by a friend of mines"])
# Letters are 10 high; not all bottoms are on the baseline, g's and y's are beside it.
@pytest.mark.parametrize(
    "slope, tolerance, way", [(0.0, 0.15, 1), (-0.08, 0.8, 1), (0.0, 0.15, -1)]
)
def test_pieces_stand_on_one_line_and_as_far_apart_as_from_their_prime(
    monkeypatch, text, given, slope, tolerance, way
):
    scribe = Scribe(slope, way)
    monkeypatch.setattr(pieces, "sample", scribe)
    loop = SimpleNamespace(network=SimpleNamespace(first_input=tuple(scribe.null)))
    prime = Prime(scribe.strokes_of(given), given) if given else None
    (line,) = write_texts(
        loop, ALPHABET, [text], SamplingOptions(longest_text=40), [prime]
    )
    written = split_text(text, 20)
    assert len(written) > 3 and not line.faults
    pens = iter(split_pen_strokes(line.trace.strokes - scribe.null))
    edge = None
    for piece in written:
        made = scribe.pens_of(piece)
        own = [next(pens)[-len(pen) :] for pen in made]  # without the way to it
        places = np.concatenate(own) - np.concatenate(made)
        assert np.ptp(places, axis=0).max() < 1e-3  # the letters are as they were
        if edge is not None:
            gap = scribe.way * (scribe.GAP, 0.0)
            np.testing.assert_allclose(places[0], edge + gap, atol=tolerance)
        edge = places[0] + scribe.edge_of(piece)
    assert next(pens, None) is None


def test_a_piece_that_failed_is_written_in_halves(pen):
    text = "the quick brown fox jumps over"
    pen.goes_wrong = lambda text, seed: "brown" in text and " " in text
    options = SamplingOptions(probability_bias=0.5, max_tries=2, batch_size=1)
    (line,) = write_texts(LOOP, ALPHABET, [text], options)
    assert pen.biases == {0.5}  # of each try and each half
    assert split_text(text, 15) == ["the quick brown", "fox jumps over"]
    assert [ALPHABET.decode(call[3][0]) for call in pen.calls] == [
        *[text] * 2,
        *["the quick brown"] * 2,
        "the",
        "the quick",
        "the quick brown",
        "the quick brown fox jumps over",  # short pieces lead the pen together
    ]
    assert line.tries == [5, 1, 1, 1] and not line.faults
    seeds = [tuple(call[2][0]) for call in pen.calls]
    assert len(set(seeds)) == len(seeds)  # no try repeats another
    assert line.text == text
    assert says(line) == "thequickbrownfox jumps over"
    assert line.trace.phi.shape[1] == len(text) + 1


def test_a_single_try_is_the_only_one(pen):
    pen.goes_wrong = lambda text, seed: True
    (line,) = write_texts(
        LOOP, ALPHABET, ["the quick fox"], SamplingOptions(max_tries=1)
    )
    assert len(pen.calls) == 1 and line.tries == [1] and len(line.faults) == 1


def test_a_piece_that_failed_leads_no_other(pen):
    """Those behind it go on from the last sound one, and each finds its place."""
    pen.goes_wrong = lambda text, seed: text == "xylophone"
    options = SamplingOptions(longest_text=20, max_tries=2, batch_size=1)
    (line,) = write_texts(LOOP, ALPHABET, ["the quick xylophone jumps over"], options)
    assert len(line.faults) == 1 and line.tries == [1, 2, 1]
    assert says(line) == "the quickxylophonejumps over"
    after = pen.calls[3]  # the first piece, two tries of the second, the third
    assert ALPHABET.decode(after[3][0]) == "the quick jumps over"
    assert len(after[4][0]) == STEPS * len("the quick")


def test_a_line_whose_beginning_failed_goes_on_from_its_prime_or_anew(pen):
    text = "xylophones jump over a lazy dog"
    first, second, *_ = split_text(text, 12)
    assert (first, second) == ("xylophones", "jump over a")
    pen.goes_wrong = lambda text, seed: text == first
    options = SamplingOptions(longest_text=24, max_tries=1, batch_size=1)
    prime = Prime(np.ones((8 * STEPS, 3), np.float32), "some ink")
    write_texts(LOOP, ALPHABET, [text], options, [prime])
    assert ALPHABET.decode(pen.calls[1][3][0]) == f"some ink {second}"
    pen.calls.clear()
    (line,) = write_texts(LOOP, ALPHABET, [text], options)
    assert ALPHABET.decode(pen.calls[1][3][0]) == second
    # The pen goes to where it begins: a blank as wide as its letters are on average.
    start = STEPS * len(first)
    assert line.trace.strokes[start - 1, 2] == 1.0
    way = line.trace.strokes[start]
    own = line.trace.strokes[start + 1 : start + 1 + STEPS * len(second)]
    advance = (own[:, 0] - NULL[0]).sum() / len(second)
    np.testing.assert_allclose(way, [advance + NULL[0], NULL[1], 0], rtol=1e-5)
    assert line.trace.phi[start].sum() == 0
    # Others in its hand go on from the letters alone.
    pen.goes_wrong = lambda text, seed: text != second
    (line,) = write_texts(LOOP, ALPHABET, [text], options)
    np.testing.assert_array_equal(line.lead.strokes, own)


def test_the_last_sound_piece_can_lead_others(pen):
    pen.goes_wrong = lambda text, seed: text == "xylophone"
    options = SamplingOptions(longest_text=20, max_tries=2)
    text = "the quick xylophone jumps over xylophone"
    (line,) = write_texts(LOOP, ALPHABET, [text], options)
    assert line.faults and line.lead.text == "jumps over"
    # As a line of its own: without the way from the piece before it.
    codes = line.lead.strokes[::STEPS, 0]
    assert ALPHABET.decode(codes.round().astype(int)) == line.lead.text
    pen.goes_wrong = lambda text, seed: True
    assert write_texts(LOOP, ALPHABET, ["it"], options)[0].lead is None


def test_many_lines_are_written_in_batches_of_one_size(pen):
    texts = ["abc", "de", "fgh"] * 30
    seen = []
    lines = write_texts(LOOP, ALPHABET, texts, report=seen.append)
    assert [says(line) for line in lines] == texts
    assert [call[0] for call in pen.calls] == [32, 32, 32]
    assert seen == [32, 64, 90]


def test_pieces_with_a_lead_are_written_in_one_call(pen):
    text = "the quick brown fox jumps over the lazy dog"
    prime = Prime(np.ones((10 * STEPS, 3), np.float32), "some ink a")
    options = SamplingOptions(longest_text=24)
    (line,) = write_texts(LOOP, ALPHABET, [text], options, [prime])
    assert len(pen.calls) == 1
    assert says(line) == "".join(split_text(text, 12))
    pen.calls.clear()
    write_texts(LOOP, ALPHABET, [text], options)
    assert len(pen.calls) == 2  # the first piece leads


def test_a_prime_comes_first_and_is_not_in_the_ink(pen):
    prime = Prime(np.ones((8 * STEPS, 3), np.float32), "some ink")
    (line,) = write_texts(
        LOOP, ALPHABET, ["karim"], SamplingOptions(batch_size=1), [prime]
    )
    ((_, _, _, (codes,), (given,)),) = pen.calls
    assert ALPHABET.decode(codes) == "some ink karim"
    assert given is prime.strokes
    assert says(line) == "karim"
    assert line.trace.phi.shape[1] == len("karim") + 1


def test_unknown_characters_and_empty_texts_are_refused(pen):
    with pytest.raises(ValueError, match="'ß'.*position 4"):
        write_texts(LOOP, ALPHABET, ["groß"])
    with pytest.raises(ValueError, match="nothing to write in '  '"):
        write_texts(LOOP, ALPHABET, ["  "])
    assert pen.calls == []


def test_no_texts_and_a_network_of_single_letters(pen):
    assert write_texts(LOOP, ALPHABET, []) == []
    (line,) = write_texts(LOOP, ALPHABET, ["ab cd"], SamplingOptions(longest_text=1))
    assert says(line) == "abcd"


words = st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=30)


@given(words, st.integers(1, 40))
def test_pieces_are_the_text_and_short_enough(words, length):
    text = " ".join(words)
    pieces = split_text(text, length)
    assert " ".join(pieces) == text  # no silent cut
    for piece in pieces:
        assert len(piece) <= length or " " not in piece

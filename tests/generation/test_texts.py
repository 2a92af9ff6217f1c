"""Whole texts: pieces, their lead, and how they join."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_ink import pens_of, turned
from made_up_pen import ALPHABET, LOOP, NULL, STEPS, Pen, on_paper, says

from sketch.generation import pieces
from sketch.generation.terms import Prime, SamplingOptions
from sketch.generation.texts import split_text, write_texts
from sketch.ink.strokes import split_pen_strokes, strokes_from_points


def test_text_is_cut_at_its_end(pen):
    lines = write_texts(LOOP, ALPHABET, ["karim", "learning"])
    assert [says(line) for line in lines] == ["karim", "learning"]
    for line in lines:
        assert line.tries == [1] and line.faults == []
        assert len(line.trace.strokes) == STEPS * len(line.text)
        assert line.trace.strokes[-1, 2] == 1.0
        assert line.trace.phi.shape == (len(line.trace.strokes), len(line.text) + 1)


def test_pieces_of_a_long_text_continue_the_first(pen):
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
def test_pieces_continue_the_prime_unless_it_is_too_long(pen, says, leads):
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
def test_pieces_stand_on_one_baseline_as_far_apart_as_from_their_lead(
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


def test_failed_piece_is_written_in_halves(pen):
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


def test_failed_piece_leads_no_other(pen):
    """Those behind it go on from the last sound one, and each finds its place."""
    pen.goes_wrong = lambda text, seed: text == "xylophone"
    options = SamplingOptions(longest_text=20, max_tries=2, batch_size=1)
    (line,) = write_texts(LOOP, ALPHABET, ["the quick xylophone jumps over"], options)
    assert len(line.faults) == 1 and line.tries == [1, 2, 1]
    assert says(line) == "the quickxylophonejumps over"
    after = pen.calls[3]  # the first piece, two tries of the second, the third
    assert ALPHABET.decode(after[3][0]) == "the quick jumps over"
    assert len(after[4][0]) == STEPS * len("the quick")


def test_line_with_a_failed_beginning_continues_its_prime_or_begins_anew(pen):
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


def test_lead_of_a_line_is_its_last_sound_piece(pen):
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


def test_unknown_character_or_empty_text_is_refused(pen):
    with pytest.raises(ValueError, match="'ß'.*position 4"):
        write_texts(LOOP, ALPHABET, ["groß"])
    with pytest.raises(ValueError, match="nothing to write in '  '"):
        write_texts(LOOP, ALPHABET, ["  "])
    assert pen.calls == []


def test_no_texts_or_pieces_of_one_letter_are_written(pen):
    assert write_texts(LOOP, ALPHABET, []) == []
    (line,) = write_texts(LOOP, ALPHABET, ["ab cd"], SamplingOptions(longest_text=1))
    assert says(line) == "abcd"


words = st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=30)


@given(words, st.integers(1, 40))
def test_split_text_keeps_all_words_in_short_pieces(words, length):
    text = " ".join(words)
    pieces = split_text(text, length)
    assert " ".join(pieces) == text  # no silent cut
    for piece in pieces:
        assert len(piece) <= length or " " not in piece

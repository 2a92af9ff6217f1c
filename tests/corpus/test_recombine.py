"""New lines put together from words of one form."""

from collections import Counter

import numpy as np
import pytest
from made_up_ink import pens_of, write

from sketch.corpus import recombine
from sketch.corpus.batches import Batches
from sketch.corpus.corpus_line import Line
from sketch.corpus.recombine import NewLines
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import split_pen_strokes

TEXTS = [
    "never mind the quiet",
    "yellow jug, said he",
    "born 1947 in Rome",
    "at 26 or so",
]
ALPHABET = Alphabet.from_texts(TEXTS)
BIG = 3.0  # times larger letters of the second form


def lines_of(texts=TEXTS, scale=1.0, slope=0.0):
    size = np.float32([scale, scale, 1])
    return [
        Line(write(text, slope) * size, text, f"a-{n}") for n, text in enumerate(texts)
    ]


def new_lines(lines, forms=None, **options):
    forms = forms or ["a"] * len(lines)
    return NewLines(lines, forms, ALPHABET.encode, **options)


def drawn(maker, count=40, max_points=400, max_codes=None):
    found = [
        maker.draw(np.random.default_rng([9, n]), max_points, max_codes)
        for n in range(count)
    ]
    return [(ink, ALPHABET.decode(codes)) for ink, codes in filter(None, found)]


def assert_ink_of(pens, text, scale=1.0):
    """Each letter is drawn, in the order of the text, wherever it stands."""
    due = pens_of(text)[0]
    assert [len(pen) for pen in pens] == [len(pen) for pen in due]
    for pen, other in zip(pens, due, strict=True):
        moved = scale * (other - other[0])
        # A baseline's slope is found to some thousandths.
        np.testing.assert_allclose(pen - pen[0], moved, atol=0.2 * scale)


def test_a_new_line_has_the_ink_of_its_text_on_one_baseline():
    """The ink of every letter is known: a line is the letters of its text, in order."""
    for ink, text in drawn(new_lines(lines_of())):
        pens = split_pen_strokes(ink)
        assert_ink_of(pens, text)
        letters = [pen for pen in pens if np.ptp(pen[:, 1]) > 5]
        bottoms = [pen[:, 1].max() for pen in letters if np.ptp(pen[:, 1]) == 20]
        assert np.ptp(bottoms or [0]) < 0.5
        width = pens_of(text)[0][-1][:, 0].max() - pens_of(text)[0][0][:, 0].min()
        everything = np.concatenate(pens)[:, 0]
        # Gaps vary by the letters at their sides, by less than two units each.
        assert np.ptp(everything) == pytest.approx(width, abs=3 + 4 * text.count(" "))


def test_words_keep_their_form_and_come_once():
    texts = TEXTS[:2]
    both = [*lines_of(texts), *lines_of(texts, scale=BIG)]
    forms = ["a", "a", "b", "b"]
    words = Counter(" ".join(texts).split())
    heights = set()
    for ink, text in drawn(new_lines(both, forms)):
        assert not Counter(text.split()) - words
        tall = {round(float(np.ptp(pen[:, 1]))) for pen in split_pen_strokes(ink)}
        assert not ({20} <= tall and {round(20 * BIG)} <= tall)
        heights |= tall
    assert {20, round(20 * BIG)} <= heights  # both forms were drawn


def test_lines_fit_and_depend_on_the_generator_alone():
    maker = new_lines(lines_of())
    first = drawn(maker, max_points=150, max_codes=13)
    for ink, text in first:
        assert len(ink) < 150 and len(text) + 1 <= 13
    again = drawn(new_lines(lines_of()), max_points=150, max_codes=13)
    for (ink, text), (other, same) in zip(first, again, strict=True):
        assert text == same
        np.testing.assert_array_equal(ink, other)
    assert drawn(maker, max_points=20) == []


def test_numbers_are_new_and_rare_characters_come_more_often(monkeypatch):
    texts = [text for _, text in drawn(new_lines(lines_of()), count=200)]
    words = Counter(word for text in texts for word in text.split())
    numbers = {word for word in words if word.isdigit()}
    assert len(numbers) > 20
    assert set("".join(numbers)) <= set("194726")
    monkeypatch.setattr(recombine, "COMMON", 60)  # these letters come 60 times
    many = lines_of() + lines_of(["never mind the quiet"] * 60)
    texts = [text for _, text in drawn(new_lines(many), count=100, max_points=150)]
    share = np.mean([any(map(str.isdigit, text)) for text in texts])
    assert share > 0.3  # of the corpus' lines: 0.03


def test_slope_and_gaps_are_those_of_the_form():
    maker = new_lines(lines_of(TEXTS[:2], slope=0.2))
    for ink, text in drawn(maker):
        pens = split_pen_strokes(ink)
        tall = [pen for pen in pens if 19 < np.ptp(pen[:, 1]) < 23]
        if len(tall) > 2:
            feet = np.array([pen[pen[:, 1].argmax()] for pen in tall])
            feet = feet[np.argsort(feet[:, 0])]
            if np.ptp(feet[:, 0]) > 100:
                slope = np.polyfit(*feet.T, 1)[0]
                assert slope == pytest.approx(0.2, abs=0.06), text


@pytest.mark.parametrize("text", ["", "one"])
def test_a_corpus_of_single_words_is_refused(text):
    with pytest.raises(ValueError, match="--recombine needs lines of several words"):
        new_lines([Line(write("one"), text, "a-1")])


def test_words_have_the_points_that_a_recogniser_needs():
    """These letters have 16 points, some 21 or 31; digits have 16."""
    found = drawn(new_lines(lines_of(), min_points=14))
    words = {word for _, text in found for word in text.split()}
    assert "mind" in words and "he" not in words
    for ink, text in found:
        assert len(ink) + 1 >= 14 * (len(text) + 1)


@pytest.mark.parametrize("texts", [True, False])
def test_batches_replace_a_share_of_the_lines_and_repeat_exactly(texts):
    lines = lines_of() * 10
    codes = [ALPHABET.encode(line.transcript) for line in lines] if texts else None
    inks = [line.strokes for line in lines]

    def batches(share):
        return Batches(
            inks, np.zeros(2), np.ones(2), 4, codes, seed=3, fills_up=True,
            recombine=share, new_lines=new_lines(lines),
        )  # fmt: skip

    usual = list(batches(0.0).epoch(1))
    half, again = batches(0.5), batches(0.5)
    list(again.epoch(0))
    resumed = [*list(half.epoch(1))[:3], *again.epoch(1, first=3)]
    num_new = 0
    for old, new, same in zip(usual, half.epoch(1), resumed, strict=True):
        assert (old.lines == new.lines).all()
        for key in old.inputs:
            assert old.inputs[key].shape == new.inputs[key].shape
            np.testing.assert_array_equal(new.inputs[key], same.inputs[key])
        for row in range(4):
            strokes, mask = new.inputs["strokes"][row], new.inputs["mask"][row]
            num_new += (strokes != old.inputs["strokes"][row])[:8].any()
            assert not strokes[int(mask.sum()) + (codes is not None) :].any()
            if codes:
                assert new.inputs["rest"][row, int(mask.sum())] == 1.0
                text = ALPHABET.decode(new.inputs["text"][row])
                assert_ink_of(split_pen_strokes(strokes[mask > 0]), text)
    assert 10 < num_new < 30

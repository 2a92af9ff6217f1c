"""A line cut into its words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_ink import TEXTS, pens_of

from sketch.page.words import cut_words


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_cut_where_the_model_says_and_the_ink_has_a_gap(text):
    pens, places = pens_of(text)
    rows = np.repeat(places, [len(pen) for pen in pens]).astype(float)
    # The window runs ahead of the pen by most of a letter.
    for known in (rows, rows + 0.7, None):
        words = cut_words(pens, text, known)
        assert [word.text for word in words] == text.split()
        assert sum((word.pens for word in words), []) == list(range(len(pens)))
        for word in words:
            of_word = {text[places[pen]] for pen in word.pens}
            assert of_word <= set(word.text)


def test_dot_made_a_word_later_comes_back():
    pens, places = pens_of("sing me")
    dot = next(i for i, pen in enumerate(pens) if len(pen) == 1)
    order = [i for i in range(len(pens)) if i != dot]
    order.insert(order.index(len(pens) - 1), dot)  # before the last letter
    late = [pens[i] for i in order]
    words = cut_words(late, "sing me")
    assert [word.text for word in words] == ["sing", "me"]
    assert order.index(dot) in words[0].pens


def test_words_that_the_pen_did_not_part_stay_together():
    pens = [np.array([(0, 0), (5, 9), (40, 3.0)]), np.array([(60, 0), (70, 9.0)])]
    words = cut_words(pens, "one two three")
    assert len(words) == 2
    assert " ".join(word.text for word in words) == "one two three"
    assert cut_words(pens[:1], "one two") == [("one two", [0])]
    assert cut_words([], "one") == []


def test_a_first_word_without_strokes_takes_none_from_another():
    pens = [np.array([(50, 0), (60, 9.0)]), np.array([(0, 0), (10, 9.0)])]
    words = cut_words(pens, "hello world", np.array([8.0, 8, 9, 9]))
    assert sorted(pen for word in words for pen in word.pens) == [0, 1]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.randoms())
def test_every_pen_is_in_one_word(sizes, random):
    text = " ".join("abcde"[:size] for size in sizes)
    pens = [
        np.array([(random.random() * 50, random.random()) for _ in range(3)])
        for _ in range(random.randint(1, 12))
    ]
    # A window may pass over words, the first one too, and go on as it likes.
    known = random.choice([None, np.sort([random.random() * 30 for _ in pens])])
    if known is not None:
        known = np.repeat(known, 3)
    words = cut_words(pens, text, known)
    assert sorted(pen for w in words for pen in w.pens) == list(range(len(pens)))
    assert " ".join(word.text for word in words) == text
    assert all(word.pens for word in words)

"""The text of the demo corpus."""

import itertools
from collections import Counter

import numpy as np
import pytest

from sketch.corpus.demo import NUM_LINES
from sketch.corpus.demo_text import LETTERS, WORDS, demo_texts

KEPT_FOR_USERS = ("project", "mahmoud", "nourhan", "karim", "learning", "machine")


@pytest.fixture(scope="module")
def texts():
    return demo_texts(NUM_LINES)


def test_demo_texts_have_every_pair_of_letters_about_equally_often(texts):
    words = [word for text in texts for word in text.split()]
    pairs = Counter(
        a + b for word in words for a, b in itertools.pairwise(word) if a + b in word
    )
    counts = [pairs[a + b] for a in LETTERS for b in LETTERS]
    assert min(counts) >= NUM_LINES / 200
    assert np.median(counts) < NUM_LINES / 200 * 3
    letters = Counter("".join(texts))
    counts = [letters[letter] for letter in LETTERS]
    assert max(counts) < 2 * min(counts)
    others = set("".join(texts)) - set(LETTERS)
    assert set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?-'\"()") <= others


def test_demo_texts_are_short_and_lack_the_words_of_examples(texts):
    assert {len(text) for text in texts} == set(range(3, 26))
    everything = " ".join(texts).lower()
    assert not [word for word in KEPT_FOR_USERS if word in everything]
    assert len(WORDS) == len(set(WORDS))

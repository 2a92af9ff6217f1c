"""The alphabet: codes, their inverse, and what it says to unknown characters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.alphabet import END, Alphabet, normalise_text


@given(st.lists(st.text(), max_size=5))
def test_decode_of_encoded_text_is_the_text(texts):
    alphabet = Alphabet.from_texts(texts)
    for text in texts:
        codes = alphabet.encode(text)
        assert codes.dtype == np.int32
        assert codes[-1] == END and (codes[:-1] > 0).all()
        assert (codes < alphabet.size).all()
        assert alphabet.decode(codes) == normalise_text(text)
        np.testing.assert_array_equal(alphabet.encode(text, end=False), codes[:-1])


def test_encode_gives_sorted_codes_from_one():
    alphabet = Alphabet.from_texts(["ba c", "a"])
    assert alphabet.characters == (" ", "a", "b", "c")
    assert alphabet.size == 5
    assert alphabet.encode("cab").tolist() == [4, 2, 3, END]
    assert alphabet.decode([4, 2, END, 3]) == "ca"


def test_encode_of_an_unknown_character_names_its_place():
    alphabet = Alphabet.from_texts(["abc"])
    with pytest.raises(ValueError, match=r"'€' \(U\+20AC.*position 2 .*'abc'"):
        alphabet.encode("a€b")
    with pytest.raises(ValueError, match="no transcripts"):
        Alphabet(()).encode("a")


def test_normalise_text_of_other_forms_is_composed():
    assert normalise_text(" e\u0301 tude\r\n") == "\u00e9 tude"
    assert normalise_text("a\r\nb\rc") == "a\nb\nc"
    alphabet = Alphabet.from_texts(["e\u0301"])
    assert alphabet.characters == ("\u00e9",)


def test_alphabet_of_unsorted_or_repeated_characters_is_refused():
    with pytest.raises(ValueError, match="sorted"):
        Alphabet(("b", "a"))
    with pytest.raises(ValueError, match="sorted"):
        Alphabet(("a", "a"))
    with pytest.raises(ValueError, match="single"):
        Alphabet(("ab",))
    assert Alphabet(["a", "b"]) == Alphabet(("a", "b"))


@pytest.mark.parametrize("code", [-1, 3])
def test_decode_of_codes_out_of_range_is_refused(code):
    with pytest.raises(ValueError, match="not in an alphabet of 3"):
        Alphabet(("a", "b")).decode([1, code])

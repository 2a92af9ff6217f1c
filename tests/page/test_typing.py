"""Texts in the characters that a model knows."""

import pytest

from sketch.ink.alphabet import Alphabet, normalise_text, one_line
from sketch.page.typing import (
    TYPEWRITTEN,
    describe_unknown,
    describe_unmarked,
    fit_text,
)

ABC = Alphabet.from_texts(["abc -"])
KEYBOARD = Alphabet.from_texts(["abc -',.\""])


def test_typography_is_typewritten_where_the_alphabet_lacks_it():
    assert fit_text("a’b…", KEYBOARD) == "a'b..."
    assert fit_text("a’b", Alphabet.from_texts(["ab’'"])) == "a’b"


@pytest.mark.parametrize("mark", "\xad\u200c\u200d\u200e\u202a\ufeff")
def test_what_no_transcript_keeps_is_not_unknown(mark):
    assert one_line(f"a{mark}b") == fit_text(f"a{mark}b", ABC) == "ab"
    assert fit_text(f"a{mark}b", ABC, "c") == "ab"
    assert "line 1, column 3" in describe_unknown(f"a{mark}þ", ABC)


LETTERS = Alphabet.from_texts(["aeficnosuNI10-' \""])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("café", "cafe"),
        ("cafe\N{COMBINING ACUTE ACCENT}", "cafe"),
        ("naïf", "naif"),
        ("\N{LATIN SMALL LIGATURE FI}n", "fin"),
        ("a\N{NON-BREAKING HYPHEN}e", "a-e"),
        ("a\N{HYPHEN}e", "a-e"),
        ("«œuf»", '"oeuf"'),
        ("Æon", None),  # no A
        ("coß’ 10′ 10″", "coss' 10' 10\""),
        ("ǽ", "ae"),
        ("Ⅰ №", "I No"),
        ("10¹", None),
        ("½", None),
        ("①", None),
        ("\N{DIAERESIS}", None),  # to Unicode, a mark on a blank
        ("x\N{COMBINING ACUTE ACCENT}", None),
        ("й", None),
        ("한", None),
    ],
)
def test_letters_lose_their_marks_where_the_alphabet_lacks_them(text, plain):
    if plain is None:
        with pytest.raises(ValueError, match="not learned"):
            fit_text(text, LETTERS)
    else:
        assert fit_text(text, LETTERS) == plain
        assert fit_text(text, LETTERS, "o") == plain
    assert fit_text(text, Alphabet.from_texts([text])) == normalise_text(text)


def test_the_accents_that_are_left_out_are_told():
    (told,) = describe_unmarked("café, ﬁn é naïf ñ y", LETTERS)
    assert told == "accents left out: é written as e, ï written as i, ñ written as n"
    assert not describe_unmarked("«œuf»\N{NON-BREAKING HYPHEN}ﬁn ÿ", LETTERS)
    assert not describe_unmarked("café", Alphabet.from_texts(["cafée"]))


def test_what_is_unknown_can_be_replaced():
    assert fit_text("a€b", ABC, "-") == "a-b"
    assert fit_text("a€b", ABC, "") == "ab"
    assert fit_text("a€b\nc", ABC, "cc") == "accb\nc"


@pytest.mark.parametrize("character", TYPEWRITTEN)
def test_typography_is_replaced_where_its_typewritten_form_is_unknown_too(character):
    letters = Alphabet.from_texts(["abc"])
    assert fit_text(f"a{character}b", letters, "c") == "acb"
    assert fit_text(f"a{character}b", letters, "") == "ab"
    with pytest.raises(ValueError, match=r"line 1, column 2"):
        fit_text(f"a{character}b", letters)


def test_a_replacement_that_is_unknown_itself_is_told():
    with pytest.raises(ValueError, match=r"replacement '\?' is itself unknown.* '-abc"):
        fit_text("a€b", Alphabet.from_texts(["abc-"]), "?")


def test_unknown_characters_are_named_with_their_places():
    with pytest.raises(ValueError, match=r"'þ' \(U\+00FE.*line 2, column 3"):
        fit_text("ab\nc þ", ABC)
    assert "line 1, column 2" in describe_unknown("aþ", ABC)
    assert "line 1, column 4" in describe_unknown("  aþ", ABC)
    assert "line 4, column 5" in describe_unknown("\r\n\n\r  abþ", ABC)
    assert "line 5, column 2" in describe_unknown("\n\n\n  ab\ncþ", ABC)
    assert describe_unknown("a—b", ABC) is None

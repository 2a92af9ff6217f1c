"""Texts in the characters that a model knows."""

import pytest

from sketch.ink.alphabet import Alphabet, normalise_text, one_line
from sketch.page.typing import (
    TYPEWRITTEN,
    decode_text,
    describe_rare,
    describe_unknown,
    describe_unmarked,
    find_unknown,
    fit_text,
    split_paragraphs,
)

ABC = Alphabet.from_texts(["abc -"])
KEYBOARD = Alphabet.from_texts(["abc -',.\""])
LETTERS = Alphabet.from_texts(["aeficdlgmxnosuNI10-' \""])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_with_a_byte_order_mark_is_decoded(encoding):
    assert decode_text("Dear Ann — é".encode(encoding), "a.txt") == "Dear Ann — é"
    big = b"\xfe\xff" + "é".encode("utf-16-be")
    assert decode_text(big, "a.txt") == "é"


@pytest.mark.parametrize("content", ["café".encode("cp1252"), b"\xff\xfea"])
def test_text_in_another_encoding_is_refused_with_the_way_on(content):
    with pytest.raises(ValueError, match="a.txt is not UTF-8 text: .*iconv"):
        decode_text(content, "a.txt")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", *"\v\f\x85\u2028\u2029"])
def test_every_line_end_of_unicode_ends_a_line(end):
    text = f"Dear Ann,{end}the lake{end}{end}Helen"
    assert split_paragraphs(text) == ["Dear Ann, the lake", "Helen"]
    assert split_paragraphs(text, True) == ["Dear Ann,\nthe lake", "Helen"]
    assert fit_text(f"a{end}b", ABC) == "a\nb"


def test_typography_is_typewritten_where_the_alphabet_lacks_it():
    assert fit_text("a’b…", KEYBOARD) == "a'b..."
    assert fit_text("a’b", Alphabet.from_texts(["ab’'"])) == "a’b"


@pytest.mark.parametrize("mark", "\xad\u200c\u200d\u200e\u202a\ufeff")
def test_invisible_characters_are_dropped(mark):
    assert one_line(f"a{mark}b") == fit_text(f"a{mark}b", ABC) == "ab"
    assert fit_text(f"{mark}a{mark}b", ABC, "c") == "ab"
    assert not describe_unmarked(f"a{mark}b", ABC)


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
        ("й", None),
        ("한", None),
        ("x\N{COMBINING MACRON} g\N{COMBINING TILDE}", "x g"),
        ("ẹ\N{COMBINING GRAVE ACCENT}", "e"),  # no composed letter has both
        ("1\ufe0f\N{COMBINING ENCLOSING KEYCAP}", "1"),
        ("đıłøð", "dilod"),
        ("ǿ", "o"),
        ("\N{COMBINING ACUTE ACCENT}a", None),  # on nothing
    ],
)
def test_letters_lose_their_marks_where_the_alphabet_lacks_them(text, plain):
    if plain is None:
        with pytest.raises(ValueError, match="cannot write"):
            fit_text(text, LETTERS)
    else:
        assert fit_text(text, LETTERS) == plain
        assert fit_text(text, LETTERS, "o") == plain
    assert fit_text(text, Alphabet.from_texts([text])) == normalise_text(text)


def test_characters_that_are_hardly_in_the_corpus_are_told():
    counts = {"a": 30_000, "&": 1, "/": 2, "8": 4}
    (told,) = describe_rare("a / a\n& 8 *", counts)
    assert told.endswith(": & (once), * (0 times) and / (2 times)")
    assert not describe_rare("8 a", counts)
    assert not describe_rare("& /", {})


def test_letters_without_their_marks_are_told():
    (told,) = describe_unmarked("café, ﬁn é naïf ñ y", LETTERS)
    assert told == "accents left out: é written as e, ï written as i, ñ written as n"
    assert not describe_unmarked("«œuf»\N{NON-BREAKING HYPHEN}ﬁn ÿ", LETTERS)
    assert not describe_unmarked("café", Alphabet.from_texts(["cafée"]))
    (told,) = describe_unmarked("đ x\u0304 1\ufe0f\u20e3", LETTERS)
    assert told == (
        "accents left out: đ written as d, x\u0304 written as x, 1\ufe0f\u20e3 written "
        "as 1"
    )


def test_unknown_characters_are_replaced_one_by_one():
    assert fit_text("a€b", ABC, "-") == "a-b"
    assert fit_text("a€b", ABC, "") == "ab"
    assert fit_text("a€b\nc", ABC, "cc") == "accb\nc"
    assert fit_text("a👩\u200d👧\ufe0fb", ABC, "-") == "a-b"


@pytest.mark.parametrize("character", TYPEWRITTEN)
def test_typography_is_replaced_where_its_typewritten_form_is_unknown_too(character):
    letters = Alphabet.from_texts(["abc"])
    assert fit_text(f"a{character}b", letters, "c") == "acb"
    assert fit_text(f"a{character}b", letters, "") == "ab"
    assert describe_unknown(f"a{character}b", letters) == character


def test_an_unknown_replacement_is_refused():
    with pytest.raises(ValueError, match=r"write ! and \? of .*either; .* '-abc'"):
        fit_text("a€b", Alphabet.from_texts(["abc-"]), "?!")


def test_unknown_characters_are_named_at_once_with_the_way_on():
    with pytest.raises(
        ValueError, match="^this model cannot write €, þ and %: .*--replace-unknown"
    ):
        fit_text("ab€\nc þ%€ a%\ufe0f", ABC)
    assert describe_unknown("  a👩\u200d👧b", ABC) == "👩👧"
    assert describe_unknown("a\x1bb", ABC) == "U+001B"
    assert find_unknown("a\x1bb 5 5\u0301", ABC) == ["\x1b", "5", "5\u0301"]
    assert describe_unknown("0123456789xyz", ABC).endswith("8, 9 and 3 more")
    assert describe_unknown("a—b", ABC) is None

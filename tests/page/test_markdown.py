"""Texts as paragraphs, and what is read of Markdown."""

import pytest

from sketch.ink.alphabet import Alphabet
from sketch.page.markdown import Mark, Paragraph, read_paragraphs
from sketch.page.typing import fit_text


def read(text, fit=str, **options):
    paragraphs, notes = read_paragraphs(text, fit, markdown=True, **options)
    return paragraphs, [note for note in notes if "--keep-lines" not in note]


def test_headings_lists_and_lines_at_the_right():
    text = """-> Bristol, May 3
->  at noon  ->
-> * <-

# A title #
Dear Nora,
it is late.



- a coat
  of wool
- a hat
  1. red
  2) or blue
* soap

    so be it
done
## End"""
    paragraphs, notes = read(text)
    assert notes == []
    assert paragraphs == [
        Paragraph("Bristol, May 3", align="right"),
        Paragraph("at noon", align="right", blanks=0),
        Paragraph("*", align="center", blanks=0),
        Paragraph("A title", (Mark("_", 0, 2),), heading=1),
        Paragraph("Dear Nora, it is late.", blanks=0),
        Paragraph("a coat of wool", bullet="-", depth=1, blanks=3),
        Paragraph("a hat", bullet="-", depth=1, blanks=0),
        Paragraph("1. red", bullet="1.", depth=2, blanks=0),
        Paragraph("2) or blue", bullet="2)", depth=2, blanks=0),
        Paragraph("soap", bullet="-", depth=1, blanks=0),
        Paragraph("so be it done", depth=1),
        Paragraph("End", (Mark("_", 0, 1),), heading=2, blanks=0),
    ]


@pytest.mark.parametrize(
    ("text", "plain", "marks"),
    [
        ("no ~~late~~ early", "no late early", [("~", 1, 2)]),
        ("__so far__, no", "so far, no", [("_", 0, 1.75)]),
        ("a ~~b~~ ~~c~~ d", "a b c d", [("~", 1, 2), ("~", 2, 3)]),
        ("un~~do~~ it", "undo it", [("~", 0.5, 1)]),
        ("~~a __b__~~ c", "a b c", [("_", 1, 2), ("~", 0, 2)]),
        ("# a __b__", "a b", [("_", 0, 2)]),
        ("~~a\nb~~", "a b", [("~", 0, 2)]),
        ("a ~~ b ~~ c __", "a ~~ b ~~ c __", []),
        (r"\~~a~~ \__b__ \# \- 3\. ", "~~a~~ __b__ # - 3.", []),
    ],
)
def test_marks_are_places_among_the_words(text, plain, marks):
    [paragraph], notes = read(text)
    assert (paragraph.text, notes) == (plain, [])
    assert list(paragraph.marks) == [Mark(*mark) for mark in marks]


@pytest.mark.parametrize(
    ("text", "plain", "kind"),
    [
        ("a *b* **c d** e", "a b c d e", "emphasis"),
        ("a _b_ c", "a b c", "emphasis"),
        ("see [the map](http://a.b/c_d)", "see the map", "links"),
        ("<https://a.b/c>", "https://a.b/c", "links"),
        ("a `b c` d", "a b c d", "code"),
        ("```\na\n```", "a", "code"),
        ("> a\n> b", "a b", "quotes"),
        ("a\n\n---", "a", "dividing lines (left out)"),
    ],
)
def test_other_markdown_is_its_plain_text_and_told(text, plain, kind):
    [paragraph], notes = read(text)
    assert (paragraph.text, paragraph.marks) == (plain, ())
    assert notes == [f"Markdown written as plain text: {kind}"]


@pytest.mark.parametrize("text", ["2 * 3 * 4", "a_b_c", "a*b", "it was\n19. May", "-a"])
def test_signs_that_are_no_markdown_stay(text):
    [paragraph], notes = read(text)
    assert paragraph == Paragraph(" ".join(text.split())) and notes == []


def test_lines_end_where_markdown_ends_them():
    assert read("a  \nb\\\nc\nd")[0] == [Paragraph("a\nb\nc d")]
    assert read("a\nb\n- c\nd", keep_lines=True)[0][1].text == "c\nd"


def test_marks_keep_their_words_when_characters_are_replaced():
    letters = Alphabet.from_texts(["abcdemnost.,'"])
    [paragraph], _ = read("~~a…~~, be", lambda text: fit_text(text, letters))
    assert paragraph == Paragraph("a..., be", (Mark("~", 0, 0.8),))
    with pytest.raises(ValueError, match="cannot write €, % and #"):
        read("- a ~~€~~\n\n%\n#", lambda text: fit_text(text, letters))


@pytest.mark.parametrize("markdown", [False, True])
@pytest.mark.parametrize(
    ("text", "is_noted"),
    [
        ("12 Elm Row\nOxford", True),
        ("Dear all,\n\nthe end", False),
        ("a long line of prose that wraps\n" * 2 + "at its end" * 5, True),
        ("word " * 12 + "\n" + "word " * 5, False),
    ],
)
def test_joined_short_lines_are_noted(text, is_noted, markdown):
    _, notes = read_paragraphs(text, str, markdown=markdown)
    assert ["--keep-lines keeps them" in note for note in notes] == [True] * is_noted
    assert read_paragraphs(text, str, True, markdown)[1] == []


def test_short_lines_that_markdown_keeps_are_not_noted():
    text = "- a coat\n- a hat\n\na\\\nb"
    assert read_paragraphs(text, str, markdown=True)[1] == []

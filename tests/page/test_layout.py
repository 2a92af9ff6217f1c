"""Pieces of ink as lines and pages."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_ink import X_HEIGHT, pens_of, write

from sketch.ink import DamagedInk
from sketch.ink.strokes import split_pen_strokes, strokes_from_points
from sketch.page.baseline import find_baseline
from sketch.page.layout import Piece, lay_out, number_pages
from sketch.page.markdown import read_paragraphs
from sketch.page.paper import Layout

LETTER = [
    ["dear anna,", "the box with the books", "came on a friday, and i have been"],
    ["we had rain for three days", "then a golden week, a train and the dog"],
]


def pieces(paragraphs=LETTER, slopes=(0.1, -0.1, 0.0, 0.05)):
    """Each piece with a slope and a place of its own."""
    number = 0
    result = []
    for texts in paragraphs:
        part = []
        for text in texts:
            strokes = write(text, slopes[number % len(slopes)], 13.0 * number)
            part.append(Piece(strokes, text))
            number += 1
        result.append(part)
    return result


def boxes(page):
    for line in page.lines:
        points = np.concatenate(line.pens)
        yield points.min(axis=0), points.max(axis=0)


RULED = Layout(paper=(120.0, 90.0), margin=10.0, size=2.0, jitter=0.0)


def test_lines_wrap_at_blanks_within_the_margins():
    pages = lay_out(pieces(), RULED)
    lines = [line.text for page in pages for line in page.lines]
    first = " ".join(" ".join(text) for text in LETTER)
    assert " ".join(lines) == first
    assert any(line.startswith("we had") for line in lines)
    for page in pages:
        assert (page.width, page.height) == (120.0, 90.0)
        for low, high in boxes(page):
            assert low[0] >= 10.0 - 1e-3 and high[0] <= 110.0 + 1e-3
    # No line has room for the first word of the next one.
    narrow = min(high[0] for _, high in boxes(pages[0]))
    assert narrow > 10.0 + 0.2 * 100.0


def test_letters_stand_on_common_baselines():
    (page,) = lay_out(pieces(), RULED)
    baselines = []
    for line in page.lines:
        pens = line.pens
        found = find_baseline(pens, line.text)
        assert abs(found.slope) < 0.01
        baselines.append(found.offset + found.slope * 60.0)
        # Each letter by itself, descenders apart.
        for pen in pens:
            if 1.5 < np.ptp(pen[:, 1]) < 2.5:
                assert pen[:, 1].max() == pytest.approx(baselines[-1], abs=0.35)
    steps = np.diff(baselines)
    spacing, paragraph = RULED.line_spacing, RULED.paragraph_spacing
    assert baselines[0] == pytest.approx(10.0 + 2.2 * 2.0, abs=0.3)
    near = np.minimum(abs(steps - spacing), abs(steps - spacing - paragraph))
    assert near.max() < 0.3
    assert (steps > spacing + 0.5 * paragraph).sum() == 1


@pytest.mark.parametrize(
    "rules", [{"ruled": 8.0}, {"squared": 4.0}, {"dotted": 5.0, "first_line": 21.0}]
)
def test_letters_stand_on_the_rules_of_the_paper(rules):
    layout = Layout((140.0, 90.0), 10.0, jitter=0.3, left=20.0, **rules)
    pages = lay_out(pieces(), layout)
    levels = np.unique(layout.rules[:, :, 1].round(6))
    for page in pages:
        assert page.rules is not None and len(page.rules) == len(layout.rules)
        for line in page.lines:
            found = find_baseline(line.pens)
            stands = found.offset + found.slope * 60.0
            assert abs(levels - stands).min() < 0.5
        assert min(low[0] for low, _ in boxes(page)) == pytest.approx(20.0, abs=1.0)
    first = find_baseline(pages[0].lines[0].pens).offset
    assert first == pytest.approx(layout.first_line, abs=0.5)


def read(text, layout, **options):
    """A text in Markdown on pages, a piece for each paragraph."""
    styles, _ = read_paragraphs(text, str, markdown=True, **options)
    return lay_out(
        [[Piece(write(one.text), one.text)] for one in styles], layout, None, styles
    )


def box_of(line):
    points = np.concatenate(line.pens)
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def test_marks_follow_their_words_in_pen_order():
    text = "we had ~~rain for~~, no wind and a __golden week of nothing but sun__ then"
    (page,) = read(text, RULED)
    (plain,) = read(text.replace("~", "").replace("_", ""), RULED)
    assert [line.text for line in page.lines] == [line.text for line in plain.lines]
    assert len(page.lines) == 2
    for line, other, kinds in zip(page.lines, plain.lines, ("~_", "_"), strict=True):
        pens = line.pens
        others = other.pens
        marks = [n for n, pen in enumerate(pens) if np.ptp(pen[:, 0]) > 9]
        assert len(pens) == len(others) + len(kinds) == len(others) + len(marks)
        for number, kind in zip(marks, kinds, strict=True):
            (left, right), (y, *_) = pens[number][[0, -1], 0], pens[number][:, 1]
            level = find_baseline(others).offset
            rise = 1.0 if kind == "~" else -1.0
            assert level - y == pytest.approx(rise, abs=0.1)
            # The pen before it is the end of the words, the next one is right of them.
            assert abs(pens[number - 1][:, 0].max() - right) < 2
            if number + 1 < len(pens):
                assert pens[number + 1][:, 0].min() > right - 0.5
            assert left < right - 9
    # A comma behind the words is not struck out.
    struck = page.lines[0].pens
    _, comma = max((pen[0, 1], pen[0, 0]) for pen in struck if len(pen) == 1)
    mark = next(pen for pen in struck if np.ptp(pen[:, 0]) > 9)
    assert comma > mark[-1, 0] - 0.2


def test_lists_hang_and_headings_are_large():
    text = "# some hill\n\n- the box with the books and the jug of milk\n  - me\n1. you"
    layout = Layout((70.0, 150.0), 10.0, 2.0, jitter=0.0)
    (page,) = read(text, layout)
    title, first, second, *_, inner, number = page.lines
    assert (first.text[:5], inner.text, number.text) == ("- the", "- me", "1. you")
    pens = first.pens
    hang = pens[1][:, 0].min()
    assert pens[0][0, 0] == pytest.approx(10.0) and 13 < hang < 16
    assert box_of(second)[0] == pytest.approx(hang, abs=0.3)
    assert box_of(inner)[0] == pytest.approx(hang, abs=0.3)
    assert box_of(number)[0] == pytest.approx(10.0, abs=0.01)
    heights = [np.ptp(pen[:, 1]) for pen in title.pens]
    assert np.median(heights) / np.median([np.ptp(p[:, 1]) for p in pens]) > 1.2
    levels = [find_baseline(line.pens).offset for line in page.lines]
    steps = [layout.paragraph_spacing] + [0.0] * (len(levels) - 2)  # none in a list
    np.testing.assert_allclose(np.diff(levels), np.array(steps) + 7.6, atol=0.6)


def test_a_heading_is_not_left_at_the_foot_of_a_page():
    layout = Layout((70.0, 46.0), 10.0, 2.0, jitter=0.0, paragraph_spacing=0.0)
    assert layout.num_lines == 3
    pages = read("me\n\nyou\n\n## a hill\n\nit is", layout)
    lines = [[line.text for line in page.lines] for page in pages]
    assert lines == [["me", "you"], ["a hill", "it is"]]


def test_dates_are_at_the_right_and_blank_lines_are_room():
    layout = Layout((120.0, 90.0), 10.0, 2.0, jitter=0.0)
    (page,) = read("-> the first\n\nme\n\n\n\n-> you <-", layout)
    date, first, last = map(box_of, page.lines)
    assert date[2] == pytest.approx(110.0)
    assert (last[0] + last[2]) / 2 == pytest.approx(60.0, abs=1e-3)
    away = 3 * layout.line_spacing + layout.paragraph_spacing
    assert last[1] - first[1] == pytest.approx(away, abs=1.0)


def test_numbers_are_below_their_pages():
    layout = Layout((70.0, 40.0), 10.0, 2.0, jitter=0.0)
    pages = lay_out(pieces(), layout)
    texts = [str(number + 1) for number in range(len(pages))]
    number_pages(pages, [[Piece(write(text), text)] for text in texts], layout)
    for page, text in zip(pages, texts, strict=True):
        left, top, right, bottom = box_of(page.lines[-1])
        assert page.lines[-1].text == text
        assert (left + right) / 2 == pytest.approx(35.0) and 30 < top < bottom < 40
        assert bottom - top == pytest.approx(4.0, rel=0.2)  # of the letters' scale


@pytest.mark.parametrize("away", [-1.4, 1.4])
def test_a_word_that_left_its_line_is_put_back(away):
    text = "never mind some moon over us"
    pens, places = pens_of(text)
    word = range(text.index("moon"), text.index("moon") + 4)
    shift = np.array([0.0, away * X_HEIGHT])
    pens = [
        pen + shift * (place in word) for pen, place in zip(pens, places, strict=True)
    ]
    (page,) = lay_out([[Piece(strokes_from_points(pens), text)]], RULED)
    (line,) = page.lines
    pens = line.pens
    bottoms = [pen[:, 1].max() for pen in pens if np.ptp(pen[:, 1]) > 1.5]
    assert np.ptp(bottoms) < 0.35 * RULED.size


def test_small_letters_have_the_size_asked_for():
    (page,) = lay_out(pieces(), RULED)
    pens = page.pens
    heights = [np.ptp(pen[:, 1]) for pen in pens if len(pen) > 6]
    assert np.median(heights) == pytest.approx(2.0, rel=0.15)
    assert page.units_per_mm == pytest.approx(X_HEIGHT / 2.0, rel=0.15)


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_every_stroke_is_kept_in_pen_order(jitter):
    paragraphs = pieces(slopes=(0.0,))
    layout = Layout(paper=(70.0, 60.0), margin=8.0, size=2.0, jitter=jitter)
    pages = lay_out(paragraphs, layout)
    assert len(pages) > 1
    scale = 1 / pages[0].units_per_mm
    before = [
        pen * scale
        for part in paragraphs
        for piece in part
        for pen in split_pen_strokes(piece.strokes)
    ]
    after = [pen for page in pages for pen in page.pens]
    assert len(after) == len(before)
    for one, other in zip(before, after, strict=True):
        shift = other[0] - one[0]
        np.testing.assert_allclose(one + shift, other, atol=2e-2)


@settings(max_examples=15)
@given(
    st.floats(40, 300),
    st.floats(0, 2),
    st.sampled_from(["left", "right", "center"]),
    st.integers(0, 9),
)
def test_ink_never_leaves_the_width_of_the_text(width, jitter, align, seed):
    layout = Layout((width, 200.0), 10.0, 1.5, jitter=jitter, align=align, seed=seed)
    pages = lay_out(pieces(), layout)
    for page in pages:
        for low, high in boxes(page):
            assert low[0] >= 10.0 - 1e-3 and high[0] <= width - 10.0 + 1e-3


def test_alignments():
    def edges(align):
        layout = Layout((120.0, 150.0), 10.0, 2.0, jitter=0.0, align=align)
        (page,) = lay_out(pieces(), layout)
        lows, highs = zip(*boxes(page), strict=True)
        return np.array(lows)[:, 0], np.array(highs)[:, 0]

    left, right = edges("left")
    np.testing.assert_allclose(left, 10.0, atol=1e-3)
    assert np.ptp(right) > 5
    np.testing.assert_allclose(edges("right")[1], 110.0, atol=1e-3)
    left, right = edges("center")
    np.testing.assert_allclose((left + right) / 2, 60.0, atol=1e-3)


def test_a_line_that_ends_is_not_filled_up():
    part = [p._replace(ends_line=True) for p in pieces([["me", "you"]])[0]]
    layout = Layout((120.0, 90.0), 10.0, 2.0, jitter=0.0)
    (page,) = lay_out([part], layout)
    assert [line.text for line in page.lines] == ["me", "you"]
    (low, _), (next_low, _) = boxes(page)
    assert next_low[1] - low[1] < layout.line_spacing + 0.5


def test_the_seed_is_the_jitter():
    def starts(seed, jitter):
        layout = Layout((120.0, 150.0), 10.0, 2.0, jitter=jitter, seed=seed)
        return [line.start for line in lay_out(pieces(), layout)[0].lines]

    assert starts(1, 0.5) == starts(1, 0.5) != starts(2, 0.5)
    assert starts(1, 0.0) == starts(2, 0.0)


def test_however_wide_the_paper_lines_stand_one_below_the_other():
    layout = Layout((9000.0, 9000.0), 6.0, 2.5, paragraph_spacing=0.0, jitter=0.3)
    for seed in range(8):
        (page,) = lay_out(pieces([["me"]] * 6), replace(layout, seed=seed))
        middles = [(low[1] + high[1]) / 2 for low, high in boxes(page)]
        steps = np.diff(middles)
        np.testing.assert_allclose(steps, layout.line_spacing, atol=layout.size)


def test_a_word_wider_than_the_paper_is_made_to_fit():
    word = "incomprehensibilities"
    (page,) = lay_out([[Piece(write(word), word)]], Layout((60.0, 90.0), 10.0))
    ((low, high),) = boxes(page)
    assert high[0] - low[0] == pytest.approx(40.0, abs=1.0)
    assert page.lines[0].text == word


def test_pages_are_filled_to_the_last_line():
    layout = Layout((60.0, 60.0), 8.0, 2.0, jitter=0.0, paragraph_spacing=0.0)
    pages = lay_out(pieces([["me"]] * 20), layout)
    counts = [len(page.lines) for page in pages]
    assert counts[:-1] == [layout.num_lines] * (len(counts) - 1)
    for page in pages:
        for low, high in boxes(page):
            assert low[1] >= 8.0 and high[1] <= 52.0


def test_dots_alone_are_ink_too():
    dots = np.array([(0, 0, 1), (10, 0, 1), (10, 0, 1)], np.float32)
    (page,) = lay_out([[Piece(dots, "...")]], RULED)
    assert len(split_pen_strokes(page.lines[0].strokes)) >= 2


@pytest.mark.parametrize("text", ["-", ".", "- -\n."])
def test_punctuation_alone_has_the_size_of_its_hand(text):
    rng = np.random.default_rng(1)
    part = []
    for line in text.split("\n"):
        # As a pen draws them: a full stop is a little scribble, a dash trembles.
        pens = [np.repeat(pen, 4, axis=0) for pen in pens_of(line)[0]]
        pens = [pen + rng.normal(0, 0.3, pen.shape) for pen in pens]
        part.append(Piece(strokes_from_points(pens), line))
    (page,) = lay_out([part], RULED, X_HEIGHT)
    assert page.units_per_mm == pytest.approx(X_HEIGHT / RULED.size)
    (page,) = lay_out([part, *pieces()], RULED, 100 * X_HEIGHT)
    assert page.units_per_mm == pytest.approx(X_HEIGHT / RULED.size, rel=0.15)


def test_a_dash_of_an_unknown_hand_is_a_character_wide():
    for text in ("-", "- - -"):
        (page,) = lay_out([[Piece(write(text), text)]], RULED)
        widths = [high[0] - low[0] for low, high in boxes(page)]
        assert max(widths) < 2 * RULED.size * len(text)


def test_without_ink_there_is_no_page():
    for nothing in ([], [[]], [[Piece(np.zeros((0, 3)), "")]]):
        with pytest.raises(ValueError, match="no ink"):
            lay_out(nothing)
    with pytest.raises(DamagedInk):
        lay_out([[Piece(np.array([[np.nan, 0, 1]]), "a")]])

"""Baselines, words, lines and pages: where ink goes on paper."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_ink import X_HEIGHT, pens_of, turned, write

from sketch.ink import DamagedInk
from sketch.ink.strokes import split_pen_strokes, strokes_from_points
from sketch.page.baseline import find_baseline, level
from sketch.page.layout import Piece, lay_out
from sketch.page.paper import Layout, parse_paper, sheet
from sketch.page.words import cut_words

TEXTS = [
    "never mind the quiet yellow jug",
    "gypsy jargon",  # more descenders than not
    "happily I gave up my jumping pony",
    "tall little hills",
    "it is, at least. so - be it",
]


class TestBaseline:
    @pytest.mark.parametrize("text", TEXTS)
    @pytest.mark.parametrize("slope", [-0.25, -0.05, 0.0, 0.1, 0.3])
    def test_is_found_under_descenders_dots_and_slopes(self, text, slope):
        found = find_baseline(turned(pens_of(text)[0], slope, 37.0), text)
        assert found.slope == pytest.approx(slope, abs=0.025)
        assert found.offset == pytest.approx(37.0, abs=0.15 * X_HEIGHT)
        assert found.x_height == pytest.approx(X_HEIGHT, rel=0.2)

    def test_of_capitals_tells_the_height_that_small_letters_would_have(self):
        found = find_baseline(pens_of("NEVER MIND 1234")[0], "NEVER MIND 1234")
        assert found.x_height == pytest.approx(X_HEIGHT, rel=0.2)

    def test_tremor_is_no_writing(self):
        rng = np.random.default_rng(3)
        pens = [pen + rng.normal(0, 0.25, pen.shape) for pen in pens_of(TEXTS[0])[0]]
        found = find_baseline(turned(pens, 0.1, 5.0), TEXTS[0])
        assert found.slope == pytest.approx(0.1, abs=0.02)
        assert found.x_height == pytest.approx(X_HEIGHT, rel=0.2)

    def test_a_short_word_takes_the_slope_of_its_hand(self):
        pens = turned(pens_of("a")[0], 0.1, 0.0)
        assert find_baseline(pens, "a", 0.1).slope == pytest.approx(0.1, abs=0.03)

    def test_a_wandering_baseline_is_followed(self):
        pens = pens_of("never mind a summer moon")[0]
        bent = [pen + [0, 4 * np.sin(pen[:, 0].mean() / 60)] for pen in pens]
        found = find_baseline(bent)
        for pen in (pen for pen in bent if len(pen) > 1):
            x = pen[:, 0].mean()
            stands = pen[:, 1].max() - found.slope * x - found.offset
            assert abs(stands - found.wander(x)) < 0.25 * X_HEIGHT

    @pytest.mark.parametrize("points", [[(1, 2)], [(0, 2), (5, 2)], [(3, 3), (3, 3)]])
    def test_of_dots_and_dashes_is_their_lowest_point(self, points):
        pen = np.array(points, float)
        found = find_baseline([pen])
        assert found.offset == pen[:, 1].max() and np.isnan(found.x_height)
        assert found.wander(2.0) == 0.0

    def test_level_turns_and_keeps_shapes(self):
        pens, turned_ = pens_of("jug")[0], turned(pens_of("jug")[0], 0.2, 3.0)
        found = find_baseline([np.array([(0.0, 0.0), (0.0, 5.0)])])
        found = found._replace(slope=0.2, offset=3.0)
        for pen, other in zip(pens, turned_, strict=True):
            np.testing.assert_allclose(level(other, found), pen, atol=1e-9)

    def test_needs_ink(self):
        with pytest.raises(ValueError, match="no ink"):
            find_baseline([])


class TestWords:
    @pytest.mark.parametrize("text", TEXTS)
    def test_are_cut_where_the_model_says_and_the_ink_has_a_gap(self, text):
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

    def test_a_dot_made_a_word_later_comes_back(self):
        pens, places = pens_of("sing me")
        dot = next(i for i, pen in enumerate(pens) if len(pen) == 1)
        order = [i for i in range(len(pens)) if i != dot]
        order.insert(order.index(len(pens) - 1), dot)  # before the last letter
        late = [pens[i] for i in order]
        words = cut_words(late, "sing me")
        assert [word.text for word in words] == ["sing", "me"]
        assert order.index(dot) in words[0].pens

    def test_words_that_the_pen_did_not_part_stay_together(self):
        pens = [np.array([(0, 0), (5, 9), (40, 3.0)]), np.array([(60, 0), (70, 9.0)])]
        words = cut_words(pens, "one two three")
        assert len(words) == 2
        assert " ".join(word.text for word in words) == "one two three"
        assert cut_words(pens[:1], "one two") == [("one two", [0])]
        assert cut_words([], "one") == []

    def test_a_first_word_without_strokes_takes_none_from_another(self):
        pens = [np.array([(50, 0), (60, 9.0)]), np.array([(0, 0), (10, 9.0)])]
        words = cut_words(pens, "hello world", np.array([8.0, 8, 9, 9]))
        assert sorted(pen for word in words for pen in word.pens) == [0, 1]

    @given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.randoms())
    def test_every_pen_is_in_one_word(self, sizes, random):
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
        points = np.concatenate(split_pen_strokes(line.strokes, line.start))
        yield points.min(axis=0), points.max(axis=0)


RULED = Layout(paper=(120.0, 90.0), margin=10.0, size=2.0, jitter=0.0)


class TestLayOut:
    def test_paper_may_be_named(self):
        assert Layout(paper="a5") == Layout(paper=(148.0, 210.0))
        with pytest.raises(ValueError, match="a9"):
            Layout(paper="a9")

    def test_wraps_at_blanks_within_the_margins(self):
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

    def test_letters_stand_on_common_baselines(self):
        (page,) = lay_out(pieces(), RULED)
        baselines = []
        for line in page.lines:
            pens = split_pen_strokes(line.strokes, line.start)
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

    @pytest.mark.parametrize("away", [-1.4, 1.4])
    def test_a_word_that_left_its_line_is_put_back(self, away):
        text = "never mind some moon over us"
        pens, places = pens_of(text)
        word = range(text.index("moon"), text.index("moon") + 4)
        shift = np.array([0.0, away * X_HEIGHT])
        pens = [
            pen + shift * (place in word)
            for pen, place in zip(pens, places, strict=True)
        ]
        (page,) = lay_out([[Piece(strokes_from_points(pens), text)]], RULED)
        (line,) = page.lines
        pens = split_pen_strokes(line.strokes, line.start)
        bottoms = [pen[:, 1].max() for pen in pens if np.ptp(pen[:, 1]) > 1.5]
        assert np.ptp(bottoms) < 0.35 * RULED.size

    def test_small_letters_have_the_size_asked_for(self):
        (page,) = lay_out(pieces(), RULED)
        pens = [p for line in page.lines for p in split_pen_strokes(*line[::2])]
        heights = [np.ptp(pen[:, 1]) for pen in pens if len(pen) > 6]
        assert np.median(heights) == pytest.approx(2.0, rel=0.15)
        assert page.units_per_mm == pytest.approx(X_HEIGHT / 2.0, rel=0.15)

    @pytest.mark.parametrize("jitter", [0.0, 1.0])
    def test_every_stroke_is_kept_in_pen_order(self, jitter):
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
        after = [
            pen
            for page in pages
            for line in page.lines
            for pen in split_pen_strokes(line.strokes, line.start)
        ]
        assert len(after) == len(before)
        for one, other in zip(before, after, strict=True):
            shift = other[0] - one[0]
            np.testing.assert_allclose(one + shift, other, atol=2e-2)

    @settings(max_examples=15)
    @given(
        st.floats(40, 300),
        st.floats(0, 2),
        st.sampled_from(["left", "right", "center", "justify"]),
        st.integers(0, 9),
    )
    def test_ink_never_leaves_the_width_of_the_text(self, width, jitter, align, seed):
        layout = Layout(
            (width, 200.0), 10.0, 1.5, jitter=jitter, align=align, seed=seed
        )
        pages = lay_out(pieces(), layout)
        for page in pages:
            for low, high in boxes(page):
                assert low[0] >= 10.0 - 1e-3 and high[0] <= width - 10.0 + 1e-3

    def test_alignments(self):
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
        left, right = edges("justify")
        np.testing.assert_allclose(left, 10.0, atol=1e-3)
        assert (right > 109.999).sum() >= len(right) - 2  # all but paragraphs' ends

    def test_a_justified_line_that_would_be_torn_apart_stays_ragged(self):
        layout = Layout((60.0, 90.0), 10.0, 2.0, jitter=0.0, align="justify")
        (page,) = lay_out(pieces([["me i incomprehensibilities"]]), layout)
        assert [line.text for line in page.lines] == ["me i", "incomprehensibilities"]
        (_, high), _ = boxes(page)
        assert high[0] < 30.0

    def test_a_line_that_ends_is_not_filled_up(self):
        part = [p._replace(ends_line=True) for p in pieces([["me", "you"]])[0]]
        layout = Layout((120.0, 90.0), 10.0, 2.0, jitter=0.0, align="justify")
        (page,) = lay_out([part], layout)
        assert [line.text for line in page.lines] == ["me", "you"]
        (low, _), (next_low, _) = boxes(page)
        assert next_low[1] - low[1] < layout.line_spacing + 0.5

    def test_the_seed_is_the_jitter(self):
        def starts(seed, jitter):
            layout = Layout((120.0, 150.0), 10.0, 2.0, jitter=jitter, seed=seed)
            return [line.start for line in lay_out(pieces(), layout)[0].lines]

        assert starts(1, 0.5) == starts(1, 0.5) != starts(2, 0.5)
        assert starts(1, 0.0) == starts(2, 0.0)

    def test_however_wide_the_paper_lines_stand_one_below_the_other(self):
        layout = Layout((9000.0, 9000.0), 6.0, 2.5, paragraph_spacing=0.0, jitter=0.3)
        for seed in range(8):
            (page,) = lay_out(pieces([["me"]] * 6), replace(layout, seed=seed))
            middles = [(low[1] + high[1]) / 2 for low, high in boxes(page)]
            steps = np.diff(middles)
            np.testing.assert_allclose(steps, layout.line_spacing, atol=layout.size)

    def test_a_word_wider_than_the_paper_is_made_to_fit(self):
        word = "incomprehensibilities"
        (page,) = lay_out([[Piece(write(word), word)]], Layout((60.0, 90.0), 10.0))
        ((low, high),) = boxes(page)
        assert high[0] - low[0] == pytest.approx(40.0, abs=1.0)
        assert page.lines[0].text == word

    def test_pages_are_filled_to_the_last_line(self):
        layout = Layout((60.0, 60.0), 8.0, 2.0, jitter=0.0, paragraph_spacing=0.0)
        pages = lay_out(pieces([["me"]] * 20), layout)
        counts = [len(page.lines) for page in pages]
        assert counts[:-1] == [layout.num_lines] * (len(counts) - 1)
        for page in pages:
            for low, high in boxes(page):
                assert low[1] >= 8.0 and high[1] <= 52.0

    def test_dots_alone_are_ink_too(self):
        dots = np.array([(0, 0, 1), (10, 0, 1), (10, 0, 1)], np.float32)
        (page,) = lay_out([[Piece(dots, "...")]], RULED)
        assert len(split_pen_strokes(page.lines[0].strokes)) >= 2

    @pytest.mark.parametrize("text", ["-", ".", "- -\n."])
    def test_punctuation_alone_has_the_size_of_its_hand(self, text):
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

    def test_a_dash_of_an_unknown_hand_is_a_character_wide(self):
        for text in ("-", "- - -"):
            (page,) = lay_out([[Piece(write(text), text)]], RULED)
            widths = [high[0] - low[0] for low, high in boxes(page)]
            assert max(widths) < 2 * RULED.size * len(text)

    def test_without_ink_there_is_no_page(self):
        for nothing in ([], [[]], [[Piece(np.zeros((0, 3)), "")]]):
            with pytest.raises(ValueError, match="no ink"):
                lay_out(nothing)
        with pytest.raises(DamagedInk):
            lay_out([[Piece(np.array([[np.nan, 0, 1]]), "a")]])


class TestPaper:
    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("A4", (210, 297)),
            ("letter", (215.9, 279.4)),
            ("148x105", (148, 105)),
            (" 10.5 × 20 mm", (10.5, 20)),
        ],
    )
    def test_sizes(self, text, size):
        assert parse_paper(text) == size

    @pytest.mark.parametrize("text", ["", "a9", "10", "10x", "x10", "-1x5", "1e3x5"])
    def test_what_is_no_size_is_told(self, text):
        with pytest.raises(ValueError, match="WIDTHxHEIGHT"):
            parse_paper(text)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"margin": 150.0},
            {"margin": -1.0},
            {"size": 0.0},
            {"size": float("nan")},
            {"jitter": -1.0},
            {"align": "middle"},
            {"paper": (0.0, 10.0)},
            {"paper": (100.0, 20.0)},
            {"line_spacing": -2.0},
        ],
    )
    def test_layouts_that_cannot_be(self, wrong):
        with pytest.raises(ValueError):
            Layout(**wrong)

    def test_a_sheet_leaves_ink_as_it_was_written(self):
        strokes = write("never mind", 0.2)
        page = sheet(strokes, fit=True)
        back = page.lines[0].strokes[:, :2] * page.units_per_mm
        np.testing.assert_allclose(back, strokes[:, :2], rtol=1e-6)
        assert page.width <= 190.0

"""Paper, its layout, and sheets of lines as they were written."""

import numpy as np
import pytest
from made_up_ink import write

from sketch.page.paper import Layout, parse_paper, sheet


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("A4", (210, 297)),
        ("letter", (215.9, 279.4)),
        ("148x105", (148, 105)),
        (" 10.5 × 20 mm", (10.5, 20)),
    ],
)
def test_paper_is_parsed_by_name_or_size(text, size):
    assert parse_paper(text) == size


@pytest.mark.parametrize("text", ["", "a9", "10", "10x", "x10", "-1x5", "1e3x5"])
def test_paper_of_no_size_is_refused(text):
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
        {"ruled": 8.0, "squared": 5.0},
        {"dotted": 0.1},
        {"ruled": float("nan")},
        {"ruled": 8.0, "line_spacing": 12.0},
        {"first_line": 280.0},
        {"first_line": 1.0},  # above the sheet
        {"left": 180.0},
    ],
)
def test_impossible_layout_is_refused(wrong):
    with pytest.raises(ValueError):
        Layout(**wrong)


@pytest.mark.parametrize(
    ("options", "size", "spacing", "first", "gap"),
    [
        ({}, 2.5, 9.5, 27.5, 4.75),
        ({"first_line": 40.0}, 2.5, 9.5, 40.0, 9.5),
        ({"ruled": 8.0}, 8 / 3.8, 8.0, 22 + 2.2 * 8 / 3.8, 8.0),
        ({"ruled": 12.0}, 2.5, 12.0, 27.5, 12.0),
        ({"ruled": 8.0, "line_spacing": 16.0}, 2.5, 16.0, 27.5, 8.0),
        ({"ruled": 8.0, "size": 4.0}, 4.0, 16.0, 22 + 2.2 * 4, 8.0),
        ({"squared": 5.0}, 2.5, 10.0, 32.0, 5.0),  # two squares high, on the grid
        ({"dotted": 5.0, "size": 1.5}, 1.5, 5.0, 27.0, 5.0),
        ({"dotted": 5.0, "first_line": 31.0}, 2.5, 10.0, 31.0, 5.0),
    ],
)
def test_letters_fit_the_rules(options, size, spacing, first, gap):
    layout = Layout(**options)
    found = (layout.size, layout.line_spacing, layout.first_line)
    found += (layout.paragraph_spacing,)
    assert found == pytest.approx((size, spacing, first, gap))


def test_rules_are_between_the_margins_and_below_every_line():
    layout = Layout((100.0, 60.0), 10.0, ruled=8.0, first_line=17.0, left=25.0)
    ends = [[[25, y], [90, y]] for y in (17, 25, 33, 41, 49)]
    np.testing.assert_allclose(layout.rules, ends)
    assert layout.num_lines == 5 and layout.paragraph_spacing == 8.0
    # The grid goes up to the margin, and is as wide as the text.
    layout = Layout((100.0, 60.0), 9.0, squared=5.0, first_line=17.0)
    upright, across = layout.rules[-17:], layout.rules[:-17]
    np.testing.assert_allclose(across[:, :, 0], [[9, 89]] * 8)
    np.testing.assert_allclose(across[:, 0, 1], np.arange(12, 48, 5))
    np.testing.assert_allclose(upright[:, 0, 0], np.arange(9, 90, 5))
    np.testing.assert_allclose(upright[:, :, 1], [[12, 47]] * 17)
    dots = Layout((100.0, 60.0), 9.0, dotted=5.0, first_line=17.0).rules
    assert layout.text_width == 80.0 and len(dots) == 17 * 8
    assert not len(Layout().rules)


def test_sheet_leaves_ink_as_it_was_written():
    strokes = write("never mind", 0.2)
    page = sheet(strokes, fit=True)
    back = page.lines[0].strokes[:, :2] * page.units_per_mm
    np.testing.assert_allclose(back, strokes[:, :2], rtol=1e-6)
    assert page.width <= 190.0


def test_paper_may_be_named():
    assert Layout(paper="a5") == Layout(paper=(148.0, 210.0))
    with pytest.raises(ValueError, match="a9"):
        Layout(paper="a9")

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
    ],
)
def test_impossible_layout_is_refused(wrong):
    with pytest.raises(ValueError):
        Layout(**wrong)


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

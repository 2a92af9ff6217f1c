"""Ink as users of Python hold it."""

import numpy as np
import pytest

from sketch.ink.ink_files import read_ink
from sketch.ink.line_of_ink import InkLine
from sketch.page.paper import sheet
from sketch.page.written import Ink

LINES = [InkLine(np.float32([[5, 3, 0], [4, -2, 1]]), text) for text in ("a", "b")]


@pytest.fixture
def ink():
    return Ink(LINES, [sheet(LINES, fit=True)], ["it failed"], tries=[1, 2])


def test_ink_says_what_it_is(ink):
    assert ink.text == "a\nb" and ink.faults == ["it failed"] and ink.tries == [1, 2]
    assert repr(ink) == "<Ink: 2 lines, 1 page, 4 steps>"
    assert ink._repr_html_().startswith("<svg")


@pytest.mark.parametrize("suffix", [".json", ".inkml"])
def test_ink_that_is_no_page_is_saved_point_by_point(ink, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    assert ink.save(path) == [path]
    read = read_ink(path)
    assert [line.text for line in read] == ["a", "b"]
    for one, other in zip(LINES, read, strict=True):
        np.testing.assert_allclose(one.strokes, other.strokes, atol=1e-4)
    ink.is_page = True  # in millimetres, on its sheet
    ink.save(path)
    assert not np.allclose(read_ink(path)[0].strokes, LINES[0].strokes)


def test_ink_is_saved_as_a_picture(ink, tmp_path):
    assert ink.save(tmp_path / "a.svg", animate=True, seconds=1.0)
    assert "animation" in (tmp_path / "a.svg").read_text()
    with pytest.raises(ValueError, match="must end with"):
        ink.save(tmp_path / "a.bmp")

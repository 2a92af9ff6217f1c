"""Curves through the points of a pen."""

import numpy as np
import pytest

from sketch.ink.strokes import split_pen_strokes
from sketch.page.smooth import smooth, smooth_page


def test_smooth_keeps_all_points_and_adds_some_where_it_bends():
    angle = np.linspace(0, 5, 9)
    points = np.column_stack([np.cos(angle), np.sin(angle)])
    result = smooth(points, 1e-3)
    for point in points:
        assert np.abs(result - point).sum(axis=1).min() < 1e-12
    assert len(result) > 2 * len(points)
    radius = np.hypot(*result.T)
    assert np.abs(radius - 1).max() < 0.02  # the chords are 0.05 off
    # Between the points, the curve leaves the chord as the circle does.
    turned = np.unwrap(np.arctan2(result[:, 1], result[:, 0]))
    between = result[(turned > angle[3] + 1e-9) & (turned < angle[4] - 1e-9)]
    outwards = [np.cos(angle[3:5].mean()), np.sin(angle[3:5].mean())]
    assert (between @ outwards).max() - points[3] @ outwards > 0.04


def test_smooth_leaves_straight_lines_and_corners():
    points = np.array([(0, 0), (10, 0), (20, 0), (12, 0.5), (4, 1.0)])
    result = smooth(points, 0.01)
    assert result[:, 0].max() == 20.0
    ends = result[result[:, 0] > 12]
    assert ends[:, 1].min() > -0.2 and ends[:, 1].max() < 0.7


@pytest.mark.parametrize("points", [[(1, 2)], [(1, 2), (1, 2)], [(0, 0), (3, 4)]])
def test_smooth_leaves_dots_and_dashes(points):
    result = smooth(np.array(points, float), 0.01)
    assert set(map(tuple, result)) == set(points)


def test_smooth_page_keeps_lines_and_texts(pages):
    page = smooth_page(pages[0])
    assert [line.text for line in page.lines] == [ln.text for ln in pages[0].lines]
    assert [len(split_pen_strokes(line.strokes)) for line in page.lines] == [
        len(split_pen_strokes(line.strokes)) for line in pages[0].lines
    ]
    assert page[1:] == pages[0][1:]

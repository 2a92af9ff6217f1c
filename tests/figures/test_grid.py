"""The grid: lines do not overlap, and the shape is wider than high."""

import numpy as np
import pytest
from made_up_ink import wave

from sketch.figures.grid import arrange
from sketch.ink import DamagedInk
from sketch.ink.strokes import points_from_strokes


def test_arrange_64_lines_gives_four_columns_that_do_not_touch():
    lines = [wave(40 + index % 7) for index in range(64)]
    grid = arrange(lines)
    points = [
        points_from_strokes(*pair) for pair in zip(lines, grid.starts, strict=True)
    ]
    low = np.array([line.min(axis=0) for line in points])
    high = np.array([line.max(axis=0) for line in points])
    assert len(set(low[:, 0].round())) == 4
    apart = (low[:, None] > high) | (high[:, None] < low)  # [lines, lines, 2]
    assert (apart.any(axis=2) | np.eye(64, dtype=bool)).all()
    assert (low > 0).all() and (high < (grid.width, grid.height)).all()
    assert 1.2 < grid.width / grid.height < 4


def test_arrange_with_two_columns_fills_row_by_row():
    starts = arrange([wave()] * 5, columns=2).starts
    x, y = starts.T.round(6)
    assert x[0] == x[2] == x[4] < x[1] == x[3]
    assert y[0] == y[1] < y[2] == y[3] < y[4]


def test_arrange_of_flat_lines_and_dots_has_a_line_height():
    for strokes in (np.zeros((0, 3)), np.zeros((1, 3)), np.array([[9.0, 0, 0]])):
        grid = arrange([strokes])
        assert grid.line_height > 0 and grid.width > 0 and grid.height > 0


def test_arrange_of_bad_input_is_refused():
    with pytest.raises(ValueError, match="to draw"):
        arrange([])
    with pytest.raises(ValueError, match="at least one column"):
        arrange([wave()], columns=0)
    with pytest.raises(DamagedInk, match="line 1 cannot be drawn: row 2"):
        arrange([wave(), np.array([[0, 0, 0], [1, 1, 0], [np.nan, 0, 1]])])

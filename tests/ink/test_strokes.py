"""Offsets and points, against plain loops and as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sketch.ink import DamagedInk
from sketch.ink import strokes as ink

coordinates = st.integers(-5000, 5000).map(float)
many_strokes = st.lists(
    st.integers(1, 6).flatmap(
        lambda n: hnp.arrays(np.float64, (n, 2), elements=coordinates)
    ),
    min_size=1,
    max_size=6,
)


def test_strokes_from_points_have_the_flag_on_the_last_point():
    strokes = ink.strokes_from_points([[(1, 2), (4, 6)], [(10, 6), (10, 7), (9, 7)]])
    assert strokes.dtype == np.float32
    expected = [[3, 4, 1], [6, 0, 0], [0, 1, 0], [-1, 0, 1]]
    assert strokes.tolist() == expected


@given(many_strokes)
def test_points_from_strokes_are_the_points(pen_strokes):
    strokes = ink.strokes_from_points(pen_strokes)
    points = np.concatenate(pen_strokes)
    assert len(strokes) == len(points) - 1
    np.testing.assert_array_equal(
        ink.points_from_strokes(strokes, start=points[0]), points
    )


@given(many_strokes)
def test_split_pen_strokes_has_every_point_once(pen_strokes):
    strokes = ink.strokes_from_points(pen_strokes)
    pieces = ink.split_pen_strokes(strokes, start=pen_strokes[0][0])
    if not len(strokes):
        assert pieces == []
        return
    np.testing.assert_array_equal(np.concatenate(pieces), np.concatenate(pen_strokes))
    # A first stroke of one point is the start of the line: its end is not stored.
    is_leading_dot = len(pen_strokes[0]) == 1
    expected = [len(stroke) for stroke in pen_strokes]
    if is_leading_dot:
        expected[:2] = [expected[0] + expected[1]]
    assert [len(piece) for piece in pieces] == expected


def test_split_pen_strokes_keeps_dots_and_an_open_stroke():
    strokes = np.array([[1, 0, 1], [5, 0, 1], [5, 0, 0], [1, 0, 0]], np.float32)
    pieces = ink.split_pen_strokes(strokes)
    assert [len(piece) for piece in pieces] == [2, 1, 2]
    assert pieces[1].tolist() == [[6, 0]]


@pytest.mark.parametrize("pen_strokes", [[], [[]], [[(3, 4)]]])
def test_strokes_of_at_most_one_point_are_empty(pen_strokes):
    strokes = ink.strokes_from_points(pen_strokes)
    assert strokes.shape == (0, 3)
    assert ink.split_pen_strokes(strokes) == []
    assert ink.points_from_strokes(strokes).tolist() == [[0, 0]]


@given(
    hnp.arrays(np.float32, (7, 3), elements=st.floats(-100, 100, width=32)),
    hnp.arrays(np.float64, 2, elements=st.floats(-5, 5)),
    hnp.arrays(np.float64, 2, elements=st.floats(0.5, 50)),
)
def test_denormalise_undoes_normalise(strokes, mean, std):
    normalised = ink.normalise(strokes, mean, std)
    for time, row in enumerate(strokes.tolist()):
        for axis in range(2):
            expected = (row[axis] - mean[axis]) / std[axis]
            assert normalised[time, axis] == pytest.approx(expected, abs=1e-5, rel=1e-6)
    np.testing.assert_array_equal(normalised[:, 2], strokes[:, 2])
    # float32 keeps 24 bits of a number of up to 105 / 0.5 that is scaled back by 50.
    back = ink.denormalise(normalised, mean, std)
    np.testing.assert_allclose(back, strokes, atol=1e-4, rtol=1e-5)


def test_normalise_with_a_flat_axis_is_refused():
    with pytest.raises(ValueError, match="straight line"):
        ink.normalise(np.ones((2, 3), np.float32), np.zeros(2), np.array([1.0, 0.0]))


def test_offset_statistics_of_lines_are_those_of_all_rows():
    generator = np.random.default_rng(0)
    lines = [generator.normal(8, 42, (n, 3)) for n in (5, 1, 0, 40)]
    rows = [row for line in lines for row in line.tolist()]
    for axis in range(2):
        mean = sum(row[axis] for row in rows) / len(rows)
        variance = sum((row[axis] - mean) ** 2 for row in rows) / len(rows)
        measured = ink.offset_statistics(iter(lines))
        assert measured[0][axis] == pytest.approx(mean, rel=1e-12)
        assert measured[1][axis] == pytest.approx(variance**0.5, rel=1e-12)


def test_offset_statistics_of_nothing_are_refused():
    with pytest.raises(ValueError, match="no ink"):
        ink.offset_statistics([np.zeros((0, 3))])


def test_jumps_along_the_diagonal_are_found_and_removed():
    strokes = np.array(
        [[3, 4, 0], [300, 400, 1], [1, 1, 0], [0, -501, 1], [500, 0, 1]], np.float32
    )
    assert ink.find_jumps(strokes, 500).tolist() == [False, False, False, True, False]
    clean = ink.remove_jumps(strokes, 499)
    assert clean.tolist() == [[3, 4, 1], [1, 1, 1]]
    assert strokes[0, 2] == 0  # the argument is left alone
    assert ink.remove_jumps(strokes[1:2], 10).shape == (0, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_strokes_with_bad_numbers_are_refused_by_row(value):
    strokes = np.zeros((4, 3), np.float32)
    strokes[2, 1] = value
    with pytest.raises(DamagedInk, match="row 2 of 4"):
        ink.split_pen_strokes(strokes)
    with pytest.raises(DamagedInk):
        ink.strokes_from_points([[(0, 0), (value, 1)]])


def test_strokes_of_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\[time, 3\].*not \[4, 2\]"):
        ink.points_from_strokes(np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"pen stroke 0.*not \[2, 3\]"):
        ink.strokes_from_points([np.zeros((2, 3))])

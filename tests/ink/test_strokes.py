"""Offsets and points, against plain loops and as properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sketch.ink import DamagedInk
from sketch.ink import strokes as ink

coordinates = st.integers(-5000, 5000).map(float)
pen_strokes = st.lists(
    st.integers(1, 6).flatmap(
        lambda n: hnp.arrays(np.float64, (n, 2), elements=coordinates)
    ),
    min_size=1,
    max_size=6,
)


def test_rows_are_offsets_and_the_flag_is_on_the_last_point():
    strokes = ink.strokes_from_points([[(1, 2), (4, 6)], [(10, 6), (10, 7), (9, 7)]])
    assert strokes.dtype == np.float32
    expected = [[3, 4, 1], [6, 0, 0], [0, 1, 0], [-1, 0, 1]]
    assert strokes.tolist() == expected


@given(pen_strokes)
def test_points_come_back(pens):
    strokes = ink.strokes_from_points(pens)
    points = np.concatenate(pens)
    assert len(strokes) == len(points) - 1
    np.testing.assert_array_equal(
        ink.points_from_strokes(strokes, start=points[0]), points
    )


@given(pen_strokes)
def test_every_point_is_in_exactly_one_pen_stroke(pens):
    strokes = ink.strokes_from_points(pens)
    pieces = ink.split_pen_strokes(strokes, start=pens[0][0])
    if not len(strokes):
        assert pieces == []
        return
    np.testing.assert_array_equal(np.concatenate(pieces), np.concatenate(pens))
    # A first stroke of one point is the start of the line: its end is not stored.
    is_leading_dot = len(pens[0]) == 1
    expected = [len(pen) for pen in pens]
    if is_leading_dot:
        expected[:2] = [expected[0] + expected[1]]
    assert [len(piece) for piece in pieces] == expected


def test_split_keeps_dots_and_an_unended_stroke():
    strokes = np.array([[1, 0, 1], [5, 0, 1], [5, 0, 0], [1, 0, 0]], np.float32)
    pieces = ink.split_pen_strokes(strokes)
    assert [len(piece) for piece in pieces] == [2, 1, 2]
    assert pieces[1].tolist() == [[6, 0]]


@pytest.mark.parametrize("pens", [[], [[]], [[(3, 4)]]])
def test_no_offset_at_all(pens):
    strokes = ink.strokes_from_points(pens)
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


def test_normalise_refuses_a_flat_axis():
    with pytest.raises(ValueError, match="straight line"):
        ink.normalise(np.ones((2, 3), np.float32), np.zeros(2), np.array([1.0, 0.0]))


def test_statistics_are_those_of_all_rows():
    generator = np.random.default_rng(0)
    lines = [generator.normal(8, 42, (n, 3)) for n in (5, 1, 0, 40)]
    rows = [row for line in lines for row in line.tolist()]
    for axis in range(2):
        mean = sum(row[axis] for row in rows) / len(rows)
        variance = sum((row[axis] - mean) ** 2 for row in rows) / len(rows)
        measured = ink.offset_statistics(iter(lines))
        assert measured[0][axis] == pytest.approx(mean, rel=1e-12)
        assert measured[1][axis] == pytest.approx(variance**0.5, rel=1e-12)


def test_statistics_of_nothing():
    with pytest.raises(ValueError, match="no ink"):
        ink.offset_statistics([np.zeros((0, 3))])


def test_jumps_are_measured_along_the_diagonal_and_removed():
    strokes = np.array(
        [[3, 4, 0], [300, 400, 1], [1, 1, 0], [0, -501, 1], [500, 0, 1]], np.float32
    )
    assert ink.find_jumps(strokes, 500).tolist() == [False, False, False, True, False]
    clean = ink.remove_jumps(strokes, 499)
    assert clean.tolist() == [[3, 4, 1], [1, 1, 1]]
    assert strokes[0, 2] == 0  # the argument is left alone
    assert ink.remove_jumps(strokes[1:2], 10).shape == (0, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_bad_numbers_are_named_by_row(value):
    strokes = np.zeros((4, 3), np.float32)
    strokes[2, 1] = value
    with pytest.raises(DamagedInk, match="row 2 of 4"):
        ink.split_pen_strokes(strokes)
    with pytest.raises(DamagedInk):
        ink.strokes_from_points([[(0, 0), (value, 1)]])


def test_wrong_shapes_are_told():
    with pytest.raises(ValueError, match=r"\[time, 3\].*not \[4, 2\]"):
        ink.points_from_strokes(np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"pen stroke 0.*not \[2, 3\]"):
        ink.strokes_from_points([np.zeros((2, 3))])

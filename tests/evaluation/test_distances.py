"""The Wasserstein distance against theory, and what the statistics measure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_ink import write

from sketch.evaluation.distances import STATISTICS, compare, measure, wasserstein

numbers = st.lists(st.integers(-50, 50), min_size=1, max_size=12)


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(
            *[st.lists(st.integers(-50, 50), min_size=n, max_size=n)] * 2
        )
    )
)
def test_of_equal_sizes_it_is_the_mean_gap_of_the_sorted_samples(pair):
    a, b = map(np.array, pair)
    expected = np.abs(np.sort(a) - np.sort(b)).mean()
    assert wasserstein(a, b) == pytest.approx(expected, abs=1e-12)


@given(numbers, numbers)
def test_of_other_sizes_too(a, b):
    """Every sample repeated until both are equally long is the same distribution."""
    long_a, long_b = np.repeat(a, len(b)), np.repeat(b, len(a))
    expected = np.abs(np.sort(long_a) - np.sort(long_b)).mean()
    assert wasserstein(np.array(a), np.array(b)) == pytest.approx(expected, abs=1e-12)


def test_an_empty_sample_is_refused():
    with pytest.raises(ValueError, match="empty sample"):
        wasserstein(np.array([]), np.array([1.0]))


def test_what_is_measured():
    # Right 3, down 4; lifted; a jump of (6, 8); up 2, a stroke of its own.
    strokes = np.array([[3, 0, 0], [0, 4, 1], [6, 8, 0], [0, -2, 1]], np.float32)
    found = measure(strokes, "ab")
    assert list(found) == list(STATISTICS)
    assert found["speed"].tolist() == [3, 4, 2]
    assert found["turn"] == pytest.approx([np.pi / 2])
    assert found["jump"].tolist() == [10]
    assert found["stroke_points"].tolist() == [3, 2]
    assert found["stroke_width"].tolist() == [3, 0]
    assert found["stroke_height"].tolist() == [4, 2]
    assert found["points_per_character"].tolist() == [2]
    assert found["width_per_character"].tolist() == [4.5]  # from x = 0 to x = 9
    assert found["strokes_per_character"].tolist() == [1]


@pytest.fixture(scope="module")
def real():
    """40 lines of one text, each of another size."""
    rng = np.random.default_rng(0)
    return [write("gentle tap") * (rng.normal(1, 0.1), 1, 1) for _ in range(40)]


def measured(lines):
    return [measure(line, "gentle tap") for line in lines]


def test_other_lines_of_the_same_kind_are_about_1_away(real):
    rng = np.random.default_rng(1)
    same = [write("gentle tap") * (rng.normal(1, 0.1), 1, 1) for _ in range(40)]
    found = compare(measured(real), measured(same))
    # 10 splits of 40 lines: measured spread of the quotient about 0.3.
    assert found["width_per_character"] == pytest.approx(1, abs=0.8)


def test_wider_ink_is_far_away_where_it_differs(real):
    wide = [line * (2, 1, 1) for line in real]
    found = compare(measured(real), measured(wide))
    assert found["width_per_character"] > 10
    assert found["speed"] > 10
    assert found["points_per_character"] is None  # the same in all lines: no unit


def test_pens_that_never_lift_have_no_jumps(real):
    one = [np.float32([[1, 0, 0], [1, k, 0], [0, 1, 1]]) for k in range(4)]
    assert compare(measured(one), measured(one))["jump"] is None

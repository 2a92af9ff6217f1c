"""What the statistics measure, and their distances."""

import numpy as np
import pytest
from made_up_ink import write

from sketch.evaluation.distances import STATISTICS, compare, measure


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


TEXT = "gentle tap"


def of_random_widths(count, seed):
    """Lines of one text, each of another width."""
    rng = np.random.default_rng(seed)
    line = write(TEXT)
    return [line * (rng.normal(1, 0.1), 1, 1) for _ in range(count)]


@pytest.fixture(scope="module")
def real():
    return of_random_widths(40, seed=0)


def measured(lines):
    return [measure(line, TEXT) for line in lines]


def test_the_unit_is_the_distance_between_halves_of_the_real_lines():
    """Far away, moving all numbers by 5 is a distance of 5 over that of the halves."""
    rng = np.random.default_rng(3)
    numbers = rng.normal(size=200)
    real = [{name: np.array([x]) for name in STATISTICS} for x in numbers]
    moved = [{name: np.array([x + 5]) for name in STATISTICS} for x in numbers]
    order = np.random.default_rng(0)
    splits = [order.permutation(200) for _ in range(10)]

    def w(a, b):  # of samples of equal sizes: the mean gap of the sorted numbers
        return np.abs(np.sort(a) - np.sort(b)).mean()

    unit = np.mean([w(numbers[o[:100]], numbers[o[100:]]) for o in splits])
    far = np.mean([w(numbers[o[:100]], numbers[o[100:]] + 5) for o in splits])
    assert compare(real, moved)["speed"] == pytest.approx(far / unit)


def test_wider_ink_is_far_away_where_it_differs(real):
    wide = [line * (2, 1, 1) for line in real]
    found = compare(measured(real), measured(wide))
    assert found["width_per_character"] > 10
    assert found["speed"] > 10
    assert found["points_per_character"] is None  # the same in all lines: no unit


def test_pens_that_never_lift_have_no_jumps(real):
    one = [np.float32([[1, 0, 0], [1, k, 0], [0, 1, 1]]) for k in range(4)]
    assert compare(measured(one), measured(one))["jump"] is None

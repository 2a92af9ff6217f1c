"""Own ink gets the size and the points of a corpus, and keeps its shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.fit import MAX_RATIO, fit_to_corpus
from sketch.ink.strokes import (
    END_OF_STROKE,
    split_pen_strokes,
    strokes_from_points,
)

WIDTH = 500.0


def circle(num_points: int, left: float = 0.0) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, num_points)
    return np.stack([left + np.cos(angles), np.sin(angles)], axis=1)


@given(
    st.lists(st.integers(1, 30), min_size=2, max_size=5),
    st.floats(1e-3, 1e3),
    st.floats(5, 300),
)
def test_fit_to_corpus_of_any_ink_scales_both_axes_alike(counts, unit, num_points):
    pen_strokes = [unit * circle(n + 1, 3.0 * k) for k, n in enumerate(counts)]
    fitted = split_pen_strokes(
        fit_to_corpus(strokes_from_points(pen_strokes), num_points, WIDTH)
    )
    assert len(fitted) == len(pen_strokes)
    width = np.ptp(np.concatenate(fitted)[:, 0])
    # Fewer points may miss the outermost one, by less than a stroke's own width.
    assert WIDTH * (1 - 2 / 3) < width < WIDTH * 1.001
    # Each stroke starts where it did, seen from the first.
    before = np.array([stroke[0] - pen_strokes[0][0] for stroke in pen_strokes])
    after = np.array([stroke[0] - fitted[0][0] for stroke in fitted])
    scale = WIDTH / np.ptp(np.concatenate(pen_strokes)[:, 0])
    np.testing.assert_allclose(after, before * scale, atol=0.01 * WIDTH)


def test_fit_to_corpus_of_similar_ink_keeps_every_point():
    rng = np.random.default_rng(0)
    points = np.cumsum(rng.exponential(size=(40, 2)), axis=0)  # slow and fast steps
    strokes = strokes_from_points([points[:25], points[25:]])
    for ratio in (1.01 / MAX_RATIO, 1.0, 0.99 * MAX_RATIO):
        fitted = fit_to_corpus(strokes, ratio * 40, WIDTH)
        assert fitted.dtype == np.float32
        scale = WIDTH / np.ptp(points[:, 0])
        np.testing.assert_allclose(fitted[:, :2], strokes[:, :2] * scale, rtol=1e-4)
        np.testing.assert_array_equal(
            fitted[:, END_OF_STROKE], strokes[:, END_OF_STROKE]
        )


@pytest.mark.parametrize("num_points", [6, 1000], ids=["too few", "too many"])
def test_fit_to_corpus_of_other_ink_resamples_it_evenly(num_points):
    pen_strokes = [circle(num_points, 0.0), circle(num_points, 4.0)]
    fitted = split_pen_strokes(
        fit_to_corpus(strokes_from_points(pen_strokes), 60, WIDTH)
    )
    assert sum(map(len, fitted)) == pytest.approx(60, abs=2)
    assert len(fitted[0]) == len(fitted[1])  # points are shared out by length
    scale = WIDTH / np.ptp(np.concatenate(pen_strokes)[:, 0])
    for stroke, own in zip(pen_strokes, fitted, strict=True):
        ends = (stroke[[0, -1]] - pen_strokes[0][0]) * scale
        np.testing.assert_allclose(own[[0, -1]] - fitted[0][0], ends, atol=0.05)
        steps = np.hypot(*np.diff(own, axis=0).T)
        # Even along the outline: a chord across a corner is at most a little shorter.
        assert steps.min() > (0.5 if num_points < 10 else 0.999) * steps.max()


def test_fit_to_corpus_of_a_corner_follows_it():
    corner = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
    (stroke,) = split_pen_strokes(
        fit_to_corpus(strokes_from_points([corner]), 41, 3 * WIDTH)
    )
    x, y = stroke.T / WIDTH
    assert len(stroke) == 41
    assert (np.minimum(np.abs(y), np.abs(x - 3)) < 1e-3).all()


@given(st.integers(1, 20), st.integers(30, 200))
def test_fit_to_corpus_of_dots_keeps_them(num_dots, num_points):
    pen_strokes = [circle(5), *(np.array([[k, -2.0]]) for k in range(num_dots))]
    strokes = strokes_from_points(pen_strokes)
    fitted = split_pen_strokes(fit_to_corpus(strokes, num_points, WIDTH))
    assert [len(stroke) for stroke in fitted[1:]] == [1] * num_dots


def test_fit_to_corpus_of_many_strokes_keeps_two_points_each():
    pen_strokes = [circle(20, 3.0 * k) for k in range(8)]
    fitted = split_pen_strokes(
        fit_to_corpus(strokes_from_points(pen_strokes), 4, WIDTH)
    )
    assert [len(stroke) for stroke in fitted] == [2] * 8


@pytest.mark.parametrize(
    "points", [[], [(1, 1), (1, 1)], [(2, 0), (2, 9)]], ids=["no", "a dot", "upright"]
)
def test_fit_to_corpus_without_width_is_refused(points):
    with pytest.raises(ValueError, match="the ink has no width"):
        fit_to_corpus(strokes_from_points([points]), 10, WIDTH)

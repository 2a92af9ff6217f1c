"""The baseline of a line of ink, against letters whose baseline is known."""

import numpy as np
import pytest
from made_up_ink import TEXTS, X_HEIGHT, pens_of, turned

from sketch.page.baseline import find_baseline, level


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("slope", [-0.25, -0.05, 0.0, 0.1, 0.3])
def test_baseline_is_found_under_descenders_dots_and_slopes(text, slope):
    found = find_baseline(turned(pens_of(text)[0], slope, 37.0), text)
    assert found.slope == pytest.approx(slope, abs=0.025)
    assert found.offset == pytest.approx(37.0, abs=0.15 * X_HEIGHT)
    assert found.x_height == pytest.approx(X_HEIGHT, rel=0.2)


def test_x_height_of_capitals_is_that_of_small_letters():
    found = find_baseline(pens_of("NEVER MIND 1234")[0], "NEVER MIND 1234")
    assert found.x_height == pytest.approx(X_HEIGHT, rel=0.2)


def test_tremor_is_ignored():
    rng = np.random.default_rng(3)
    pens = [pen + rng.normal(0, 0.25, pen.shape) for pen in pens_of(TEXTS[0])[0]]
    found = find_baseline(turned(pens, 0.1, 5.0), TEXTS[0])
    assert found.slope == pytest.approx(0.1, abs=0.02)
    assert found.x_height == pytest.approx(X_HEIGHT, rel=0.2)


def test_short_word_takes_the_expected_slope():
    pens = turned(pens_of("a")[0], 0.1, 0.0)
    assert find_baseline(pens, "a", 0.1).slope == pytest.approx(0.1, abs=0.03)


def test_wandering_baseline_is_followed():
    pens = pens_of("never mind a summer moon")[0]
    bent = [pen + [0, 4 * np.sin(pen[:, 0].mean() / 60)] for pen in pens]
    found = find_baseline(bent)
    for pen in (pen for pen in bent if len(pen) > 1):
        x = pen[:, 0].mean()
        stands = pen[:, 1].max() - found.slope * x - found.offset
        assert abs(stands - found.wander(x)) < 0.25 * X_HEIGHT


@pytest.mark.parametrize("points", [[(1, 2)], [(0, 2), (5, 2)], [(3, 3), (3, 3)]])
def test_baseline_of_dots_and_dashes_is_their_lowest_point(points):
    pen = np.array(points, float)
    found = find_baseline([pen])
    assert found.offset == pen[:, 1].max() and np.isnan(found.x_height)
    assert found.wander(2.0) == 0.0


def test_level_turns_and_keeps_shapes():
    pens, turned_ = pens_of("jug")[0], turned(pens_of("jug")[0], 0.2, 3.0)
    found = find_baseline([np.array([(0.0, 0.0), (0.0, 5.0)])])
    found = found._replace(slope=0.2, offset=3.0)
    for pen, other in zip(pens, turned_, strict=True):
        np.testing.assert_allclose(level(other, found), pen, atol=1e-9)


def test_baseline_without_ink_is_refused():
    with pytest.raises(ValueError, match="no ink"):
        find_baseline([])

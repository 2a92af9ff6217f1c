"""The writers of the demo corpus: like people's writing."""

import numpy as np
import pytest

from sketch.corpus.demo import demo_sets
from sketch.corpus.hershey import demo_writers, glyphs_of, write_text
from sketch.ink.strokes import END_OF_STROKE, points_from_strokes


@pytest.fixture(scope="module")
def lines():
    return [line for lines in demo_sets(300).values() for line in lines]


def write(text, hand, seed=0):
    writer = demo_writers()[hand]
    rng = np.random.default_rng(seed)
    return write_text(text, writer, glyphs_of(writer), rng)


def test_write_text_makes_ink_like_a_tablets(lines):
    strokes = np.concatenate([line.strokes for line in lines])
    assert (strokes == np.round(strokes)).all()
    letters = sum(len(line.transcript.replace(" ", "")) for line in lines)
    assert 11 < len(strokes) / letters < 15
    # Long steps are lifts between words; while it writes, the pen moves little.
    lifted = np.concatenate([[False], strokes[:-1, END_OF_STROKE] > 0])
    steps = np.hypot(*strokes[~lifted, :2].T)
    assert 20 < np.median(steps) < 60
    assert np.quantile(steps, 0.999) < 200


@pytest.mark.parametrize("hand", range(3))
def test_write_text_runs_to_the_right_with_y_downwards(hand):
    neither, above, below = (
        points_from_strokes(write(text, hand))[:, 1] for text in ("nn", "nl", "np")
    )
    height = np.ptp(neither)
    assert above.min() < neither.min() - 0.25 * height
    assert below.max() > neither.max() + 0.25 * height
    points = points_from_strokes(write("one two three four", hand))
    assert np.ptp(points[:, 0]) > 4 * np.ptp(points[:, 1])


def test_write_text_in_a_joined_face_lifts_the_pen_less():
    lifts = [write("summer venue", hand)[:, END_OF_STROKE].sum() for hand in (0, 1)]
    assert lifts[0] < 4 < 12 < lifts[1]
    # A c that is joined to the letter before would be an e.
    assert write("uc", 0)[:, END_OF_STROKE].sum() == 2
    assert write("ue", 0)[:, END_OF_STROKE].sum() == 1


def test_write_text_differs_by_writer_and_each_time():
    first, again = write("hello", 0, seed=1), write("hello", 0, seed=2)
    assert len(first) != len(again) or np.abs(first - again).max() > 2
    heights = [np.ptp(points_from_strokes(write("x", h))[:, 1]) for h in range(24)]
    assert max(heights) > 1.3 * min(heights)


def test_write_text_slows_down_at_corners():
    pen = write("L" * 8, 1)
    speeds = np.hypot(pen[:, 0], pen[:, 1])[pen[:, END_OF_STROKE] == 0]
    assert np.quantile(speeds, 0.9) > 2 * np.quantile(speeds, 0.1)

"""The demo corpus: repeatable, even in its letters, and written like a hand."""

import itertools
from collections import Counter

import numpy as np
import pytest

from sketch.corpus import demo
from sketch.corpus.demo import DEMO_VERSION, NUM_LINES, demo_corpus, demo_sets
from sketch.corpus.demo_text import LETTERS, WORDS, demo_texts
from sketch.corpus.hdf5 import Corpus
from sketch.corpus.hershey import NUM_WRITERS, demo_writers, glyphs_of, write_text
from sketch.ink.strokes import END_OF_STROKE, points_from_strokes

KEPT_FOR_USERS = ("project", "mahmoud", "nourhan", "karim", "learning", "machine")


@pytest.fixture(scope="module")
def texts():
    return demo_texts(NUM_LINES)


@pytest.fixture(scope="module")
def lines():
    return [line for lines in demo_sets(300).values() for line in lines]


def write(text, hand, seed=0):
    writer = demo_writers()[hand]
    rng = np.random.default_rng(seed)
    return write_text(text, writer, glyphs_of(writer), rng)


def test_every_pair_of_letters_is_written_about_equally_often(texts):
    words = [word for text in texts for word in text.split()]
    pairs = Counter(
        a + b for word in words for a, b in itertools.pairwise(word) if a + b in word
    )
    counts = [pairs[a + b] for a in LETTERS for b in LETTERS]
    assert min(counts) >= NUM_LINES / 200
    assert np.median(counts) < NUM_LINES / 200 * 3
    letters = Counter("".join(texts))
    counts = [letters[letter] for letter in LETTERS]
    assert max(counts) < 2 * min(counts)
    others = set("".join(texts)) - set(LETTERS)
    assert set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?-'\"()") <= others


def test_lines_are_short_and_leave_out_what_users_will_ask_for(texts):
    assert {len(text) for text in texts} == set(range(3, 26))
    everything = " ".join(texts).lower()
    assert not [word for word in KEPT_FOR_USERS if word in everything]
    assert len(WORDS) == len(set(WORDS))


def test_it_is_the_same_each_time(lines):
    again = [line for lines in demo_sets(300).values() for line in lines]
    assert [line.line_id for line in again] == [line.line_id for line in lines]
    for line, same in zip(lines, again, strict=True):
        assert line.transcript == same.transcript
        np.testing.assert_array_equal(line.strokes, same.strokes)


def test_the_sets_share_hands_but_no_line():
    sets = demo_sets(300)
    assert [len(sets[name]) for name in ("train", "valid", "test")] == [270, 15, 15]
    ids = [line.line_id for lines in sets.values() for line in lines]
    assert len(set(ids)) == 300
    assert len({line.writer for line in sets["train"]}) == NUM_WRITERS


def test_the_ink_is_a_tablets(lines):
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
def test_y_grows_downwards_and_lines_run_to_the_right(hand):
    neither, above, below = (
        points_from_strokes(write(text, hand))[:, 1] for text in ("nn", "nl", "np")
    )
    height = np.ptp(neither)
    assert above.min() < neither.min() - 0.25 * height
    assert below.max() > neither.max() + 0.25 * height
    points = points_from_strokes(write("one two three four", hand))
    assert np.ptp(points[:, 0]) > 4 * np.ptp(points[:, 1])


def test_joined_hands_lift_the_pen_less_than_printed_ones():
    lifts = [write("summer venue", hand)[:, END_OF_STROKE].sum() for hand in (0, 1)]
    assert lifts[0] < 4 < 12 < lifts[1]
    # A c that is joined to the letter before would be an e.
    assert write("uc", 0)[:, END_OF_STROKE].sum() == 2
    assert write("ue", 0)[:, END_OF_STROKE].sum() == 1


def test_hands_differ_and_no_word_is_twice_the_same():
    first, again = write("hello", 0, seed=1), write("hello", 0, seed=2)
    assert len(first) != len(again) or np.abs(first - again).max() > 2
    heights = [np.ptp(points_from_strokes(write("x", h))[:, 1]) for h in range(24)]
    assert max(heights) > 1.3 * min(heights)


def test_the_pen_slows_down_at_corners():
    pen = write("L" * 8, 1)
    speeds = np.hypot(pen[:, 0], pen[:, 1])[pen[:, END_OF_STROKE] == 0]
    assert np.quantile(speeds, 0.9) > 2 * np.quantile(speeds, 0.1)


def test_it_is_made_once_and_again_if_spoilt(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []
    sets = demo_sets(60)
    monkeypatch.setattr(demo, "demo_sets", lambda **_: made.append(1) or sets)
    path = demo_corpus()
    assert path == tmp_path / "sketch" / f"demo-{DEMO_VERSION}.hdf5"
    assert demo_corpus() == path and len(made) == 1
    original = path.read_bytes()
    path.write_bytes(original[:1000])
    assert demo_corpus() == path and len(made) == 2
    assert path.read_bytes() == original
    with Corpus.open(path) as corpus:
        assert "demo" in corpus.source
        assert len(corpus.lengths("train")) == 54

"""Lines end where no other way to break the text would be better."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch.page.line_breaks import LOOSEST, TIGHTEST, even_out, fill, level_gaps

lengths = st.floats(0.5, 6.0)


def test_lines_take_what_they_hold():
    widths, gaps = np.full(5, 2.0), np.full(5, 1.0)
    assert fill(widths, gaps, np.full(5, 8.0)) == [3, 5]
    assert fill(widths, gaps, np.full(5, 7.9)) == [2, 4, 5]
    assert fill(widths, gaps, np.array([5.0, 0, 14.0, 0, 0])) == [2, 5]
    assert fill(widths, gaps, np.full(5, 1.0)) == [1, 2, 3, 4, 5]


def means(widths, rooms, ends):
    """The mean gap of each line, in usual ones of 1; NaN of a single word."""
    for start, end in itertools.pairwise([0, *ends]):
        spare = rooms[start] - sum(widths[start:end])
        yield spare / (end - start - 1) if end - start > 1 else float("nan")


def cost(widths, rooms, ends):
    """Ragged lines within the text, the squares of all others; or None: too tight."""
    ragged, squares = 0, 0.0
    for mean, end in zip(means(widths, rooms, ends), ends, strict=True):
        is_last = end == len(widths)
        if mean < TIGHTEST:
            return None
        if mean < 1:
            squares += (1 / mean - 1) ** 2
        elif not is_last and mean <= LOOSEST:
            squares += (mean - 1) ** 2
        elif not is_last:
            ragged += 1
    return ragged, squares


@settings(max_examples=60)
@given(st.lists(lengths, min_size=1, max_size=9), st.floats(8.0, 20.0), st.data())
def test_no_other_way_is_better(widths, room, data):
    rooms = np.array([data.draw(st.floats(0.9 * room, room)) for _ in widths])
    found = even_out(np.array(widths), rooms, gap=1.0)
    assert found[-1] == len(widths) and found == sorted(set(found))
    places = range(1, len(widths))
    ways = [
        cost(widths, rooms, [*ends, len(widths)])
        for count in range(len(widths))
        for ends in itertools.combinations(places, count)
    ]
    ragged, squares = cost(widths, rooms, found)
    fewest = min(way[0] for way in ways if way)
    assert ragged == fewest
    if fewest == 0:  # how ragged the others are counts, too
        least = min(way[1] for way in ways if way and way[0] == 0)
        assert squares == pytest.approx(least, rel=1e-9, abs=1e-9)


def test_a_long_word_does_not_tear_its_line_apart():
    widths, rooms = np.array([4, 4, 4, 3, 9, 6, 2.0]), np.full(7, 17.0)
    greedy = fill(widths, np.ones(7), rooms)
    assert greedy == [3, 5, 7] and max(means(widths, rooms, greedy[:-1])) == 5.0
    evenly = even_out(widths, rooms, 1.0)
    assert evenly == [4, 6, 7]  # a little tight, then twice as wide, then the rest


@given(st.lists(lengths, min_size=1, max_size=8), st.floats(0.3, 3.0))
def test_gaps_are_levelled(gaps, share):
    total = share * sum(gaps)
    new = level_gaps(np.array(gaps), total)
    assert new.sum() == pytest.approx(total)
    moved = ~np.isclose(new, gaps)
    # All that moved meet at one width, none beyond it and none the other way.
    if moved.any():
        level = new[moved][0]
        np.testing.assert_allclose(new[moved], level)
        wider = share > 1
        np.testing.assert_allclose(
            (np.maximum if wider else np.minimum)(gaps, level), new
        )

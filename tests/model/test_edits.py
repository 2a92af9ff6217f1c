"""Edit distance against the definition, by trying every edit."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.model.edits import edit_distance, error_rate

short = st.text("abc", max_size=6)


def brute_force(a: str, b: str) -> int:
    @cache
    def rest(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return len(a) - i + len(b) - j
        if a[i] == b[j]:
            return rest(i + 1, j + 1)
        return 1 + min(rest(i + 1, j), rest(i, j + 1), rest(i + 1, j + 1))

    return rest(0, 0)


@given(short, short)
def test_edit_distance_is_the_fewest_edits_by_brute_force(a, b):
    assert edit_distance(a, b) == brute_force(a, b)


@given(short, short, short)
def test_edit_distance_is_a_metric(a, b, c):
    assert edit_distance(a, b) == edit_distance(b, a)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert (edit_distance(a, b) == 0) == (a == b)


def test_edit_distance_of_known_words():
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance([7, 9], [9]) == 1
    assert error_rate("hello", "helo") == 1 / 5
    assert error_rate("a", "bcd") == 3
    with pytest.raises(ValueError, match="empty text"):
        error_rate("", "a")

"""Where a line ends and what went wrong with it, on windows made by hand."""

import numpy as np
import pytest

from sketch.generation.attention import EVEN, describe_fault, find_end, unevenness

TEXT = "a cde"
NULL = np.array([-0.2, 0.01])  # a pen that stays, in normalised units


def ink(*rows):
    """Rows (dx, dy, end) counted from the pen that stays."""
    strokes = np.array(rows, np.float32)
    strokes[:, :2] += NULL
    return strokes


BOUNCE = (1, 0, 1), (0.05, 0.1, 0), (1, 0, 0)


@pytest.mark.parametrize(
    "rows, end",
    [
        ([(1, 0, 0), (1, 1, 1), (0.01, -0.02, 1), (5, 5, 0)], 2),
        # A pen on the paper may stay.
        ([(1, 0, 0), (0, 0, 0), (0, 0, 0), (1, 1, 1)], None),
        # The dot of an i and the bar of a t come after the last letter's stem.
        ([(1, 0, 1), (-3, -2, 1), (2, 0, 0), (1, 0, 1), (0.1, 0.0, 1)], 4),
        # 6 % of the lines of IAM-OnDB have a lift after which it comes down in place.
        (BOUNCE, None),
        ([*BOUNCE, (1, 0, 1), (0.0, 0.1, 1)], 4),
        ([(0, 0, 1)], None),
    ],
)
def test_a_line_ends_where_the_lifted_pen_stays(rows, end):
    assert find_end(ink(*rows), NULL) == end
    assert find_end(np.zeros((0, 3), np.float32), NULL) is None


def window(centres, num_characters, width=0.5):
    """phi of a window that stands at each centre, the end symbol in the last column."""
    places = np.arange(num_characters + 1)
    return np.exp(-(((np.array(centres)[:, None] - places) / width) ** 2))


SLOW = np.r_[
    np.linspace(0, 1.5, 18), np.linspace(1.5, 2.5, 20), np.linspace(2.5, 5, 30)
]


@pytest.mark.parametrize(
    "centres, fault",
    [
        (np.linspace(0, 5, 60), None),
        (np.linspace(0, 4.0, 60), None),  # the last letter counts, not the end symbol
        (SLOW, None),  # a character may take twice as long as the usual one
        (np.linspace(0, 2.9, 60), "'cde' may lack 'e'"),
        (np.r_[np.linspace(0, 1, 20), np.linspace(3.2, 5, 20)], "'cde' may lack 'c'"),
        (
            np.r_[np.linspace(0, 2, 20), np.full(200, 2.0), np.linspace(2, 5, 20)],
            "'cde' may not be legible",
        ),
        (np.full(30, 60.0), "'a cde' may not be legible"),
    ],
    ids=["well", "at the last", "slow", "missing end", "jump", "stuck", "lost"],
)
def test_faults_are_named(centres, fault):
    assert describe_fault(window(centres, 5), TEXT) == fault


def test_components_that_run_ahead_are_no_fault():
    """A moment's weight on what comes later moves the centre, and no pen."""
    phi = window(np.linspace(0, 5, 60), 5)
    phi[::7, -1] += 2.0
    assert describe_fault(phi, TEXT) is None


@pytest.mark.parametrize("rows, ratio", [(10, 1.0), (13, 1.3), (19, 1.9)])
def test_attention_is_even_unless_one_character_had_much_of_it(rows, ratio):
    phi = np.eye(6)[np.repeat(np.arange(6), [10, 10, rows, 10, 10, 300])]
    assert unevenness(phi) == pytest.approx(max(0.0, ratio - EVEN))


def test_a_fault_at_a_blank_names_the_word_before_it():
    phi = window(np.linspace(0, 5, 60), 5)
    phi[:, 1] = 0.0
    assert describe_fault(phi, TEXT) == "'a' may lack ' '"

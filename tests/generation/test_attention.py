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


def test_a_line_ends_where_the_lifted_pen_stays():
    strokes = ink((1, 0, 0), (1, 1, 1), (0.01, -0.02, 1), (5, 5, 0))
    assert find_end(strokes, NULL) == 2


def test_a_pen_on_the_paper_may_stay():
    strokes = ink((1, 0, 0), (0, 0, 0), (0, 0, 0), (1, 1, 1))
    assert find_end(strokes, NULL) is None


def test_strokes_after_a_lift_go_on_be_they_back_or_forth():
    """The dot of an i and the bar of a t come after the last letter's stem."""
    strokes = ink((1, 0, 1), (-3, -2, 1), (2, 0, 0), (1, 0, 1), (0.1, 0.0, 1))
    assert find_end(strokes, NULL) == 4


def test_a_pen_that_bounces_writes_on():
    """6 % of the lines of IAM-OnDB have a lift after which it comes down in place."""
    bounce = (1, 0, 1), (0.05, 0.1, 0), (1, 0, 0)
    assert find_end(ink(*bounce), NULL) is None
    assert find_end(ink(*bounce, (1, 0, 1), (0.0, 0.1, 1)), NULL) == 4


def test_nothing_has_not_ended():
    assert find_end(np.zeros((0, 3), np.float32), NULL) is None
    assert find_end(ink((0, 0, 1)), NULL) is None


def window(centres, num_characters, width=0.5):
    """phi of a window that stands at each centre, the end symbol in the last column."""
    places = np.arange(num_characters + 1)
    return np.exp(-(((np.array(centres)[:, None] - places) / width) ** 2))


def test_a_window_that_passes_over_the_text_is_well():
    assert describe_fault(window(np.linspace(0, 5, 60), 5), TEXT) is None


def test_a_window_may_end_on_the_last_character():
    """The end symbol need not be reached: the last letter is what counts."""
    assert describe_fault(window(np.linspace(0, 4.0, 60), 5), TEXT) is None


def test_components_that_run_ahead_are_no_fault():
    """A moment's weight on what comes later moves the centre, and no pen."""
    phi = window(np.linspace(0, 5, 60), 5)
    phi[::7, -1] += 2.0
    assert describe_fault(phi, TEXT) is None


def test_a_character_may_take_twice_as_long_as_the_usual_one():
    slow = np.r_[np.linspace(0, 1.5, 18), np.linspace(1.5, 2.5, 20)]
    assert describe_fault(window(np.r_[slow, np.linspace(2.5, 5, 30)], 5), TEXT) is None


@pytest.mark.parametrize(
    "centres, fault",
    [
        (np.linspace(0, 2.9, 60), "'cde' may lack 'e'"),
        (np.r_[np.linspace(0, 1, 20), np.linspace(3.2, 5, 20)], "'cde' may lack 'c'"),
        (
            np.r_[np.linspace(0, 2, 20), np.full(200, 2.0), np.linspace(2, 5, 20)],
            "'cde' may not be legible",
        ),
        (np.full(30, 60.0), "'a cde' may not be legible"),
    ],
    ids=["missing end", "jump", "stuck", "lost"],
)
def test_faults_are_named(centres, fault):
    assert describe_fault(window(centres, 5), TEXT) == fault


@pytest.mark.parametrize("rows, ratio", [(10, 1.0), (13, 1.3), (19, 1.9)])
def test_attention_is_even_unless_one_character_had_much_of_it(rows, ratio):
    phi = np.eye(6)[np.repeat(np.arange(6), [10, 10, rows, 10, 10, 300])]
    assert unevenness(phi) == pytest.approx(max(0.0, ratio - EVEN))


def test_a_fault_at_a_blank_names_the_word_before_it():
    phi = window(np.linspace(0, 5, 60), 5)
    phi[:, 1] = 0.0
    assert describe_fault(phi, TEXT) == "'a' may lack ' '"

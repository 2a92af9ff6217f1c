"""The bootstrap against theory: lines, forms and quotients."""

import math

import numpy as np
import pytest

from sketch.evaluation.bootstrap import (
    MIN_FORMS,
    estimate_quotients,
    forms_of,
)


def test_interval_of_a_mean_is_the_normal_approximation():
    values = np.random.default_rng(3).normal(1000.0, 300.0, 1500)
    [mean] = estimate_quotients(values[:, None], np.ones((1500, 1)))
    error = values.std() / math.sqrt(1500)  # 7.7
    # The quantile of 10,000 draws is itself known to sqrt(0.025 * 0.975 / 10,000) over
    # the density there, 0.0584 per standard error: 0.027 of one. Five times that.
    assert mean["low"] == pytest.approx(values.mean() - 1.96 * error, abs=0.14 * error)
    assert mean["high"] == pytest.approx(values.mean() + 1.96 * error, abs=0.14 * error)


def test_lines_of_a_form_that_are_equal_count_as_one():
    """Five equal lines a form: the interval is that of the forms alone."""
    of_forms = np.random.default_rng(4).normal(1000.0, 300.0, (300, 1))
    lines = np.repeat(of_forms, 5, axis=0)
    forms = np.repeat(np.arange(300).astype(str), 5)
    ones = np.ones_like(lines)
    [grouped] = estimate_quotients(lines, ones, list(forms))
    [alone] = estimate_quotients(of_forms, np.ones((300, 1)))
    assert grouped["low"] == pytest.approx(alone["low"])
    assert grouped["high"] == pytest.approx(alone["high"])
    [by_line] = estimate_quotients(lines, ones)
    ratio = (grouped["high"] - grouped["low"]) / (by_line["high"] - by_line["low"])
    assert ratio == pytest.approx(math.sqrt(5), rel=0.1)


def test_forms_are_the_ids_without_their_last_part_where_they_are_many():
    forms = [f"a{number:02}-000u" for number in range(MIN_FORMS)]
    assert forms_of(f"{form}-01" for form in forms) == forms
    assert forms_of(["demo-1", "demo-2"]) is None
    # Two files of own ink are two forms: an interval of two would look certain.
    assert forms_of(f"me-{n % 2}-{n:02}" for n in range(40)) is None

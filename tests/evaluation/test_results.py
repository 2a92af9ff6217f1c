"""Means, their intervals against theory, and the comparison of two reports."""

import math

import numpy as np
import pytest

from sketch.corpus.hdf5 import Line
from sketch.evaluation.likelihood import LineScores
from sketch.evaluation.protocols import PROTOCOLS, Selection
from sketch.evaluation.results import compare_reports, summarise

STD = np.array([42.0, 37.131])


def made_up(num_lines=40, unit=STD, gains=0.0):
    """Scores of lines and their selection; `gains` of each line is taken off."""
    rng = np.random.default_rng(0)
    num_points = rng.integers(100, 900, num_lines)
    ink = 1.6 * num_points + rng.normal(0, 60, num_lines) - gains
    scores = LineScores(
        ink=ink,
        pen=-0.1 * num_points,
        dequantised=ink - 0.25 * num_points - gains,
        num_points=num_points,
        std=STD,
    )
    ids = [f"f{number // 5}-{number}" for number in range(num_lines)]
    lines = [Line(np.zeros((1, 3), np.float32), "", line_id) for line_id in ids]
    return scores, Selection(PROTOCOLS["graves"], lines, np.array(unit), False, {})


def test_means_are_sums_over_lines_and_points():
    scores, selection = made_up()
    result = summarise(scores, selection, False)
    points, ink, pen = scores.num_points, scores.ink, scores.pen
    assert result["num_points"] == points.sum()
    for name, values in (
        ("log_likelihood", ink + pen),
        ("ink", ink),
        ("pen", pen),
        ("dequantised", scores.dequantised + pen),
    ):
        line, point = (result[name][f"nats_per_{unit}"] for unit in ("line", "point"))
        assert line["value"] == pytest.approx(values.mean())
        # Not the mean of the lines' own quotients.
        assert point["value"] == pytest.approx(values.sum() / points.sum())
        assert line["low"] < values.mean() < line["high"]
    assert result == summarise(scores, selection, False)  # the same every time


def test_reported_in_the_unit_of_the_protocol_and_bits_in_none():
    scores, selection = made_up()
    other = made_up(unit=(56.04462, 56.04462))[1]
    graves, vrnn, again = (
        summarise(scores.in_units(unit), chosen, False)
        for unit, chosen in ((STD, selection), (STD, other), ((1, 1), other))
    )
    gain = math.log(56.04462**2 / STD.prod())
    for name in ("log_likelihood", "ink", "dequantised"):
        for bound in ("value", "low", "high"):
            here, there = (one[name]["nats_per_point"][bound] for one in (graves, vrnn))
            assert there - here == pytest.approx(gain)
        here, there = (one[name]["nats_per_line"]["value"] for one in (graves, vrnn))
        assert there - here == pytest.approx(gain * scores.num_points.mean())
    assert vrnn["pen"] == graves["pen"]
    # A code for whole tablet units: independent of what the model was trained in.
    expected = -(scores.dequantised + scores.pen).sum() / scores.num_points.sum()
    expected = (expected + math.log(STD.prod())) / math.log(2)
    for one in (graves, vrnn, again):
        assert one["bits_per_point"]["value"] == pytest.approx(expected)
    assert again["ink"]["nats_per_line"] == pytest.approx(vrnn["ink"]["nats_per_line"])


def test_interval_of_a_quotient_is_the_delta_method_s():
    """Long lines score more: a quotient is far surer than its numerator."""
    scores, selection = made_up(num_lines=1500)
    point = summarise(scores, selection, False)["ink"]["nats_per_point"]
    residue = scores.ink - point["value"] * scores.num_points
    error = residue.std() / math.sqrt(1500) / scores.num_points.mean()
    width = 2 * 1.96 * error
    assert point["high"] - point["low"] == pytest.approx(width, rel=0.15)
    middle = 0.5 * (point["high"] + point["low"])
    assert middle == pytest.approx(point["value"], abs=0.15 * error)


def report_of(scores, selection):
    facts = {"format": "x", "model": "m", "corpus": {"digest": "0", "source": "x"}}
    return facts | summarise(scores, selection, False)


def test_two_reports_are_compared_line_by_line():
    ours = report_of(*made_up(num_lines=300))
    gains = np.random.default_rng(5).normal(3.0, 10.0, 300)
    theirs = report_of(*made_up(num_lines=300, gains=gains)) | {"model": "other"}
    found = compare_reports(ours, theirs)
    assert (found["model"], found["num_lines"]) == ("other", 300)
    assert found["log_likelihood"]["value"] == pytest.approx(gains.mean(), abs=1e-3)
    assert found["dequantised"]["value"] == pytest.approx(2 * gains.mean(), abs=2e-3)
    # The lines vary by hundreds of nats, their differences by 10.
    error = 10 / math.sqrt(300)
    width = found["log_likelihood"]["high"] - found["log_likelihood"]["low"]
    assert width == pytest.approx(2 * 1.96 * error, rel=0.25)
    back = compare_reports(theirs, ours)
    low = found["log_likelihood"]["low"]
    assert back["log_likelihood"]["high"] == pytest.approx(-low)


def test_reports_that_share_some_lines_are_compared_on_these():
    ours, theirs = (report_of(*made_up(num_lines=4)) for _ in range(2))
    del theirs["line_scores"]["log_likelihood"]["f0-1"]
    theirs["line_scores"]["dequantised"] = dict.fromkeys(
        theirs["line_scores"]["dequantised"]
    )
    found = compare_reports(ours, theirs)
    assert found["num_lines"] == 3 and found["dequantised"] is None
    assert found["log_likelihood"] == {"value": 0, "low": 0, "high": 0}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"protocol": "vrnn"}, "its protocol is vrnn, not graves"),
        ({"corpus": {"digest": "1", "source": "y"}}, "of another corpus, y"),
        ({"line_scores": {"log_likelihood": {}, "dequantised": {}}}, "none of these"),
        ({"line_scores": None}, "no report of `sketch evaluate --json`"),
        ({"format": "sketch legibility 1"}, "its format is sketch legibility 1"),
    ],
)
def test_reports_that_do_not_fit_are_refused(changes, words):
    ours = report_of(*made_up())
    with pytest.raises(ValueError, match=words):
        compare_reports(ours, ours | changes)
    with pytest.raises(ValueError, match="no report"):
        compare_reports(ours, {})

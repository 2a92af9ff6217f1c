"""Means, intervals against theory, and what is printed of them."""

import json
import math
from dataclasses import astuple

import numpy as np
import pytest

from sketch.corpus.hdf5 import Line
from sketch.evaluation.likelihood import LineScores
from sketch.evaluation.protocols import LAST_18, PROTOCOLS, Selection
from sketch.evaluation.results import compare_reports, summarise

STD = np.array([42.0, 37.131])


def made_up(name="graves", num_lines=40, has_cells=True, ids=None, seed=0):
    rng = np.random.default_rng(seed)
    num_points = rng.integers(100, 900, num_lines)
    ids = ids or [f"line-{number}" for number in range(num_lines)]
    ink = 1.6 * num_points + rng.normal(0, 60, num_lines)
    scores = LineScores(
        ink=ink,
        pen=-0.1 * num_points,
        dequantised=ink - 0.25 * num_points if has_cells else None,
        num_points=num_points,
        std=STD,
    )
    lines = [Line(np.zeros((1, 3), np.float32), "", line_id) for line_id in ids]
    left_out = {"short": 0, "long": 2, "without_text": 0, "with_unknown_characters": 1}
    selection = Selection(PROTOCOLS[name], lines, STD, False, left_out, ["not IAM"])
    return scores, selection


def test_means_are_sums_over_lines_and_points():
    scores, selection = made_up()
    result = summarise(scores, selection, False)
    points, ink, pen = scores.num_points, scores.ink, scores.pen
    assert result.num_points == points.sum()
    for part, values in (
        (result.log_likelihood, ink + pen),
        (result.ink, ink),
        (result.pen, pen),
        (result.dequantised, scores.dequantised + pen),
    ):
        assert part.nats_per_line.value == pytest.approx(values.mean())
        # Not the mean of the lines' own quotients.
        assert part.nats_per_point.value == pytest.approx(values.sum() / points.sum())
        assert part.nats_per_line.low < values.mean() < part.nats_per_line.high


def test_reported_in_the_unit_of_the_protocol_and_bits_in_none():
    scores, selection = made_up()
    results = [
        summarise(
            scores.in_units(start),
            Selection(selection.protocol, selection.lines, np.array(unit), False, {}),
            False,
        )
        for start in (STD, (1.0, 1.0))
        for unit in (STD, (56.04462, 56.04462))
    ]
    graves, vrnn, *again = results
    gain = math.log(56.04462**2 / STD.prod())
    for name in ("log_likelihood", "ink", "dequantised"):
        here, there = (getattr(one, name).nats_per_point for one in (graves, vrnn))
        gained = np.subtract(astuple(there), astuple(here))
        assert gained == pytest.approx([gain] * 3)
        here, there = (getattr(one, name).nats_per_line for one in (graves, vrnn))
        assert there.value - here.value == pytest.approx(
            gain * scores.num_points.mean()
        )
    assert vrnn.pen == graves.pen
    # A code for whole tablet units: independent of what the model was trained in.
    for one in results:
        bits = astuple(one.bits_per_point)
        assert bits == pytest.approx(astuple(graves.bits_per_point))
    expected = -(scores.dequantised + scores.pen).sum() / scores.num_points.sum()
    expected = (expected + math.log(STD.prod())) / math.log(2)
    assert graves.bits_per_point.value == pytest.approx(expected)
    assert [one.log_likelihood.nats_per_line.value for one in again] == pytest.approx(
        [one.log_likelihood.nats_per_line.value for one in (graves, vrnn)]
    )


def test_interval_of_a_quotient_is_the_delta_method_s():
    """Long lines score more: a quotient is far surer than its numerator."""
    scores, selection = made_up(num_lines=1500)
    point = summarise(scores, selection, False).ink.nats_per_point
    residue = scores.ink - point.value * scores.num_points
    error = residue.std() / math.sqrt(1500) / scores.num_points.mean()
    width = 2 * 1.96 * error
    assert point.high - point.low == pytest.approx(width, rel=0.06)
    assert 0.5 * (point.high + point.low) == pytest.approx(point.value, abs=0.1 * error)


def test_intervals_are_the_same_every_time_and_a_single_line_has_none():
    scores, selection = made_up()
    assert summarise(scores, selection, False) == summarise(scores, selection, False)
    scores, selection = made_up(num_lines=1)
    line = summarise(scores, selection, False).log_likelihood.nats_per_line
    assert line.low == pytest.approx(line.value) == pytest.approx(line.high)


def test_mean_without_vrnn_s_last_batch():
    ids = [f"other-{number}" for number in range(20)] + LAST_18
    scores, selection = made_up("vrnn", 38, ids=ids)
    count, value = summarise(scores, selection, False).without_last_batch
    assert count == 20
    assert value == pytest.approx((scores.ink + scores.pen)[:20].mean())
    # Other lines, or other protocols: nothing to say.
    scores, selection = made_up("vrnn", 37, ids=ids[:-1])
    assert summarise(scores, selection, False).without_last_batch is None
    scores, selection = made_up("graves", 38, ids=ids)
    assert summarise(scores, selection, False).without_last_batch is None


KEYS = {
    "format",
    "protocol",
    "is_its_corpus",
    "set",
    "has_text",
    "num_lines",
    "num_points",
    "left_out",
    "unit",
    "log_likelihood",
    "ink",
    "pen",
    "dequantised",
    "bits_per_point",
    "without_last_batch",
    "references",
    "remark",
    "notes",
    "line_scores",
}


@pytest.mark.parametrize("has_cells", [True, False])
@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_json_has_the_same_keys_always(name, has_cells):
    scores, selection = made_up(name, has_cells=has_cells)
    text = json.dumps(summarise(scores, selection, False).to_json(), allow_nan=False)
    read = json.loads(text)
    assert set(read) == KEYS
    assert read["format"] == "sketch evaluation 1"
    for part in ("log_likelihood", "ink", "pen"):
        assert set(read[part]) == {"nats_per_line", "nats_per_point"}
        assert set(read[part]["nats_per_line"]) == {"value", "low", "high"}
    for part in ("dequantised", "bits_per_point"):
        assert (read[part] is not None) == has_cells
    assert read["notes"] == ["not IAM"]


def test_report_for_people():
    scores, selection = made_up()
    text = str(summarise(scores, selection, False))
    assert "40 lines" in text and "2 long" in text and "unit (42.000, 37.131)" in text
    mean = (scores.ink + scores.pen).mean()
    assert f"{mean:,.1f}" in text
    assert f"as papers print it, a loss: {-mean:.1f} nats/line" in text
    assert "to compare: -1041.0  Graves 2013, 3 layers of 400" in text
    assert "with text" not in text
    assert text.endswith("note: not IAM")
    with_text = str(summarise(scores, selection, True))
    assert "-1128.2" in with_text and "-1041.0" not in with_text
    scores, selection = made_up("udibr", has_cells=False)
    text = str(summarise(scores, selection, False))
    assert "-1008 is the figure to beat" in text
    assert "the coordinates are not whole numbers" in text


def report_of(scores, selection, **changes):
    facts = summarise(scores, selection, False).to_json()
    return facts | {"model": "m", "corpus": {"digest": "0", "source": "x"}} | changes


def test_two_reports_are_compared_line_by_line():
    ids = [f"f{number // 5}-{number}" for number in range(300)]
    scores, selection = made_up(num_lines=300, ids=ids)
    ours = report_of(scores, selection)
    gains = np.random.default_rng(5).normal(3.0, 10.0, 300)
    better = LineScores(
        scores.ink - gains,
        scores.pen,
        scores.dequantised - 2 * gains,
        scores.num_points,
        STD,
    )
    theirs = report_of(better, selection, model="other")
    found = compare_reports(ours, theirs)
    assert (found["model"], found["num_lines"]) == ("other", 300)
    assert found["log_likelihood"]["value"] == pytest.approx(gains.mean(), abs=1e-3)
    assert found["dequantised"]["value"] == pytest.approx(2 * gains.mean(), abs=2e-3)
    # The lines vary by hundreds of nats, their differences by 10.
    error = 10 / math.sqrt(300)
    width = found["log_likelihood"]["high"] - found["log_likelihood"]["low"]
    assert width == pytest.approx(2 * 1.96 * error, rel=0.25)
    alone = summarise(scores, selection, False).log_likelihood.nats_per_line
    assert alone.high - alone.low > 10 * width
    back = compare_reports(theirs, ours)
    low = found["log_likelihood"]["low"]
    assert back["log_likelihood"]["high"] == pytest.approx(-low)


def test_reports_that_share_some_lines_are_compared_on_these():
    scores, selection = made_up(num_lines=4)
    ours = report_of(scores, selection)
    theirs = json.loads(json.dumps(ours))
    del theirs["line_scores"]["log_likelihood"]["line-1"]
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

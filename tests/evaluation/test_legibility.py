"""The figures of legibility and their report."""

import json

from sketch.evaluation.distances import STATISTICS
from sketch.evaluation.legibility import (
    OWN,
    VALID,
    Legibility,
    Writing,
    summarise_reading,
)
from sketch.evaluation.subject import Subject


def test_errors_are_counted_over_all_characters():
    reading = summarise_reading(["abcd", "ab"], ["abXd", "abcd"])
    assert (reading.num_lines, reading.num_characters) == (2, 6)
    assert reading.error_rate.value == 3 / 6
    # A draw is one line twice, or both.
    assert (reading.error_rate.low, reading.error_rate.high) == (1 / 4, 1)


def test_the_report_and_its_json():
    reading = summarise_reading(["abcd", "ab"], ["abXd", "ab"])
    distances = dict.fromkeys(STATISTICS, 1.25) | {"turn": None}
    report = Legibility(
        subject=Subject(
            "pen",
            {"kind": "best", "epoch": 3, "step": 12},
            {"path": "x.hdf5", "source": "made up", "digest": "0123456789abcdef"},
        ),
        recogniser={"name": "eyes", "epoch": 1, "step": 4},
        tries=1,
        real=reading,
        written=[
            Writing(VALID, 0.5, reading, 1, 80.0, distances),
            Writing(OWN, 0.5, reading, 0, 70.0, None),
        ],
        notes=["a note"],
    )
    lines = str(report).splitlines()
    assert lines[2] == "read by eyes: epoch 1, step 4"
    assert lines[5].split()[:6] == ["real", "lines,", "the", "floor", "2", "16.7%"]
    assert lines[6].split()[-2:] == ["1", "80.0"]
    assert "turn" in str(report) and lines[-1] == "note: a note"
    facts = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert facts["real"]["error_rate"]["value"] == 1 / 6
    assert facts["written"][0]["distances"]["turn"] is None
    assert list(facts["written"][0]) == [
        *("texts", "bias", "failures", "characters_per_second", "distances"),
        *("num_lines", "num_characters", "error_rate"),
    ]
    assert facts["written"][0]["failures"] == 1
    assert facts["written"][1]["distances"] is None

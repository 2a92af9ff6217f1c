"""Style as a number: the statistics, the likeness, and the whole measurement."""

import json

import numpy as np
import pytest
from made_up_ink import write
from untrained import make_experiment

from sketch.corpus.hdf5 import Corpus, Line, write_corpus
from sketch.evaluation.style import (
    STATISTICS,
    evaluate_style,
    measure_style,
    summarise_style,
)

TEXT = "gentle tap"


def test_statistics_of_scaled_ink_move_with_its_size():
    line = write(TEXT)
    plain = measure_style(line, TEXT)
    assert len(plain) == len(STATISTICS)
    twice = measure_style(line * (2, 2, 1), TEXT) - plain
    expected = {"height": np.log(2), "width": np.log(2), "speed": np.log(2)}
    assert twice == pytest.approx([expected.get(name, 0) for name in STATISTICS])


def test_slant_is_that_of_a_shear_and_positive_to_the_right():
    rows = [(0, 10, 0), (0, -10, 0), (10, 0, 1)] * 5  # upright strokes down and up
    upright = np.float32(rows)
    assert measure_style(upright, TEXT)[0] == pytest.approx(0)
    for angle in (0.3, -0.2):
        sheared = upright.copy()
        sheared[:, 0] -= np.tan(angle) * upright[:, 1]  # y grows downwards
        assert measure_style(sheared, TEXT)[0] == pytest.approx(angle, abs=1e-6)


def test_a_line_that_climbs_is_no_higher():
    rng = np.random.default_rng(0)
    line = np.column_stack([np.full(200, 5.0), rng.normal(0, 4, 200), np.zeros(200)])
    climbing = line - (0, 0.5, 0)
    places = [list(STATISTICS).index(name) for name in ("height", "points", "strokes")]
    assert measure_style(climbing, TEXT)[places] == pytest.approx(
        measure_style(line, TEXT)[places], rel=1e-6
    )


def styles(count, noise, seed):
    """References of different styles, and lines like them."""
    rng = np.random.default_rng(seed)
    references = rng.normal(size=(count, len(STATISTICS)))
    return references, references + rng.normal(0, noise, references.shape)


def test_likeness_of_equal_lines_is_perfect():
    references, lines = styles(60, 0.0, 1)
    found = summarise_style(lines, references)
    assert found["ratios"] == pytest.approx(
        {name: 1 for name in STATISTICS} | {"slant": 0}
    )
    assert found["correlations"] == pytest.approx(dict.fromkeys(STATISTICS, 1))
    assert (found["nearest"]["value"], found["nearest"]["low"]) == (1, 1)


def test_likeness_tells_what_shrinks():
    references, lines = styles(60, 0.1, 2)
    lines = lines + np.array([0.1, np.log(0.7), 0, 0, 0, 0])
    found = summarise_style(lines, references)
    assert found["ratios"]["height"] == pytest.approx(0.7, rel=0.05)
    assert found["ratios"]["slant"] == pytest.approx(0.1, abs=0.05)
    assert found["correlations"]["height"] > 0.95


def test_unrelated_lines_are_nearest_as_often_as_chance_has_it():
    references, _ = styles(400, 0, 3)
    lines, _ = styles(400, 0, 4)
    found = summarise_style(lines, references, num_candidates=20)
    # One of 20, of 400 forms: a standard deviation of 0.011.
    assert found["nearest"]["value"] == pytest.approx(0.05, abs=0.04)
    assert max(map(abs, found["correlations"].values())) < 0.2


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Five validation forms of three lines, in letters of different sizes."""

    def lines(name, forms):
        for form in range(forms):
            for number, text in enumerate(("gentle tap", "a late lap", "tall letter")):
                ink = write(text) * (1 + form, 1 + form, 1)
                yield Line(np.float32(ink), text, f"{name}{form}-{number}", str(form))

    sets = {name: list(lines(name, 5)) for name in ("train", "valid")}
    path = tmp_path_factory.mktemp("data") / "forms.hdf5"
    sets["test"] = sets["valid"]
    write_corpus(path, sets, source="made up", command="", seed=0, split="form")
    return path


def test_every_form_is_written_in_its_style(corpus, tmp_path):
    experiment = make_experiment(tmp_path)
    report = evaluate_style(
        experiment, tmp_path, corpus, biases=(0.0, 1.0), num_forms=4
    )
    assert (report["num_forms"], report["num_candidates"]) == (4, 4)
    own, others = report["own"], report["others"]
    # A person's own lines are of one size; those of the next form are not.
    assert own["ratios"]["height"] == pytest.approx(1, abs=0.25)
    assert own["correlations"]["speed"] > 0.95 and others["correlations"]["speed"] < 0.5
    assert own["nearest"]["value"] > others["nearest"]["value"]
    facts = json.loads(json.dumps(report, allow_nan=False))
    assert [one["bias"] for one in facts["written"]] == [0.0, 1.0]
    assert all(set(one["ratios"]) == set(STATISTICS) for one in facts["written"])
    rows = report["text"].splitlines()
    assert "own line" in rows[4] and "bias 1" in rows[4]
    assert rows[-2].startswith("1 of 4") and "%" in rows[-2]


def test_too_few_forms_are_an_error(corpus, tmp_path):
    with Corpus.open(corpus) as opened:
        sets = {name: opened.read_set(name)[:6] for name in ("train", "valid")}
    sets["test"] = sets["valid"]
    path = tmp_path / "few.hdf5"
    write_corpus(path, sets, source="made up", command="", seed=0, split="form")
    with pytest.raises(ValueError, match="has 2 validation forms of 3 lines or more"):
        evaluate_style(make_experiment(tmp_path), tmp_path, path)

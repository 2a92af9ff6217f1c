"""Primes: styles, corpus lines and files, in the units of an experiment."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from untrained import make_experiment

from sketch.corpus.corpus_line import SETS
from sketch.corpus.hdf5 import Line, write_corpus
from sketch.experiment.styles import load_styles
from sketch.generation.terms import Prime
from sketch.ink.ink_files import write_json
from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import denormalise, strokes_from_points
from sketch.writing.prime import describe_prime, load_prime, style_prime

STROKES = np.float32([[4, 3, 0], [10, -5, 1], [4, 0, 0], [-2, 5, 1]])


@pytest.fixture
def experiment(tmp_path):
    return make_experiment(tmp_path / "experiments", with_weights=False)


@pytest.fixture
def styles(experiment):
    path = experiment.path / "styles.json"
    lines = [
        InkLine(STROKES, "a wide lake", writer="wide"),
        InkLine(STROKES * (0.5, 1, 1), "a narrow one", writer="narrow"),
    ]
    write_json(path, lines)
    return path


def test_a_style_is_taken_as_it_was_written(experiment, styles):
    assert list(load_styles(experiment)) == ["wide", "narrow"]
    prime = load_prime(experiment, "narrow")
    assert prime.text == "a narrow one"
    # The file begins at its first point: what led there has no row that tells.
    raw = prime.strokes[:, :2] * experiment.offset_std + experiment.offset_mean
    np.testing.assert_allclose(raw[1:], STROKES[1:, :2] * (0.5, 1), atol=1e-5)
    np.testing.assert_array_equal(prime.strokes[:, 2], STROKES[:, 2])
    np.testing.assert_array_equal(
        style_prime(experiment, "narrow").strokes, prime.strokes
    )
    with pytest.raises(ValueError, match="knows what it says; leave out --prime-text"):
        load_prime(experiment, "narrow", "a lake")


def test_style_is_found_beside_files_of_its_name(
    experiment, styles, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("wide", "round"):
        (tmp_path / name).touch()
    assert load_prime(experiment, "wide").text == "a wide lake"
    with pytest.raises(ValueError, match="round: a file of ink ends in .svg"):
        load_prime(experiment, "round")


def test_line_of_a_given_corpus_is_found_beside_a_style_of_its_name(
    experiment, styles, tmp_path
):
    path = tmp_path / "toy.hdf5"
    line = Line(STROKES, "of the corpus", "wide", "w")
    others = {"valid": "line-1", "test": "line-2"}
    sets = {"train": [line]} | {
        name: [replace(line, line_id=line_id)] for name, line_id in others.items()
    }
    write_corpus(path, sets, source="made up", command="", seed=0, split="random")
    assert load_prime(experiment, "wide").text == "a wide lake"
    assert load_prime(experiment, "wide", data=path).text == "of the corpus"
    with pytest.raises(ValueError, match="no line 'narrow'.* is a style of the model"):
        load_prime(experiment, "narrow", data=path)
    with pytest.raises(ValueError, match="no line 'x'.*; the styles .* wide, narrow"):
        load_prime(experiment, "x", data=path)


def test_unknown_style_is_refused_with_the_known_ones(experiment, styles):
    with pytest.raises(ValueError, match="no style 'round', but wide, narrow"):
        style_prime(experiment, "round")
    with pytest.raises(
        ValueError, match=r"neither a style .* \(wide, narrow\), an ink"
    ):
        load_prime(experiment, "round")
    styles.unlink()
    assert load_styles(experiment) == {}
    with pytest.raises(ValueError, match="no style 'round', but none"):
        style_prime(experiment, "round")


def damage(**changes):
    def write(path):
        content = json.loads(path.read_text())
        content["lines"][1] |= changes
        path.write_text(json.dumps(content))

    return write


@pytest.mark.parametrize(
    "write",
    [
        damage(writer=""),
        damage(writer="wide"),
        damage(writer="a  b"),
        damage(writer="a\x1b"),
        damage(writer="a.json"),
        damage(text=""),
        damage(strokes=[]),
        damage(strokes=5),
        lambda path: path.write_text("{"),
        lambda path: path.write_bytes(b"\xff"),
    ],
)
def test_damaged_styles_are_named(experiment, styles, write):
    write(styles)
    with pytest.raises(ValueError, match="styles.json"):
        load_styles(experiment)


def test_styles_are_not_read_from_elsewhere(experiment, styles, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    styles.rename(elsewhere)
    styles.symlink_to(elsewhere)
    with pytest.raises(ValueError, match="styles.json"):
        load_styles(experiment)


@pytest.mark.parametrize("unit", [1.0, 13.0])
@pytest.mark.parametrize("rate", [1, 3])
def test_a_corpus_line_of_another_tablet_is_brought_to_scale(
    experiment, tmp_path, unit, rate
):
    """Its letters are as wide as those of the experiment, at its points per letter."""
    text = "a lake and a hill"
    count = rate * 4 * (len(text) + 1)  # the experiment has 4 points a character
    time = np.arange(count + 1) / rate
    points = unit * np.column_stack([4.0 * time + np.sin(time), 9.0 * np.sin(time)])
    line = Line(strokes_from_points([points]), text, "mine-01", "w")
    lines = [replace(line, line_id=f"{name}-01") for name in ("mine", "valid", "test")]
    sets = {name: [one] for name, one in zip(SETS, lines, strict=True)}
    path = tmp_path / "mine.hdf5"
    write_corpus(path, sets, source="made up", command="", seed=0, split="random")
    prime = load_prime(experiment, "mine-01", data=path)
    ink = denormalise(prime.strokes, experiment.offset_mean, experiment.offset_std)
    assert ink[:, 0].sum() == pytest.approx(16 * (len(text) + 1), rel=0.05)
    assert len(ink) == pytest.approx(4 * (len(text) + 1), rel=0.02)


def test_a_prime_that_is_short_or_says_other_words_is_told(experiment):
    class Recogniser:
        def read(self, strokes, offset_std):
            return ["a lake"]

    check = SimpleNamespace(recogniser=Recogniser())
    assert describe_prime(None, check, experiment) == []
    assert describe_prime(Prime(STROKES, "a wide lake"), check, experiment) == []
    (note,) = describe_prime(Prime(STROKES, "some hills"), check, experiment)
    assert note.startswith("the prime reads as 'a lake', not 'some hills'")
    (note,) = describe_prime(Prime(STROKES, "a lake"), check, experiment)
    assert note.startswith("a prime of 6 characters is short")

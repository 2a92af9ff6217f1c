"""An experiment as a pen: its units, its bias, its size, and the check of its ink."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made_up_ink import pens_of
from untrained import make_experiment

import sketch.api
from sketch.generation import pieces
from sketch.generation.sampling import Trace
from sketch.generation.terms import CheckResult, Prime
from sketch.generation.texts import WrittenLine
from sketch.ink.strokes import normalise, strokes_from_points
from sketch.writing import pen as pen_module
from sketch.writing.pen import (
    in_units,
    line_in_units,
    sampling_options,
    write_experiment,
)

LOOP = SimpleNamespace(network=SimpleNamespace(first_input=(0.0, 0.0, 0.0)))
NORMALISED = np.float32([[0, 0, 0], [1, -2, 1]])
RECORDED = [[4, 1, 0], [10, -9, 1]]  # by a mean of (4, 1) and deviations of (6, 5)


@pytest.fixture
def make(tmp_path):
    def make(**settings):
        experiment = make_experiment(tmp_path, with_weights=False, **settings)
        return replace(experiment, offset_mean=np.array([4.0, 1.0]))

    return make


def test_normalised_ink_is_put_back_in_the_recordings_units(make):
    assert in_units(make(), NORMALISED).tolist() == RECORDED


def test_free_lines_have_the_bias_and_the_recordings_units(make, monkeypatch):
    asked = []

    def sample(*given, slow_speeds):
        assert slow_speeds == (0.2, 0.3)
        asked.append(given)
        return SimpleNamespace(strokes=np.stack([NORMALISED] * 2))

    monkeypatch.setattr(pen_module, "sample", sample)
    monkeypatch.setattr(sketch.api.Pen, "_loop", LOOP)
    ink = sketch.api.Pen(make(text=False)).sample(2, steps=9, bias=0.5, seed=3)
    assert asked == [(LOOP, 2, 9, 0.5, 3)]
    assert [line.strokes.tolist() for line in ink.lines] == [RECORDED] * 2


@pytest.mark.parametrize("pace, steps", [(4.0, 9), (0.2, 1)])
def test_steps_per_character_follow_the_corpus_and_are_at_least_one(make, pace, steps):
    """A drawing may have fewer points than the word that names it has letters."""
    experiment = replace(make(), points_per_character=pace)
    assert sampling_options(experiment).steps_per_character == steps
    assert sampling_options(experiment, 7).steps_per_character == 7


class Refusal:
    """A check that lets nothing pass."""

    def require_known(self, texts):
        self.texts = texts

    def of_pen(self, offset_mean, offset_std):
        self.units = offset_mean, offset_std
        return lambda texts, strokes: [CheckResult(1.0, "it is no good") for _ in texts]


def test_piece_that_a_check_refuses_is_written_max_tries_times(make, monkeypatch):
    def sample(loop, num_lines, max_steps, *_):
        shapes = (3, 0, 0, 6, 0)  # of the trace: `phi` is of five letters and the end
        return Trace(*(np.zeros((num_lines, 9, n), np.float32) for n in shapes))

    monkeypatch.setattr(pieces, "sample", sample)
    monkeypatch.setattr(pieces, "find_end", lambda strokes, _: 9)
    monkeypatch.setattr(pieces, "describe_fault", lambda phi, text: None)
    monkeypatch.setattr(pieces, "unevenness", lambda phi: 0.0)
    experiment, check = make(), Refusal()
    options = sampling_options(experiment, max_tries=3)
    (line,) = write_experiment(experiment, ["hello"], options, loop=LOOP)
    assert (line.tries, line.faults) == ([1], [])
    (line,) = write_experiment(experiment, ["hello"], options, loop=LOOP, check=check)
    assert (line.tries, line.faults) == ([3], ["it is no good (3 tries)"])
    assert check.texts == ["hello"]
    assert check.units == (experiment.offset_mean, experiment.offset_std)


@pytest.mark.parametrize("size, scale", [(1.0, 1.0), (1.2, 1.2), (3.0, 1.25)])
def test_lines_are_scaled_to_the_letters_of_their_prime(make, monkeypatch, size, scale):
    def ink(size):
        pens = [size * pen for pen in pens_of("small letters")[0]]
        return normalise(strokes_from_points(pens), experiment.offset_mean, (6.0, 5.0))

    experiment = make()
    nothing = np.zeros((len(ink(1.0)), 0), np.float32)
    trace = Trace(ink(1.0), *[nothing] * 4)

    def write_texts(loop, alphabet, texts, *_):
        return [WrittenLine(text, trace) for text in texts]

    monkeypatch.setattr(pen_module, "write_texts", write_texts)
    prime = Prime(ink(size), "small letters")
    texts = ["small letters", "hi"]  # the second is too short to be measured
    line, short = write_experiment(experiment, texts, None, prime, LOOP)
    assert (line.scale, short.scale) == (pytest.approx(scale, rel=1e-3), 1.0)
    larger = line_in_units(experiment, line)
    own = in_units(experiment, trace.strokes)
    np.testing.assert_allclose(larger[:, :2], scale * own[:, :2], rtol=1e-3, atol=1e-3)
    assert (larger[:, 2] == own[:, 2]).all()

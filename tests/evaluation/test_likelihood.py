"""Scores of lines against slow loops in float64, theory, and exact integrals."""

import math

import numpy as np
import pytest
from untrained import always_the_same, make_network

from sketch.corpus.hdf5 import Line
from sketch.evaluation.likelihood import cell_noise, score_lines
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import normalise
from sketch.model import mixture
from sketch.model.network import first_input

MEAN, STD = np.array([8.25, -0.5]), np.array([42.0, 37.0])
FLOOR = 1e-5
SETTINGS = {"first_input": first_input(MEAN, STD), "scale_floor": FLOOR, "uniform": 0.5}


def one_gaussian(mean, scale, correlation=0.0):
    """Raw outputs of one Gaussian, in the recording's units, and a fair coin."""
    raw = np.zeros(mixture.num_outputs(3))
    raw[1:4] = 0.0, -60.0, -60.0
    raw[4], raw[7] = (np.asarray(mean) - MEAN) / STD
    raw[10], raw[13] = np.log(np.asarray(scale) / STD - FLOOR)
    raw[16] = np.arctanh(correlation / (1.0 - mixture.CORRELATION_MARGIN))
    return raw


def make_lines(lengths, seed=0, texts=("",)):
    rng = np.random.default_rng(seed)
    lines = []
    for number, length in enumerate(lengths):
        offsets = rng.normal((8, 0), (40, 35), (length, 2)).round()
        ends = rng.random(length) < 0.2
        strokes = np.column_stack([offsets, ends]).astype(np.float32)
        text = texts[number % len(texts)]
        lines.append(Line(strokes, text, f"made-{number:02d}"))
    return lines


RAW = np.random.default_rng(7).normal(0.0, 0.7, mixture.num_outputs(3))
RAW[[10, 11, 12, 13, 14, 15]] -= 1.0


def log_density(offset, unit_mean, unit_std, raw=RAW):
    """Log density of one offset in units (d - unit_mean) / unit_std, spelled out.

    The components are carried from the network's units to the recording's and from
    there to the asked for: the density itself is computed in the unit, so that nothing
    here knows of a conversion of densities.
    """
    weights = np.exp(raw[1:4]) / np.exp(raw[1:4]).sum()
    total = 0.0
    place = (np.asarray(offset, np.float64) - unit_mean) / unit_std
    for j in range(3):
        center = MEAN + STD * raw[[4 + j, 7 + j]]
        scale = STD * (np.exp(raw[[10 + j, 13 + j]]) + FLOOR)
        center, scale = (center - unit_mean) / unit_std, scale / unit_std
        rho = math.tanh(raw[16 + j]) * (1.0 - mixture.CORRELATION_MARGIN)
        covariance = np.diag(scale**2)
        covariance[0, 1] = covariance[1, 0] = rho * scale[0] * scale[1]
        away = place - center
        square = away @ np.linalg.inv(covariance) @ away
        norm = 2.0 * math.pi * math.sqrt(np.linalg.det(covariance))
        total += weights[j] * math.exp(-0.5 * square) / norm
    return math.log(total)


def log_pen(end, raw=RAW):
    probability = 1.0 / (1.0 + math.exp(-raw[0]))
    return math.log(probability if end else 1.0 - probability)


LENGTHS = (1, 9, 30, 9, 30)  # in batches of three: padded to 9 and to 30


@pytest.fixture(scope="module")
def fixed_scores():
    return score_lines(
        always_the_same(RAW, **SETTINGS), make_lines(LENGTHS), MEAN, STD, batch_size=3
    )


@pytest.mark.parametrize(
    ("unit_mean", "unit_std"),
    [
        (MEAN, STD),  # the network's own
        (np.zeros(2), np.ones(2)),  # the recording's
        (np.array([8.178, 0.112]), np.array([42.0, 37.131])),  # graves
        (np.array([8.0, 8.0]), np.array([56.04462, 56.04462])),  # vrnn
        (np.zeros(2), np.array([42.490, 37.242])),  # udibr: no mean
    ],
)
def test_every_unit_against_a_loop_that_computes_the_density_in_it(
    fixed_scores, unit_mean, unit_std
):
    scores = fixed_scores.in_units(unit_std)
    ink, pen, dequantised = [], [], []
    for line in make_lines(LENGTHS):
        noise = cell_noise(line.line_id, len(line.strokes))
        rows = list(zip(line.strokes.astype(np.float64), noise, strict=True))
        ink.append(sum(log_density(row[:2], unit_mean, unit_std) for row, _ in rows))
        pen.append(sum(log_pen(row[2]) for row, _ in rows))
        dequantised.append(
            sum(
                0.5 * log_density(row[:2] + u, unit_mean, unit_std)
                + 0.5 * log_density(row[:2] - u, unit_mean, unit_std)
                for row, u in rows
            )
        )
    # float32 forwards; sums of up to 30 steps of about 5 nats.
    tolerance = {"rtol": 2e-5, "atol": 1e-3}
    np.testing.assert_allclose(scores.ink, ink, **tolerance)
    np.testing.assert_allclose(scores.pen, pen, **tolerance)
    np.testing.assert_allclose(scores.dequantised, dequantised, **tolerance)
    assert scores.num_points.tolist() == list(LENGTHS)


@pytest.mark.parametrize("has_text", [False, True])
def test_padding_batches_and_their_order_change_nothing(has_text):
    """Against the bare network, one unpadded line at a time."""
    alphabet = Alphabet(tuple("abc"))
    lines = make_lines([9, 30, 9], texts=("abc", "b", "caba"))  # all padded to 30
    scorer = make_network(**SETTINGS, num_symbols=alphabet.size if has_text else None)
    scores = score_lines(scorer, lines, MEAN, STD, alphabet)
    for index in (0, 2):
        line = lines[index]
        inputs = {"strokes": normalise(line.strokes, MEAN, STD)[None]}
        if has_text:
            inputs["text"] = alphabet.encode(line.transcript)[None]
        outputs = scorer.predict_on_batch(inputs)[0].astype(np.float64)
        rows = list(zip(line.strokes, outputs, strict=True))
        ink = sum(log_density(row[:2], MEAN, STD, raw) for row, raw in rows)
        pen = sum(log_pen(row[2], raw) for row, raw in rows)
        assert scores.ink[index] == pytest.approx(ink, rel=1e-5, abs=1e-3)
        assert scores.pen[index] == pytest.approx(pen, rel=1e-5, abs=1e-3)


def test_the_first_rows_score_as_the_line_that_ends_there():
    lines = make_lines(LENGTHS)
    cut = [Line(line.strokes[:9], "", line.line_id) for line in lines]
    scorer = make_network(**SETTINGS)
    scores = score_lines(scorer, lines, MEAN, STD, max_rows=9)
    expected = score_lines(scorer, cut, MEAN, STD)
    assert scores.num_points.tolist() == [1, 9, 9, 9, 9]
    assert scores.ink == pytest.approx(expected.ink)
    assert scores.dequantised == pytest.approx(expected.dequantised)


# -- the dequantised score -------------------------------------------------------------


def log_cell(offset, mean, scale):
    """Exact log probability of the unit cell around `offset`, axes independent."""

    def normal_cdf(z):
        return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))

    total = 0.0
    for d, m, s in zip(offset, mean, scale, strict=True):
        total += math.log(normal_cdf((d + 0.5 - m) / s) - normal_cdf((d - 0.5 - m) / s))
    return total


def gaussian_scores(scale, lines, mean=(0.3, -0.2)):
    scorer = always_the_same(one_gaussian(mean, scale), **SETTINGS)
    return score_lines(scorer, lines, MEAN, STD).in_units((1.0, 1.0))


def lattice_line(offsets):
    offsets = np.asarray(offsets, np.float32)
    return Line(np.column_stack([offsets, np.zeros(len(offsets))]), "", "lattice")


@pytest.mark.parametrize(
    ("scale", "gap"),
    # Wide: tight. As narrow as the lattice: still of use. Narrower: a bound only.
    [((5.0, 5.0), 0.005), ((1.0, 1.5), 0.1), ((0.3, 0.3), 3.0), ((0.05, 0.05), 60.0)],
)
def test_dequantised_score_is_a_lower_bound_of_the_exact_log_probability(scale, gap):
    # In a narrow one only the cell of the mean has a probability worth a name.
    spread = np.where(np.array(scale) < 0.5, 0.0, scale)
    rng = np.random.default_rng(1)
    offsets = rng.normal((0.3, -0.2), spread, (2000, 2)).round()
    scores = gaussian_scores(scale, [lattice_line(offsets)])
    exact = sum(log_cell(offset, (0.3, -0.2), scale) for offset in offsets) / 2000
    bound = scores.dequantised[0] / 2000
    assert exact - gap < bound < exact


def test_noise_is_a_pure_function_of_the_line():
    noise = cell_noise("a01-000u-01", 2000)
    assert noise.shape == (2000, 2)
    assert (noise[:50] == cell_noise("a01-000u-01", 50)).all()
    assert (noise[:50] != cell_noise("a01-000u-02", 50)).all()
    assert -0.5 <= noise.min() and noise.max() < 0.5
    # Standard errors: of the mean sqrt(1/12/4000) = 0.0046; of u^2 sqrt(1/180/4000).
    assert noise.mean() == pytest.approx(0.0, abs=5 * 0.0046)
    assert (noise**2).mean() == pytest.approx(1 / 12, abs=5 * 0.0012)


def test_ink_off_the_lattice_has_no_dequantised_score():
    line = lattice_line([[1.0, 2.0], [3.0, 4.5]])
    scores = gaussian_scores((5.0, 5.0), [line])
    assert scores.dequantised is None
    assert scores.in_units((2.0, 2.0)).dequantised is None
    assert np.isfinite(scores.ink).all()


# -- what goes wrong -------------------------------------------------------------------


def test_a_score_that_is_no_number_names_line_and_point():
    raw = RAW.copy()
    raw[0] = np.nan
    with pytest.raises(FloatingPointError, match=r"line made-0\d, point 1: .* is nan"):
        score_lines(always_the_same(raw, **SETTINGS), make_lines([9, 9]), MEAN, STD)


def test_an_unknown_character_names_the_line():
    alphabet = Alphabet(tuple("ab"))
    scorer = make_network(**SETTINGS, num_symbols=alphabet.size)
    lines = make_lines([3, 3], texts=("ab", "a!"))
    with pytest.raises(ValueError, match="line made-01: .*'!'"):
        score_lines(scorer, lines, MEAN, STD, alphabet)

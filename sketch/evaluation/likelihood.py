"""The log-likelihood of each line under a network, in nats, ink and pen apart.

A line is scored whole and once, in the units that the network was trained in, from the
null first input on, so that every offset of the line counts. The ink is a density and
changes with the units; the pen is a probability and does not. `LineScores.in_units`
converts exactly: with offsets in units `std` the density per point is

    log p_unit = log p_model + ln(std_x std_y) - ln(model_std_x model_std_y)

whatever mean is subtracted before, since that only moves the density.

**The dequantised score.** Recorded coordinates are whole numbers, so a component on a
point of that lattice and narrower than it gains density without limit. Hence each
offset d is scored at d + u, too, with u uniform on (-1/2, 1/2) per axis in the
recording's units. Given the past, the integral of the density over the unit cell
around d is a probability P(d), and these sum to 1 over all whole d. By Jensen's
inequality

    E_u log p(d + u) <= log of the integral of p(d + u) over the cell = log P(d)

so the score is a lower bound of the log-probability of the line as it is stored (given
its first point), up to the noise of the draws. The noise is on the predicted point
alone: on all points it would be triangular in each offset, and the network would read
ink that trembles as none did in training.

The mean over u and -u is taken, which cancels what is odd in u. u depends on the line's
id alone, so that all networks and protocols score the same noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import ops

from sketch.corpus.batches import Batch, Batches
from sketch.corpus.hdf5 import Line
from sketch.evaluation import BATCH_SIZE
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import END_OF_STROKE
from sketch.model.mixture import log_likelihood_parts
from sketch.model.network import Network
from sketch.system.messages import progress_bar

NOISE_SEED = 0
INK, PEN, DEQUANTISED = 0, 1, 2  # columns of what is summed over a line


@dataclass(frozen=True)
class LineScores:
    """Log-likelihoods of lines, in nats, summed over the points of each.

    Attributes:
        ink: float64 `[line]`, log density of the offsets in units of `std`.
        pen: float64 `[line]`, log probability of end_of_stroke.
        dequantised: float64 `[line]`, of the ink, see above; None if coordinates are
            not whole numbers.
        num_points: int `[line]`, offsets that were scored.
        std: float64 `[2]`, the unit of the offsets, in the recording's units.
    """

    ink: np.ndarray
    pen: np.ndarray
    dequantised: np.ndarray | None
    num_points: np.ndarray
    std: np.ndarray

    def in_units(self, std: np.ndarray | Sequence[float]) -> "LineScores":
        """The same in other units, exactly.

        Args:
            std: `[2]`, the new units of dx and dy; (1, 1) are the recording's own, in
                which the dequantised ink bounds a log-probability.
        """
        std = np.asarray(std, np.float64)
        gain = self.num_points * (np.log(std).sum() - np.log(self.std).sum())
        return replace(
            self,
            ink=self.ink + gain,
            dequantised=None if self.dequantised is None else self.dequantised + gain,
            std=std,
        )


def score_lines(
    network: Network,
    lines: Sequence[Line],
    offset_mean: np.ndarray,
    offset_std: np.ndarray,
    alphabet: Alphabet | None = None,
    max_rows: int | None = None,
    batch_size: int = BATCH_SIZE,
    progress: bool = False,
) -> LineScores:
    """Score lines one by one.

    Args:
        network: with its trained weights.
        lines: in the recording's units; with text, each with its transcript.
        offset_mean, offset_std: `[2]`, the units that the network was trained in.
        alphabet: of a network with text, which is then given the transcripts.
        max_rows: scores only the first offsets of each line; None all.
        batch_size: lines at a time; changes nothing but rounding.
        progress: whether to show a bar on stderr.

    Returns:
        LineScores in the network's units, in the order of `lines`.

    Raises:
        ValueError: a transcript has a character that the alphabet lacks; names it.
        FloatingPointError: a score is not finite; names line and point.
    """
    strokes = [line.strokes[:max_rows] for line in lines]
    texts = _encode(lines, alphabet) if network.has_text else None
    batches = Batches(
        strokes, offset_mean, offset_std, min(batch_size, len(lines)), texts=texts
    )
    scorer = _Scorer(network)
    sums = np.zeros((len(lines), 3))
    with progress_bar("scoring", batches.num_batches, "batch", progress) as bar:
        for batch in batches.epoch(0):
            noise = _noise(batch, lines, np.asarray(offset_std, np.float64))
            steps = scorer.predict_on_batch(batch.inputs | {"noise": noise})
            for row, place in enumerate(batch.lines):
                if place >= 0:
                    real = steps[row, : len(strokes[place])].astype(np.float64)
                    _require_finite(real, lines[place])
                    sums[place] = real.sum(axis=0)
            bar.update()
    return LineScores(
        ink=sums[:, INK],
        pen=sums[:, PEN],
        dequantised=sums[:, DEQUANTISED] if _are_whole(strokes) else None,
        num_points=np.array([len(line) for line in strokes]),
        std=np.asarray(offset_std, np.float64),
    )


def cell_noise(line_id: str, num_rows: int) -> np.ndarray:
    """The noise u of a line: float64 `[num_rows, 2]`, uniform on [-1/2, 1/2).

    A pure function of the line's id; the noise of fewer rows begins that of more.
    """
    generator = np.random.default_rng([NOISE_SEED, *line_id.encode()])
    return generator.random((num_rows, 2)) - 0.5


class _Scorer(keras.Model):
    """Network and mixture in one program: keras compiles `predict_on_batch`."""

    def __init__(self, network: Network):
        # TensorFlow refuses the name that Keras would make of the class, "__scorer".
        super().__init__(autocast=False, name="scorer")
        self.network = network
        self.built = True

    def call(self, inputs):
        strokes, noise = inputs["strokes"], inputs["noise"]
        params = self.network.density(self.network(inputs))
        ink, pen = log_likelihood_parts(params, strokes)
        above, _ = log_likelihood_parts(params, strokes + noise)
        below, _ = log_likelihood_parts(params, strokes - noise)
        return ops.stack([ink, pen, 0.5 * (above + below)], axis=-1)


def _noise(batch: Batch, lines: Sequence[Line], std: np.ndarray) -> np.ndarray:
    """Noise in the network's units, `[batch, time, 3]`; none on end_of_stroke."""
    noise = np.zeros(batch.inputs["strokes"].shape, np.float32)
    lengths = batch.inputs["mask"].sum(axis=1).astype(int)
    for row, place in enumerate(batch.lines):
        if place >= 0:
            in_cell = cell_noise(lines[place].line_id, lengths[row])
            noise[row, : lengths[row], :END_OF_STROKE] = in_cell / std
    return noise


def _are_whole(strokes: Sequence[np.ndarray]) -> bool:
    return all((line == np.round(line)).all() for line in strokes)


def _require_finite(steps: np.ndarray, line: Line) -> None:
    wrong = np.flatnonzero(~np.isfinite(steps).all(axis=1))
    if len(wrong):
        raise FloatingPointError(
            f"line {line.line_id}, point {wrong[0] + 1}: the log-likelihood is "
            f"{steps[wrong[0]].sum()}; the weights are damaged or have diverged: try "
            "the other checkpoint"
        )


def _encode(lines: Sequence[Line], alphabet: Alphabet) -> list[np.ndarray]:
    codes = []
    for line in lines:
        try:
            codes.append(alphabet.encode(line.transcript))
        except ValueError as error:
            raise ValueError(
                f"line {line.line_id}: {error}; score it on the corpus it was trained "
                "on, or one of the same characters"
            ) from error
    return codes

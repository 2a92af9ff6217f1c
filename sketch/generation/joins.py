"""Where a piece of ink begins, ends, and goes behind another one."""

from collections.abc import Sequence

import numpy as np

from sketch.generation.sampling import Trace
from sketch.generation.terms import Prime
from sketch.ink.strokes import DX, END_OF_STROKE, split_pen_strokes
from sketch.page.baseline import find_baseline

# Characters that show where their baseline is. At the edge of lines of IAM-OnDB, the
# baseline of the last 6 to 12 alone is within half a small letter's height of the
# line's own in nine of ten cases; of the last 1 or 2, within 1.2 to 1.4 heights.
MIN_BASELINE = 6


def from_touch(trace: Trace, prime: Prime | None, null: Sequence[float]) -> Trace:
    """A line from where its pen touches the paper, as a line of the corpus.

    The first step after a prime that ends with the pen lifted goes through the air to
    the line's first point. That point is where the line starts: it has no row, unless
    the pen is lifted from it again, a dot.

    Args:
        trace: of the line, without a batch axis.
        prime: the ink that it continues, or None.
        null: the normalised null offset.
    """
    if (
        prime is None
        or not len(prime.strokes)
        or prime.strokes[-1, END_OF_STROKE] < 0.5
    ):
        return trace
    if trace.strokes[0, END_OF_STROKE] < 0.5 and len(trace.strokes) > 1:
        return Trace(*(values[1:] for values in trace))
    strokes = trace.strokes.copy()
    strokes[0, :END_OF_STROKE] = null[:END_OF_STROKE]
    return trace._replace(strokes=strokes)


def carried(trace: Trace, before: Prime, here: Prime, null: Sequence[float]) -> Trace:
    """A piece moved from behind other ink, in the same relation to it.

    Args:
        trace: of the piece.
        before: the ink that it was written behind.
        here: the ink that it shall stand behind.
        null: the normalised null offset.
    """
    end, slope = _end_of(before, null)
    strokes = trace.strokes.copy()
    strokes[0, :END_OF_STROKE] += _end_of(here, null, slope)[0] - end
    return trace._replace(strokes=strokes)


def _end_of(
    ink: Prime, null: Sequence[float], expected_slope: float = 0.0
) -> tuple[np.ndarray, float]:
    """Where ink ends: the edge of its last letter, on the baseline, and its slope.

    The place is `[2]`, as seen from where the pen is, in deviations.
    """
    strokes = ink.strokes.copy()
    strokes[:, :END_OF_STROKE] -= np.asarray(null[:END_OF_STROKE], np.float32)
    pens = split_pen_strokes(strokes)
    baseline = find_baseline(pens, ink.text, expected_slope)
    x = np.concatenate(pens)[:, DX]
    edge = x.max() if null[DX] <= 0 else x.min()  # Hebrew goes to the left
    place = np.array([edge, baseline.offset + baseline.slope * edge])
    return place - pens[-1][-1], baseline.slope


def behind_a_gap(trace: Trace, num_characters: int, null: Sequence[float]) -> Trace:
    """A piece that no ink led to: the pen goes to its start first, past a blank.

    The blank is as wide as the piece's characters are on average.
    """
    width = (trace.strokes[:, DX] - null[DX]).sum() / num_characters
    way = [width + null[DX], *null[DX + 1 :]]
    rows = [np.zeros((1, values.shape[1]), np.float32) for values in trace]
    rows[0][:] = way
    return Trace(*map(np.concatenate, zip(rows, trace, strict=True)))

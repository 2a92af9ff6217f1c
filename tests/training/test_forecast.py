"""How long a run will take."""

import numpy as np
import pytest

from sketch.corpus.batches import Batch, Batches
from sketch.training.forecast import NUM_STEPS, Forecast, in_words


def batch(num_points):
    return Batch({"mask": np.zeros((2, num_points))}, np.zeros(2, int))


def test_forecast_counts_padding_and_no_compilation():
    lines = [np.ones((length, 3)) for length in (10, 10, 30)]
    batches = Batches(lines, np.zeros(2), np.ones(2), batch_size=2)
    forecast = Forecast(batches)
    assert not forecast.add(batch(10), 1e9) and not forecast.add(batch(30), 1e9)
    steps = [forecast.add(batch(30 - 20 * (k % 2)), 4.0) for k in range(NUM_STEPS)]
    assert steps == [False] * (NUM_STEPS - 1) + [True]
    assert not forecast.add(batch(30), 4.0)
    # Steps of 60 and 20 points take 8 seconds; an epoch has 2 x 30 + 2 x 10 points.
    assert batches.num_padded_points() == 80
    assert forecast.seconds(2.5) == pytest.approx(2.5 * 8.0)


@pytest.mark.parametrize(
    "seconds, words",
    [(30, "1 min"), (7000, "117 min"), (7200, "2 hours"), (1e5, "28 hours")]
    + [(172800, "2 days"), (3e7, "347 days")],
)
def test_in_words_takes_the_largest_unit_of_two(seconds, words):
    assert in_words(seconds) == words

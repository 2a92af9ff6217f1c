"""How long a run will take."""

import numpy as np
import pytest

from sketch.corpus.batches import Batch, Batches
from sketch.training.forecast import MAX_STEPS, MIN_STEPS, Forecast, in_words


def batch(num_points):
    return Batch({"mask": np.zeros((2, num_points))}, np.zeros(2, int))


@pytest.mark.parametrize(
    "seconds, due", [(1.0, MAX_STEPS), (5.0, 6), (99.0, MIN_STEPS)]
)
def test_forecast_counts_padding_and_no_compilation(seconds, due):
    lines = [np.ones((length, 3)) for length in (10, 10, 30)]
    forecast = Forecast(Batches(lines, np.zeros(2), np.ones(2), batch_size=2))
    assert not forecast.add(batch(20), 1e9)  # it compiles
    steps = [forecast.add(batch(20), seconds) for _ in range(due + 3)]
    assert steps == [number == due for number in range(1, due + 4)]
    # An epoch has 2 x 30 + 2 x 10 points, padding included; such a step has 40.
    assert forecast.seconds(2.5) == pytest.approx(2.5 * 2 * seconds)


@pytest.mark.parametrize(
    "seconds, words",
    [(30, "1 min"), (7000, "117 min"), (7200, "2 hours"), (1e5, "28 hours")]
    + [(172800, "2 days"), (3e7, "347 days")],
)
def test_in_words_takes_the_largest_unit_of_two(seconds, words):
    assert in_words(seconds) == words

"""Numbers read well, for one and for many."""

import pytest

from sketch.system.messages import counted


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ((0, "line"), "0 lines"),
        ((1, "line"), "1 line"),
        ((2000, "line"), "2,000 lines"),
        ((1, "batch", "batches"), "1 batch"),
        ((2, "batch", "batches"), "2 batches"),
    ],
)
def test_counted_of_one_and_many(words, text):
    assert counted(*words) == text

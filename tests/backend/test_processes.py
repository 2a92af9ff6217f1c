"""What must be equal in all processes."""

import pytest

from sketch.backend.processes import Processes


class Second(Processes):
    """Process 1 of two, whose process 0 says `first`."""

    def __init__(self, first):
        self.first = first

    def gather(self, value):
        return [self.first, value]


def test_compare_of_equal_processes_succeeds():
    Second({"--lr": 1e-3, "--model": None}).compare({"--lr": 1e-3, "--model": None})


@pytest.mark.parametrize(
    "first, second, told",
    [
        ({"--lr": 1.0}, {"--lr": 2.0}, "--lr: it is 1.0 in process 0 and 2.0 in pro"),
        ({}, {"--lr": 2.0}, "--lr: it is not given in process 0 and 2.0 in process 1"),
        ({"--lr": 1.0}, {}, "--lr: it is 1.0 in process 0 and not given in process 1"),
    ],
)
def test_compare_names_the_first_difference(first, second, told):
    with pytest.raises(ValueError, match=told):
        Second(first).compare(second)

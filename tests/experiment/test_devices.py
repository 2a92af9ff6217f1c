"""Devices of this machine: more than there are, or more than can share a batch."""

import pytest
from keras import backend, distribution

from sketch.experiment import devices


def test_more_devices_than_there_are_is_refused():
    problem = "has 1 devices .* 99 are asked for.*--devices"
    if backend.backend() != "jax":
        problem = "--devices 99 needs the backend jax"
    with pytest.raises(ValueError, match=problem):
        with devices.sharing_batches(99, batch_size=198):
            pass


def test_one_device_shares_with_nobody():
    with devices.sharing_batches(1, batch_size=7):
        assert distribution.distribution() is None

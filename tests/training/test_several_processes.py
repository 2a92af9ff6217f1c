"""Whole runs on several processes of this machine: as one alone, or all together ended.

Under gloo, the CPU's collectives; what they add up, they add up in another order.
"""

import csv
import signal
import time

import numpy as np
import pytest
from made_up_corpus import make_corpus
from peers import Peers

CLOSE = 1e-5  # relative: float32 sums of a few hundred terms, in another order
NOISY = "--dim 6 --depth 1 -G 2 --bs 4 --lr 1e-2 --dropout 0.3 --weight-noise 0.05"
TEXT = f"{NOISY} --text -K 2"
EPOCHS = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A corpus, and what one process learns of it."""
    folder = tmp_path_factory.mktemp("several")
    make_corpus(folder / "toy.hdf5")
    finish(folder, words(TEXT, "alone"), 1)
    return folder


def words(settings, root, *more):
    options = ["--name", "toy", "--data", "toy.hdf5", "--experiments", root]
    return [*settings.split(), *options, "--epochs", str(EPOCHS), *more]


def scores(folder, root):
    (path,) = folder.glob(f"{root}/*/history.csv")
    columns = "epoch step train_log_likelihood valid_log_likelihood gradient_norm"
    with open(path) as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[name]) for name in columns.split()] for row in rows])


def finish(folder, command, count, **arguments):
    with Peers(folder, command, count, **arguments) as peers:
        codes = peers.wait()
        assert codes == [0] * count, [peers.said(k) for k in range(count)]


def assert_equal_to_one(folder, root):
    expected = scores(folder, "alone")
    assert len(expected) == EPOCHS
    np.testing.assert_allclose(scores(folder, root), expected, rtol=CLOSE)


def test_two_devices_of_one_process_learn_as_one(folder, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=2")
    finish(folder, words(TEXT, "devices"), 1)
    assert_equal_to_one(folder, "devices")


def test_processes_stopped_and_killed_resume_exactly(folder, monkeypatch):
    """By a signal to process 1, a kill of it, a kill of process 0: learns as one.

    What several began, one may end.
    """
    command = words(TEXT, "broken", "--checkpoint-minutes", "0")
    with monkeypatch.context() as patch:
        patch.setenv("SLOWLY", "0.2")
        with Peers(folder, command, 2) as peers:
            peers.wait_for(0, "epoch 1,")
            peers.kill(1, signal.SIGINT)
            assert peers.wait() == [130, 130]
            assert "all saved; to go on: the same command" in peers.said(0)
            assert "all saved" not in peers.said(1)
        for victim, moment in ((1, "epoch 2,"), (0, "epoch 3,")):
            with Peers(folder, command, 2) as peers:
                peers.wait_for(0, moment)
                peers.kill(victim)
                started = time.monotonic()
                codes = peers.wait()
                assert time.monotonic() - started < 60
            assert codes[1 - victim] == 1
            assert codes[victim] == -signal.SIGKILL
            last = peers.said(1 - victim).strip().splitlines()[-1]
            assert f"process {victim}" in last and "has ended" in last
    finish(folder, [*command, "--model", "continue"], 1)
    assert_equal_to_one(folder, "broken")

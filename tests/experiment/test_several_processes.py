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
FREE = "--dim 6 --depth 1 -G 2 --bs 4 --lr 1e-2 --dropout 0.3 --weight-noise 0.05"
TEXT = "--dim 6 --depth 2 -G 2 --bs 4 --lr 1e-2 --text -K 2"


@pytest.fixture
def corpus(tmp_path):
    return make_corpus(tmp_path / "toy.hdf5")


def words(settings, root, epochs=3, *more):
    options = ["--name", "toy", "--data", "toy.hdf5", "--experiments", root]
    return [*settings.split(), *options, "--epochs", str(epochs), *more]


def scores(folder, root):
    (path,) = folder.glob(f"{root}/*/history.csv")
    columns = ("epoch", "step", "train_log_likelihood", "valid_log_likelihood")
    with open(path) as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[name]) for name in columns] for row in rows])


def finish(folder, command, count, **arguments):
    with Peers(folder, command, count, **arguments) as peers:
        codes = peers.wait()
        assert codes == [0] * count, [peers.said(k) for k in range(count)]


@pytest.mark.parametrize(
    "settings, count", [(FREE, 2), (TEXT, 4)], ids=["free", "text"]
)
def test_several_processes_learn_as_one(corpus, tmp_path, settings, count):
    finish(tmp_path, words(settings, "alone"), 1)
    finish(tmp_path, words(settings, "together"), count)
    alone, together = (scores(tmp_path, root) for root in ("alone", "together"))
    assert len(alone) == 3
    np.testing.assert_allclose(together, alone, rtol=CLOSE)


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_the_other_and_the_same_command_resumes(
    corpus, tmp_path, victim, monkeypatch
):
    finish(tmp_path, words(FREE, "unbroken"), 1)
    command = words(FREE, "broken", 3, "--checkpoint-minutes", "0")
    with monkeypatch.context() as patch:
        patch.setenv("SLOWLY", "0.5")
        with Peers(tmp_path, command, 2) as peers:
            peers.wait_for(0, "epoch 1,")
            peers.kill(victim)
            started = time.monotonic()
            codes = peers.wait()
        assert time.monotonic() - started < 60
    assert codes[1 - victim] == 1
    assert codes[victim] == -signal.SIGKILL
    last = peers.said(1 - victim).strip().splitlines()[-1]
    assert f"process {victim}" in last and "has ended" in last
    finish(tmp_path, command, 2)
    broken, unbroken = (scores(tmp_path, root) for root in ("broken", "unbroken"))
    np.testing.assert_allclose(broken, unbroken, rtol=CLOSE)


def test_a_signal_to_any_process_stops_all_at_the_same_step(
    corpus, tmp_path, monkeypatch
):
    monkeypatch.setenv("SLOWLY", "0.5")
    with Peers(tmp_path, words(FREE, "runs", 50), 2) as peers:
        peers.wait_for(0, "epoch 1,")
        peers.kill(1, signal.SIGINT)
        assert peers.wait() == [130, 130]
    assert "all saved; go on with --model toy-1X6" in peers.said(0)
    assert "all saved" not in peers.said(1)


def test_processes_that_differ_are_told_in_what(corpus, tmp_path):
    commands = [words(FREE, "runs", 1, "--seed", seed) for seed in ("3", "4")]
    with Peers(tmp_path, commands, 2) as peers:
        assert peers.wait() == [1, 1]
    for index in range(2):
        assert "differ in --seed: it is 3 in process 0 and 4 in process 1" in (
            peers.said(index)
        )
    assert not list(tmp_path.glob("runs/*"))


def test_two_devices_of_one_process_learn_as_one(corpus, tmp_path, monkeypatch):
    finish(tmp_path, words(FREE, "one"), 1)
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=2")
    finish(tmp_path, words(FREE, "two"), 1)
    finish(tmp_path, words(FREE, "limited", 1, "--devices", "1"), 1)
    one, two, limited = (scores(tmp_path, root) for root in ("one", "two", "limited"))
    np.testing.assert_allclose(two, one, rtol=CLOSE)
    assert (limited == one[:1]).all()
    with Peers(tmp_path, words(FREE, "three", 1, "--devices", "3"), 1) as peers:
        assert peers.wait() == [1]
    assert "process 0 has 2 devices (cpu), 3 are asked for" in peers.said(0)

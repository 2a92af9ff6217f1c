"""Signals, and output that nobody takes."""

import signal
import sys

import pytest
from toy_runs import NOISY, assert_same_run, interfere, run
from unread import Unread

from sketch.model.network import Network
from sketch.settings.run_options import RunOptions
from sketch.training.network_run import train
from sketch.training.plan import plan_run
from sketch.training.stop import Interrupts


@pytest.mark.parametrize(
    "number, kind, words",
    [(signal.SIGINT, KeyboardInterrupt, None), (signal.SIGTERM, SystemExit, "143")],
    ids=["int", "term"],
)
def test_second_signal_ends_a_run_within_a_step(
    corpus, tmp_path, monkeypatch, number, kind, words
):
    def interrupt_twice():
        signal.raise_signal(number)
        signal.raise_signal(number)

    interfere(monkeypatch, Network, 1, interrupt_twice)
    with pytest.raises(kind, match=words):
        run(corpus, tmp_path)


def test_run_whose_output_cannot_be_written_goes_on(
    corpus, tmp_path, monkeypatch, unbroken
):
    """Until a signal."""
    interfere(monkeypatch, Network, 12, lambda: signal.raise_signal(signal.SIGINT))
    monkeypatch.setattr("sketch.training.stop.os", Unread())
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Unread())
    plan = plan_run(NOISY, None, tmp_path)
    options = RunOptions(epochs=3, data=str(corpus), checkpoint_minutes=60.0)
    end = train(plan, options, tmp_path, progress=True)
    assert end.signal_number == signal.SIGINT
    assert end.directory.load_checkpoint("latest")[1]["step"] == end.step == 12
    assert_same_run(unbroken, run(corpus, tmp_path, "continue", epochs=3))


def test_signal_that_the_process_ignores_stays_ignored():
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            signal.raise_signal(signal.SIGINT)
            assert not interrupts.check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, previous)

"""Who takes part in a run, what must be equal, and how a lost process is noticed."""

import threading
import time

import pytest
from unread import Unread

from sketch.backend import join, watch
from sketch.backend.processes import ALONE, Processes
from sketch.settings.run_options import RunOptions


class Second(Processes):
    """Process 1 of two, whose process 0 says `first`."""

    def __init__(self, first):
        self.first = first

    def gather(self, value):
        return [self.first, value]


def test_equal_processes_may_go_on():
    Second({"--lr": 1e-3, "--model": None}).compare({"--lr": 1e-3, "--model": None})


@pytest.mark.parametrize(
    "first, second, told",
    [
        ({"--lr": 1.0}, {"--lr": 2.0}, "--lr: it is 1.0 in process 0 and 2.0 in pro"),
        ({}, {"--lr": 2.0}, "--lr: it is not given in process 0 and 2.0 in process 1"),
        ({"--lr": 1.0}, {}, "--lr: it is 1.0 in process 0 and not given in process 1"),
    ],
)
def test_a_difference_is_named_with_both_values(first, second, told):
    with pytest.raises(ValueError, match=told):
        Second(first).compare(second)


@pytest.mark.parametrize(
    "given, told",
    [
        ({"coordinator": "a:1"}, "go together"),
        ({"processes": 2}, "go together"),
        ({"process": 0}, "go together"),
        ({"coordinator": "a:1", "processes": 2, "process": 2}, "below --processes 2"),
        ({"coordinator": "a", "processes": 2, "process": 1}, "HOST:PORT"),
        ({"coordinator": "a:x", "processes": 2, "process": 1}, "HOST:PORT"),
    ],
)
def test_a_place_that_is_none_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        RunOptions(**given)


SCHEDULERS = {
    "SLURM": {"SLURM_NTASKS": "4", "SLURM_STEP_NODELIST": "n[1-4]"},
    "Open MPI": {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_MCA_orte_hnp_uri": "1.0;tcp://a:1"},
}


@pytest.fixture
def no_scheduler(monkeypatch):
    for name in {k for variables in SCHEDULERS.values() for k in variables}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


def test_nobody_asks_for_others(no_scheduler, monkeypatch):
    with join.join(RunOptions()) as found:
        assert found is ALONE
    monkeypatch.setenv("SLURM_NTASKS", "1")  # one task of an array of jobs
    monkeypatch.setenv("SLURM_STEP_NODELIST", "n1")
    with join.join(RunOptions()) as found:
        assert found is ALONE


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_scheduler_is_heard_and_may_be_ignored(no_scheduler, monkeypatch, name):
    for variable, value in SCHEDULERS[name].items():
        monkeypatch.setenv(variable, value)
    with join.join(RunOptions(processes=1)) as found:
        assert found is ALONE
    with pytest.raises(ValueError, match=f"{name} asks .* only the backend jax"):
        with join.join(RunOptions(backend="torch")):
            pass


def test_another_backend_is_told_in_one_line(no_scheduler):
    options = RunOptions(
        coordinator="a:1", processes=2, process=0, backend="tensorflow"
    )
    with pytest.raises(ValueError, match="--coordinator asks .* not tensorflow"):
        with join.join(options):
            pass


class Store:
    """What processes share, within this one."""

    def __init__(self):
        self.values = {}
        self.is_gone = threading.Event()

    def put(self, key, value):
        if self.is_gone.is_set():
            raise RuntimeError("no coordinator")
        self.values[key] = value

    def get_all(self, folder):
        return {k: v for k, v in self.values.items() if k.startswith(folder + "/")}


@pytest.fixture
def watches(monkeypatch):
    """Three watches on one store, a hundred times as quick; and what ended each."""
    monkeypatch.setattr(watch, "INTERVAL", 0.02)
    monkeypatch.setattr(watch, "PATIENCE", 25)
    monkeypatch.setattr(watch, "_on_abort", lambda end: None)
    ends = {}

    def end(self, why):
        ends.setdefault(self.index, why)
        self.ended.set()

    monkeypatch.setattr(watch.Watch, "_end", end)
    store = Store()
    made = [watch.Watch(store, k, 3, f"process {k} on h{k}", "h0:1") for k in range(3)]
    for each in made:
        each.__enter__()
    yield made, store, ends
    for each in made:
        each.ended.set()


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_silent_process_is_named_by_all_others(watches):
    made, store, ends = watches
    wait_until(lambda: len(store.values) == 3)
    time.sleep(0.2)
    assert not ends
    made[1].ended.set()  # as a kill would
    wait_until(lambda: {0, 2} <= ends.keys())
    assert "process 1 on h1 has ended or cannot be reached" in ends[0]
    assert ends[2] == ends[0]


def test_a_process_ends_where_nobody_reads_why(monkeypatch):
    system = Unread()
    monkeypatch.setattr(watch, "os", system)
    watch.Watch(Store(), 0, 2, "process 0", "h0:1")._end("process 1 has ended")
    assert system.exits == [1]


def test_a_store_that_does_not_answer_is_process_0(watches):
    made, store, ends = watches
    wait_until(lambda: len(store.values) == 3)
    store.is_gone.set()
    wait_until(lambda: {1, 2} <= ends.keys())
    assert "(the coordinator, h0:1)" in ends[1]


def test_a_process_that_fails_says_why(watches, monkeypatch):
    made, store, ends = watches
    monkeypatch.setattr(watch.faulthandler, "dump_traceback_later", lambda *a, **k: 0)
    made[2].fail(ValueError("the disk is full"), is_of_peer=False)
    wait_until(lambda: {0, 1} <= ends.keys())
    assert ends[0] == ends[1] == "process 2 on h2 failed: the disk is full"

"""How a lost process is noticed."""

import threading
import time

import pytest
from unread import Unread

from sketch.backend import watch


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


def test_watch_of_a_silent_process_names_it_in_all_others(watches):
    made, store, ends = watches
    wait_until(lambda: len(store.values) == 3)
    time.sleep(0.2)
    assert not ends
    made[1].ended.set()  # as a kill would
    wait_until(lambda: {0, 2} <= ends.keys())
    assert "process 1 on h1 has ended or cannot be reached" in ends[0]
    assert ends[2] == ends[0]


def test_end_with_stderr_closed_still_exits(monkeypatch):
    system = Unread()
    monkeypatch.setattr(watch, "os", system)
    watch.Watch(Store(), 0, 2, "process 0", "h0:1")._end("process 1 has ended")
    assert system.exits == [1]


def test_watch_of_a_silent_store_names_process_0(watches):
    made, store, ends = watches
    wait_until(lambda: len(store.values) == 3)
    store.is_gone.set()
    wait_until(lambda: {1, 2} <= ends.keys())
    assert "(the coordinator, h0:1)" in ends[1]


def test_fail_tells_the_others_why(watches, monkeypatch):
    made, store, ends = watches
    monkeypatch.setattr(watch.faulthandler, "dump_traceback_later", lambda *a, **k: 0)
    made[2].fail(ValueError("the disk is full"), is_of_peer=False)
    wait_until(lambda: {0, 1} <= ends.keys())
    assert ends[0] == ends[1] == "process 2 on h2 failed: the disk is full"

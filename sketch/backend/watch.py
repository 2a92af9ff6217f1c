"""Each process of a run watches the others, and ends when one of them has ended.

A collective whose partner is gone fails at once, or after half an hour, or never,
depending on the network and the device, and never says which partner it was. So every
process writes a count into the runtime's store once a second and looks at the counts of
the others. Time is counted in looks: a machine that sleeps must not give up the others.

When a process is lost, the others end by `os._exit`: their main threads may hang in a
collective that nothing can interrupt. The files on disk are whole at any instant.
"""

import contextlib
import ctypes
import faulthandler
import os
import signal
import threading
import time
from typing import Protocol

INTERVAL = 1.0  # seconds between two looks
PATIENCE = 30  # looks without a new count; a run must end within a minute
QUICK_PATIENCE = 6  # the same, once a collective has failed
QUIT_SECONDS = 10  # until a failed process is ended if it does not end by itself
REMEDY = "the same command goes on from the last checkpoint"


class Store(Protocol):
    """Keys and values that all processes share, kept by process 0."""

    def put(self, key: str, value: str) -> None:
        """Sets a value."""

    def get_all(self, folder: str) -> dict[str, str]:
        """All values whose keys begin with `folder/`."""


class Watch:
    """A context in which the processes watch each other.

    Args:
        store: shared by all.
        index: the number of this process.
        count: the number of processes.
        name: of this process in the messages of the others.
        address: of process 0.
    """

    def __init__(self, store: Store, index: int, count: int, name: str, address: str):
        self.store = store
        self.index = index
        self.name = name
        self.address = address
        self.names = {k: f"process {k}" for k in range(count)}
        self.patience = PATIENCE
        self.silent_looks = 0  # since the store last answered
        self.ended = threading.Event()
        self.threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._look_at_all, self._look_at_store)
        ]

    def __enter__(self) -> "Watch":
        _on_abort(
            lambda: self._end(
                "JAX's runtime gave up, as it does where process 0 (the coordinator, "
                f"{self.address}) has ended"
            )
        )
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()

    def fail(self, error: BaseException, is_of_peer: bool) -> None:
        """Tells the others that this process ends, and why.

        If the cause may be the end of another process (`is_of_peer`), this waits until
        the watch knows which one, and that ends this process.
        """
        if is_of_peer:
            self.patience = QUICK_PATIENCE
            time.sleep((PATIENCE + QUICK_PATIENCE) * INTERVAL)
        why = str(error) or type(error).__name__
        self.store.put(f"sketch/failed/{self.index}", f"{self.name} failed: {why}")
        self.ended.set()
        time.sleep(3 * INTERVAL)  # process 0 takes the store with it
        # As Python ends, JAX's client waits five minutes for processes that have ended.
        # No thread of Python's runs then, so that a threading.Timer would not do.
        nowhere = os.open(os.devnull, os.O_WRONLY)  # stays open until then
        faulthandler.dump_traceback_later(QUIT_SECONDS, exit=True, file=nowhere)

    def _look_at_all(self) -> None:
        last, looks = {}, dict.fromkeys(self.names, 0)
        beat = 0
        while not self.ended.wait(INTERVAL):
            beat += 1
            try:
                self.store.put(f"sketch/alive/{self.index}", f"{beat} {self.name}")
                failed = self.store.get_all("sketch/failed")
                alive = self.store.get_all("sketch/alive")
            except Exception:  # any error of the runtime: the other thread counts it
                continue
            self.silent_looks = 0
            for text in failed.values():
                self._end(text)
            for key, text in alive.items():
                number = int(key.rpartition("/")[2])
                self.names[number] = text.partition(" ")[2]
                looks[number] = 0 if text != last.get(number) else looks[number]
                last[number] = text
            for number in looks:
                looks[number] += 1
                if number != self.index and looks[number] > self.patience:
                    self._end(self._lost(number))

    def _look_at_store(self) -> None:
        """Counts for itself: calls of the store hang if process 0's machine is gone."""
        while not self.ended.wait(INTERVAL):
            self.silent_looks += 1
            if self.silent_looks > self.patience:
                self._end(self._lost(0))

    def _lost(self, number: int) -> str:
        where = f" (the coordinator, {self.address})" if number == 0 else ""
        return f"{self.names[number]}{where} has ended or cannot be reached"

    def _end(self, why: str) -> None:
        if not self.ended.is_set():
            text = " ".join(why.split())
            with contextlib.suppress(OSError):  # stderr may be closed
                os.write(2, f"\nError: {text[:1000]}; {REMEDY}\n".encode())
            os._exit(1)


def _on_abort(end) -> None:
    """Calls `end` when C++ calls abort(), before the process dies.

    JAX's runtime does that as soon as it has lost process 0, on a thread of its own,
    where no exception reaches Python: this is the only moment to say why.
    """

    def end_now(number: int) -> None:
        end()
        os._exit(1)  # it had failed already

    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(end_now)
    _on_abort.kept = handler  # C holds no reference
    ctypes.CDLL(None).signal(signal.SIGABRT, handler)

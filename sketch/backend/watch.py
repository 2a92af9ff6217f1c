"""Each process of a run watches the others, and ends when one of them has.

A collective whose partner is gone fails at once, or after half an hour, or never: that
depends on the network and the device, and it never says who it was. So every process
puts a count into the runtime's store once a second and looks at the counts of the
others. Time is counted in looks, so that nobody is given up because this machine slept.

When a process is lost, the others end, by `os._exit`, for their main threads may hang
in a collective that nothing can interrupt. What is on disk is whole at any instant.
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
PATIENCE = 30  # looks without a sign of life; a run must end within a minute
QUICK_PATIENCE = 6  # the same once a collective has failed
QUIT_SECONDS = 10  # that a process has to end by itself once it has failed
REMEDY = "the same command goes on from the last checkpoint"


class Store(Protocol):
    """Keys and values that all processes share; process 0 keeps them."""

    def put(self, key: str, value: str) -> None:
        """Sets a value."""

    def get_all(self, folder: str) -> dict[str, str]:
        """All values whose keys begin with `folder/`."""


class Watch:
    """Context in which the processes watch each other.

    Args:
        store: what all share.
        index: the number of this process.
        count: how many there are.
        name: what the others call this process in messages.
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
        """Tells the others that this process ends, and why, while they can hear it.

        Args:
            error: what ended it.
            is_of_peer: whether it may be another process that has gone; then this waits
                until the watch has found out who, which ends this process.
        """
        if is_of_peer:
            self.patience = QUICK_PATIENCE
            time.sleep((PATIENCE + QUICK_PATIENCE) * INTERVAL)
        why = str(error) or type(error).__name__
        self.store.put(f"sketch/failed/{self.index}", f"{self.name} failed: {why}")
        self.ended.set()
        time.sleep(3 * INTERVAL)  # process 0 takes the store with it
        # JAX's client would wait five minutes at its end for those that have gone.
        nowhere = os.open(os.devnull, os.O_WRONLY)  # stays open until then
        faulthandler.dump_traceback_later(QUIT_SECONDS, exit=True, file=nowhere)

    def _look_at_all(self) -> None:
        seen, looks = {}, dict.fromkeys(self.names, 0)
        beat = 0
        while not self.ended.wait(INTERVAL):
            beat += 1
            try:
                self.store.put(f"sketch/alive/{self.index}", f"{beat} {self.name}")
                failed = self.store.get_all("sketch/failed")
                alive = self.store.get_all("sketch/alive")
            except Exception:  # whatever the runtime raises: the other thread counts
                continue
            self.silent_looks = 0
            for text in failed.values():
                self._end(text)
            for key, text in alive.items():
                number = int(key.rpartition("/")[2])
                self.names[number] = text.partition(" ")[2]
                looks[number] = 0 if text != seen.get(number) else looks[number]
                seen[number] = text
            for number in looks:
                looks[number] += 1
                if number != self.index and looks[number] > self.patience:
                    self._end(self._lost(number))

    def _look_at_store(self) -> None:
        """Calls of the store may hang for minutes where process 0's machine is gone."""
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
            with contextlib.suppress(OSError):  # nobody may read it any more
                os.write(2, f"\nError: {text[:1000]}; {REMEDY}\n".encode())
            os._exit(1)


def _on_abort(end) -> None:
    """Calls `end` where C++ calls abort(), before the process dies of it.

    That is what JAX's runtime does, on a thread of its own, as soon as it has lost
    process 0; it leaves Python no other moment to say so.
    """

    def end_now(number: int) -> None:
        end()
        os._exit(1)  # it had failed already

    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(end_now)
    _on_abort.kept = handler  # C holds no reference
    ctypes.CDLL(None).signal(signal.SIGABRT, handler)

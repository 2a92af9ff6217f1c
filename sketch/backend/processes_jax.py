"""Several processes by JAX: its runtime joins them, its collectives carry the numbers.

On CPUs the collectives are gloo's, on NVIDIA GPUs NCCL's. Process 0 keeps the runtime's
store of keys and values, where each process writes that it is alive.
"""

import atexit
import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jax._src.distributed import global_state  # no public way leads to the store
from jax.experimental import multihost_utils

from sketch.backend.processes import Processes
from sketch.backend.watch import Watch
from sketch.system.messages import echo

JOIN_SECONDS = 90  # to wait for the other processes: a scheduler may start them late
DAY = 24 * 60 * 60  # seconds; the watch ends a wait for a process that is lost


class JaxProcesses(Processes):
    """This process and its peers, joined by JAX."""

    def __init__(self) -> None:
        self.index = jax.process_index()
        self.count = jax.process_count()
        self.is_finished = False
        self._barriers = 0

    def gather(self, value: Any) -> list[Any]:
        text = np.frombuffer(json.dumps(value).encode(), np.uint8)
        lengths = multihost_utils.process_allgather(np.int32(len(text)))
        padded = np.zeros(int(lengths.max()), np.uint8)
        padded[: len(text)] = text
        rows = multihost_utils.process_allgather(padded)
        rows = np.reshape(rows, (self.count, -1))
        return [
            json.loads(row[:length].tobytes())
            for row, length in zip(rows, lengths.ravel(), strict=True)
        ]

    def share(self, make: Callable[[], Any]) -> Any:
        return self.gather(make() if self.is_first else None)[0]

    def share_arrays(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        return list(multihost_utils.broadcast_one_to_all(arrays))

    def greatest(self, number: int) -> int:
        return int(multihost_utils.process_allgather(np.int32(number)).max())

    def wait(self) -> None:
        self._barriers += 1
        global_state.client.wait_at_barrier(f"sketch/{self._barriers}", DAY * 1000)

    def finish(self) -> None:
        self.wait()
        self.is_finished = True


class _Store:
    """The runtime's store, as `Watch` needs it."""

    def put(self, key: str, value: str) -> None:
        global_state.client.key_value_set(key, value, allow_overwrite=True)

    def get_all(self, folder: str) -> dict[str, str]:
        return dict(global_state.client.key_value_dir_get(folder))


@contextlib.contextmanager
def joined(
    coordinator: str | None, count: int | None, index: int | None
) -> Iterator[Processes]:
    """Joins the processes; see `join.join`. With None, JAX asks the scheduler."""
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    with contextlib.suppress(AttributeError):  # a switch that older ones lack
        jax.config.update("jax_enable_preemption_service", False)  # SIGTERM is ours
    _initialize(coordinator, count, index)
    me, address = global_state.process_id, global_state.coordinator_address
    name = f"process {me} on {socket.gethostname()}"
    with Watch(_Store(), me, global_state.num_processes, name, address) as watch:
        processes = JaxProcesses()
        try:
            processes.greatest(0)  # gloo connects now, and gives all of them 30 seconds
            yield processes
        except BaseException as error:
            if not processes.is_finished:  # else it is a signal, and all have agreed
                watch.fail(error, is_of_peer=_is_of_peer(error))
                raise
            watch.ended.set()
            jax.distributed.shutdown()
            raise
    jax.distributed.shutdown()


def _initialize(coordinator: str | None, count: int | None, index: int | None) -> None:
    """Meets the other processes, or gives up after JOIN_SECONDS.

    JAX's own wait is in C++: it blocks signals, and after its time it aborts the
    process. So it gets a thread and a day, and this thread waits for it.

    Raises:
        RuntimeError: they do not come, or cannot be reached.
    """
    errors = []

    def meet() -> None:
        try:
            jax.distributed.initialize(
                coordinator,
                count,
                index,
                cluster_detection_method=coordinator and "deactivate",
                initialization_timeout=DAY,
            )
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=meet, daemon=True)
    thread.start()
    thread.join(1)
    me, of, address = (  # known as soon as the scheduler has told them
        global_state.process_id,
        global_state.num_processes or "the",
        global_state.coordinator_address or "process 0",
    )
    if thread.is_alive():
        echo(f"process {me} waits for all {of} processes to meet at {address}", True)
        thread.join(JOIN_SECONDS)
    if thread.is_alive():
        # The runtime, torn down while it waits, would write of a dozen errors.
        atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)
        raise RuntimeError(
            f"process {me} waited {JOIN_SECONDS} seconds, but not all {of} processes "
            f"came to {address}: start all of them; is process 0 there, and its port "
            "open?"
        )
    if errors:
        raise RuntimeError(
            f"cannot join the {count or ''} processes at {address} "
            f"({str(errors[0]).splitlines()[0]:.300}); is process 0 there, and its "
            "port open?"
        ) from errors[0]


def _is_of_peer(error: BaseException) -> bool:
    """Whether an error may mean only that another process has ended."""
    return isinstance(error, jax.errors.JaxRuntimeError) or "Gloo" in str(error)

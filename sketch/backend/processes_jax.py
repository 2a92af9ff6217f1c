"""Several processes by JAX: its runtime joins them, its collectives carry the numbers.

On CPUs the collectives are gloo's, on NVIDIA GPUs NCCL's. The runtime's store of keys
and values, which process 0 keeps, is where the processes say that they live.
"""

import contextlib
import json
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jax._src.distributed import global_state  # no public way leads to the store
from jax.experimental import multihost_utils

from sketch.backend.processes import Processes
from sketch.backend.watch import Watch

DAY = 24 * 60 * 60 * 1000  # milliseconds; what wait() may take, for the watch is there


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
        global_state.client.wait_at_barrier(f"sketch/{self._barriers}", DAY)

    def finish(self) -> None:
        self.wait()
        self.is_finished = True


class _Store:
    """The runtime's store, as `Watch` wants it."""

    def put(self, key: str, value: str) -> None:
        global_state.client.key_value_set(key, value, allow_overwrite=True)

    def get_all(self, folder: str) -> dict[str, str]:
        return dict(global_state.client.key_value_dir_get(folder))


@contextlib.contextmanager
def joined(
    coordinator: str | None, count: int | None, index: int | None
) -> Iterator[Processes]:
    """Joins the processes; see `processes.join`. None lets JAX ask the scheduler."""
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    with contextlib.suppress(AttributeError):  # a switch that older ones lack
        jax.config.update("jax_enable_preemption_service", False)  # SIGTERM is ours
    method = None if coordinator is None else "deactivate"
    if index:
        print(f"process {index} of {count} looks for {coordinator}", file=sys.stderr)
    try:
        jax.distributed.initialize(
            coordinator, count, index, cluster_detection_method=method
        )
    except (RuntimeError, ValueError) as error:
        raise RuntimeError(
            f"cannot join the {count or ''} processes at {coordinator or 'process 0'} "
            f"({str(error).splitlines()[0]:.300}); is process 0 there, and its port "
            "open?"
        ) from error
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


def _is_of_peer(error: BaseException) -> bool:
    """Whether an error may only say that another process has gone."""
    return isinstance(error, jax.errors.JaxRuntimeError) or "Gloo" in str(error)

"""Backend, precision and devices of this process.

`set_up` must run before keras is imported, which chooses its backend then, once.
"""

import ctypes
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sketch.backend.compile_cache import keep_compilations
from sketch.backend.packages import how_to_install
from sketch.system.messages import counted

BACKENDS = ("jax", "tensorflow", "torch")


def set_up(
    backend: str | None = None,
    precision: str | None = "float32",
    trains: bool = False,
) -> str:
    """Chooses keras' backend and precision, and keeps JAX's compilations on disk.

    Args:
        backend: "jax", "tensorflow" or "torch"; None: $KERAS_BACKEND, or the one on
            which keras already runs, or jax.
        precision: "float32" or "mixed_bfloat16"; None changes nothing.
        trains: whether this process trains, see `keep_freed_memory`.

    Returns:
        The backend's name.

    Raises:
        ValueError: the backend is unknown or not installed, or keras runs on another.
    """
    running = sys.modules["keras"].backend.backend() if "keras" in sys.modules else None
    backend = backend or os.environ.get("KERAS_BACKEND") or running or "jax"
    if backend not in BACKENDS:
        raise ValueError(
            f"there is no backend {backend!r}; choose one of {', '.join(BACKENDS)}"
        )
    if importlib.util.find_spec(backend) is None:
        raise ValueError(
            f"the backend {backend} is not installed: {how_to_install(backend)}"
        )
    if running not in (None, backend):
        raise ValueError(
            f"keras already runs on {running}, and cannot change to {backend} in the "
            "same process"
        )
    os.environ["KERAS_BACKEND"] = backend
    # XLA logs kept programs and slow compilation as errors; true ones are exceptions.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if trains:
        keep_freed_memory()
    if backend == "jax":
        keep_compilations()
    elif backend == "tensorflow":
        with _silent_unless_it_fails():
            import tensorflow  # noqa: F401
    import keras

    if precision is not None:
        keras.config.set_dtype_policy(precision)
    return backend


def keep_freed_memory() -> None:
    """Makes glibc keep the memory that a training step frees, for the next step.

    Otherwise each step gives gigabytes back to Linux and gets them again page by page,
    which can take a fifth of its time. Elsewhere it does nothing.
    """
    mallopt = None
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it, musl not
    if mallopt is not None:
        mallopt(-8, 1)  # M_ARENA_MAX: all threads share one heap
        mallopt(-4, 0)  # M_MMAP_MAX: no block is mapped by itself, and unmapped
        mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD: the heap's free end is kept


@contextmanager
def in_float32() -> Iterator[None]:
    """Networks made in the block are in float32; then the former precision returns."""
    import keras

    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)


@contextmanager
def _silent_unless_it_fails() -> Iterator[None]:
    """Hides what is written to stderr, unless the block raises.

    TensorFlow's libraries write to file descriptor 2 before they read any log level.
    """
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextmanager
def sharing_batches(limit: int | None, batch_size: int) -> Iterator[None]:
    """All devices of all processes share each batch during the block.

    Networks made in it have their weights on every device (data parallelism). With one
    device nothing changes. `limit` is of the devices of each process; None: all.
    `batch_size` is that of all processes.

    Raises:
        ValueError: there are fewer devices, or they cannot share a batch evenly.
    """
    import keras

    if keras.backend.backend() != "jax":
        if (limit or 1) > 1:
            raise ValueError(
                f"--devices {limit} needs the backend jax, not "
                f"{keras.backend.backend()}, which uses one"
            )
        yield
        return
    import jax

    count = limit or jax.local_device_count()
    chosen = []
    for process in range(jax.process_count()):
        there = [d for d in jax.devices() if d.process_index == process]
        if len(there) < count or (limit is None and len(there) > count):
            who = f"process {process}" if jax.process_count() > 1 else "this machine"
            raise ValueError(
                f"{who} has {counted(len(there), 'device')} ({there[0].platform}), "
                f"{count} are needed: set --devices to what every process has"
            )
        chosen += [f"{device.platform}:{device.id}" for device in there[:count]]
    if batch_size % len(chosen):
        raise ValueError(
            f"--bs {batch_size} cannot be shared evenly by {len(chosen)} devices: "
            "choose a multiple, or fewer by --devices"
        )
    if len(chosen) == 1:
        yield
        return
    with keras.distribution.DataParallel(
        devices=chosen, auto_shard_dataset=False
    ).scope():
        yield


@contextmanager
def on_one_device() -> Iterator[None]:
    """Networks made in the block are on one device of this process, never shared."""
    import keras

    shared = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(shared)


def is_shared(variable) -> bool:
    """Whether a Keras variable is on several devices."""
    return getattr(variable, "_layout", None) is not None

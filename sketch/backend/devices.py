"""Backend, precision, devices: the one place that branches on them.

`set_up` must run before keras is imported: keras takes its backend then, once.
"""

import importlib.util
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sketch.backend.commit import source_commit
from sketch.system.atomic import user_cache

BACKENDS = {  # and what pip knows them by
    "jax": "jax",
    "tensorflow": "sketch-handwriting[tensorflow]",
    "torch": "sketch-handwriting[torch]",
}


def set_up(backend: str | None = None, precision: str | None = "float32") -> str:
    """Choose keras' backend and precision, and keep JAX's compilations on disk.

    Args:
        backend: "jax", "tensorflow" or "torch"; None takes $KERAS_BACKEND,
            or the one that keras runs on already, or jax.
        precision: "float32" or "mixed_bfloat16"; None leaves it as it is.

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
            f"the backend {backend} is not installed: pip install '{BACKENDS[backend]}'"
        )
    if running not in (None, backend):
        raise ValueError(
            f"keras already runs on {running}, and cannot change to {backend} in the "
            "same process"
        )
    os.environ["KERAS_BACKEND"] = backend
    if backend == "jax":
        _keep_compilations()
    elif backend == "tensorflow":
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        with _greetings_held_back():
            import tensorflow  # noqa: F401
    import keras

    if precision is not None:
        keras.config.set_dtype_policy(precision)
    return backend


@contextmanager
def in_float32() -> Iterator[None]:
    """Within, networks are made in float32; then keras' precision is what it was."""
    import keras

    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(former)


def compile_cache() -> Path:
    """Folder of JAX's compiled programs: in the user's cache, nobody else's.

    It is trusted input to JAX: never share it.
    """
    return user_cache() / "jax"


def _keep_compilations() -> None:
    import jax

    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", str(compile_cache()))
    # The small programs are many: to start anew would compile them for a second.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


@contextmanager
def _greetings_held_back() -> Iterator[None]:
    """Swallows what TensorFlow's libraries write as they load, unless that fails.

    They write it to file descriptor 2 before they know of any log level.
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


def memory() -> int:
    """Bytes of memory that this machine has, or this container may use."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:  # no control groups here, or older ones
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine


@contextmanager
def sharing_batches(limit: int | None, batch_size: int) -> Iterator[None]:
    """Lets all devices of all processes share each batch, for the time of the block.

    Networks made within have their weights on each of them (data parallelism). One
    device alone works as ever.

    Args:
        limit: devices of each process; None takes all.
        batch_size: lines a batch, over all processes.

    Raises:
        ValueError: fewer devices than that, or they cannot share a batch evenly.
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
            raise ValueError(
                f"process {process} has {len(there)} devices ({there[0].platform}), "
                f"{count} are asked for: give all processes the same by --devices"
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
    """Within, networks are made on one device of this process, whatever is shared."""
    import keras

    shared = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(shared)


def is_shared(variable) -> bool:
    """Whether a Keras variable lies on several devices."""
    return getattr(variable, "_layout", None) is not None


def devices() -> list[str]:
    """What the backend computes on, in its own words."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return [f"{device.platform}: {device.device_kind}" for device in jax.devices()]
    if keras.backend.backend() == "torch":
        import torch

        count = torch.cuda.device_count()
        return [torch.cuda.get_device_name(k) for k in range(count)] or ["cpu"]
    import tensorflow

    return [device.name for device in tensorflow.config.list_physical_devices()]


def describe() -> dict:
    """What a run runs on: for `environment.json`."""
    import keras

    backend = keras.backend.backend()
    packages = ("sketch-handwriting", "keras", "jax", "numpy")
    versions = {name: _version(name) for name in packages}
    return {
        "command": sys.argv,
        "backend": backend,
        "precision": keras.config.dtype_policy().name,
        "devices": devices(),
        # By its module: TensorFlow's comes in packages of several names.
        "versions": versions | {backend: sys.modules[backend].__version__},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "commit": source_commit(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

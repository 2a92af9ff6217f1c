"""The machine that a run is on: memory, devices, versions of software."""

import os
import platform
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import sketch


def memory() -> int:
    """Bytes of memory that this machine has, or this container may use."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:  # no control groups, or version 1 of them
        return machine
    return min(machine, int(limit)) if limit.isdigit() else machine


def devices() -> list[str]:
    """The devices that the backend computes on, in its own words."""
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


def describe() -> dict[str, Any]:
    """Command, software and hardware of this process, for `environment.json`."""
    import keras

    backend = keras.backend.backend()
    packages = ("sketch-handwriting", "keras", "jax", "numpy")
    versions = {name: _version(name) for name in packages}
    return {
        "command": sys.argv,
        "backend": backend,
        "precision": keras.config.dtype_policy().name,
        "devices": devices(),
        # From its module: TensorFlow's packages have several names.
        "versions": versions | {backend: sys.modules[backend].__version__},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "commit": source_commit(),
    }


def source_commit() -> str | None:
    """The git commit of sketch's sources; None without a checkout or without git."""
    root = Path(sketch.__file__).parents[1]
    if not (root / ".git").exists():  # an installed copy may lie in another checkout
        return None
    command = ["git", "-C", str(root), "rev-parse", "--verify", "-q", "HEAD"]
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, timeout=10, check=True)
        return done.stdout.decode().strip()
    return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

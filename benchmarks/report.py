"""The output of every benchmark: one JSON line with arguments, figures and machine.

{"what": …, arguments …, figures …, "processors": 2, "machine": …, "versions": {…}}
"""

import json
import os
import platform
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("sketch-handwriting", "keras", "jax", "torch", "tensorflow", "numpy")


def report(what: str, arguments: dict, **figures) -> None:
    """Print the line; floats are rounded to four digits."""
    line = {"what": what} | arguments | figures
    line |= {"processors": num_cores(), "machine": machine()}
    print(json.dumps(_rounded(line | {"versions": versions()})), flush=True)


def num_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory(who: int = resource.RUSAGE_SELF) -> float:
    """Peak memory of this process, or of the largest child it waited for, in GB.

    Args:
        who: `resource.RUSAGE_SELF` or `resource.RUSAGE_CHILDREN`.
    """
    peak = resource.getrusage(who).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)


def machine() -> str:
    """The processor and, where keras runs on others, the devices."""
    lines = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [
        ln.split(":")[1].strip() for ln in lines.splitlines() if "model name" in ln
    ]
    name = names[0] if names else platform.processor() or platform.machine()
    if "avx512_bf16" in lines:
        name += ", AVX512-BF16" + (", AMX" if "amx_bf16" in lines else "")
    if "sketch.backend.devices" in sys.modules:
        from sketch.backend.machine import devices

        others = [device for device in devices() if "cpu" not in device.lower()]
        name = "; ".join([name, *others])
    return name


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _rounded(value):
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value

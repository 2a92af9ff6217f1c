"""How long does it take to convert a database?

    python benchmarks/convert.py lineStrokes-all.tar.gz ascii-all.tar.gz

Seconds, peak memory and output size of `sketch convert`, run as a process, and whether
a second run gives the same bytes.
"""

import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import peak_memory, report


def convert(sources: list[str], output: Path) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "sketch", "convert", *sources]
    subprocess.run([*command, "--output", output], check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    sources = sys.argv[1:]
    if not sources:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / name for name in ("one.hdf5", "two.hdf5")]
        seconds = [convert(sources, output) for output in outputs]
        sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in outputs]
        size = outputs[0].stat().st_size
    report(
        "convert",
        {"sources": [Path(source).name for source in sources]},
        seconds=min(seconds),
        memory_of_the_largest_process_gb=peak_memory(resource.RUSAGE_CHILDREN),
        output_mb=size / 1e6,
        is_the_same_again=sums[0] == sums[1],
    )


if __name__ == "__main__":
    main()

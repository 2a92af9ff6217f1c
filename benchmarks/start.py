"""How long does a command take from the shell?

    python benchmarks/start.py --model experiments/… [--text "a line of text"]

`sketch --help`; `sketch sample` with an empty compile cache, and again with the cache
that it filled. Each run is a process; all but the empty cache are medians of several.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import report

REPEATS = 5


def seconds_of(command: list[str], cache: str) -> float:
    """Runs `sketch COMMAND`; the seconds that it took."""
    environment = os.environ | {"XDG_CACHE_HOME": cache}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "sketch", *command],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--text")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sample = ["sample", "--model", str(arguments.model)]
        sample += ["--output", f"{folder}/sample.png", "--force"]
        sample += ["--text", arguments.text] if arguments.text else []
        seconds_of(["--help"], folder)  # python files are compiled, disks are warm
        help_seconds = [seconds_of(["--help"], folder) for _ in range(REPEATS)]
        empty = seconds_of(sample, folder)
        filled = [seconds_of(sample, folder) for _ in range(REPEATS)]
    report(
        "start",
        {"model": arguments.model.name, "text": arguments.text},
        help_seconds=statistics.median(help_seconds),
        sample_seconds=statistics.median(filled),
        sample_seconds_with_an_empty_cache=empty,
    )


if __name__ == "__main__":
    main()

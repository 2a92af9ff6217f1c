"""How fast do 1, 2, 4 processes of this machine train together?

    python benchmarks/distributed.py --processes 1 2 4

Each process is pinned to a core (not on macOS), cores being used in turn if there are
too few; all share batches of `--bs`. `share` is the speed of N processes relative to N
times that of one: the rest is lost to the exchange of gradients and smaller products.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

from report import num_cores, report
from training import make_batches, sketch_step


def one(arguments) -> None:
    """One process of a group: prints the real points a second of the whole batch."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[arguments.index % len(cores)]})
    from sketch.backend import devices
    from sketch.backend.join import join
    from sketch.settings.run_options import RunOptions

    place = {}
    if arguments.count > 1:
        place = {
            "coordinator": arguments.coordinator,
            "processes": arguments.count,
            "process": arguments.index,
        }
    with join(RunOptions(**place)) as processes:
        devices.set_up("jax", arguments.precision, trains=True)
        with devices.sharing_batches(None, arguments.bs):
            step = sketch_step(arguments, has_text=False)
            rows = arguments.bs // processes.count
            mine = slice(processes.index * rows, (processes.index + 1) * rows)
            rates = []
            for number in range(2):  # the first time compiles
                for inputs in make_batches(arguments.bs, arguments.batches, False):
                    here = {name: value[mine] for name, value in inputs.items()}
                    started = time.perf_counter()
                    step(here)
                    seconds = time.perf_counter() - started
                    if number:
                        rates.append(float(inputs["mask"].sum()) / seconds)
        processes.finish()
    if processes.is_first:
        print(json.dumps(statistics.median(rates)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--dim", type=int, default=400)
    parser.add_argument("--depth", type=int, default=1)
    parser.add_argument("--mixtures", type=int, default=20)
    parser.add_argument("--bs", type=int, default=64)
    parser.add_argument("--batches", type=int, default=6)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--index", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--coordinator", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.count:
        one(arguments)
        return
    rates = {}
    for count in arguments.processes:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{found.getsockname()[1]}"
        place = ["--count", str(count), "--coordinator", address, "--index"]
        group = [
            subprocess.Popen(
                [sys.executable, *sys.argv, *place, str(index)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for index in range(count)
        ]
        said = [process.communicate()[0] for process in group]
        if any(process.returncode for process in group):
            sys.exit(f"{count} processes: one of them failed")
        rates[count] = round(float(said[0].splitlines()[-1]))
    settings = {
        name: value
        for name, value in vars(arguments).items()
        if name not in ("count", "index", "coordinator")
    }
    cores = num_cores()
    alone = rates[arguments.processes[0]] / arguments.processes[0]
    report(
        "processes of one machine",
        settings,
        points_per_second=rates,
        share={n: rate / (min(n, cores) * alone) for n, rate in rates.items()},
    )


if __name__ == "__main__":
    main()

"""Runs `sketch train` as several processes, as a user would from several shells.

As a script it is one of them: `python peers.py train …` is `sketch train …` without
the pictures, which would take most of the time.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIMIT = 900  # seconds until a test gives up; a machine may be busy


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Peers:
    """N processes of one command, under way.

    Args:
        folder: their working directory; what process i says goes into `i.txt` there.
        words: of the command, or a list of words for each process.
        count: how many; 1 is a run alone.
        coordinator: HOST:PORT; None is a free port of this machine, "" means that the
            words say it.
        before: words that start each command, such as `ip netns exec NAME`.
        script: what is run in place of this file.
    """

    def __init__(
        self, folder, words, count, coordinator=None, before=None, script=__file__
    ):
        self.folder = Path(folder)
        if coordinator is None:
            coordinator = f"127.0.0.1:{free_port()}"
        place = ["--coordinator", coordinator, "--processes", str(count), "--process"]
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "TQDM_DISABLE": "1",
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # quicker to compile
        }
        self.processes = []
        for index in range(count):
            mine = words[index] if isinstance(words[0], list) else words
            if count > 1 and coordinator:
                mine = [*mine, *place, str(index)]
            with open(self.folder / f"{index}.txt", "w") as said:
                command = [sys.executable, str(script), "train", *map(str, mine)]
                self.processes.append(
                    subprocess.Popen(
                        [*(before[index] if before else []), *command],
                        cwd=self.folder,
                        env=environment,
                        stdout=said,
                        stderr=subprocess.STDOUT,
                    )
                )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()

    def said(self, index: int) -> str:
        return (self.folder / f"{index}.txt").read_text()

    def wait(self) -> list[int]:
        """The exit codes."""
        end = time.monotonic() + LIMIT
        return [process.wait(end - time.monotonic()) for process in self.processes]

    def wait_for(self, index: int, text: str) -> None:
        """Until a process has said something."""
        end = time.monotonic() + LIMIT
        while text not in self.said(index):
            if self.processes[index].poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{text!r} never came: {self.said(index)}")
            time.sleep(0.1)

    def kill(self, index: int, number: int = signal.SIGKILL) -> None:
        self.processes[index].send_signal(number)


def main() -> None:
    """One process: `train`, without pictures, its batches as slow as `$SLOWLY` says."""
    from sketch.cli.main import main

    if "SLOWLY" in os.environ:
        from sketch.backend import processes_jax

        usual = processes_jax.JaxProcesses.greatest

        def greatest(self, number):
            time.sleep(float(os.environ["SLOWLY"]))
            return usual(self, number)

        processes_jax.JaxProcesses.greatest = greatest
    from sketch.backend import join

    usual_join = join.join

    def join(options):
        return _without_pictures(usual_join(options))

    join.join = join
    main(sys.argv[1:])


@contextlib.contextmanager
def _without_pictures(joined):
    """Replaces drawing once keras may be imported, which joining must precede."""
    with joined as processes:
        from sketch.backend import devices

        usual = devices.set_up

        def set_up(*args):
            usual(*args)
            from sketch.training.epoch_pictures import EpochPictures

            EpochPictures.draw = lambda self, epoch: None

        devices.set_up = set_up
        yield processes


if __name__ == "__main__":
    main()

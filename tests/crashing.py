"""Runs a function in child processes that die at one system call after another.

Executed as a script, in a process without threads, so that it may fork:
`python crashing.py FOLDER SCENARIO`, a scenario being one of the functions below.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

# Every call that changes what a reader of the disk would find.
CALLS = ("mkdir", "rename", "replace", "unlink", "rmdir", "fsync", "truncate")
DIED = 77


def die_at(number: int, before: bool) -> None:
    """Has this process die before, or right after, its `number`-th call of `CALLS`."""
    count = 0

    def dying(call: Callable) -> Callable:
        def counted(*args, **kwargs):
            nonlocal count
            count += 1
            if count == number and before:
                os._exit(DIED)
            result = call(*args, **kwargs)
            if count >= number:  # a call that raised changed nothing to die after
                os._exit(DIED)
            return result

        return counted

    for name in CALLS:
        setattr(os, name, dying(getattr(os, name)))


def crash_everywhere(
    prepare: Callable[[Path], None],
    act: Callable[[Path], None],
    check: Callable[[Path], None],
    folder: Path,
) -> int:
    """Calls `check` after `act` died at each of its calls.

    Returns:
        How many deaths there were.
    """
    deaths = 0
    for before in (True, False):
        number = 1
        while True:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            prepare(folder)
            child = os.fork()
            if child == 0:
                try:
                    die_at(number, before)
                    act(folder)
                    os._exit(0)
                finally:
                    os._exit(1)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if status not in (0, DIED):
                raise RuntimeError(f"call {number}: the child failed with {status}")
            check(folder)
            if status == 0:
                break
            deaths += 1
            number += 1
    return deaths


def require(condition: bool, message: str) -> None:
    if not condition:
        raise RuntimeError(message)


def save(folder: Path, number: int) -> None:
    """A checkpoint whose weights and state both tell its number."""
    from sketch.experiment import checkpoint

    checkpoint.save(
        folder / "checkpoints",
        "latest",
        lambda path: path.write_bytes(bytes([number]) * 1000),
        {"step": number},
    )


def require_checkpoint(folder: Path, *numbers: int) -> None:
    from sketch.experiment import checkpoint

    weights, state = checkpoint.load(folder / "checkpoints", "latest")
    require(state["step"] in numbers, f"step {state['step']}")
    expected = bytes([state["step"]]) * 1000
    require(weights.read_bytes() == expected, "not its weights")


def checkpoints(folder: Path) -> int:
    """A whole checkpoint, the old or the new one, after any death within a save."""
    from sketch.experiment import checkpoint

    def check(folder):
        require_checkpoint(folder, 1, 2)
        checkpoint.clean(folder / "checkpoints")
        require_checkpoint(folder, 1, 2)
        names = sorted(path.name for path in (folder / "checkpoints").iterdir())
        require(names == ["latest"], f"left over: {names}")
        save(folder, 3)
        require_checkpoint(folder, 3)

    return crash_everywhere(lambda f: save(f, 1), lambda f: save(f, 2), check, folder)


def twice(folder: Path) -> int:
    """The same where the death before had cut off a swap already."""

    def prepare(folder):
        latest = folder / "checkpoints/latest"
        save(folder, 1)
        os.rename(latest, f"{latest}.previous")
        for number in (2, 3):
            save(folder, number)
            os.rename(latest, f"{latest}.next")
        shutil.copytree(f"{latest}.next", f"{latest}.previous")

    return crash_everywhere(
        prepare,
        lambda folder: save(folder, 4),
        lambda folder: require_checkpoint(folder, 3, 4),
        folder,
    )


def history(folder: Path) -> int:
    """The old or the new rows after any death within an append or a truncation."""
    from sketch.experiment import history

    path = folder / "history.csv"
    rows = [{"epoch": i, "step": 10 * i, "seconds": 0.1 * i} for i in (1, 2, 3)]

    def prepare(folder):
        history.append(path, rows[0])
        history.append(path, rows[1])

    def act(folder):
        history.append(path, rows[2])
        history.truncate(path, epoch=1)

    def check(folder):
        epochs = [row["epoch"] for row in history.read(path)]
        require(epochs in ([1, 2], [1, 2, 3], [1]), f"epochs {epochs}")

    return crash_everywhere(prepare, act, check, folder)


def creation(folder: Path) -> int:
    """The whole directory, or none, after any death within its making."""
    import numpy as np

    from sketch.experiment.experiment import Experiment, find_experiments
    from sketch.ink.alphabet import Alphabet
    from sketch.settings.hyperparameters import Hyperparameters

    facts = {
        "alphabet": Alphabet(("a", "b")),
        "offset_mean": np.zeros(2),
        "offset_std": np.ones(2),
        "data_digest": "0",
    }

    def check(folder):
        for path in find_experiments(folder):
            Experiment.load(path, folder)
        if not find_experiments(folder):
            Experiment.create(folder, Hyperparameters(), facts)

    def act(folder):
        Experiment.create(folder, Hyperparameters(), facts)

    return crash_everywhere(lambda f: None, act, check, folder)


if __name__ == "__main__":
    scenarios = {f.__name__: f for f in (checkpoints, twice, history, creation)}
    print(scenarios[sys.argv[2]](Path(sys.argv[1])))

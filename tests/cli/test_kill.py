"""`sketch train` killed again and again: it always goes on, and loses nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from made_up_corpus import make_corpus

from sketch.experiment.experiment import Experiment

NAME = "toy-1X4-G2-bs9-lr0.01-dropout0.3"
NEW = ("--name", "toy", "--depth", "1", "--dim", "4", "-G", "2", "--bs", "9")
NEW += ("--lr", "1e-2", "--dropout", "0.3")
BATCHES = 2  # of an epoch
UNTIMED = ("epoch", "step", "train_log_likelihood", "valid_log_likelihood")

# Tells the steps that are done and those that are saved; draws nothing, for speed.
# With a number, it dies at that system call on the disk.
PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import crashing
from sketch.cli.main import main
from sketch.training.epoch_pictures import EpochPictures
from sketch.training.network_run import TrainingRun

def tell(what, step):
    os.write(1, f"{what} {step}\\n".encode())

def save(self, kind):
    tell("done", self.position.step)
    usual(self, kind)
    if kind == "latest":
        tell("saved", self.position.step)

usual, TrainingRun._save = TrainingRun._save, save
EpochPictures.draw = lambda self, epoch: None
number, before, *words = json.loads(sys.argv[2])
if number:
    crashing.die_at(number, before)
main(["train", *words])
"""


def start(words, number=0, before=True) -> subprocess.Popen:
    command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parents[1])]
    command.append(json.dumps([number, before, *words]))
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def steps(text: str, what: str) -> list[int]:
    rows = [line.split() for line in text.splitlines()]
    return [int(row[1]) for row in rows if len(row) == 2 and row[0] == what]


def check(experiment: Experiment, output: str) -> int:
    """What must hold after any death; returns the step that is safe."""
    _, state = experiment.load_checkpoint("latest")  # whole, or it raises
    best = experiment.load_checkpoint("best")
    assert best is None or best[1]["step"] <= state["step"]
    # With --checkpoint-minutes 0, one step at the most is lost.
    assert state["step"] >= max(steps(output, "saved"), default=0)
    assert state["step"] >= max(steps(output, "done"), default=0) - 1
    assert state["step"] == state["epoch"] * BATCHES + state["batch"]
    rows = experiment.history()  # every cell in its place, or it raises
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["step"] for row in rows] == [row["epoch"] * BATCHES for row in rows]
    # The row of an epoch is written just before its checkpoint.
    assert len(rows) - state["epoch"] in (0, 1)
    return state["step"]


def kill_again_and_again(folder: Path, times: int) -> None:
    rng = np.random.default_rng(times)
    runs = folder / "runs"
    common = ("--data", str(make_corpus(folder / "toy.hdf5")))
    common += ("--checkpoint-minutes", "0", "--experiments", str(runs))
    endless, how = (*common, "--epochs", "1000000"), NEW
    step = 0
    for turn in range(times):
        if turn % 2:  # at a call on the disk, of the some 25 of a step
            number, before = int(rng.integers(1, 120)), bool(rng.random() < 0.5)
            process = start((*how, *endless), number, before)
            output, errors = process.communicate()
            assert process.returncode == 77, errors
        else:  # whenever the clock says
            process = start((*how, *endless))
            # The first step that it tells is saved, too.
            output = process.stdout.readline() + process.stdout.readline()
            time.sleep(rng.uniform(0, 0.2))
            process.send_signal(signal.SIGKILL)
            rest, errors = process.communicate()
            assert process.returncode == -signal.SIGKILL, errors
            output += rest
        experiment, how = Experiment.load(NAME, runs), ("--model", NAME)
        reached = check(experiment, output)
        assert reached >= step
        step = reached
    # And all that dying left no trace in the numbers.
    last = ("--epochs", str(step // BATCHES + 1))
    for words in (
        ("--model", NAME, *common, *last),
        (*NEW, *common[:-1], str(folder / "unbroken"), *last),
    ):
        with start(words) as process:
            output, errors = process.communicate()
        assert process.returncode == 0, errors
    check(experiment, output)
    left = {path.name for path in experiment.checkpoints_dir.iterdir()}
    assert left == {"latest", "best"}
    unbroken = Experiment.load(NAME, folder / "unbroken")
    np.testing.assert_allclose(*map(numbers, (experiment, unbroken)), rtol=1e-5)


def numbers(experiment: Experiment) -> list[list[float]]:
    return [[row[name] for name in UNTIMED] for row in experiment.history()]


def test_run_killed_twice_loses_nothing(tmp_path):
    kill_again_and_again(tmp_path, 2)


@pytest.mark.slow
def test_run_killed_a_hundred_times_loses_nothing(tmp_path):
    kill_again_and_again(tmp_path, 100)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a megabyte; its folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can make a small disk; test_checkpoint.py has a limit")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_keeps_the_last_checkpoint(tmp_path, small_disk):
    words = ("--data", str(make_corpus(tmp_path / "toy.hdf5")))
    words += ("--checkpoint-minutes", "0", "--experiments", str(small_disk))
    with start((*NEW, *words, "--epochs", "1")) as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    experiment = Experiment.load(NAME, small_disk)
    step = check(experiment, output)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(bytes(2**20))
    with start(("--model", NAME, *words, "--epochs", "2")) as process:
        _, errors = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in errors
    error = errors.splitlines()[-1]
    assert error.startswith("Error: ") and error.endswith("No space left on device")
    assert check(experiment, output) == step


def test_signal_to_the_process_saves_and_says_so(tmp_path):
    words = ("--data", str(make_corpus(tmp_path / "toy.hdf5")), "--epochs", "1000000")
    with start((*NEW, *words, "--experiments", str(tmp_path))) as process:
        process.stdout.readline()
        process.stdout.readline()  # the first checkpoint is there
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate()
    assert process.returncode == 143, errors
    assert "Traceback" not in errors
    experiment = Experiment.load(NAME, tmp_path)
    _, state = experiment.load_checkpoint("latest")
    assert f"stopped at step {state['step']}, all saved" in output
    # What was done at step 0 was printed before the signal.
    assert state["step"] == max(steps(output, "done"), default=0)

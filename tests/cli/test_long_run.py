"""A long run of `sketch train` holds no more memory at its end than near its beginning.

Measured from outside of any test, in a process of its own, with its pictures and its
checkpoints: what is kept of a step, an epoch or a figure would add up.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from sketch.corpus.demo import demo_corpus, demo_sets
from sketch.corpus.hdf5 import write_corpus

WARM = 120  # steps: compiled for the lengths there are, the allocators filled
GROWTH = 1.1
TOY = ("--name", "toy", "--depth", 1, "--dim", 8, "-G", 2, "--lr", "1e-3")
NOISY = ("--dropout", 0.1, "--augment", 0.1, "--checkpoint-minutes", "0.01")

# Tells the bytes in memory before each step; few samples, for speed.
PROGRAM = """
import os, sys
from sketch.cli.main import main
from sketch.training import epoch_pictures
from sketch.model.network import Network

def train_on_batch(self, *args, **kwargs):
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    os.write(2, f"memory {pages * os.sysconf('SC_PAGESIZE')}\\n".encode())
    return usual(self, *args, **kwargs)

usual, Network.train_on_batch = Network.train_on_batch, train_on_batch
epoch_pictures.SAMPLES, epoch_pictures.SAMPLE_STEPS = 4, 50
main(["train", *sys.argv[1:]])
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="needs /proc"
)


def memory_by_step(*words) -> list[int]:
    command = [sys.executable, "-c", PROGRAM, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stderr.splitlines()]
    return [int(row[1]) for row in rows if row[:1] == ["memory"]]


def test_memory_is_stable_over_three_hundred_steps(tmp_path):
    path = tmp_path / "toy.hdf5"
    sets = demo_sets(448)
    write_corpus(path, sets, source="demo", command="a test", seed=0, split="random")
    # Nearly all of one length, which is compiled once.
    words = (*TOY, *NOISY, "--bs", 4, "--max-length", 40, "--epochs", 3)
    held = memory_by_step(*words, "--data", path, "--experiments", tmp_path)
    assert len(held) >= 300
    assert max(held[WARM:]) <= GROWTH * held[WARM]


@pytest.mark.slow
def test_memory_is_stable_over_two_thousand_steps(tmp_path):
    words = (*TOY, *NOISY, "--bs", 16, "--epochs", 4, "--data", demo_corpus())
    held = memory_by_step(*words, "--experiments", tmp_path)
    assert len(held) >= 2000
    assert max(held[WARM:]) <= GROWTH * held[WARM]

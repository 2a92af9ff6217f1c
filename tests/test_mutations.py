"""Damaged files of every kind: one line that names them, in time and in bounds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutations import KINDS

SCRIPT = Path(__file__).parent / "mutations.py"
NETWORKS = ["hyperparameters", "history", "state", "weights"]  # keras reads these
OTHERS = [kind for kind in KINDS if kind not in NETWORKS]


def read_damaged(folder: Path, count: int, kinds: list[str]) -> dict[str, int]:
    command = [sys.executable, str(SCRIPT), str(folder), str(count), *kinds]
    environment = os.environ | {"PYTHONPATH": str(SCRIPT.parent)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def assert_many_refused(refused: dict[str, int], count: int) -> None:
    for kind, number in refused.items():  # else nothing was damaged
        assert count / 5 < number <= count, f"{kind}: {number} of {count}"


def test_a_few_damaged_files_of_each_kind(tmp_path):
    assert_many_refused(read_damaged(tmp_path / "a", 60, OTHERS), 60)
    assert_many_refused(read_damaged(tmp_path / "b", 15, NETWORKS), 15)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_damaged_files(tmp_path, kind):
    assert_many_refused(read_damaged(tmp_path / "a", 1000, [kind]), 1000)

"""A run made ready: which corpus it has, in memory or not, and what does not fit."""

import os

import numpy as np
import pytest
from made_up_corpus import make_corpus

from sketch.backend import machine
from sketch.backend.processes import ALONE, Processes
from sketch.corpus import rows
from sketch.corpus.hdf5 import Corpus
from sketch.ink import DamagedInk
from sketch.settings.run_options import RunOptions
from sketch.training.plan import plan_run
from sketch.training.prepare import _memory, prepare
from sketch.training.run_lines import BESIDE_INK

GIVEN = {"dim": 6, "batch_size": 4, "text": True}


@pytest.fixture
def paths(tmp_path):
    return [make_corpus(tmp_path / f"{n}.hdf5", seed=n, length=12 + n) for n in (0, 1)]


def ready(root, paths, processes=ALONE, **options):
    options = RunOptions(data=tuple(map(str, paths)), **options)
    return prepare(plan_run(GIVEN, None, root), options, root, processes)


class Second(Processes):
    """Process 1 of two, whose process 0 says the same, or something else."""

    index, count = 1, 2

    def __init__(self, **others):
        self.others = others

    def gather(self, value):
        return [self.others.get("first", value), value]


class First(Second):
    """Process 0 of two."""

    index = 0


@pytest.mark.parametrize("share, is_held", [(0.999, False), (1.001, True)])
def test_memory_decides_where_lines_are(tmp_path, paths, monkeypatch, share, is_held):
    """`--memory`, or a quarter of the machine's."""
    size = 27 * (12 + 13) * 12 + 2 * 27 * BESIDE_INK  # bytes of the lines of all sets
    _, given = ready(tmp_path / "given", paths, memory=share * size / 1e9)
    monkeypatch.setattr(machine, "memory", lambda: 4 * share * size)
    _, default = ready(tmp_path / "default", paths)
    assert given.is_held == default.is_held == is_held


@pytest.mark.parametrize(("index", "share"), [(0, 100), (1, 100), (2, 200)])
def test_processes_of_one_machine_share_its_memory(monkeypatch, index, share):
    machines = ["a", "a", "b"]
    peers = Processes()
    peers.index, peers.count = index, 3
    peers.gather = lambda value: machines
    monkeypatch.setattr("platform.node", lambda: machines[index])
    monkeypatch.setattr(machine, "memory", lambda: 800)
    assert _memory(RunOptions(), peers) == share
    assert _memory(RunOptions(memory=2.0), peers) == 2e9


def test_process_of_several_reads_only_its_rows(tmp_path, paths, monkeypatch):
    _, lines = ready(tmp_path / "runs", paths, Second(), memory=1e-6)
    batches = lines.batches["train"]
    of_file = np.repeat(paths, [18, 18])
    usual, opened = rows.read_referenced, []

    def read(path, name, references, *others):
        opened.extend([path] * len(references) if name == "features" else [])
        return usual(path, name, references, *others)

    monkeypatch.setattr(rows, "read_referenced", read)
    seen = []
    for batch in batches.epoch(2):
        mine = batch.lines[batch.lines >= 0]
        assert sorted(opened) == sorted(of_file[mine])
        seen.extend(mine)
        opened.clear()
    assert len(set(seen)) == len(seen) == 18  # half of the 36 of both files


def test_corpus_changed_while_it_is_read_is_refused(tmp_path, paths):
    _, lines = ready(tmp_path / "runs", paths, memory=1e-6)
    epoch = lines.batches["train"].epoch(1)
    next(epoch)
    with open(paths[1], "r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"\0\0\0\0")
    os.utime(paths[1], ns=(0, 1))  # the clock of a file system may be coarse
    with pytest.raises(DamagedInk, match=r"1\.hdf5 was replaced or changed while"):
        list(epoch)


def test_batches_read_by_two_processes_equal_those_held_by_one(tmp_path, paths):
    parts = [
        ready(tmp_path / str(number), paths, place, memory=memory)[1].batches["train"]
        for number, (place, memory) in enumerate(
            [(ALONE, None), (First(), 1e-6), (Second(), 1e-6)]
        )
    ]
    seen = []
    for whole, *halves in zip(*(part.epoch(5) for part in parts), strict=True):
        seen.extend(whole.lines[whole.lines >= 0])
        assert (np.concatenate([half.lines for half in halves]) == whole.lines).all()
        for key, value in whole.inputs.items():
            joined = np.concatenate([half.inputs[key] for half in halves])
            np.testing.assert_array_equal(joined, value)
    assert sorted(seen) == list(range(36))


def test_processes_with_different_corpora_are_refused(tmp_path, paths):
    with Corpus.open(paths[0]) as corpus:
        digest = corpus.digest
    first = {"the corpus (its digest)": digest}
    message = rf"differ in the corpus \(its digest\): it is {digest} in process 0 and "
    with pytest.raises(ValueError, match=message):
        ready(tmp_path / "runs", paths[1:], Second(first=first))
    assert not (tmp_path / "runs").exists()


def test_resume_on_another_corpus_is_refused(tmp_path, paths):
    root = tmp_path / "runs"
    experiment, _ = ready(root, paths[:1])
    plan, other = plan_run({}, experiment.name, root), RunOptions(data=str(paths[1]))
    with pytest.raises(ValueError, match=r"learned from other data.*1\.hdf5"):
        prepare(plan, other, root)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-2000])


def with_a_line_that_is_no_ink(path):
    with Corpus.open(path) as corpus:
        ink = corpus.read_set("train")[0].strokes
    spoilt = ink.copy()
    spoilt[3, 0] = np.nan
    content = path.read_bytes()
    assert content.count(ink.tobytes()) == 1
    path.write_bytes(content.replace(ink.tobytes(), spoilt.tobytes()))


@pytest.mark.parametrize(
    "spoil, memory", [(cut_short, None), (with_a_line_that_is_no_ink, 1e-6)]
)
def test_damaged_file_of_several_is_named(tmp_path, paths, spoil, memory):
    spoil(paths[1])
    with pytest.raises(DamagedInk, match=r"1\.hdf5: "):
        _, lines = ready(tmp_path / "runs", paths, memory=memory)
        for _ in lines.batches["train"].epoch(0):
            pass

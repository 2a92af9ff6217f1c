"""Rows by their number, in memory and on disk."""

import numpy as np
import pytest
from made_up_corpus import make_corpus

from sketch.corpus import rows
from sketch.corpus.rows import RowsInMemory
from sketch.corpus.shards import open_shards
from sketch.ink import DamagedInk


@pytest.fixture
def on_disk(tmp_path):
    """The transcripts of two files, 36 rows, and the same as a list."""
    paths = [
        make_corpus(tmp_path / f"{n}.hdf5", seed=n, prefix=f"{n}-") for n in (0, 1)
    ]
    with open_shards(paths) as shards:
        return shards.texts("train"), shards.transcripts("train")


def test_take_of_any_order_equals_rows_in_memory(on_disk):
    on_disk, texts = on_disk
    held = RowsInMemory(texts)
    numbers = np.random.default_rng(0).permutation(len(texts))
    assert on_disk.take(numbers) == held.take(numbers)
    assert on_disk.take([35, 0, 35]) == [texts[35], texts[0], texts[35]]
    assert on_disk.lengths.tolist() == held.lengths.tolist()


def test_chosen_rows_are_numbered_anew(on_disk):
    on_disk, texts = on_disk
    numbers = np.array([1, 17, 18, 30])
    chosen = on_disk.chosen(numbers, decode=lambda data: data.decode().upper() + "!")
    assert chosen.take([3, 0]) == [texts[30].upper() + "!", texts[1].upper() + "!"]
    assert chosen.lengths.tolist() == [len(texts[n]) for n in numbers]
    measured = chosen.measured().lengths.tolist()
    assert measured == [len(texts[n]) + 1 for n in numbers]


def test_held_rows_of_several_reads_are_all_rows(on_disk, monkeypatch):
    monkeypatch.setattr(rows, "AT_ONCE", 7)
    on_disk, texts = on_disk
    assert on_disk.held().rows == texts


def test_take_from_a_file_that_was_replaced_is_refused(on_disk, tmp_path):
    on_disk, texts = on_disk
    make_corpus(tmp_path / "1.hdf5", seed=5)
    assert on_disk.take([0]) == [texts[0]]  # of the other file
    with pytest.raises(DamagedInk, match="1.hdf5 was replaced or changed"):
        on_disk.take([35])

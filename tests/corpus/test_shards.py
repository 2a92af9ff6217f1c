"""Several corpus files as one."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from made_up_corpus import FACTS, make_corpus, make_sets

from sketch.corpus.corpus_line import SETS
from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.corpus.shards import open_shards
from sketch.ink import DamagedInk


@pytest.fixture
def files(tmp_path):
    """Two corpora of different ink, ids and characters."""
    sets = make_sets()
    other = {
        name: [
            replace(
                line,
                line_id=f"other-{line.line_id}",
                transcript="xyz",
                strokes=line.strokes * np.float32([2, 2, 1]),
            )
            for line in lines
        ]
        for name, lines in sets.items()
    }
    write_corpus(tmp_path / "a.hdf5", sets, **FACTS)
    write_corpus(tmp_path / "b.hdf5", other, **FACTS | {"source": "elsewhere"})
    return [tmp_path / "a.hdf5", tmp_path / "b.hdf5"]


def test_shards_of_one_file_are_that_file(files):
    with Corpus.open(files[0]) as corpus, open_shards(files[:1]) as shards:
        assert shards.digest == corpus.digest and shards.alphabet == corpus.alphabet
        np.testing.assert_array_equal(shards.offset_std, corpus.offset_std)
        shards.require_fit()


def test_shards_of_two_files_join_their_sets(files):
    with open_shards(files) as shards:
        shards.require_fit()
        parts = []
        for file in files:
            with Corpus.open(file) as corpus:
                parts.append({name: corpus.read_set(name) for name in SETS})
        strokes = {name: shards.strokes(name) for name in SETS}
        texts = {name: shards.texts(name) for name in SETS}
        for name in SETS:
            expected = parts[0][name] + parts[1][name]
            assert shards.transcripts(name) == [x.transcript for x in expected]
            assert shards.writers(name) == [x.writer for x in expected]
            ids = [line.line_id for line in shards.read_set(name)]
            assert ids == [x.line_id for x in expected]
            sizes = [len(x.strokes) for x in expected]
            assert shards.lengths(name).tolist() == sizes
            lengths = [len(x.transcript) for x in expected]  # of characters, not bytes
            assert shards.text_lengths(name).tolist() == lengths
        offsets = np.concatenate([x.strokes for x in shards.read_set("train")])[:, :2]
        mean, std = offsets.mean(0, np.float64), offsets.std(0, np.float64)
        np.testing.assert_allclose(shards.offset_mean, mean, rtol=1e-6)
        np.testing.assert_allclose(shards.offset_std, std, rtol=1e-6)
        known = {
            c for part in parts for x in sum(part.values(), []) for c in x.transcript
        }
        assert shards.alphabet.characters == tuple(sorted(known))
        assert shards.source == "made up; elsewhere"
    # Rows stay valid when the files are closed, in any order and across files.
    expected = parts[0]["test"] + parts[1]["test"]
    order = [3, 0, 2]
    for row, number in zip(strokes["test"].take(order), order, strict=True):
        np.testing.assert_array_equal(row, expected[number].strokes)
    assert texts["test"].take(order) == [expected[n].transcript for n in order]


def test_shards_of_other_order_have_another_digest(files):
    digests = []
    for order in (files, files[::-1]):
        with open_shards(order) as shards:
            digests.append(shards.digest)
    assert digests[0] != digests[1]


def test_open_shards_of_the_same_lines_is_refused(files, tmp_path):
    copy = tmp_path / "copy.hdf5"
    copy.write_bytes(files[0].read_bytes())
    with (
        pytest.raises(ValueError, match="a.hdf5 and .*copy.hdf5 hold the same lines"),
        open_shards([*files, copy]),
    ):
        pass


def test_open_shards_of_different_sets_is_refused(files):
    with h5py.File(files[1], "r+") as file:
        split = file.attrs["split"]
        file.attrs["split"] = split[split["split"] != b"test"]
    with (
        pytest.raises(DamagedInk, match="b.hdf5: its sets are train, valid, those of"),
        open_shards(files),
    ):
        pass


def test_require_fit_of_other_units_is_refused(tmp_path):
    make_corpus(tmp_path / "a.hdf5")
    for scale, fits in ((4, True), (6, False)):
        make_corpus(tmp_path / "b.hdf5", seed=1, scale=scale, prefix="b-")
        with open_shards([tmp_path / "a.hdf5", tmp_path / "b.hdf5"]) as shards:
            if fits:
                shards.require_fit()
                continue
            with pytest.raises(
                ValueError, match=r"b.hdf5 is [5-7][.\d]* times as large"
            ):
                shards.require_fit()


def test_require_fit_of_a_line_trained_on_and_held_out_is_refused(files, tmp_path):
    sets = make_sets()
    sets["train"], sets["test"] = sets["test"], sets["train"]
    write_corpus(tmp_path / "c.hdf5", sets, **FACTS)
    with (
        open_shards([files[0], tmp_path / "c.hdf5"]) as shards,
        pytest.raises(ValueError, match="line form-01 is for training in .*a.hdf5 and"),
    ):
        shards.require_fit()
    # The same id with other ink is another line.
    for lines in sets.values():
        for line in lines:
            line.strokes[0, 0] += 1
    write_corpus(tmp_path / "c.hdf5", sets, **FACTS)
    with open_shards([files[0], tmp_path / "c.hdf5"]) as shards:
        shards.require_fit()

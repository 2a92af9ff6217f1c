"""The corpus file: what is in it, and that it comes back."""

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_corpus import FACTS, make_line, make_sets, swap_line

from sketch.corpus import hdf5
from sketch.corpus.corpus_line import SETS, Line
from sketch.corpus.hdf5 import Corpus, write_corpus


def assert_same_lines(lines, expected):
    assert len(lines) == len(expected)
    for line, same in zip(lines, expected, strict=True):
        assert line.strokes.dtype == np.float32
        np.testing.assert_array_equal(line.strokes, same.strokes)
        assert (line.transcript, line.line_id) == (same.transcript, same.line_id)
        assert line.writer == same.writer


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


LINES = st.lists(st.tuples(st.integers(1, 12), TEXTS, TEXTS), min_size=3, max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_corpus_that_was_written_is_read_back(tmp_path, drawn):
    lines = [
        Line(make_line(number, length).strokes, text, f"id {number}", writer)
        for number, (length, text, writer) in enumerate(drawn)
    ]
    lines[0] = Line(make_line(99, 30).strokes, "", "id 0")
    sets = {"train": lines[:-2], "valid": lines[-2:-1], "test": lines[-1:]}
    summary = write_corpus(tmp_path / "x.hdf5", sets, **FACTS)
    with Corpus.open(tmp_path / "x.hdf5") as corpus:
        assert corpus.sets == SETS
        assert corpus.digest == summary.digest
        assert corpus.alphabet == summary.alphabet
        for name in SETS:
            assert_same_lines(corpus.read_set(name), sets[name])
            assert summary.num_lines[name] == len(sets[name])
            lengths = [len(line.strokes) for line in sets[name]]
            assert corpus.lengths(name).tolist() == lengths
            assert sum(lengths) == summary.num_offsets[name]
        for line in lines:
            assert_same_lines([corpus.line(line.line_id)], [line])


def test_write_corpus_makes_the_layout_of_fuel(path):
    sets = make_sets()
    with h5py.File(path) as file:
        # Step by step as fuel's H5PYDataset reads a file; it does not run any more.
        split = file.attrs["split"]
        names = ("split", "source", "start", "stop", "indices", "available", "comment")
        assert split.dtype.names == names
        assert {row["source"].decode() for row in split} == {
            "features",
            "transcripts",
            "line_ids",
            "writers",
        }
        for name in SETS:
            [row] = [
                row
                for row in split
                if row["split"].decode() == name and row["source"] == b"features"
            ]
            assert row["available"] and not row["indices"]
            assert row["start"].dtype == row["stop"].dtype == np.int64
            assert row["start"].shape == row["stop"].shape == ()
            rows = slice(row["start"], row["stop"])
            data = file["features"][rows]
            shapes = file["features"].dims[0]["shapes"][rows]
            assert shapes.dtype == np.int32
            ids = file["line_ids"].asstr()[rows]
            for values, shape, line_id, line in zip(
                data, shapes, ids, sets[name], strict=True
            ):
                np.testing.assert_array_equal(values.reshape(shape), line.strokes)
                assert line_id == line.line_id
        labels = file["features"].dims[0]["shape_labels"][...]
        assert labels.tolist() == [b"time", b"offset"]
        assert file["features"].dims[0].label == "batch"
        assert h5py.check_vlen_dtype(file["features"].dtype) == np.float32
        assert file.attrs["h5py_interface_version"] == h5py.__version__.encode()
        assert file.attrs["alphabet"].decode() == "".join(sorted("abcf \u00e9\u4e66"))


def test_write_corpus_with_equal_sets_stores_them_once(tmp_path):
    lines = make_sets()
    sets = {"train": lines["train"], "valid": lines["test"], "test": lines["test"]}
    write_corpus(tmp_path / "x.hdf5", sets, **FACTS)
    with Corpus.open(tmp_path / "x.hdf5") as corpus:
        assert_same_lines(corpus.read_set("test"), lines["test"])
        assert_same_lines(corpus.read_set("valid"), lines["test"])
    with h5py.File(tmp_path / "x.hdf5") as file:
        assert len(file["features"]) == 5


def test_write_corpus_of_many_lines_at_a_time_makes_the_same_bytes(path, monkeypatch):
    written = path.read_bytes()
    for at_once in (1, 2, 5):
        monkeypatch.setattr(hdf5, "AT_ONCE", at_once)
        write_corpus(path.with_name("y.hdf5"), make_sets(), **FACTS)
        assert path.with_name("y.hdf5").read_bytes() == written


def test_write_corpus_of_lines_of_one_length_is_read_back(tmp_path):
    sets = {name: [make_line(i, 5)] for i, name in enumerate(SETS)}
    write_corpus(tmp_path / "x.hdf5", sets, **FACTS)
    with Corpus.open(tmp_path / "x.hdf5") as corpus:
        for name in SETS:
            assert_same_lines(corpus.read_set(name), sets[name])


CHANGES = {
    "transcript": lambda sets: swap_line(sets, transcript="abd"),
    "writer": lambda sets: swap_line(sets, writer="w9"),
    "line id": lambda sets: swap_line(sets, line_id="form-5"),
    "strokes": lambda sets: swap_line(sets, strokes=make_line(8, 3).strokes),
    "order": lambda sets: sets["test"].reverse(),
    "set": lambda sets: sets["valid"].insert(0, sets["train"].pop()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_digest_changes_with_every_change_of_content(tmp_path, change):
    original = write_corpus(tmp_path / "x.hdf5", make_sets(), **FACTS)
    sets = make_sets()
    change(sets)
    other = write_corpus(tmp_path / "y.hdf5", sets, **FACTS)
    assert other.digest != original.digest


def test_digest_ignores_everything_but_content(tmp_path):
    original = write_corpus(tmp_path / "x.hdf5", make_sets(), **FACTS)
    facts = FACTS | {"command": "another", "source": "elsewhere"}
    other = write_corpus(tmp_path / "deep" / "y.hdf5", make_sets(), **facts)
    assert other.digest == original.digest
    again = write_corpus(tmp_path / "z.hdf5", make_sets(), **FACTS)
    assert again.path.read_bytes() == original.path.read_bytes()


BAD = {
    "no set": (lambda sets: sets.pop("valid"), "expected the sets"),
    "empty set": (lambda sets: sets["valid"].clear(), "'valid' is empty"),
    "twice": (
        lambda sets: sets["valid"].append(sets["train"][0]),
        "form-01 is in 'train' and again in 'valid'",
    ),
    "shape": (
        lambda sets: swap_line(sets, strokes=np.zeros((4, 2), np.float32)),
        r"form-05: expected strokes \[time >= 1, 3\], received \[4, 2\]",
    ),
    "no time": (
        lambda sets: swap_line(sets, strokes=np.zeros((0, 3), np.float32)),
        r"received \[0, 3\]",
    ),
    "float64": (lambda sets: swap_line(sets, strokes=np.zeros((4, 3))), "float32"),
    "nan": (
        lambda sets: swap_line(sets, strokes=np.full((1, 3), np.nan, np.float32)),
        "form-05: an offset is not a finite number",
    ),
    "flag": (
        lambda sets: swap_line(sets, strokes=np.full((1, 3), 0.5, np.float32)),
        "form-05: an end_of_stroke is neither 0 nor 1",
    ),
    "endless": (
        lambda sets: swap_line(sets, transcript="a" * 20_001),
        "20,001 characters is too long",
    ),
    "nul": (lambda sets: swap_line(sets, transcript="a\0b"), "character NUL"),
    "no spread": (
        lambda sets: sets.update(
            train=[Line(np.ones((3, 3), np.float32), "", "straight")]
        ),
        "do not vary",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_write_corpus_of_bad_lines_is_refused(tmp_path, name):
    change, message = BAD[name]
    sets = make_sets()
    change(sets)
    with pytest.raises(ValueError, match=message):
        write_corpus(tmp_path / "x.hdf5", sets, **FACTS)
    assert not list(tmp_path.iterdir())


def test_write_corpus_below_a_file_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot write .*x.hdf5"):
        write_corpus(tmp_path / "file" / "x.hdf5", make_sets(), **FACTS)


def test_corpus_asked_for_a_missing_line_or_set_says_what_there_is(path):
    with Corpus.open(path) as corpus:
        with pytest.raises(ValueError, match="no line 'form-99'; .* form-01, form-02"):
            corpus.line("form-99")
        with pytest.raises(ValueError, match="no set 'all', only train, valid, test"):
            corpus.read_set("all")
    with pytest.raises(FileNotFoundError, match="no corpus file .*sketch convert"):
        Corpus.open(path.with_name("y.hdf5"))

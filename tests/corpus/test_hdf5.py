"""The corpus file: what is in it, that it comes back, that it cannot hurt."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sketch.corpus.corpus_line import SETS, Line
from sketch.corpus.find import find_corpus
from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.ink import DamagedInk

FACTS = {"source": "made up", "command": "test", "seed": 0, "split": "random"}


def make_line(number: int, length: int = 5, text: str = "abc") -> Line:
    rng = np.random.default_rng(number)
    strokes = rng.integers(-90, 90, size=(length, 3)).astype(np.float32)
    strokes[:, 2] = rng.random(length) < 0.3
    return Line(strokes, text, f"form-{number:02d}", f"w{number % 3}")


def make_sets() -> dict[str, list[Line]]:
    return {
        "train": [
            make_line(1, 7),
            make_line(2, 1, "caf\u00e9 \u4e66"),
            make_line(3, 4),
        ],
        "valid": [make_line(4, 2, "")],
        "test": [make_line(5, 3), make_line(6, 9)],
    }


@pytest.fixture
def path(tmp_path):
    write_corpus(tmp_path / "x.hdf5", make_sets(), **FACTS)
    return tmp_path / "x.hdf5"


def assert_same_lines(lines, expected):
    assert len(lines) == len(expected)
    for line, same in zip(lines, expected, strict=True):
        assert line.strokes.dtype == np.float32
        np.testing.assert_array_equal(line.strokes, same.strokes)
        assert (line.transcript, line.line_id) == (same.transcript, same.line_id)
        assert line.writer == same.writer


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
LINES = st.lists(st.tuples(st.integers(1, 12), TEXTS, TEXTS), min_size=3, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_what_is_written_is_read(tmp_path, drawn):
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


def test_the_layout_is_fuels(path):
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


def test_equal_sets_are_stored_once(tmp_path):
    lines = make_sets()
    sets = {"train": lines["train"], "valid": lines["test"], "test": lines["test"]}
    write_corpus(tmp_path / "x.hdf5", sets, **FACTS)
    with Corpus.open(tmp_path / "x.hdf5") as corpus:
        assert_same_lines(corpus.read_set("test"), lines["test"])
        assert_same_lines(corpus.read_set("valid"), lines["test"])
    with h5py.File(tmp_path / "x.hdf5") as file:
        assert len(file["features"]) == 5


def test_lines_of_one_length(tmp_path):
    sets = {name: [make_line(i, 5)] for i, name in enumerate(SETS)}
    write_corpus(tmp_path / "x.hdf5", sets, **FACTS)
    with Corpus.open(tmp_path / "x.hdf5") as corpus:
        for name in SETS:
            assert_same_lines(corpus.read_set(name), sets[name])


def changed(change):
    sets = make_sets()
    change(sets)
    return sets


def swap_line(sets, **fields):
    line = sets["test"][0]
    values = {name: getattr(line, name) for name in line.__dataclass_fields__}
    sets["test"][0] = Line(**(values | fields))


CHANGES = {
    "transcript": lambda sets: swap_line(sets, transcript="abd"),
    "writer": lambda sets: swap_line(sets, writer="w9"),
    "line id": lambda sets: swap_line(sets, line_id="form-5"),
    "strokes": lambda sets: swap_line(sets, strokes=make_line(8, 3).strokes),
    "order": lambda sets: sets["test"].reverse(),
    "set": lambda sets: sets["valid"].insert(0, sets["train"].pop()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_digest_knows_every_change_of_content(tmp_path, change):
    original = write_corpus(tmp_path / "x.hdf5", make_sets(), **FACTS)
    other = write_corpus(tmp_path / "y.hdf5", changed(change), **FACTS)
    assert other.digest != original.digest


def test_the_digest_knows_nothing_else(tmp_path):
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
        "form-01 stands in 'train' and again in 'valid'",
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
        "20,001 characters is no line",
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
def test_what_is_no_corpus_is_not_written(tmp_path, name):
    change, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        write_corpus(tmp_path / "x.hdf5", changed(change), **FACTS)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot write .*x.hdf5"):
        write_corpus(tmp_path / "file" / "x.hdf5", make_sets(), **FACTS)


def test_a_line_or_set_that_is_not_there(path):
    with Corpus.open(path) as corpus:
        with pytest.raises(ValueError, match="no line 'form-99'; .* form-01, form-02"):
            corpus.line("form-99")
        with pytest.raises(ValueError, match="no set 'all', only train, valid, test"):
            corpus.read_set("all")
    with pytest.raises(FileNotFoundError, match="no corpus file .*sketch convert"):
        Corpus.open(path.with_name("y.hdf5"))


def read_all(path):
    with Corpus.open(path) as corpus:
        return [corpus.read_set(name) for name in corpus.sets]


def test_a_file_cut_anywhere_is_damaged(path):
    data = path.read_bytes()
    for size in {0, 1, 8, 100, *range(500, len(data), len(data) // 15), len(data) - 1}:
        path.write_bytes(data[:size])
        with pytest.raises(DamagedInk, match="x.hdf5: .*sketch convert"):
            read_all(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_changed_bytes_are_damage_or_harmless(path, data):
    original = path.read_bytes()
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(original) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    other = path.with_name("changed.hdf5")
    other.write_bytes(changed)
    try:
        sets = read_all(other)
    except DamagedInk:
        return
    for line in (line for lines in sets for line in lines):
        assert np.isfinite(line.strokes).all() and line.strokes.shape[1] == 3


def replace(file, name, **fields):
    del file[name]
    file.create_dataset(name, **fields)


def no_features(file):
    del file["features"]


def group(file):
    del file["features"]
    file.create_group("features")


def soft_link(file):
    del file["line_ids"]
    file["line_ids"] = h5py.SoftLink("/transcripts")


def external_link(file):
    del file["line_ids"]
    file["line_ids"] = h5py.ExternalLink("other.hdf5", "/line_ids")


def external_storage(file):
    place = [(str(file.filename) + ".raw", 0, h5py.h5f.UNLIMITED)]
    replace(file, "features_shapes", shape=(6, 2), dtype="<i4", external=place)


def virtual(file):
    layout = h5py.VirtualLayout((6, 2), "<i4")
    layout[...] = h5py.VirtualSource("other.hdf5", "features_shapes", (6, 2))
    del file["features_shapes"]
    file.create_virtual_dataset("features_shapes", layout)


def million_million_lines(file):
    replace(file, "features_shapes", shape=(10**12, 2), dtype="<i4", chunks=(1000, 2))


def empty_million_million_lines(file):
    replace(file, "features_shapes", shape=(10**12, 2), dtype="<i4")


def dense(file):
    replace(file, "features", data=np.zeros((6, 1200, 3), np.float32))


def wrong_kind(file):
    replace(file, "features", shape=(6,), dtype=h5py.vlen_dtype(np.float64))
    for row in range(6):
        file["features"][row] = np.zeros(3)


def numbers_for_text(file):
    replace(file, "transcripts", data=np.arange(6))


def other_count(file):
    replace(file, "transcripts", data=["a"] * 5, dtype=h5py.string_dtype())


def longer_shape(file):
    file["features_shapes"][1] = (4, 3)


def wider_shape(file):
    file["features_shapes"][0] = (3, 7)


def negative_shape(file):
    file["features_shapes"][0] = (-7, -3)


def set_split(file, **fields):
    split = file.attrs["split"]
    for name, value in fields.items():
        split[name][:] = value
    file.attrs["split"] = split


def indices(file):
    split = file.attrs["split"]
    split["indices"][:] = file["features"].ref
    file.attrs["split"] = split


def set_attribute(name, value):
    return lambda file: file.attrs.__setitem__(name, value)


HOSTILE = {
    "no features": (no_features, "no 'features'"),
    "group": (group, "not a dataset"),
    "soft link": (soft_link, "no 'line_ids'"),
    "external link": (external_link, "no 'line_ids'"),
    "external storage": (external_storage, "one piece"),
    "virtual": (virtual, "one piece"),
    "10^12 lines": (million_million_lines, "one piece"),
    "10^12 lines, none stored": (empty_million_million_lines, "in 0 bytes"),
    "padded, as udibr's": (dense, "shape"),
    "float64": (wrong_kind, "not variable-length float32"),
    "text is numbers": (numbers_for_text, "not text"),
    "other count": (other_count, r"shape \(5,\), expected \(6,\)"),
    "longer shape": (longer_shape, r"row 1 has 3 numbers, but its shape is \[4, 3\]"),
    "wider shape": (wider_shape, "shape is not"),
    "negative shape": (negative_shape, "shape is not"),
    "rows beyond": (lambda file: set_split(file, stop=7), "rows 0 to 7 of 6"),
    "no rows": (lambda file: set_split(file, start=6, stop=6), "rows 6 to 6 of 6"),
    "negative rows": (lambda file: set_split(file, start=-3), "rows -3 to"),
    "indices": (indices, "list of indices"),
    "no train": (lambda file: set_split(file, split=b"all"), "no set 'train'"),
    "split is text": (set_attribute("split", np.bytes_("train")), "'split' is "),
    "no digest": (
        lambda file: file.attrs.__delitem__("digest"),
        "no attribute 'digest'",
    ),
    "mean": (set_attribute("offset_mean", [0.0, np.inf]), "two finite numbers"),
    "mean is text": (
        set_attribute("offset_mean", np.bytes_("0 0")),
        "'offset_mean' is",
    ),
    "std": (set_attribute("offset_std", [0.0, 1.0]), "not positive"),
    "alphabet": (set_attribute("alphabet", np.bytes_("cba")), "sorted"),
    "alphabet is numbers": (set_attribute("alphabet", [1, 2]), "'alphabet' is int64"),
    "alphabet is no text": (set_attribute("alphabet", np.bytes_(b"\xff")), "utf-8"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(path, name):
    change, message = HOSTILE[name]
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(DamagedInk, match=message) as raised:
        read_all(path)
    assert str(raised.value).startswith(str(path))
    assert "make the file again with `sketch convert`" in str(raised.value)


def change_bytes(path, old, new):
    data = path.read_bytes()
    assert data.count(old) == 1 and len(old) == len(new)
    path.write_bytes(data.replace(old, new))


def test_rows_that_all_claim_the_same_bytes(path):
    # 16 bytes a row could stand for any number of lines in memory.
    with h5py.File(path) as file:
        place = file["features"].id.get_offset()
    data = bytearray(path.read_bytes())
    data[place : place + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(DamagedInk, match="more values than the file holds"):
        Corpus.open(path)


def spoil_heap(path):
    """Makes the first object of each collection of the heap one without a size.

    The HDF5 library would walk over it for ever, deaf to Ctrl-C.
    """
    data = bytearray(path.read_bytes())
    place = -1
    while (place := data.find(b"GCOL", place + 1)) >= 0:
        data[place + 16 : place + 32] = bytes(16)
    path.write_bytes(data)


FREE_TEXT = h5py.string_dtype()
OF_VARIABLE_LENGTH = {
    "text": ("alphabet", FREE_TEXT),
    "rows": ("offset_mean", h5py.vlen_dtype(np.float64)),
    "in a record": ("split", np.dtype([("split", FREE_TEXT), ("start", "<i8")])),
    "in an array": ("offset_std", np.dtype([("x", FREE_TEXT, (2,))])),
    "region": ("offset_std", h5py.regionref_dtype),
}


@pytest.mark.parametrize("kind", OF_VARIABLE_LENGTH)
def test_attribute_of_variable_length_is_refused_unread(path, kind):
    name, dtype = OF_VARIABLE_LENGTH[kind]
    with h5py.File(path, "r+") as file:
        del file.attrs[name]
        if kind == "rows":
            rows = np.empty(2, object)
            rows[:] = [np.ones(1), np.ones(1)]
            file.attrs.create(name, rows, dtype=dtype)
        else:
            space = h5py.h5s.create_simple((2,))
            h5py.h5a.create(file.id, name.encode(), h5py.h5t.py_create(dtype, 1), space)
    spoil_heap(path)
    # Nothing but the end of the process stops the library: see it from outside.
    code = "import sys; from sketch.corpus.hdf5 import Corpus; Corpus.open(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=30
    )
    assert f"attribute '{name}' is of variable length" in done.stderr


def test_a_heap_that_would_be_walked_for_ever(path):
    spoil_heap(path)
    with (
        Corpus.open(path) as corpus,
        pytest.raises(DamagedInk, match="the heap of /features is spoilt"),
    ):
        corpus.read_set("train")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, np.nan, "form-06: an offset is not a finite number"),
        (2, 0.25, "form-06: an end_of_stroke is neither 0 nor 1"),
    ],
)
def test_a_line_that_is_no_ink_is_named(path, column, value, message):
    strokes = make_line(6, 9).strokes
    spoilt = strokes.copy()
    spoilt[4, column] = value
    change_bytes(path, strokes.tobytes(), spoilt.tobytes())
    with Corpus.open(path) as corpus:
        assert len(corpus.read_set("train")) == 3
        with pytest.raises(DamagedInk, match=message):
            corpus.read_set("test")


def test_a_text_without_end(path, monkeypatch):
    monkeypatch.setattr("sketch.corpus.corpus_line.MAX_TEXT_BYTES", 10**6)
    swapped = changed(lambda sets: swap_line(sets, transcript="a" * 20_001))
    write_corpus(path, swapped, **FACTS)
    with pytest.raises(DamagedInk, match="transcripts holds a text of 20,001 bytes"):
        read_all(path)


def test_text_that_is_not_utf8(path):
    change_bytes(path, "caf\u00e9 \u4e66".encode(), b"caf\xff\xff \xff\xff\xff")
    with pytest.raises(DamagedInk, match="unreadable .*utf-8"):
        read_all(path)


def test_somebody_elses_hdf5(tmp_path):
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.zeros((3, 3))
    with pytest.raises(DamagedInk, match="weights.h5: not written by this program"):
        Corpus.open(tmp_path / "weights.h5")
    (tmp_path / "text.hdf5").write_text("hello")
    with pytest.raises(DamagedInk, match="text.hdf5: not an HDF5 file"):
        Corpus.open(tmp_path / "text.hdf5")


def test_where_the_corpus_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_corpus() is None
    files = {}
    for name in ("data", "fuel/handwriting", "env", "given"):
        (tmp_path / name).mkdir(parents=True)
        files[name] = tmp_path / name / "handwriting.hdf5"
        files[name].write_text("")
    monkeypatch.setenv("FUEL_DATA_PATH", f"/nowhere{os.pathsep}{tmp_path / 'fuel'}")
    assert find_corpus().resolve() == files["data"]
    files["data"].unlink()
    assert find_corpus() == files["fuel/handwriting"]
    monkeypatch.setenv("SKETCH_DATA", str(tmp_path / "env"))
    assert find_corpus() == files["env"]
    assert find_corpus(tmp_path / "given") == files["given"]
    assert find_corpus(files["given"]) == files["given"]


def test_another_programs_corpus_in_fuels_folder_is_passed_over_and_told_once(
    path, tmp_path, monkeypatch, capsys
):
    """udibr's and this project's go by the same name."""
    monkeypatch.chdir(tmp_path)
    theirs, ours = (tmp_path / name / "handwriting" for name in ("theirs", "ours"))
    for folder in (theirs, ours):
        folder.mkdir(parents=True)
    with h5py.File(theirs / "handwriting.hdf5", "w") as file:
        file["features"] = np.zeros((3, 4, 3))
    monkeypatch.setenv("FUEL_DATA_PATH", str(theirs.parent))
    assert find_corpus() is None is find_corpus()
    (told,) = capsys.readouterr().err.splitlines()
    assert str(theirs) in told and "passed over" in told
    path.rename(ours / "handwriting.hdf5")
    monkeypatch.setenv("FUEL_DATA_PATH", f"{theirs.parent}{os.pathsep}{ours.parent}")
    assert find_corpus() == ours / "handwriting.hdf5"
    assert not capsys.readouterr().err


def test_a_corpus_that_was_named_must_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="--data names gone.hdf5, .*convert"):
        find_corpus("gone.hdf5")
    with pytest.raises(ValueError, match="--data is empty: name a file"):
        find_corpus("")
    monkeypatch.setenv("SKETCH_DATA", "gone")
    with pytest.raises(FileNotFoundError, match=r"\$SKETCH_DATA names gone"):
        find_corpus()


def test_lines_that_are_all_equally_long(tmp_path):
    """h5py makes a matrix of such rows by itself."""
    sets = {"train": [make_line(1), make_line(2)], "valid": [make_line(3)]}
    sets["test"] = [make_line(4)]
    write_corpus(tmp_path / "x.hdf5", sets, **FACTS)
    with Corpus.open(tmp_path / "x.hdf5") as corpus:
        assert_same_lines(corpus.read_set("train"), sets["train"])

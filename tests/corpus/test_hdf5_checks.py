"""A corpus file from a stranger: it is refused, or cannot hurt."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
from made_up_corpus import FACTS, make_line, make_sets, swap_line

from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.ink import DamagedInk


def read_all(path):
    with Corpus.open(path) as corpus:
        return [corpus.read_set(name) for name in corpus.sets]


def test_corpus_cut_anywhere_is_refused(path):
    data = path.read_bytes()
    for size in {0, 1, 8, 100, *range(500, len(data), len(data) // 15), len(data) - 1}:
        path.write_bytes(data[:size])
        with pytest.raises(DamagedInk, match="x.hdf5: .*sketch convert"):
            read_all(path)


def replace(file, name, **fields):
    del file[name]
    file.create_dataset(name, **fields)


def link(name, to):
    def change(file):
        del file[name]
        file[name] = to

    return change


def virtual(file):
    layout = h5py.VirtualLayout((6, 2), "<i4")
    layout[...] = h5py.VirtualSource("other.hdf5", "features_shapes", (6, 2))
    del file["features_shapes"]
    file.create_virtual_dataset("features_shapes", layout)


def external_storage(file):
    place = [(str(file.filename) + ".raw", 0, h5py.h5f.UNLIMITED)]
    replace(file, "features_shapes", shape=(6, 2), dtype="<i4", external=place)


def wrong_kind(file):
    replace(file, "features", shape=(6,), dtype=h5py.vlen_dtype(np.float64))
    for row in range(6):
        file["features"][row] = np.zeros(3)


def with_data(name, **fields):
    return lambda file: replace(file, name, **fields)


def with_shape(row, shape):
    return lambda file: file["features_shapes"].__setitem__(row, shape)


def with_split(**fields):
    def change(file):
        split = file.attrs["split"]
        for name, value in fields.items():
            split[name][:] = value(file) if callable(value) else value
        file.attrs["split"] = split

    return change


def with_attribute(name, value):
    return lambda file: file.attrs.__setitem__(name, value)


MANY = {"shape": (10**12, 2), "dtype": "<i4"}
TEXTS = {"data": ["a"] * 5, "dtype": h5py.string_dtype()}
DENSE = np.zeros((6, 1200, 3), np.float32)
SHAPES = "features_shapes"


HOSTILE = {
    "no features": (lambda file: file.__delitem__("features"), "no 'features'"),
    "group": (link("features", np.dtype("<f4")), "not a dataset"),
    "soft link": (link("line_ids", h5py.SoftLink("/transcripts")), "no 'line_ids'"),
    "external link": (
        link("line_ids", h5py.ExternalLink("other.hdf5", "/line_ids")),
        "no 'line_ids'",
    ),
    "external storage": (external_storage, "one piece"),
    "virtual": (virtual, "one piece"),
    "10^12 lines": (with_data(SHAPES, **MANY, chunks=(1000, 2)), "one piece"),
    "10^12 lines, none stored": (with_data(SHAPES, **MANY), "in 0 bytes"),
    "padded, as udibr's": (with_data("features", data=DENSE), "shape"),
    "float64": (wrong_kind, "not variable-length float32"),
    "text is numbers": (with_data("transcripts", data=np.arange(6)), "not text"),
    "other count": (
        with_data("transcripts", **TEXTS),
        r"shape \(5,\), expected \(6,\)",
    ),
    "longer shape": (
        with_shape(1, (4, 3)),
        r"row 1 has 3 numbers, but its shape is \[4, 3\]",
    ),
    "wider shape": (with_shape(0, (3, 7)), "shape is not"),
    "negative shape": (with_shape(0, (-7, -3)), "shape is not"),
    "rows beyond": (with_split(stop=7), "rows 0 to 7 of 6"),
    "no rows": (with_split(start=6, stop=6), "rows 6 to 6 of 6"),
    "negative rows": (with_split(start=-3), "rows -3 to"),
    "indices": (with_split(indices=lambda f: f["features"].ref), "list of indices"),
    "no train": (with_split(split=b"all"), "no set 'train'"),
    "split is text": (with_attribute("split", np.bytes_("train")), "'split' is "),
    "no digest": (lambda f: f.attrs.__delitem__("digest"), "no attribute 'digest'"),
    "mean": (with_attribute("offset_mean", [0.0, np.inf]), "two finite numbers"),
    "mean is text": (
        with_attribute("offset_mean", np.bytes_("0 0")),
        "'offset_mean' is",
    ),
    "std": (with_attribute("offset_std", [0.0, 1.0]), "not positive"),
    "alphabet": (with_attribute("alphabet", np.bytes_("cba")), "sorted"),
    "alphabet is numbers": (with_attribute("alphabet", [1, 2]), "'alphabet' is int64"),
    "alphabet is no text": (with_attribute("alphabet", np.bytes_(b"\xff")), "utf-8"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_corpus_that_is_hostile_is_refused(path, name):
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


def test_corpus_whose_rows_claim_too_much_is_refused(path):
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


def test_corpus_with_an_endless_heap_is_refused(path):
    spoil_heap(path)
    with (
        Corpus.open(path) as corpus,
        pytest.raises(DamagedInk, match="the heap of features is spoilt"),
    ):
        corpus.read_set("train")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, np.nan, "form-06: an offset is not a finite number"),
        (2, 0.25, "form-06: an end_of_stroke is neither 0 nor 1"),
    ],
)
def test_corpus_with_a_line_that_is_not_ink_names_it(path, column, value, message):
    strokes = make_line(6, 9).strokes
    spoilt = strokes.copy()
    spoilt[4, column] = value
    change_bytes(path, strokes.tobytes(), spoilt.tobytes())
    with Corpus.open(path) as corpus:
        assert len(corpus.read_set("train")) == 3
        with pytest.raises(DamagedInk, match=message):
            corpus.read_set("test")


def test_corpus_with_an_endless_text_is_refused(path, monkeypatch):
    monkeypatch.setattr("sketch.corpus.corpus_line.MAX_TEXT_BYTES", 10**6)
    sets = make_sets()
    swap_line(sets, transcript="a" * 20_001)
    write_corpus(path, sets, **FACTS)
    with pytest.raises(DamagedInk, match="transcripts holds a text of 20,001 bytes"):
        read_all(path)


def test_corpus_with_text_that_is_not_utf8_is_refused(path):
    change_bytes(path, "caf\u00e9 \u4e66".encode(), b"caf\xff\xff \xff\xff\xff")
    with pytest.raises(DamagedInk, match="unreadable .*utf-8"):
        read_all(path)


def test_corpus_of_another_program_is_refused(tmp_path):
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.zeros((3, 3))
    with pytest.raises(DamagedInk, match="weights.h5: not written by this program"):
        Corpus.open(tmp_path / "weights.h5")
    (tmp_path / "text.hdf5").write_text("hello")
    with pytest.raises(DamagedInk, match="text.hdf5: not an HDF5 file"):
        Corpus.open(tmp_path / "text.hdf5")


def test_corpus_of_another_format_version_is_refused(path):
    with h5py.File(path, "r+") as file:
        file.attrs["format"] = np.bytes_("sketch corpus 2")
    with pytest.raises(DamagedInk, match="is 'sketch corpus 2', .* a newer release"):
        Corpus.open(path)
    with h5py.File(path, "r+") as file:
        del file.attrs["format"]
    with pytest.raises(DamagedInk, match="not written by this program"):
        Corpus.open(path)


def test_corpus_that_another_program_writes_is_said_to_be_open_there(path):
    code = "import h5py, sys; f = h5py.File(sys.argv[1], 'r+'); print(); input()"
    with subprocess.Popen(
        [sys.executable, "-uc", code, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        with pytest.raises(OSError, match="x.hdf5 is open in another program; close"):
            Corpus.open(path)
        process.communicate(b"\n")
    Corpus.open(path).close()

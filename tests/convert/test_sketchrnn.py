"""The data sets of sketch-rnn: every point of a drawing, and no code of a pickle."""

import pickle
import resource
import zipfile

import numpy as np
import pytest
from own_ink import read_corpus

from sketch.convert import sketchrnn
from sketch.convert.conversion import convert
from sketch.convert.ink_source import InkCollector
from sketch.convert.sketchrnn import parse_drawings
from sketch.ink import DamagedInk
from sketch.ink.strokes import points_from_strokes


def make_sets(counts=(5, 2, 2), dtype=np.int16):
    rng = np.random.default_rng(0)
    sets = {}
    for name, count in zip(("train", "valid", "test"), counts, strict=True):
        drawings = np.empty(count, object)
        for number in range(count):
            drawing = rng.integers(-90, 90, (3 + number, 3)).astype(dtype)
            drawing[:, 2] = np.arange(len(drawing)) % 2
            drawing[-1, 2] = 1
            drawings[number] = drawing
        sets[name] = drawings
    return sets


def write_npy(packed, name, pickled, dtype="|O"):
    header = {"descr": dtype, "fortran_order": False, "shape": (5,)}
    with packed.open(f"{name}.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(pickled)


@pytest.mark.parametrize("dtype", [np.int16, ">i2", np.float32, np.float64])
@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])  # 2: the published ones
def test_parse_drawings_keeps_every_point(tmp_path, dtype, protocol):
    sets = make_sets(dtype=dtype)
    path = tmp_path / "cat.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, drawings in sets.items():
            write_npy(packed, name, pickle.dumps(drawings, protocol))
    found = dict(parse_drawings(path.read_bytes(), None))
    names = [f"{s}-{n:05d}" for s in sets for n in range(1, len(sets[s]) + 1)]
    assert list(found) == names
    for name, drawing in zip(names, np.concatenate([*sets.values()]), strict=True):
        line = found[name]
        walked = points_from_strokes(line.strokes, line.start)
        np.testing.assert_array_equal(walked, np.cumsum(drawing[:, :2], axis=0))
        np.testing.assert_array_equal(line.strokes[:, 2], drawing[1:, 2])
    assert len([*parse_drawings(path.read_bytes(), 6)]) == 6


def test_convert_of_a_file_by_numpy_makes_a_corpus(tmp_path):
    np.savez_compressed(tmp_path / "cat.npz", **make_sets((30, 4, 4)))
    report = convert([tmp_path / "cat.npz"], tmp_path / "out.hdf5")
    assert (report.file_format, report.split) == ("sketchrnn", "form")
    assert len(read_corpus(tmp_path / "out.hdf5")) == 38
    few = InkCollector("sketchrnn", limit=3).collect([tmp_path])
    assert [x.line_id for x in few.lines] == [
        f"cat/train-0000{n}-01" for n in (1, 2, 3)
    ]


class Harmful:
    def __reduce__(self):
        return resource.setrlimit, (resource.RLIMIT_CORE, (0, 0))


def array_of(*objects):
    array = np.empty(len(objects), object)
    array[:] = objects
    return pickle.dumps(array, 2)


SPOILT = {
    "code": array_of(Harmful()),
    "text": array_of("cat", "dog"),
    "a dictionary": array_of({1: 2}),
    "no drawing": array_of(np.zeros((4, 2), np.int16), np.zeros((3, 2), np.int16)),
    "dates": array_of(np.zeros((1, 3), "M8[s]"), np.zeros((2, 3), "M8[s]")),
    "lists without end": b"\x80\x02" + b"]" * 5000 + b".",
    "a mark too few": b"\x80\x02t.",
    "a memory too few": b"\x80\x02h\x05.",
    "cut off": array_of(np.zeros((4, 3), np.int16), np.zeros((3, 3), np.int16))[:-20],
    "nothing": b"",
}


@pytest.mark.parametrize("pickled", SPOILT.values(), ids=SPOILT)
def test_parse_drawings_of_other_objects_is_refused(tmp_path, monkeypatch, pickled):
    monkeypatch.setattr(sketchrnn, "MAX_INSTRUCTIONS", 1000)
    monkeypatch.setattr(pickle, "loads", lambda *_: pytest.fail("it was unpickled"))
    with zipfile.ZipFile(tmp_path / "cat.npz", "w") as packed:
        write_npy(packed, "train", pickled)
    with pytest.raises(
        DamagedInk, match="other objects|drawing has shape|not a data s"
    ):
        list(parse_drawings((tmp_path / "cat.npz").read_bytes(), None))


def refuse(path, message):
    with pytest.raises(DamagedInk, match=message):
        list(parse_drawings(path.read_bytes(), None))


def test_parse_drawings_of_another_archive_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    path.write_bytes(b"PK")
    refuse(path, "not a data set of sketch-rnn")
    np.savez(path, weights=np.zeros(3))
    refuse(path, "it holds none of train.npy")
    np.savez(path, train=np.zeros(3))
    refuse(path, "its arrays hold numbers")
    monkeypatch.setattr(sketchrnn, "MAX_ARRAY_BYTES", 100)
    refuse(path, "train.npy is larger than drawings are")
    monkeypatch.setattr(sketchrnn, "MAX_NAMES_BYTES", 20)
    refuse(path, "it lists more files than a data set has")
    monkeypatch.undo()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("train.npy", bytes(100))
    refuse(path, "train.npy is neither stored nor deflated")

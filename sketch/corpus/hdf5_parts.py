"""The parts of a corpus file, one by one; `sketch.corpus.hdf5` describes them.

All functions that read raise DamagedInk.
"""

from collections.abc import Mapping

import h5py
import numpy as np

from sketch.corpus.corpus_line import MAX_TEXT_BYTES, ROW_WIDTH, SETS
from sketch.corpus.hdf5_checks import CheckedFile, damaged
from sketch.ink import DamagedInk

FORMAT = "sketch corpus 1"
SOURCES = ("features", "transcripts", "line_ids", "writers")


def split_array(bounds: Mapping[str, tuple[int, int]]) -> np.ndarray:
    """The attribute `split` in fuel's layout; `bounds` are the rows of each set."""
    split_type = np.dtype(
        [
            ("split", f"S{max(map(len, SETS))}"),
            ("source", f"S{max(map(len, SOURCES))}"),
            ("start", np.int64),
            ("stop", np.int64),
            ("indices", h5py.ref_dtype),
            ("available", np.bool_),
            ("comment", "S1"),
        ]
    )
    entries = [
        (name.encode(), source.encode(), *bounds[name], h5py.Reference(), True, b".")
        for name in SETS
        for source in SOURCES
    ]
    return np.array(entries, dtype=split_type)


def read_attributes(file: CheckedFile) -> dict:
    """The attributes that are used, by name."""
    names = ("format", "alphabet", "source", "digest")
    read: dict = {name: file.text_attribute(name) for name in names}
    if read["format"] != FORMAT:
        raise DamagedInk(
            f"{file.path}: its format is {read['format']!r:.40}, and only {FORMAT!r} "
            "can be read: take a newer release of sketch, or convert the sources again"
        )
    for name in ("offset_mean", "offset_std"):
        read[name] = file.attribute(name, "fiu", num_axes=1).astype(np.float64)
        if read[name].shape != (2,) or not np.isfinite(read[name]).all():
            raise damaged(file.path, f"{name} is not two finite numbers")
    if not (read["offset_std"] > 0).all():
        raise damaged(file.path, "offset_std is not positive")
    return read


def read_shapes(file: CheckedFile) -> np.ndarray:
    """The shape of each line, int64 `[N, 2]`, which fits `features`."""
    stored = file.dataset("features_shapes", (None, 2))
    if stored.dtype.kind not in "iu" or stored.dtype.itemsize > 8:
        raise damaged(file.path, f"the shapes are {stored.dtype}, not integers")
    shapes = np.asarray(stored[...], np.int64)
    if (shapes[:, 0] < 1).any() or (shapes[:, 1] != ROW_WIDTH).any():
        raise damaged(file.path, f"a line's shape is not [time, {ROW_WIDTH}]")
    features = file.dataset("features", (len(shapes),))
    if h5py.check_vlen_dtype(features.dtype) != np.dtype("<f4"):
        problem = "features is not variable-length float32: another program's?"
        raise damaged(file.path, problem)
    lengths = read_references(file, "features", len(shapes))["length"]
    wrong = np.flatnonzero(lengths != shapes.prod(axis=1))
    if len(wrong):
        row = wrong[0]
        raise damaged(
            file.path,
            f"row {row} has {lengths[row]} numbers, but its shape is "
            f"{shapes[row].tolist()}",
        )
    return shapes


def read_split(file: CheckedFile, num_rows: int) -> dict[str, tuple[int, int]]:
    """The rows `(start, stop)` of each set."""
    split = file.attribute("split", "V", num_axes=1)
    fields = split.dtype.names or ()
    if not {"split", "source", "start", "stop"} <= set(fields):
        raise damaged(file.path, "attribute 'split' is not fuel's array of sets")
    bounds: dict[str, tuple[int, int]] = {}
    for entry in split[split["source"] == b"features"]:
        name = bytes(entry["split"]).decode("utf-8", "replace")
        if "indices" in fields and entry["indices"]:
            problem = f"set {name!r} is a list of indices, not a range of rows"
            raise damaged(file.path, problem)
        start, stop = (int(np.ravel(entry[key])[0]) for key in ("start", "stop"))
        if not 0 <= start < stop <= num_rows:
            problem = f"set {name!r} is rows {start} to {stop} of {num_rows}"
            raise damaged(file.path, problem)
        bounds[name] = (start, stop)
    if "train" not in bounds:
        raise damaged(file.path, "there is no set 'train'")
    return bounds


def read_references(file: CheckedFile, source: str, num_rows: int) -> np.ndarray:
    """Where the rows of one of `SOURCES` are, as in `CheckedFile.references`."""
    if source == "features":
        return file.references(source, num_rows, item_size=4)
    values = file.dataset(source, (num_rows,))
    if h5py.check_string_dtype(values.dtype) is None:
        raise damaged(file.path, f"{source} holds {values.dtype}, not text")
    references = file.references(source, num_rows, item_size=1)
    longest = references["length"].max(initial=0)
    if longest > MAX_TEXT_BYTES:
        raise damaged(file.path, f"{source} holds a text of {longest:,} bytes")
    return references

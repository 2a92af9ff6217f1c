"""The parts of a corpus file, one by one; `sketch.corpus.hdf5` describes them.

All functions that read take the open file and its path, for messages, and raise
DamagedInk.
"""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from sketch.corpus.corpus_line import MAX_TEXT_BYTES, ROW_WIDTH, SETS
from sketch.corpus.hdf5_checks import (
    damaged,
    heap_lengths,
    own_dataset,
    read_plain_attribute,
    read_referenced,
    read_references,
    read_text_attribute,
)
from sketch.ink import DamagedInk

FORMAT = "sketch corpus 1"
SOURCES = ("features", "transcripts", "line_ids", "writers")
TEXT_SOURCES = SOURCES[1:]


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


def read_attributes(file: h5py.File, path: Path) -> dict:
    """The attributes that are used, by name."""
    read: dict = {}
    for name in ("format", "alphabet", "source", "digest"):
        read[name] = read_text_attribute(file, path, name)
    if read["format"] != FORMAT:
        raise DamagedInk(
            f"{path}: its format is {read['format']!r:.40}, and only {FORMAT!r} can be "
            "read: take a newer release of sketch, or convert the sources again"
        )
    for name in ("offset_mean", "offset_std"):
        values = read_plain_attribute(file, path, name, "fiu", num_axes=1)
        read[name] = values.astype(np.float64)
        if read[name].shape != (2,) or not np.isfinite(read[name]).all():
            raise damaged(path, f"{name} is not two finite numbers")
    if not (read["offset_std"] > 0).all():
        raise damaged(path, "offset_std is not positive")
    return read


def read_shapes(file: h5py.File, path: Path) -> np.ndarray:
    """The shape of each line, int64 `[N, 2]`."""
    shapes = own_dataset(file, path, "features_shapes", (None, 2))
    if shapes.dtype.kind not in "iu" or shapes.dtype.itemsize > 8:
        raise damaged(path, f"the shapes are {shapes.dtype}, not integers")
    read = np.asarray(shapes[...], np.int64)
    if (read[:, 0] < 1).any() or (read[:, 1] != ROW_WIDTH).any():
        raise damaged(path, f"a line's shape is not [time, {ROW_WIDTH}]")
    return read


def check_features(file: h5py.File, path: Path, shapes: np.ndarray) -> None:
    """Refuses features that are not float32 rows of these shapes."""
    features = own_dataset(file, path, "features", (len(shapes),))
    if h5py.check_vlen_dtype(features.dtype) != np.dtype("<f4"):
        raise damaged(
            path, "features is not variable-length float32: another program's?"
        )
    lengths = heap_lengths(features, path, item_size=4)
    wrong = np.flatnonzero(lengths != shapes.prod(axis=1))
    if len(wrong):
        row = wrong[0]
        raise damaged(
            path,
            f"row {row} has {lengths[row]} numbers, but its shape is "
            f"{shapes[row].tolist()}",
        )


def read_split(
    file: h5py.File, path: Path, num_rows: int
) -> dict[str, tuple[int, int]]:
    """The rows `(start, stop)` of each set."""
    split = read_plain_attribute(file, path, "split", "V", num_axes=1)
    fields = split.dtype.names or ()
    if not {"split", "source", "start", "stop"} <= set(fields):
        raise damaged(path, "attribute 'split' is not fuel's array of sets")
    bounds: dict[str, tuple[int, int]] = {}
    for entry in split[split["source"] == b"features"]:
        name = bytes(entry["split"]).decode("utf-8", "replace")
        if "indices" in fields and entry["indices"]:
            raise damaged(
                path, f"set {name!r} is a list of indices, not a range of rows"
            )
        start, stop = (int(np.ravel(entry[key])[0]) for key in ("start", "stop"))
        if not 0 <= start < stop <= num_rows:
            raise damaged(
                path,
                f"set {name!r} is rows {start} to {stop} of {num_rows}",
            )
        bounds[name] = (start, stop)
    if "train" not in bounds:
        raise damaged(path, "there is no set 'train'")
    return bounds


def read_texts(
    file: h5py.File, path: Path, name: str, num_rows: int, rows: slice
) -> list[str]:
    """Rows of one of `TEXT_SOURCES`."""
    values = own_dataset(file, path, name, (num_rows,))
    if h5py.check_string_dtype(values.dtype) is None:
        raise damaged(path, f"{name} holds {values.dtype}, not text")
    lengths = heap_lengths(values, path, item_size=1)
    if lengths.max(initial=0) > MAX_TEXT_BYTES:
        raise damaged(path, f"{name} holds a text of {lengths.max():,} bytes")
    references = read_references(values, path)[rows]
    read = read_referenced(path, name, references, item_size=1)
    return [text.decode("utf-8") for text in read]

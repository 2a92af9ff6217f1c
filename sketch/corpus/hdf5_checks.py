"""What the reader of corpus files asks before it believes an HDF5 file.

HDF5 is a format in which a small file can claim anything: datasets that lie in other
files, a million million rows that are all one fill value, rows of variable length that
all point at the same bytes. Nothing is allocated, followed or read here before it has
been compared with the size of the file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from sketch.ink import DamagedInk

# How HDF5 stores one value of variable length (file format specification, IV.B).
HEAP_REFERENCE = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])


def damaged(path: Path, problem: str) -> DamagedInk:
    """The error for a corpus file that is not as it should be."""
    return DamagedInk(f"{path}: {problem}; make the file again with `sketch convert`")


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Makes a `DamagedInk` of whatever reading a damaged file raises.

    h5py answers such a file with every kind of exception that it has.
    """
    try:
        yield
    except (DamagedInk, MemoryError):
        raise
    except Exception as error:
        raise damaged(path, f"unreadable ({error})") from error


def own_dataset(
    file: h5py.File, path: Path, name: str, shape: tuple[int | None, ...]
) -> h5py.Dataset:
    """A dataset that lies in this file, whole and in one piece.

    Args:
        file: the file.
        path: its path, for messages.
        name: of the dataset, at the top of the file.
        shape: which it must have; None: any size along this axis.

    Raises:
        DamagedInk: If there is no such dataset.
    """
    link = file.get(name, getlink=True) if name in file else None
    if not isinstance(link, h5py.HardLink):
        raise damaged(path, f"it holds no {name!r}; another program's file?")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise damaged(path, f"{name!r} is not a dataset")
    if dataset.external or dataset.is_virtual or dataset.chunks:
        raise damaged(path, f"{name!r} does not lie in one piece in the file")
    fits = len(dataset.shape) == len(shape) and all(
        expected in (None, size)
        for expected, size in zip(shape, dataset.shape, strict=True)
    )
    if not fits:
        raise damaged(path, f"{name!r} has shape {dataset.shape}, expected {shape}")
    row_size = dataset.dtype.itemsize
    if is_variable_length(dataset):
        row_size = HEAP_REFERENCE.itemsize
    stored = dataset.id.get_storage_size()
    if stored != row_size * dataset.size or stored > path.stat().st_size:
        raise damaged(path, f"{name!r} claims {dataset.size} values in {stored} bytes")
    return dataset


def is_variable_length(dataset: h5py.Dataset) -> bool:
    """Whether its values are references into the file's heap."""
    text = h5py.check_string_dtype(dataset.dtype)
    is_free_text = text is not None and text.length is None
    return is_free_text or h5py.check_vlen_dtype(dataset.dtype) is not None


def heap_lengths(dataset: h5py.Dataset, path: Path, item_size: int) -> np.ndarray:
    """The number of items in each row of a variable-length dataset.

    They are read from the references themselves, before anything is allocated by them.

    Args:
        dataset: one that `own_dataset` returned.
        path: of the file.
        item_size: bytes of an item.

    Returns:
        int64 `[row]`.

    Raises:
        DamagedInk: If the rows together claim more than the file holds.
    """
    if not is_variable_length(dataset):
        raise damaged(path, f"{dataset.name} has no rows of variable length")
    num_bytes = dataset.size * HEAP_REFERENCE.itemsize
    with open(path, "rb") as raw:
        raw.seek(dataset.id.get_offset() or 0)
        references = raw.read(num_bytes)
    if len(references) != num_bytes:
        raise damaged(path, f"{dataset.name} is cut off")
    lengths = np.frombuffer(references, HEAP_REFERENCE)["length"].astype(np.int64)
    if int(lengths.sum()) * item_size > path.stat().st_size:
        raise damaged(path, f"{dataset.name} claims more values than the file holds")
    return lengths

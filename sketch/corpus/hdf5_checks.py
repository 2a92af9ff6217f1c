"""Checks of an HDF5 file from a stranger, before anything in it is used.

A small HDF5 file can claim anything: datasets in other files, a million million rows of
one fill value, rows of variable length that all point at the same bytes. Nothing is
allocated, followed or read here before it is compared with the size of the file.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from sketch.ink import DamagedInk

# A value of variable length is stored as a reference to a numbered object in a
# collection of the heap (HDF5 file format specification, III.E).
HEAP_REFERENCE = np.dtype([("length", "<u4"), ("address", "<u8"), ("index", "<u4")])
HEAP_HEADER = struct.Struct("<4s4sQ")  # signature, version, size of the collection
HEAP_OBJECT = struct.Struct("<H6xQ")  # index, (reference count,) size
MAX_ATTRIBUTE_ROWS = 1000  # `split` has one for each set and source


def damaged(path: Path, problem: str) -> DamagedInk:
    """The error for a damaged corpus file."""
    return DamagedInk(f"{path}: {problem}; make the file again with `sketch convert`")


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turns whatever h5py raises for a damaged file into a `DamagedInk`.

    A file that is missing, or that this user may not read, is not damaged.
    """
    try:
        yield
    except (DamagedInk, MemoryError, FileNotFoundError, PermissionError):
        raise
    except Exception as error:
        raise damaged(path, f"unreadable ({error})") from error


def file_identity(status: os.stat_result) -> tuple[int, ...]:
    """Two numbers that change when a file is replaced or written.

    Device and inode are not among them: on a network they need not stay the same.
    """
    return status.st_mtime_ns, status.st_size


def own_dataset(
    file: h5py.File, path: Path, name: str, shape: tuple[int | None, ...]
) -> h5py.Dataset:
    """A dataset that is stored in this file, whole and in one piece.

    Args:
        file: the file.
        path: its path, for messages.
        name: of the dataset, at the top of the file.
        shape: that it must have; None: any size along this axis.

    Raises:
        DamagedInk: There is no such dataset.
    """
    link = file.get(name, getlink=True) if name in file else None
    if not isinstance(link, h5py.HardLink):
        raise damaged(path, f"it holds no {name!r}; another program's file?")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise damaged(path, f"{name!r} is not a dataset")
    if dataset.external or dataset.is_virtual or dataset.chunks:
        raise damaged(path, f"{name!r} is not stored in one piece in the file")
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
    """Whether the values of a dataset are references into the heap."""
    text = h5py.check_string_dtype(dataset.dtype)
    is_free_text = text is not None and text.length is None
    return is_free_text or h5py.check_vlen_dtype(dataset.dtype) is not None


def heap_lengths(dataset: h5py.Dataset, path: Path, item_size: int) -> np.ndarray:
    """The number of items in each row of a variable-length dataset, int64 `[row]`.

    Args:
        dataset: from `own_dataset`.
        path: of the file.
        item_size: bytes of an item.

    Raises:
        DamagedInk: The rows together claim more than the file holds.
    """
    if not is_variable_length(dataset):
        raise damaged(path, f"{dataset.name} has no rows of variable length")
    lengths = read_references(dataset, path)["length"].astype(np.int64)
    if int(lengths.sum()) * item_size > path.stat().st_size:
        raise damaged(path, f"{dataset.name} claims more values than the file holds")
    return lengths


def read_referenced(
    path: Path,
    name: str,
    references: np.ndarray,
    item_size: int,
    identity: tuple[int, ...] | None = None,
) -> list[bytes]:
    """The bytes of rows, by their references, in any order.

    Read without the HDF5 library, which trusts the heap: an object of size 0 keeps it
    there for ever, and a forged type makes it write where it should not.

    Args:
        path: the file; it need not be open.
        name: of the dataset, for messages.
        references: from `read_references`.
        item_size: bytes of an item.
        identity: `file_identity` when the references were read; None: unknown.

    Raises:
        DamagedInk: The heap does not add up, lacks a row, or is another file's.
    """
    collections: dict[int, dict[int, tuple[int, int]]] = {}
    read = []
    with (
        open(path, "rb") as raw,
        mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        if identity not in (None, file_identity(os.fstat(raw.fileno()))):
            raise DamagedInk(
                f"{path} was replaced or changed while it was read; put back the file "
                "that was there, or start again with the new one"
            )
        for length, address, index in references.tolist():
            if not length:
                read.append(b"")
                continue
            if address not in collections:
                collections[address] = _find_objects(data, address)
            place, size = collections[address].get(index, (0, -1))
            if length * item_size > size:
                raise damaged(path, f"the heap of {name} is spoilt")
            read.append(data[place : place + length * item_size])
    return read


def _find_objects(data: mmap.mmap, address: int) -> dict[int, tuple[int, int]]:
    """Place and size of each object in a collection of the heap; {} if damaged."""
    if address + HEAP_HEADER.size > len(data):
        return {}
    signature, _, size = HEAP_HEADER.unpack_from(data, address)
    end = address + size
    if signature != b"GCOL" or end > len(data):
        return {}
    objects = {}
    place = address + HEAP_HEADER.size
    while place + HEAP_OBJECT.size <= end:
        index, size = HEAP_OBJECT.unpack_from(data, place)
        content = place + HEAP_OBJECT.size
        # Object 0 is the free space, the last; the others are padded to 8 bytes.
        if index == 0 or content + size > end:
            break
        objects[index] = (content, size)
        place = content + (size + 7) // 8 * 8
    return objects


def read_references(dataset: h5py.Dataset, path: Path) -> np.ndarray:
    """Where the rows of a variable-length dataset are, `HEAP_REFERENCE` `[row]`."""
    num_bytes = dataset.size * HEAP_REFERENCE.itemsize
    with open(path, "rb") as raw:
        raw.seek(dataset.id.get_offset() or 0)
        references = raw.read(num_bytes)
    if len(references) != num_bytes:
        raise damaged(path, f"{dataset.name} is cut off")
    return np.frombuffer(references, HEAP_REFERENCE)


def read_plain_attribute(
    thing: h5py.HLObject, path: Path, name: str, kinds: str, num_axes: int
) -> np.ndarray:
    """Reads an attribute whose values are of fixed length.

    An attribute of variable length leads into the heap, where a forged object of size 0
    keeps the HDF5 library for ever: its type is looked at before its value is read.

    Args:
        thing: the file, group or dataset that has it.
        path: of the file, for messages.
        name: of the attribute.
        kinds: of numpy's dtypes, such as "S" for text.
        num_axes: how many axes it has; 0: a scalar.

    Raises:
        DamagedInk: There is no such attribute, or it is of another kind.
    """
    if name not in thing.attrs:
        raise damaged(path, f"not written by this program: no attribute {name!r}")
    attribute = thing.attrs.get_id(name)
    if not is_plain(attribute.dtype):
        raise damaged(path, f"attribute {name!r} is of variable length")
    is_fit = attribute.dtype.kind in kinds and len(attribute.shape) == num_axes
    if not is_fit or max(attribute.shape, default=0) > MAX_ATTRIBUTE_ROWS:
        raise damaged(
            path,
            f"attribute {name!r} is {attribute.dtype} of shape {attribute.shape}",
        )
    return np.asarray(thing.attrs[name])


def is_plain(dtype: np.dtype) -> bool:
    """Whether values of this type hold nothing of variable length, at any depth."""
    if dtype.subdtype:
        return is_plain(dtype.subdtype[0])
    if dtype.fields:
        return all(is_plain(field[0]) for field in dtype.fields.values())
    return not dtype.hasobject or h5py.check_ref_dtype(dtype) is h5py.Reference


def read_text_attribute(file: h5py.File, path: Path, name: str) -> str:
    """As `read_plain_attribute`, for a text."""
    return bytes(read_plain_attribute(file, path, name, "S", 0)[()]).decode("utf-8")

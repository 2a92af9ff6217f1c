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


class CheckedFile:
    """An HDF5 file, open for reading; its methods raise DamagedInk."""

    def __init__(self, file: h5py.File, path: Path):
        self.file = file
        self.path = path
        self.size = path.stat().st_size

    def dataset(self, name: str, shape: tuple[int | None, ...]) -> h5py.Dataset:
        """A dataset at the top of the file, stored there whole and in one piece.

        It must have this shape; None: any size along this axis.
        """
        link = self.file.get(name, getlink=True) if name in self.file else None
        if not isinstance(link, h5py.HardLink):
            raise damaged(self.path, f"it holds no {name!r}; another program's file?")
        found = self.file[name]
        if not isinstance(found, h5py.Dataset):
            raise damaged(self.path, f"{name!r} is not a dataset")
        if found.external or found.is_virtual or found.chunks:
            raise damaged(self.path, f"{name!r} is not stored in one piece in the file")
        wanted = tuple(
            size if expected is None else expected
            for expected, size in zip(shape, found.shape, strict=False)
        )
        if wanted != found.shape or len(shape) != len(found.shape):
            raise damaged(
                self.path, f"{name!r} has shape {found.shape}, expected {shape}"
            )
        stored, row_size = found.id.get_storage_size(), found.dtype.itemsize
        if _is_variable_length(found):
            row_size = HEAP_REFERENCE.itemsize
        if stored != row_size * found.size or stored > self.size:
            problem = f"{name!r} claims {found.size} values in {stored} bytes"
            raise damaged(self.path, problem)
        return found

    def references(self, name: str, num_rows: int, item_size: int) -> np.ndarray:
        """Where the rows of a variable-length dataset are, `HEAP_REFERENCE` `[row]`.

        There must be `num_rows`, whose items of `item_size` bytes the file can hold.
        """
        dataset = self.dataset(name, (num_rows,))
        if not _is_variable_length(dataset):
            raise damaged(self.path, f"{name} has no rows of variable length")
        with open(self.path, "rb") as raw:
            raw.seek(dataset.id.get_offset() or 0)
            stored = raw.read(num_rows * HEAP_REFERENCE.itemsize)
        references = np.frombuffer(stored, HEAP_REFERENCE)
        if len(references) != num_rows:
            raise damaged(self.path, f"{name} is cut off")
        if int(references["length"].sum(dtype=np.int64)) * item_size > self.size:
            raise damaged(self.path, f"{name} claims more values than the file holds")
        return references

    def attribute(self, name: str, kinds: str, num_axes: int) -> np.ndarray:
        """Reads an attribute of the file whose values are of fixed length.

        One of variable length leads into the heap, where a forged object of size 0
        keeps the HDF5 library for ever: its type is looked at before it is read.
        `kinds` are those of numpy's dtypes, such as "S" for text; a scalar has 0 axes.
        """
        if name not in self.file.attrs:
            problem = f"not written by this program: no attribute {name!r}"
            raise damaged(self.path, problem)
        found = self.file.attrs.get_id(name)
        if not _is_plain(found.dtype):
            raise damaged(self.path, f"attribute {name!r} is of variable length")
        is_fit = found.dtype.kind in kinds and len(found.shape) == num_axes
        if not is_fit or max(found.shape, default=0) > MAX_ATTRIBUTE_ROWS:
            problem = f"attribute {name!r} is {found.dtype} of shape {found.shape}"
            raise damaged(self.path, problem)
        return np.asarray(self.file.attrs[name])

    def text_attribute(self, name: str) -> str:
        """As `attribute`, for a text."""
        return bytes(self.attribute(name, "S", 0)[()]).decode("utf-8")


def _is_variable_length(dataset: h5py.Dataset) -> bool:
    text = h5py.check_string_dtype(dataset.dtype)
    is_free_text = text is not None and text.length is None
    return is_free_text or h5py.check_vlen_dtype(dataset.dtype) is not None


def _is_plain(dtype: np.dtype) -> bool:
    """Whether values of this type hold nothing of variable length, at any depth."""
    if dtype.subdtype:
        return _is_plain(dtype.subdtype[0])
    if dtype.fields:
        return all(_is_plain(field[0]) for field in dtype.fields.values())
    return not dtype.hasobject or h5py.check_ref_dtype(dtype) is h5py.Reference


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
        references: from `CheckedFile.references`.
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

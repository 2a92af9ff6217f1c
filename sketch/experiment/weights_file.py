"""Checks of `model.weights.h5` before Keras reads it.

The file may be a stranger's. HDF5 can lead out of the file (links, external storage)
and claim more numbers than it holds. An attribute of variable length leads into the
file's heap, where a forged object of size 0 keeps the library for ever, deaf to Ctrl-C.
Keras refuses only some of this.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py

MAX_OBJECTS = 100_000  # groups and arrays; the deepest network has under 3,000
MAX_DEPTH = 20  # of groups in groups; Keras nests five


def check_weights_file(path: Path) -> None:
    """Refuses a weights file that holds anything but plain arrays in one piece.

    Raises:
        ValueError: says what is wrong; names the file and the remedy.
    """
    try:
        size = path.stat().st_size
        with h5py.File(path, "r") as file:
            for count, (name, item) in enumerate(_walk(file), start=1):
                if count > MAX_OBJECTS:
                    raise ValueError(f"more than {MAX_OBJECTS:,} parts")
                if isinstance(item, h5py.Dataset):
                    _check_dataset(name, item, size)
    except MemoryError:
        raise
    except Exception as error:  # h5py raises many kinds on damaged files
        raise unfit(path, error) from error


def unfit(path: Path, problem: Exception | str) -> ValueError:
    """The error for weights that do not fit their experiment or recogniser."""
    reason = " ".join(str(problem).split())[:200] or type(problem).__name__
    return ValueError(
        f"{path} does not hold the weights that hyperparameters.json or "
        f"recogniser.json describes ({reason}); restore both from the same run"
    )


def _walk(
    group: h5py.Group, depth: int = 0
) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
    """All groups and arrays; links by name are refused."""
    if depth > MAX_DEPTH:
        raise ValueError("too many groups in groups")
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{name!r} is a link to somewhere else")
        item = group[name]
        yield name, item
        if isinstance(item, h5py.Group):
            yield from _walk(item, depth + 1)


def _check_dataset(name: str, dataset: h5py.Dataset, file_size: int) -> None:
    # Keras reads those of arrays, but writes none; `name` of groups is never read.
    if len(dataset.attrs):
        raise ValueError(f"{name!r} has attributes")
    stored = dataset.id.get_storage_size()
    if dataset.external or dataset.is_virtual or dataset.chunks:
        raise ValueError(f"{name!r} is not in one piece in the file")
    if dataset.dtype.kind not in "biufVS" or dataset.dtype.hasobject:
        raise ValueError(f"{name!r} holds {dataset.dtype}, not numbers")
    if stored != dataset.dtype.itemsize * dataset.size or stored > file_size:
        raise ValueError(f"{name!r} claims {dataset.size:,} values in {stored:,} bytes")

"""What is asked of `model.weights.h5` before Keras reads it.

HDF5 can lead out of the file (links, external storage), and claim more numbers than it
holds; an experiment may come from anybody. Keras refuses some of this by itself, but
follows a link on the way to a group.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py

MAX_OBJECTS = 100_000  # groups and arrays; the deepest network has under 3,000
MAX_DEPTH = 20  # of groups in groups; Keras nests five


def require_size(path: Path, least_bytes: int) -> None:
    """Refuses a weights file that is smaller than its weights.

    Raises:
        ValueError: names the file and the remedy.
    """
    size = path.stat().st_size
    if size < least_bytes:
        raise unfit(path, f"{size:,} bytes, of {least_bytes:,} at the least")


def check_weights_file(path: Path) -> None:
    """Refuses a weights file that is not plain arrays, whole, in this very file.

    Raises:
        ValueError: says what is wrong with it; names the file and the remedy.
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
    except Exception as error:  # h5py answers damage with every kind that it has
        raise unfit(path, error) from error


def unfit(path: Path, problem: Exception | str) -> ValueError:
    """The error for weights that are not those of their experiment or reader."""
    reason = " ".join(str(problem).split())[:200] or type(problem).__name__
    return ValueError(
        f"{path} does not hold the weights that hyperparameters.json, or a reader's "
        f"recogniser.json, describes ({reason}); restore both from the same run"
    )


def _walk(
    group: h5py.Group, depth: int = 0
) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
    """All groups and arrays; links by name are refused."""
    if depth > MAX_DEPTH:
        raise ValueError("groups without end")
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{name!r} is a link to somewhere else")
        item = group[name]
        yield name, item
        if isinstance(item, h5py.Group):
            yield from _walk(item, depth + 1)


def _check_dataset(name: str, dataset: h5py.Dataset, file_size: int) -> None:
    stored = dataset.id.get_storage_size()
    if dataset.external or dataset.is_virtual or dataset.chunks:
        raise ValueError(f"{name!r} does not lie in one piece in the file")
    if dataset.dtype.kind not in "biufVS" or dataset.dtype.hasobject:
        raise ValueError(f"{name!r} holds {dataset.dtype}, not numbers")
    if stored != dataset.dtype.itemsize * dataset.size or stored > file_size:
        raise ValueError(f"{name!r} claims {dataset.size:,} values in {stored:,} bytes")

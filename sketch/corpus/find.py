"""Finds the corpus file."""

import os
from functools import cache
from pathlib import Path

import h5py

from sketch.system.messages import echo

FILE_NAME = "handwriting.hdf5"


def find_corpus(data: str | Path | None = None) -> Path | None:
    """Finds the corpus file to train on.

    Looks at `data` (a file, or a folder that holds `handwriting.hdf5`), then at
    `$SKETCH_DATA` (the same), `./data/` and `$FUEL_DATA_PATH/handwriting/`, where the
    corpus of another program is passed over.

    Returns:
        The path of the file; None if none is named and none is there.

    Raises:
        FileNotFoundError: `data` or `$SKETCH_DATA` names a file that is missing; no
            other one is taken instead.
        ValueError: `data` is empty, perhaps from an unset variable.
    """
    if data == "":
        raise ValueError("--data is empty: name a file, or leave it out")
    named = [("--data", data), ("$SKETCH_DATA", os.environ.get("SKETCH_DATA"))]
    for origin, value in named:
        if not value:
            continue
        path = Path(value).expanduser()
        if path.is_dir():
            path = path / FILE_NAME
        if not path.is_file():
            raise FileNotFoundError(
                f"{origin} names {value}, but there is no file {path}; make it with "
                f"`sketch convert SOURCE --output {path}`"
            )
        return path
    if (own := Path("data") / FILE_NAME).is_file():
        return own
    fuel_folders = os.environ.get("FUEL_DATA_PATH", "").split(os.pathsep)
    for folder in filter(None, fuel_folders):
        path = Path(folder) / "handwriting" / FILE_NAME
        if path.is_file() and _is_ours(path):
            return path
    return None


def _is_ours(path: Path) -> bool:
    """Whether `sketch convert` made a file, even if it is damaged now."""
    try:
        with h5py.File(path, "r") as file:
            is_ours = "format" in file.attrs
    except OSError:
        return True  # opening it will say what is wrong
    if not is_ours:
        _tell_passed_over(path)
    return is_ours


@cache  # a command looks more than once
def _tell_passed_over(path: Path) -> None:
    echo(f"passed over, as `sketch convert` did not make it: {path}", err=True)

"""Where the corpus file is."""

import os
from pathlib import Path

FILE_NAME = "handwriting.hdf5"


def find_corpus(data: str | Path | None = None) -> Path | None:
    """Finds the corpus file to train on.

    Looks at `data` (a file, or a folder that holds `handwriting.hdf5`), then at
    `$SKETCH_DATA` (the same), `$FUEL_DATA_PATH/handwriting/` and `./data/`.

    Returns:
        The path of the file, or None if nobody named one and none is there.

    Raises:
        FileNotFoundError: If `data` or `$SKETCH_DATA` names something that is not
            there: whoever named it does not want another corpus instead.
        ValueError: If `data` is empty, as of a variable that is not set.
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
    fuel_folders = os.environ.get("FUEL_DATA_PATH", "").split(os.pathsep)
    folders = [Path(folder) / "handwriting" for folder in fuel_folders if folder]
    for folder in [*folders, Path("data")]:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None

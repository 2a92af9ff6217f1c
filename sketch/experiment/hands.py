"""Where experiments and readers are: in a folder, by a path, in the package itself.

The last are the hands that come with sketch, published experiments (`publishing.py`).
They load wherever an experiment does, and nothing is ever written into them.
"""

import os
from pathlib import Path

import sketch
from sketch.experiment.files import read_text
from sketch.experiment.settings_file import SETTINGS_NAME

DEFAULT_NAME = "default"  # the file that names the hand to use where none is named


def hands_dir() -> Path:
    """The folder of the package that holds them."""
    return Path(sketch.__file__).parent / "hands"


def is_checkout() -> bool:
    """Whether this sketch runs from its sources: hands can be added to these alone."""
    return (Path(sketch.__file__).parents[1] / "pyproject.toml").is_file()


def find_hands() -> dict[str, Path]:
    """The directories of the published experiments, by name; the default is first."""
    paths = find_directories(hands_dir(), SETTINGS_NAME)
    default = _default_name()
    paths.sort(key=lambda path: path.name != default)
    return {path.name: path for path in paths}


def find_directories(root: str | Path, settings_name: str) -> list[Path]:
    """All directories in `root` that hold `settings_name`; none where it is not there.

    Sorted by name; what is hidden is half made, or put aside.
    """
    root = Path(root)
    if not root.is_dir():
        return []
    return sorted(
        path
        for path in root.iterdir()
        if not path.name.startswith(".") and os.path.lexists(path / settings_name)
    )


def find_directory(
    path_or_name: str | Path, root: str | Path, settings_name: str
) -> Path | None:
    """The directory of an experiment or a reader: that with a file `settings_name`.

    Args:
        path_or_name: its name within `root`, the path of its directory, or the name of
            one that comes with sketch.
        root: the folder of all experiments.
        settings_name: what it holds.

    Raises:
        ValueError: the name is empty, as of a variable that is not set.
    """
    if path_or_name == "":
        raise ValueError("an empty name names no experiment and no reader")
    places = [Path(root) / path_or_name, Path(path_or_name)]
    if Path(path_or_name).name == str(path_or_name):  # a name, and no path
        places.append(hands_dir() / path_or_name)
    for path in places:
        if os.path.lexists(path / settings_name):
            return Path(os.path.abspath(path))
    return None


def is_hand(path: Path) -> bool:
    """Whether a directory is one of those that come with sketch."""
    return path.parent == hands_dir()


def default_hand() -> Path:
    """The directory of the hand that writes where no other is named.

    Raises:
        FileNotFoundError: none comes with this sketch; says what to do.
        ValueError: the file that names it is damaged.
    """
    folder = hands_dir()
    name = _default_name()
    if name is None:
        raise FileNotFoundError(
            "no hand comes with this sketch: train one, by `sketch train --text`, and "
            "name it by --model"
        )
    path = find_hands().get(name)
    if path is None:
        raise ValueError(
            f"{folder / DEFAULT_NAME} names {name[:80]!r}, which is not there; `sketch "
            "publish --default` writes it anew"
        )
    return path


def _default_name() -> str | None:
    folder = hands_dir()
    if not (folder / DEFAULT_NAME).exists():
        return None
    return read_text(folder / DEFAULT_NAME, inside=folder).strip()

"""The hands that come with sketch: published experiments, in the package itself.

`publishing.py` makes them. They load wherever an experiment does, and nothing is ever
written into them.
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


def find_hands() -> dict[str, Path]:
    """The directories of the published experiments, by name."""
    folders = sorted(hands_dir().glob("*"))
    return {p.name: p for p in folders if os.path.lexists(p / SETTINGS_NAME)}


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
    if not (folder / DEFAULT_NAME).exists():
        raise FileNotFoundError(
            "no hand comes with this sketch: train one, by `sketch train --text`, and "
            "name it by --model"
        )
    name = read_text(folder / DEFAULT_NAME, inside=folder).strip()
    path = find_hands().get(name)
    if path is None:
        raise ValueError(
            f"{folder / DEFAULT_NAME} names {name[:80]!r}, which is not there; `sketch "
            "publish --default` writes it anew"
        )
    return path

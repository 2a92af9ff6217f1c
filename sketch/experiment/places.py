"""Where experiments and recognisers are: in a folder, at a path, or in the package.

Those in the package are the pretrained models: published experiments (`publishing.py`),
each with a card. They load wherever an experiment does; nothing is written into them.
"""

import os
from pathlib import Path

import sketch

SETTINGS_NAME = "hyperparameters.json"  # what makes a directory an experiment
RECOGNISER_NAME = "recogniser.json"  # ... or a recogniser
CARD_NAME = "README.md"  # what makes it a published one
DEFAULT_MODEL = "iam-text"  # writes if no other model is named
KINDS = {SETTINGS_NAME: "an experiment", RECOGNISER_NAME: "a recogniser"}


def default_root() -> Path:
    """The folder of all experiments if the user names no other."""
    return Path(os.environ.get("SKETCH_EXPERIMENTS") or "experiments")


def pretrained_dir() -> Path:
    """The folder of the pretrained models.

    A wheel has it inside the package. In a checkout it is `experiments/`, where the
    user's own runs are, too.
    """
    package = Path(sketch.__file__).parent
    inside = package / "pretrained"
    return inside if inside.is_dir() else package.parent / "experiments"


def find_pretrained(settings_name: str = SETTINGS_NAME) -> dict[str, Path]:
    """The directories of the pretrained models by name, the default model first.

    Args:
        settings_name: the file that makes one an experiment or a recogniser.
    """
    paths = [
        path
        for path in find_directories(pretrained_dir(), settings_name)
        if (path / CARD_NAME).is_file()
    ]
    paths.sort(key=lambda path: path.name != DEFAULT_MODEL)
    return {path.name: path for path in paths}


def find_directories(root: str | Path, settings_name: str) -> list[Path]:
    """All directories in `root` that hold `settings_name`, sorted by name.

    Hidden directories are left out: they are unfinished, or put aside.
    """
    root = Path(root)
    if not root.is_dir():
        return []
    return sorted(
        path
        for path in root.iterdir()
        if not path.name.startswith(".") and os.path.lexists(path / settings_name)
    )


def find_own(root: str | Path, settings_name: str = SETTINGS_NAME) -> list[Path]:
    """The directories in `root` that are not pretrained models, sorted by name."""
    return [
        path
        for path in find_directories(root, settings_name)
        if not is_pretrained(path)
    ]


def find_directory(
    path_or_name: str | Path, root: str | Path, settings_name: str
) -> Path | None:
    """The directory of an experiment or of a recogniser, or None.

    Tried in this order: a whole name in `root`, a path, the whole name of a pretrained
    model, the beginning of exactly one name in `root` or of a pretrained model.

    Args:
        path_or_name: a name, the beginning of one, or a path.
        root: the folder of all experiments.
        settings_name: the file that the directory must hold.

    Raises:
        ValueError: the name is empty, or several names begin with it; lists them.
    """
    if path_or_name == "":
        raise ValueError("an empty name was given; name an experiment or a recogniser")
    name = str(path_or_name)
    is_name = Path(path_or_name).name == name
    places = [Path(root) / path_or_name, Path(path_or_name)]
    if is_name:
        places.append(pretrained_dir() / path_or_name)
    for path in places:
        if os.path.lexists(path / settings_name):
            return Path(os.path.abspath(path))
    if not is_name:
        return None
    all_paths = find_directories(root, settings_name)
    all_paths += find_pretrained(settings_name).values()
    matches = {path.name: path for path in all_paths if path.name.startswith(name)}
    if len(matches) > 1:
        raise ValueError(
            f"{len(matches)} names begin with {name!r}: "
            f"{', '.join(sorted(matches)[:5])}{', …' * (len(matches) > 5)}; "
            "type more of it"
        )
    return next((Path(os.path.abspath(path)) for path in matches.values()), None)


def is_recogniser(path_or_name: str | Path, root: str | Path) -> bool:
    """Whether a name or path leads to a recogniser, and not to an experiment.

    A whole name comes before the beginning of one.

    Raises:
        ValueError: it is the beginning of the names of both.
    """
    recogniser, experiment = (
        find_directory(path_or_name, root, name)
        for name in (RECOGNISER_NAME, SETTINGS_NAME)
    )
    if recogniser and experiment:
        name = Path(path_or_name).name
        if name not in (recogniser.name, experiment.name):
            raise ValueError(
                f"{name!r} is the beginning of 2 names: {experiment.name}, "
                f"{recogniser.name}; type more of it"
            )
        return recogniser.name == name
    return recogniser is not None


def is_pretrained(path: Path) -> bool:
    """Whether a directory is that of a pretrained model; links are followed."""
    path = path.resolve()
    return path.parent == pretrained_dir().resolve() and (path / CARD_NAME).is_file()


def read_title(path: Path) -> str:
    """The title of a published model: the heading of its card, or else its name."""
    try:
        with open(path / CARD_NAME, encoding="utf-8") as card:
            heading = card.readline(200)
    except (OSError, ValueError):
        return path.name
    title = heading.removeprefix("#").strip()
    return title if heading.startswith("# ") and title.isprintable() else path.name


def default_model() -> Path:
    """The directory of the model that writes if no other is named.

    Raises:
        FileNotFoundError: it is missing from this installation.
    """
    path = find_pretrained().get(DEFAULT_MODEL)
    if path is None:
        raise FileNotFoundError(
            f"the pretrained model {DEFAULT_MODEL} is missing from "
            f"{pretrained_dir()}: train one with `sketch train --text`, and name it "
            "with --model"
        )
    return path

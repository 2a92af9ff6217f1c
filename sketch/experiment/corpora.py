"""Where the corpus of a run is: the user's, or the built-in one."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sketch.corpus.find import find_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.ink import DamagedInk
from sketch.settings.hyperparameters import DEMO_NAME, Hyperparameters
from sketch.system.atomic import user_cache
from sketch.system.messages import counted, printable

HOW_TO_GET_DATA = (
    "no handwriting.hdf5 in --data, $SKETCH_DATA, ./data/ or "
    "$FUEL_DATA_PATH/handwriting/. To make it of IAM-OnDB: register at "
    "https://fki.tic.heia-fr.ch/databases/iam-on-line-handwriting-database, download "
    "lineStrokes-all.tar.gz and ascii-all.tar.gz, and run `sketch convert "
    "lineStrokes-all.tar.gz ascii-all.tar.gz`"
)


def name_corpus(
    given: Mapping[str, Any], data: str | None
) -> tuple[Mapping[str, Any], str | None]:
    """Names the built-in corpus where no name was given and no other is found.

    Args:
        given: the settings that the user gave.
        data: where the user says the corpus is, or None.

    Returns:
        `given`, perhaps with a name, and a notice for the user, or None.
    """
    if "name" in given or find_corpus(data) is not None:
        return given, None
    notice = (
        f"{HOW_TO_GET_DATA}. Meanwhile: training on the built-in corpus, under the "
        f"name {DEMO_NAME}-…"
    )
    return {**given, "name": DEMO_NAME}, notice


def require_corpus(
    name: str,
    data: str | Path | Sequence[str | Path] | None,
    digest: str | None = None,
) -> tuple[str, ...]:
    """The files of a corpus, as `find_corpus_files` finds them.

    Args:
        name: `--name` of what is trained on it, or was.
        data: where the user says they are, or empty.
        digest: of the corpus that it has learned from; None: it is new.

    Raises:
        FileNotFoundError: there are none.
        ValueError: `data` beside the name of the built-in corpus, for what is new.
    """
    if name == DEMO_NAME and data and digest is None:
        raise ValueError(
            f"{DEMO_NAME} is the name of the built-in corpus, but --data is "
            f"{', '.join(data)}: leave that out, or choose another --name"
        )
    files = find_corpus_files(name, data, digest)
    if not files:
        how = HOW_TO_GET_DATA
        if name != Hyperparameters.name:
            how = (
                "none at --data, $SKETCH_DATA, ./data/ or $FUEL_DATA_PATH/handwriting/"
                ": say where by --data, or make it by `sketch convert SOURCE --output "
                "data/handwriting.hdf5`"
            )
        if digest is None:
            how += f"; --name {DEMO_NAME} is the built-in corpus, which needs none"
        raise FileNotFoundError(f"{name} needs its corpus, but there is {how}")
    return tuple(map(str, files))


def say_files(files: Sequence[str]) -> str:
    """The files of a corpus, in the words of a run's first line."""
    first, *more = files
    others = f" and {counted(len(more), 'more file')}" if more else ""
    return printable(first) + others


def require_own_corpus(
    run: Experiment | RecogniserDirectory, name: str, files: Sequence[str], digest: str
) -> None:
    """Refuses to go on with a run on another corpus than it has learned from.

    Args:
        run: what goes on, or is derived from.
        name: its `--name`.
        files: the corpus.
        digest: of the corpus.

    Raises:
        ValueError: it is another; tells the ways on.
    """
    if run.data_digest == digest:
        return
    theirs, here = run.data_digest[:12], f"{', '.join(files)} holds ({digest[:12]})"
    if name != DEMO_NAME:
        all_of_it = ", all its files in the order of the first run" * (len(files) > 1)
        raise ValueError(
            f"{run.name} learned from other data (digest {theirs}) than {here}: name "
            f"its corpus by --data{all_of_it}, or begin another on this one with "
            "another --name"
        )
    raise ValueError(
        f"{run.name} learned from a built-in corpus (digest {theirs}) other than "
        f"{here}: it changes with sketch, and the one that trained kept it as "
        f"{user_cache() / 'demo-*.hdf5'}; name that file by --data, or begin another "
        f"on the corpus of this sketch with --name {DEMO_NAME} and another --seed; ink "
        "of your own wants a --name of its own"
    )


def find_corpus_of(
    experiment: Experiment, data: str | Path | None = None
) -> Path | None:
    """Finds the corpus that an experiment was trained on, to read lines of it.

    Args:
        experiment: which; one on the built-in corpus needs no other, and has that of
            the version which it learned from, where that was kept.
        data: where the user says the corpus is, or None.

    Returns:
        The path, or None if there is no corpus to be found.

    Raises:
        FileNotFoundError: `data` or `$SKETCH_DATA` names what is not there.
    """
    return find_corpus_named(
        experiment.hyperparameters.name, data, experiment.data_digest
    )


def find_corpus_named(
    name: str, data: str | Path | None = None, digest: str | None = None
) -> Path | None:
    """As `find_corpus_of`, by `--name` and `data_digest` of what was trained."""
    if data is None and name == DEMO_NAME:
        from sketch.corpus.demo import demo_corpus

        return _kept_demo(digest) or demo_corpus()
    return find_corpus(data)


def find_corpus_files(
    name: str,
    data: str | Path | Sequence[str | Path] | None = None,
    digest: str | None = None,
) -> list[Path]:
    """As `find_corpus_named`, of a corpus that may be several files.

    Args:
        name, digest: as there.
        data: where the user says its file is, or each of its files; or None.

    Returns:
        The paths; none if there is no corpus to be found.
    """
    if data is None or isinstance(data, str | Path):
        data = (data,)
    found = [find_corpus_named(name, each, digest) for each in data or (None,)]
    return [path for path in found if path is not None]


def _kept_demo(digest: str | None) -> Path | None:
    """The built-in corpus of this digest, by any version of sketch that ran here."""
    from sketch.corpus.hdf5 import Corpus

    for path in sorted(user_cache().glob("demo-*.hdf5")) if digest else ():
        with contextlib.suppress(OSError, DamagedInk), Corpus.open(path) as corpus:
            if corpus.digest == digest:
                return path
    return None

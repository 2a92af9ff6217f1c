"""Where the corpus of a run is: the user's, its former one, or the built-in one."""

import contextlib
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sketch.corpus.find import find_corpus
from sketch.corpus.shards import open_shards
from sketch.experiment.places import default_root
from sketch.experiment.run_directory import RunDirectory
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
    """Names the built-in corpus if no name was given and no other corpus is found.

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


def find_corpus_of(
    run: RunDirectory | str, data: str | Path | Sequence[str | Path] | None = None
) -> list[Path]:
    """Finds the files of a run's corpus; empty if there is none.

    `data` comes first. Then, for a run on the built-in corpus, that of the version of
    sketch that trained it, if it was kept; for any other, the usual places. If a run
    has learned from another corpus than is there, the files that it had when it last
    trained are looked for, and recognised by their digest.

    Args:
        run: whose corpus; of a new run, its `--name`.
        data: where the user says its file is, or each of its files.

    Raises:
        FileNotFoundError: `data` or `$SKETCH_DATA` names a missing file.
    """
    if data:
        each = [data] if isinstance(data, str | Path) else data
        return [find_corpus(path) for path in each]
    is_new = isinstance(run, str)
    is_demo = (run if is_new else run.dataset_name) == DEMO_NAME
    usual = None if is_demo else find_corpus()
    candidates = [[usual]] if usual else []
    if not is_new:
        if is_demo:
            candidates += [[path] for path in sorted(user_cache().glob("demo-*.hdf5"))]
        candidates.append(run.corpus_hint())
        for files in filter(None, candidates):
            with contextlib.suppress(OSError, ValueError), open_shards(files) as corpus:
                if corpus.digest == run.data_digest:
                    return files
    if is_demo:
        from sketch.corpus.demo import demo_corpus

        return [demo_corpus()]
    return [usual] if usual else []


def require_corpus(
    run: RunDirectory | str, data: str | Path | Sequence[str | Path] | None
) -> tuple[str, ...]:
    """The files of a corpus, see `find_corpus_of`.

    Raises:
        FileNotFoundError: there are none.
        ValueError: `data` is given with the name of the built-in corpus, for a new run.
    """
    if run == DEMO_NAME and data:
        raise ValueError(
            f"{DEMO_NAME} is the name of the built-in corpus, but --data is "
            f"{', '.join(data)}: leave that out, or choose another --name"
        )
    files = find_corpus_of(run, data)
    if not files:
        name = run if isinstance(run, str) else run.dataset_name
        how = HOW_TO_GET_DATA
        if name != Hyperparameters.name:
            how = (
                "none at --data, $SKETCH_DATA, ./data/ or $FUEL_DATA_PATH/handwriting/"
                ": say where by --data, or make it by `sketch convert SOURCE --output "
                "data/handwriting.hdf5`"
            )
        if name == run:
            how += f"; --name {DEMO_NAME} is the built-in corpus, which needs none"
        raise FileNotFoundError(f"{name} needs its corpus, but there is {how}")
    return tuple(map(str, files))


def require_own_corpus(run: RunDirectory, files: Sequence[str], digest: str) -> None:
    """Refuses to go on with a run on another corpus than it has learned from.

    Args:
        run: goes on, or gives its weights to a new one.
        files: the corpus.
        digest: of the corpus.

    Raises:
        ValueError: it is another; tells the ways on.
    """
    if run.data_digest == digest:
        return
    theirs, here = run.data_digest[:12], f"{', '.join(files)} ({digest[:12]})"
    if run.dataset_name != DEMO_NAME:
        all_of_it = ", all its files in the order of the first run" * (len(files) > 1)
        raise ValueError(
            f"{run.name} learned from other data (digest {theirs}) than {here}: name "
            f"its corpus by --data{all_of_it}, or begin another run on this one with "
            "another --name"
        )
    raise ValueError(
        f"{run.name} learned from another built-in corpus (digest {theirs}) than "
        f"{here}: the corpus changes with sketch. The version that trained it kept it "
        f"as {user_cache() / 'demo-*.hdf5'}: name that file by --data. Or begin "
        f"another run on today's with --name {DEMO_NAME} and another --seed, or on "
        "your own ink with another --name"
    )


def say_files(files: Sequence[str]) -> str:
    """The files of a corpus, for the first line of a run."""
    first, *more = files
    others = f" and {counted(len(more), 'more file')}" if more else ""
    return printable(first) + others


def resume_command(run: RunDirectory, data: Sequence[str] = ()) -> str:
    """The command that goes on with a run, to be pasted into a shell in this folder.

    Args:
        run: goes on.
        data: the files of its corpus; they are named unless `sketch` finds them anyway.
    """
    words = ["sketch", run.command, run.option, run.name]
    if run.path.parent != Path(os.path.abspath(default_root())):
        words += ["--experiments", str(run.path.parent)]
    usual = None
    with contextlib.suppress(FileNotFoundError):  # $SKETCH_DATA names a missing file
        usual = find_corpus()
    if run.dataset_name != DEMO_NAME and list(map(str, data)) != [str(usual)]:
        for path in data:
            words += ["--data", os.path.abspath(path)]
    return shlex.join(words)

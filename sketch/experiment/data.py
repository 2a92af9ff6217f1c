"""Which corpus a run trains on: the user's, or the built-in one under its own name."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sketch
from sketch.corpus.find import find_corpus
from sketch.corpus.shards import open_shards
from sketch.experiment.directory import Experiment
from sketch.experiment.hyperparameters import DEMO_NAME, Hyperparameters
from sketch.experiment.option import get_option
from sketch.experiment.plan import CONTINUE, RunPlan, plan_run
from sketch.experiment.processes import ALONE, Processes
from sketch.experiment.reader import KIND, Reader
from sketch.experiment.reader_settings import (
    ReaderOptions,
    ReaderSettings,
    reader_name,
)
from sketch.experiment.run_directory import refuse_existing
from sketch.experiment.run_options import RunOptions
from sketch.ink import DamagedInk
from sketch.ink.counted import counted
from sketch.ink.files import user_cache
from sketch.ink.printable import printable

# The run options that each process has for itself.
OWN = ("data", "memory", "coordinator", "process")

HOW_TO_GET_DATA = (
    "no handwriting.hdf5 in --data, $SKETCH_DATA, ./data/ or "
    "$FUEL_DATA_PATH/handwriting/. To make it of IAM-OnDB: register at "
    "https://fki.tic.heia-fr.ch/databases/iam-on-line-handwriting-database, download "
    "lineStrokes-all.tar.gz and ascii-all.tar.gz, and run `sketch convert "
    "lineStrokes-all.tar.gz ascii-all.tar.gz`"
)


def plan_with_data(
    given: Mapping[str, Any],
    model: str | None,
    options: RunOptions,
    root: str | Path,
    processes: Processes = ALONE,
) -> tuple[RunPlan, RunOptions, str | None]:
    """Decides what is trained, and on which corpus; process 0 does, for all.

    Where no corpus is found and no name was given, the run is one on the built-in
    corpus, and its name begins with `demo-`: nobody takes the one for the other. What
    is derived learns from its parent's corpus, unless the user names another, or gives
    it a name.

    Args:
        given, model, root: as `plan_run`.
        options: `data` is where the user says the corpus is, or empty.
        processes: those of the run.

    Returns:
        The plan; `options` with the paths of the corpus as `data`; a notice for the
        user, or None.

    Raises:
        FileNotFoundError: no corpus for an experiment that needs one.
        ValueError: `--data` beside the name of the built-in corpus; what is derived
            would have another corpus than its parent, and nobody said so; the
            processes were not all started with the same.
    """
    processes.compare(_all_that_counts(given, model, options))
    notice = None
    if processes.is_first:
        if model in (None, CONTINUE):
            given, notice = name_corpus(given, next(iter(options.data), None))
        plan = plan_run(given, model, root, again=processes.count > 1)
    shared = processes.share(lambda: plan.to_json())
    if not processes.is_first:
        plan = RunPlan.from_json(shared)
    name, files = plan.hyperparameters.name, options.data
    is_said = "name" in given or (files and name != DEMO_NAME)
    inherits = plan.action == "derive" and not is_said
    digest = plan.parent.data_digest if inherits or plan.action == "resume" else None
    files = require_corpus(name, files, digest)
    options = replace(options.settled(plan.kept), data=files)
    if inherits:
        with open_shards(files) as corpus:
            require_own_corpus(plan.parent, name, files, corpus.digest)
    return plan, options, notice


def plan_reader_with_data(
    given: Mapping[str, Any], reader: str | None, options: ReaderOptions, root: Path
) -> tuple[ReaderSettings, Reader | None, ReaderOptions, str | None]:
    """What `sketch train-reader` is to do, and on what.

    Args:
        given: the fields of `ReaderSettings` that the user set.
        reader: `--reader`: the one to go on with; None: a new one.
        options: as the user gave them.
        root: the folder of all experiments.

    Returns:
        The reader's settings; the reader, unless it is new; the options, settled, with
        the corpus' files; what to tell the user, if anything.

    Raises:
        FileExistsError: there is a reader of the name that a new one would have.
        FileNotFoundError: there is no such reader, or no corpus.
        ValueError: `given` differs from the reader's settings; see `require_corpus`.
    """
    opened, notice, kept, digest = None, None, {}, None
    if reader is None:
        given, notice = name_corpus(given, next(iter(options.data), None))
        settings = ReaderSettings(**given)
        refuse_existing(root / reader_name(settings), *KIND)
    else:
        opened = Reader.load(reader, root)
        opened.require_same(given)
        settings, digest = opened.settings, opened.data_digest
        kept = opened.kept_options()
    files = require_corpus(settings.name, options.data, digest)
    return settings, opened, replace(options.settled(kept), data=files), notice


def _all_that_counts(
    given: Mapping[str, Any], model: str | None, options: RunOptions
) -> dict[str, Any]:
    """What must be equal in all processes, by its name in messages."""
    if model in (None, CONTINUE):  # defaults may be typed or not
        given = asdict(Hyperparameters(**given))
    run = {name: value for name, value in asdict(options).items() if name not in OWN}
    kinds = Hyperparameters, RunOptions
    values = {
        get_option(name, *kinds).flags[0]: value
        for name, value in {**given, **run}.items()
    }
    versions = {name: version(name) for name in ("keras", "jax")}
    return {"--model": model, **values, "sketch": sketch.__version__, **versions}


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
    run: Experiment | Reader, name: str, files: Sequence[str], digest: str
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

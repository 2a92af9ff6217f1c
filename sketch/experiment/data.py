"""Which corpus a run trains on: the user's, or the built-in one under its own name."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sketch
from sketch.corpus.find import find_corpus
from sketch.experiment.directory import Experiment
from sketch.experiment.hyperparameters import DEMO_NAME, Hyperparameters
from sketch.experiment.option import get_option
from sketch.experiment.plan import CONTINUE, RunPlan, plan_run
from sketch.experiment.processes import ALONE, Processes
from sketch.experiment.run_options import RunOptions

# The run options that each process has for itself.
OWN = ("data", "memory", "coordinator", "process")

HOW_TO_GET_DATA = (
    "no handwriting.hdf5 in --data, $SKETCH_DATA, $FUEL_DATA_PATH/handwriting/ or "
    "./data/. To make it of IAM-OnDB: register at "
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
    corpus, and its name begins with `demo-`: nobody takes the one for the other.

    Args:
        given, model, root: as `plan_run`.
        options: `data` is where the user says the corpus is, or empty.
        processes: those of the run.

    Returns:
        The plan; `options` with the paths of the corpus as `data`; a notice for the
        user, or None.

    Raises:
        FileNotFoundError: no corpus for an experiment that needs one.
        ValueError: `--data` beside the name of the built-in corpus; the processes were
            not all started with the same.
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
    paths = [require_corpus(name, file) for file in files or (None,)]
    options = replace(options.settled(plan.kept), data=tuple(map(str, paths)))
    return plan, options, notice


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


def require_corpus(name: str, data: str | None) -> Path:
    """The corpus to train on.

    Args:
        name: `--name` of what is trained.
        data: where the user says the corpus is, or None.

    Raises:
        FileNotFoundError: there is none.
        ValueError: `data` beside the name of the built-in corpus.
    """
    if name == DEMO_NAME and data is not None:
        raise ValueError(
            f"{DEMO_NAME} is the name of the built-in corpus, but --data is {data}: "
            "leave that out, or choose another --name"
        )
    path = find_corpus_named(name, data)
    if path is None:
        how = HOW_TO_GET_DATA
        if name != Hyperparameters().name:
            how = "none at --data, $SKETCH_DATA or ./data/: say where by --data"
        raise FileNotFoundError(f"{name} needs its corpus, but there is {how}")
    return path


def find_corpus_of(
    experiment: Experiment, data: str | Path | None = None
) -> Path | None:
    """Finds the corpus that an experiment was trained on, to read lines of it.

    Args:
        experiment: which; one on the built-in corpus needs no other.
        data: where the user says the corpus is, or None.

    Returns:
        The path, or None if there is no corpus to be found.

    Raises:
        FileNotFoundError: `data` or `$SKETCH_DATA` names what is not there.
    """
    return find_corpus_named(experiment.hyperparameters.name, data)


def find_corpus_named(name: str, data: str | Path | None = None) -> Path | None:
    """As `find_corpus_of`, by the `--name` of what was trained."""
    if data is None and name == DEMO_NAME:
        from sketch.corpus.hershey import demo_corpus

        return demo_corpus()
    return find_corpus(data)

"""Which corpus a run trains on: the user's, or the built-in one under its own name."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sketch
from sketch.backend.processes import ALONE, Processes
from sketch.corpus.shards import open_shards
from sketch.experiment.corpora import name_corpus, require_corpus, require_own_corpus
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.settings.hyperparameters import DEMO_NAME, Hyperparameters
from sketch.settings.option import get_option
from sketch.settings.recogniser_settings import (
    RecogniserOptions,
    RecogniserSettings,
    recogniser_name,
)
from sketch.settings.run_options import RunOptions
from sketch.training.plan import CONTINUE, RunPlan, plan_run

# Run options that may differ between processes.
OF_A_PROCESS = ("data", "memory", "coordinator", "process")


def plan_with_data(
    given: Mapping[str, Any],
    model: str | None,
    options: RunOptions,
    root: str | Path,
    processes: Processes = ALONE,
) -> tuple[RunPlan, RunOptions, str | None]:
    """Decides what is trained, and on which corpus; process 0 decides for all.

    Where no corpus is found and no name was given, the run is on the built-in corpus,
    and its name begins with `demo-`, so that nobody takes one for the other. A derived
    experiment learns from its parent's corpus, unless the user gives --data or --name.

    Args:
        given, model, root: as `plan_run`.
        options: `data` is the user's --data, perhaps empty.
        processes: those of the run.

    Returns:
        The plan; `options` with the paths of the corpus as `data`; a notice for the
        user, or None.

    Raises:
        FileNotFoundError: no corpus for an experiment that needs one.
        ValueError: `--data` with the name of the built-in corpus; the corpus found for
            a derived experiment is not its parent's, and the user did not ask for
            another; the processes were started with different options.
    """
    processes.compare(_compared(given, model, options))
    notice = None
    if processes.is_first:
        if model in (None, CONTINUE):
            given, notice = name_corpus(given, next(iter(options.data), None))
        plan = plan_run(given, model, root, again=processes.count > 1)
    shared = processes.share(lambda: plan.to_json())
    if not processes.is_first:
        plan = RunPlan.from_json(shared)
    name, files = plan.hyperparameters.name, options.data
    is_chosen = "name" in given or (files and name != DEMO_NAME)
    inherits = plan.action == "derive" and not is_chosen
    has_corpus = inherits or plan.action == "resume"
    files = require_corpus(plan.parent if has_corpus else name, files)
    options = replace(options.settled(plan.kept), data=files)
    if inherits:
        with open_shards(files) as corpus:
            require_own_corpus(plan.parent, files, corpus.digest)
    return plan, options, notice


def plan_recogniser_with_data(
    given: Mapping[str, Any],
    recogniser: str | None,
    options: RecogniserOptions,
    root: Path,
) -> tuple[
    RecogniserSettings, RecogniserDirectory | None, RecogniserOptions, str | None
]:
    """Decides what `sketch train-recogniser` trains, and on which corpus.

    With settings other than its own, a new recogniser starts from its best weights, on
    the same corpus.

    Args:
        given: the fields of `RecogniserSettings` that the user set.
        recogniser: `--recogniser`: the one to go on with or start from; None: a new
            one.
        options: as the user gave them.
        root: the folder of all experiments.

    Returns:
        The settings; the directory, of these settings or to start from, None for a
        new recogniser; the options, settled, with the corpus' files as `data`; a notice
        for the user, or None.

    Raises:
        FileExistsError: the directory of a new recogniser exists already.
        FileNotFoundError: there is no such recogniser, or no corpus.
        ValueError: its weights do not fit `given`, or are missing; see
            `require_corpus`.
    """
    directory, notice, kept = None, None, {}
    if recogniser is None:
        given, notice = name_corpus(given, next(iter(options.data), None))
        settings = RecogniserSettings(**given)
        RecogniserDirectory.refuse_existing(root / recogniser_name(settings))
    else:
        directory = RecogniserDirectory.load(recogniser, root)
        settings, kept = directory.derive(given), directory.kept_options()
        if settings != directory.settings:
            name = recogniser_name(settings, directory.as_lineage().digest)
            RecogniserDirectory.refuse_existing(root / name)
            kept = {n: v for n, v in kept.items() if n not in ("epochs", "patience")}
    files = require_corpus(directory or settings.name, options.data)
    return settings, directory, replace(options.settled(kept), data=files), notice


def _compared(
    given: Mapping[str, Any], model: str | None, options: RunOptions
) -> dict[str, Any]:
    """The values that must be equal in all processes, by their names in messages."""
    if model in (None, CONTINUE):  # defaults may be typed or not
        given = asdict(Hyperparameters(**given))
    run = {n: v for n, v in asdict(options).items() if n not in OF_A_PROCESS}
    kinds = Hyperparameters, RunOptions
    values = {
        get_option(name, *kinds).flags[0]: value
        for name, value in {**given, **run}.items()
    }
    versions = {name: version(name) for name in ("keras", "jax")}
    return {"--model": model, **values, "sketch": sketch.__version__, **versions}

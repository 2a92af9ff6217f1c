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
from sketch.experiment.recogniser_directory import KIND, RecogniserDirectory
from sketch.experiment.run_directory import refuse_existing
from sketch.settings.hyperparameters import DEMO_NAME, Hyperparameters
from sketch.settings.option import get_option
from sketch.settings.recogniser_settings import (
    RecogniserOptions,
    RecogniserSettings,
    recogniser_name,
)
from sketch.settings.run_options import RunOptions
from sketch.training.plan import CONTINUE, RunPlan, plan_run

# The run options that each process has for itself.
OWN = ("data", "memory", "coordinator", "process")


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
    has_corpus = inherits or plan.action == "resume"
    files = require_corpus(plan.parent if has_corpus else name, files)
    options = replace(options.settled(plan.kept), data=files)
    if inherits:
        with open_shards(files) as corpus:
            require_own_corpus(plan.parent, files, corpus.digest)
    return plan, options, notice


def plan_recogniser_with_data(
    given: Mapping[str, Any], reader: str | None, options: RecogniserOptions, root: Path
) -> tuple[
    RecogniserSettings, RecogniserDirectory | None, RecogniserOptions, str | None
]:
    """What `sketch train-recogniser` is to do, and on what.

    Args:
        given: the fields of `RecogniserSettings` that the user set.
        reader: `--recogniser`: the one to go on with; None: a new one.
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
    opened, notice, kept = None, None, {}
    if reader is None:
        given, notice = name_corpus(given, next(iter(options.data), None))
        settings = RecogniserSettings(**given)
        refuse_existing(root / recogniser_name(settings), *KIND)
    else:
        opened = RecogniserDirectory.load(reader, root)
        opened.require_same(given)
        settings = opened.settings
        kept = opened.kept_options()
    files = require_corpus(opened or settings.name, options.data)
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

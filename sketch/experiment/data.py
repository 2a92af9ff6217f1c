"""Which corpus a run trains on: the user's, or the built-in one under its own name."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sketch.corpus.find import find_corpus
from sketch.experiment.directory import Experiment
from sketch.experiment.hyperparameters import DEMO_NAME, RunOptions
from sketch.experiment.plan import CONTINUE, RunPlan, plan_run

HOW_TO_GET_DATA = (
    "no handwriting.hdf5 in --data, $SKETCH_DATA, $FUEL_DATA_PATH/handwriting/ or "
    "./data/. To make it of IAM-OnDB: register at "
    "https://fki.tic.heia-fr.ch/databases/iam-on-line-handwriting-database, download "
    "lineStrokes-all.tar.gz and ascii-all.tar.gz, and run `sketch convert "
    "lineStrokes-all.tar.gz ascii-all.tar.gz`"
)


def plan_with_data(
    given: Mapping[str, Any], model: str | None, options: RunOptions, root: str | Path
) -> tuple[RunPlan, RunOptions, str | None]:
    """Decides what is trained, and on which corpus.

    Where no corpus is found and no name was given, the run is one on the built-in
    corpus, and its name begins with `demo-`: nobody takes the one for the other.

    Args:
        given, model, root: as `plan_run`.
        options: `data` is where the user says the corpus is, or None.

    Returns:
        The plan; `options` with the path of the corpus as `data`; a notice for the
        user, or None.

    Raises:
        FileNotFoundError: no corpus for an experiment that needs one.
        ValueError: `--data` beside the name of the built-in corpus.
    """
    path, notice = None, None
    if model in (None, CONTINUE) and "name" not in given:
        path = find_corpus(options.data)
        if path is None:
            given = {**given, "name": DEMO_NAME}
            notice = (
                f"{HOW_TO_GET_DATA}. Meanwhile: training on the built-in corpus, under "
                f"the name {DEMO_NAME}-…"
            )
    plan = plan_run(given, model, root)
    name = plan.hyperparameters.name
    if name == DEMO_NAME:
        if options.data is not None:
            raise ValueError(
                f"{DEMO_NAME} is the name of the built-in corpus, but --data is "
                f"{options.data}: leave that out, or choose another --name"
            )
        from sketch.corpus.hershey import demo_corpus

        path = demo_corpus()
    elif path is None:
        path = find_corpus(options.data)
        if path is None:
            raise FileNotFoundError(
                f"{name} needs its corpus, but there is {HOW_TO_GET_DATA}"
            )
    return plan, replace(options, data=str(path)), notice


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
    if data is None and experiment.hyperparameters.name == DEMO_NAME:
        from sketch.corpus.hershey import demo_corpus

        return demo_corpus()
    return find_corpus(data)

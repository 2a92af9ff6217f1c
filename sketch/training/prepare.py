"""The experiment of a run and its lines; its directory is made last, when all fits."""

import platform
import sys
from pathlib import Path

from tqdm import tqdm

from sketch.backend import machine
from sketch.backend.processes import ALONE, Processes
from sketch.corpus.shards import open_shards
from sketch.experiment.corpora import require_own_corpus
from sketch.experiment.experiment import Experiment
from sketch.settings.run_options import RunOptions
from sketch.training.inherit import inherit_facts
from sketch.training.plan import RunPlan
from sketch.training.run_lines import (
    RunLines,
    corpus_facts,
    load_lines,
    measure_speeds,
    measure_texts,
)


def prepare(
    plan: RunPlan, options: RunOptions, root: Path, processes: Processes = ALONE
) -> tuple[Experiment, RunLines]:
    """The experiment of a run, and its lines as this process reads them.

    Args:
        plan: what is trained.
        options: `data` is the corpus, `memory` what its lines may take.
        root: the folder of all experiments; process 0 alone looks there.
        processes: those of the run.

    Raises:
        ValueError: a resumed experiment was trained on another corpus; the corpus
            lacks what the settings need, or its files do not fit each other; the
            processes have different corpora.
        FileExistsError: the directory of a new experiment exists already.
    """
    with open_shards(options.data) as corpus:
        if plan.action != "resume":
            corpus.require_fit()
        facts = corpus_facts(corpus) | measure_texts(corpus)
        facts["slow_speeds"] = measure_speeds(corpus)
        digest = corpus.digest
    processes.compare({"the corpus (its digest)": digest})
    if plan.action == "resume":
        require_own_corpus(plan.parent, options.data, digest)
    if plan.parent is not None:
        facts, notes = inherit_facts(plan.parent, facts, plan.hyperparameters.text)
        for note in notes if processes.is_first else ():
            tqdm.write(note, file=sys.stderr)
    lines = load_lines(
        [Path(path) for path in options.data],
        plan.hyperparameters,
        facts["alphabet"],
        facts["offset_mean"],
        facts["offset_std"],
        _memory(options, processes),
        processes,
    )
    if plan.action == "resume":
        return plan.parent, lines
    facts["lineage"] = plan.lineage
    processes.wait()  # one of them may have found fault with its lines
    make = Experiment.create if processes.is_first else Experiment.planned
    return make(root, plan.hyperparameters, facts), lines


def _memory(options: RunOptions, processes: Processes) -> float:
    """Bytes that the lines of this process may take.

    The processes of one machine share its memory.
    """
    machines = processes.gather(platform.node())
    if options.memory:
        return 1e9 * options.memory
    return machine.memory() / 4 / machines.count(machines[processes.index])

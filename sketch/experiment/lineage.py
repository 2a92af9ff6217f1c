"""An experiment's ancestors: whose weights it began with, and so on."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sketch.experiment.experiment import Experiment, find_experiments
from sketch.experiment.places import find_pretrained
from sketch.experiment.settings_file import Lineage


def ancestors(
    experiment: Experiment, root: str | Path
) -> Iterator[tuple[Lineage, Experiment | None]]:
    """The ancestors of an experiment, the nearest first, each with its lineage entry.

    A parent that is missing or damaged is None, and the last. Each is visited once, so
    that a circular lineage ends.

    Args:
        experiment: whose ancestors.
        root: the folder of all experiments; parents are looked for there by their
            names, and among the pretrained models by their full names.
    """
    paths = {}
    for path in find_pretrained().values():
        with contextlib.suppress(ValueError, OSError):
            paths[Experiment.load(path, root).full_name] = path
    paths |= {path.name: path for path in find_experiments(root)}
    while experiment is not None and experiment.lineage is not None:
        lineage = experiment.lineage
        # Looked up in a list, never joined to a path: the name is a stranger's.
        path = paths.pop(lineage.parent, None)
        experiment = None
        with contextlib.suppress(ValueError, OSError):
            experiment = path and Experiment.load(path, root)
        yield lineage, experiment


def learned_from(experiment: Experiment, root: str | Path) -> tuple[str, ...] | None:
    """The digests of all corpora that its weights have seen; None if unknown."""
    digests = {experiment.data_digest}
    for lineage, ancestor in ancestors(experiment, root):
        if lineage.learned_from is not None:
            digests.update(lineage.learned_from)
            break
        if ancestor is None:
            return None
        digests.add(ancestor.data_digest)
    return tuple(sorted(digests))


def trained_elsewhere(
    experiment: Experiment, root: str | Path, digest: str
) -> list[str]:
    """Which of the experiment and its ancestors may have learned other lines.

    A parent whose digests are known stands for its own ancestors.

    Args:
        experiment: which.
        root: the folder of all experiments.
        digest: of the corpus with the lines that they may have learned.
    """
    names = [] if experiment.data_digest == digest else [experiment.name]
    for lineage, ancestor in ancestors(experiment, root):
        if lineage.learned_from is not None:
            if set(lineage.learned_from) != {digest}:
                names.append(lineage.parent)
            break
        if ancestor is None or ancestor.data_digest != digest:
            names.append(lineage.parent)
    return names

"""Where an experiment's weights came from: its parent, that one's parent, and so on."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sketch.experiment.experiment import Experiment, find_experiments
from sketch.experiment.places import find_pretrained
from sketch.experiment.settings_file import Lineage


def ancestors(
    experiment: Experiment, root: str | Path
) -> Iterator[tuple[Lineage, Experiment | None]]:
    """What each says of its parent, and that parent, the nearest first.

    A parent that is not there any more, or damaged, is None, and the last. Each is
    visited once, so that a lineage that goes in a circle ends.

    Args:
        experiment: whose.
        root: the folder of all experiments; parents are looked for there, then among
            the hands that come with sketch.
    """
    there = {}
    for path in find_pretrained().values():
        with contextlib.suppress(ValueError, OSError):
            there[Experiment.load(path, root).full_name] = path
    there |= {path.name: path for path in find_experiments(root)}
    while experiment is not None and experiment.lineage is not None:
        lineage = experiment.lineage
        # By listing, never by joining: the name comes from a file.
        path = there.pop(lineage.parent, None)
        experiment = None
        with contextlib.suppress(ValueError, OSError):
            experiment = path and Experiment.load(path, root)
        yield lineage, experiment


def learned_from(experiment: Experiment, root: str | Path) -> tuple[str, ...] | None:
    """The digests of all corpora that its weights have seen; None if nobody knows."""
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
    """Of the experiment and its ancestors, those that may have seen other lines.

    A parent stands for its own ancestors where its digests are known.
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

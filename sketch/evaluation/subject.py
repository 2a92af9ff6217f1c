"""What a report is about: which weights, on which corpus, and what they have seen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sketch.corpus.shards import Shards
from sketch.experiment.experiment import Experiment
from sketch.experiment.lineage import trained_elsewhere
from sketch.system.messages import printable


def describe_subject(
    experiment: Experiment,
    root: str | Path,
    checkpoint: dict[str, Any],
    corpus: Shards,
    others: Sequence[str] = (),
) -> tuple[dict[str, Any], list[str]]:
    """The first keys of a report, and a note if the weights may know these lines.

    Args:
        experiment: the model.
        root: the folder of all experiments, where its ancestors are looked for.
        checkpoint: `kind`, `epoch` and `step` of its weights.
        corpus: whose lines the report is about.
        others: what else took part and was trained on another corpus.
    """
    strangers = [*trained_elsewhere(experiment, root, corpus.digest), *others]
    facts = {
        "model": experiment.name,
        "checkpoint": checkpoint,
        "corpus": {
            "path": corpus.path,
            "source": corpus.source,
            "digest": corpus.digest,
        },
        "is_trained_on_corpus": not strangers,
    }
    if not strangers:
        return facts, []
    return facts, [
        f"not trained on this corpus, as far as is known: {', '.join(strangers)}; they "
        "may have learned these lines"
    ]


def with_text(report: dict[str, Any], rows: Sequence[str]) -> dict[str, Any]:
    """The report with its `text`: what it is about, `rows`, and its notes."""
    checkpoint, corpus = report["checkpoint"], report["corpus"]
    head = (
        f"{report['model']}, {checkpoint['kind']} checkpoint: epoch "
        f"{checkpoint['epoch']}, step {checkpoint['step']}",
        f"{corpus['path']}: {corpus['source']}, digest {corpus['digest'][:12]}",
    )
    notes = [f"note: {note}" for note in report["notes"]]
    return report | {"text": "\n".join(map(printable, [*head, *rows, *notes]))}

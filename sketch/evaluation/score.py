"""An experiment put to the test: its weights, the lines of a protocol, the figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sketch.corpus.shards import open_shards
from sketch.evaluation import BATCH_SIZE, PROTOCOL_NAMES
from sketch.evaluation.likelihood import score_lines
from sketch.evaluation.protocols import PROTOCOLS, select_lines
from sketch.evaluation.results import Evaluation, summarise
from sketch.experiment.corpora import require_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.lineage import trained_elsewhere
from sketch.experiment.weights import load_trained
from sketch.system.messages import printable


@dataclass(frozen=True)
class Report:
    """The figures of an experiment; `str()` of it is for people.

    Attributes:
        model: the experiment's name.
        checkpoint: `kind`, `epoch` and `step` of the weights.
        corpus: `path`, `source` and `digest` of what the lines are from.
        is_trained_on_corpus: whether it and all whose weights it began with were
            trained on the training lines of this very corpus.
        evaluation: the figures.
    """

    model: str
    checkpoint: dict[str, Any]
    corpus: dict[str, str]
    is_trained_on_corpus: bool
    evaluation: Evaluation

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`; docs/evaluation.md explains them."""
        facts = self.evaluation.to_json()
        return {
            "format": facts.pop("format"),
            "model": self.model,
            "checkpoint": self.checkpoint,
            "corpus": self.corpus,
            "is_trained_on_corpus": self.is_trained_on_corpus,
            **facts,
        }

    def __str__(self) -> str:
        checkpoint, corpus = self.checkpoint, self.corpus
        head = (
            f"{self.model}, {checkpoint['kind']} checkpoint: epoch "
            f"{checkpoint['epoch']}, step {checkpoint['step']}",
            f"{corpus['path']}: {corpus['source']}, digest {corpus['digest'][:12]}",
        )
        return "\n".join([*map(printable, head), str(self.evaluation)])


def evaluate_experiment(
    experiment: Experiment,
    root: str | Path,
    protocol: str = PROTOCOL_NAMES[0],
    data: str | Path | Sequence[str | Path] | None = None,
    kind: str = "best",
    batch_size: int = BATCH_SIZE,
    progress: bool = False,
) -> Report:
    """Score an experiment on lines that it has not learned.

    Args:
        experiment: which.
        root: the folder of all experiments, where its ancestors are looked for.
        protocol: a name in `PROTOCOLS`.
        data: the corpus, see `find_corpus_of`; None finds it.
        kind: "best" or "latest" checkpoint; before the first epoch has ended, "best"
            falls back to "latest".
        batch_size: lines at a time; changes nothing but rounding.
        progress: whether to show a bar on stderr.

    Raises:
        FileNotFoundError: there is no corpus.
        ValueError: no checkpoint yet; corpus, protocol and experiment do not fit each
            other.
        FloatingPointError: a line's score is not finite.
    """
    settings = experiment.hyperparameters
    files = require_corpus(experiment, data)
    alphabet = experiment.alphabet if settings.text else None
    with open_shards(files) as corpus:
        selection = select_lines(corpus, PROTOCOLS[protocol], alphabet)
    strangers = trained_elsewhere(experiment, root, corpus.digest)
    if strangers:
        note = (
            "not trained on this corpus, as far as is known: "
            f"{', '.join(strangers)}; lines that are scored may have been learned"
        )
        selection = replace(selection, notes=(*selection.notes, note))
    network, weights = load_trained(experiment, kind)
    scores = score_lines(
        network,
        selection.lines,
        experiment.offset_mean,
        experiment.offset_std,
        alphabet,
        selection.protocol.max_rows,
        batch_size,
        progress,
    )
    return Report(
        model=experiment.name,
        checkpoint=weights,
        corpus={
            "path": corpus.path,
            "source": corpus.source,
            "digest": corpus.digest,
        },
        is_trained_on_corpus=not strangers,
        evaluation=summarise(scores, selection, settings.text),
    )

"""Scores an experiment: its weights, the lines of a protocol, the figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sketch.corpus.shards import open_shards
from sketch.evaluation import BATCH_SIZE, PROTOCOL_NAMES
from sketch.evaluation.likelihood import score_lines
from sketch.evaluation.protocols import PROTOCOLS, select_lines
from sketch.evaluation.results import (
    SCORES,
    Evaluation,
    compare_reports,
    summarise,
)
from sketch.evaluation.subject import Subject
from sketch.experiment.corpora import require_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import load_trained
from sketch.system.messages import counted, printable


@dataclass(frozen=True)
class Report:
    """The figures of an experiment; `str()` of it is for people.

    Attributes:
        subject: what was scored, on what.
        evaluation: the figures.
        comparison: with another report, see `compare_reports`; or None.
    """

    subject: Subject
    evaluation: Evaluation
    comparison: dict[str, Any] | None = None

    def compared_with(self, other: Mapping[str, Any]) -> "Report":
        """This report with its comparison with another one, in JSON.

        Raises:
            ValueError: the two do not fit each other.
        """
        return replace(self, comparison=compare_reports(self.to_json(), other))

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`; docs/evaluation.md explains them."""
        facts = self.evaluation.to_json()
        return {
            "format": facts.pop("format"),
            **self.subject.to_json(),
            "comparison": self.comparison,
            **facts,
        }

    def __str__(self) -> str:
        rows = [str(self.subject), str(self.evaluation)]
        if self.comparison is not None:
            count = counted(self.comparison["num_lines"], "line")
            model = printable(self.comparison["model"])
            rows.append(f"better than {model}, over the {count} of both, in nats/line:")
            for name in SCORES:
                if gain := self.comparison[name]:
                    rows.append(
                        f"  {name.replace('_', '-'):15}{gain['value']:+,.1f}  "
                        f"({gain['low']:+,.1f} to {gain['high']:+,.1f})"
                    )
        return "\n".join(rows)


def evaluate_experiment(
    experiment: Experiment,
    root: str | Path,
    protocol: str = PROTOCOL_NAMES[0],
    data: str | Path | Sequence[str | Path] | None = None,
    kind: str = "best",
    batch_size: int = BATCH_SIZE,
    progress: bool = False,
) -> Report:
    """Score an experiment on lines that it was not trained on.

    Args:
        experiment: the one to score.
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
    network, weights = load_trained(experiment, kind)
    subject = Subject.of(experiment, root, weights, corpus)
    selection = replace(selection, notes=(*selection.notes, *subject.notes()))
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
    return Report(subject, summarise(scores, selection, settings.text))

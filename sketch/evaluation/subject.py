"""What a report is about: which weights, on which corpus, and what they have seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sketch.corpus.shards import Shards
from sketch.experiment.experiment import Experiment
from sketch.experiment.lineage import trained_elsewhere
from sketch.system.messages import printable


@dataclass(frozen=True)
class Subject:
    """The head of every report.

    Attributes:
        model: the experiment's name.
        checkpoint: `kind`, `epoch` and `step` of the weights.
        corpus: `path`, `source` and `digest`.
        strangers: the experiment, its ancestors and what else took part, if they may
            have been trained on another corpus.
    """

    model: str
    checkpoint: dict[str, Any]
    corpus: dict[str, str]
    strangers: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        experiment: Experiment,
        root: str | Path,
        checkpoint: dict[str, Any],
        corpus: Shards,
        others: Sequence[str] = (),
    ) -> "Subject":
        """Finds the strangers.

        Args:
            experiment, checkpoint, corpus: see the class.
            root: the folder of all experiments, where its ancestors are looked for.
            others: further strangers.
        """
        facts = {"path": corpus.path, "source": corpus.source, "digest": corpus.digest}
        strangers = [*trained_elsewhere(experiment, root, corpus.digest), *others]
        return cls(experiment.name, checkpoint, facts, strangers)

    def to_json(self) -> dict[str, Any]:
        """Plain values, the first keys of a report."""
        return {
            "model": self.model,
            "checkpoint": self.checkpoint,
            "corpus": self.corpus,
            "is_trained_on_corpus": not self.strangers,
        }

    def notes(self) -> list[str]:
        """What must be known with the figures, in words; often nothing."""
        if not self.strangers:
            return []
        return [
            "not trained on this corpus, as far as is known: "
            f"{', '.join(self.strangers)}; they may have learned these lines"
        ]

    def __str__(self) -> str:
        """Two lines for people."""
        checkpoint, corpus = self.checkpoint, self.corpus
        rows = (
            f"{self.model}, {checkpoint['kind']} checkpoint: epoch "
            f"{checkpoint['epoch']}, step {checkpoint['step']}",
            f"{corpus['path']}: {corpus['source']}, digest {corpus['digest'][:12]}",
        )
        return "\n".join(map(printable, rows))

"""Where a run stands: counts, sums of the running epoch, the best score.

With weights, optimizer and random streams it is the whole state of a run, and goes into
`state.json` of a checkpoint.
"""

import math
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Totals:
    """Sums over lines and points, divided only where they are shown."""

    log_likelihood: float = 0.0
    lines: float = 0.0
    points: float = 0.0

    def add(self, sums: dict[str, float]) -> None:
        """Add a batch's sums, as `train_on_batch` returns them."""
        self.log_likelihood += float(sums["log_likelihood"])
        self.lines += float(sums["lines"])
        self.points += float(sums["points"])

    @property
    def per_line(self) -> float:
        """Nats a line."""
        return self.log_likelihood / self.lines if self.lines else math.nan

    @property
    def per_point(self) -> float:
        """Nats a point."""
        return self.log_likelihood / self.points if self.points else math.nan


@dataclass
class Position:
    """Where a run stands."""

    epoch: int = 0  # epochs that have ended
    batch: int = 0  # batches done of the running one
    step: int = 0  # optimizer updates in all
    seconds: float = 0.0  # of training in all, without scoring and drawing
    epoch_seconds: float = 0.0
    gradient_norm: float = 0.0  # sum over the running epoch's batches
    totals: Totals = field(default_factory=Totals)  # of the running epoch
    best: float | None = None  # valid nats a line
    best_epoch: int = 0

    def to_state(self) -> dict[str, Any]:
        """Plain numbers for `state.json`."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Position":
        """Read back what `to_state` made.

        Raises:
            KeyError, TypeError: something is missing, or unknown.
        """
        return cls(**{**state, "totals": Totals(**state["totals"])})

    def end_epoch(self) -> None:
        """Count an epoch; the sums begin anew."""
        self.epoch += 1
        self.batch, self.epoch_seconds, self.gradient_norm = 0, 0.0, 0.0
        self.totals = Totals()

"""Where a run stands: counts, sums of the running epoch, the best score.

With weights, optimizer and random streams it is the whole state of a run, and goes into
`state.json` of a checkpoint.
"""

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

MAX_COUNT = 2**63  # of epochs and steps; numpy seeds itself with an epoch


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
            ValueError: a value is not of its kind; names it.
        """
        totals = Totals(**_checked(Totals, state["totals"]))
        return cls(**_checked(cls, {**state, "totals": totals}))

    def end_epoch(self) -> None:
        """Count an epoch; the sums begin anew."""
        self.epoch += 1
        self.batch, self.epoch_seconds, self.gradient_norm = 0, 0.0, 0.0
        self.totals = Totals()


def _checked(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a dataclass, each as its field wants it: a file is anybody's."""
    for item in fields(kind):
        value = values.get(item.name, item.default)
        if item.type is int:
            fits = type(value) is int and 0 <= value < MAX_COUNT
        elif item.type is Totals or (value is None and item.default is None):
            fits = True
        else:
            fits = type(value) in (int, float) and math.isfinite(value)
        if not fits:
            raise ValueError(f"`{item.name}` is {value!r:.40}")
    return values

"""Where a run stands: counts, sums of the running epoch, the best score.

With weights, optimizer and random streams it is the whole state of a run, and goes into
`state.json` of a checkpoint.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

MAX_COUNT = 2**63  # of epochs and steps; numpy seeds itself with an epoch


@dataclass
class Sums:
    """Sums over batches, by the names of the metrics; divided only when shown."""

    points: float = 0.0

    def add(self, sums: Mapping[str, float]) -> None:
        """Add a batch's sums, as `train_on_batch` returns them."""
        for item in fields(self):
            value = getattr(self, item.name) + float(sums[item.name])
            setattr(self, item.name, value)


@dataclass
class Totals(Sums):
    """Of a network that writes."""

    log_likelihood: float = 0.0
    lines: float = 0.0

    @property
    def per_line(self) -> float:
        """Nats a line."""
        return self.log_likelihood / self.lines if self.lines else math.nan

    @property
    def per_point(self) -> float:
        """Nats a point."""
        return self.log_likelihood / self.points if self.points else math.nan

    def __str__(self) -> str:
        return f"{self.per_line:.1f} nats/line"


@dataclass
class RecogniserTotals(Sums):
    """Of a recogniser."""

    nats: float = 0.0  # of CTC's loss: lower is better
    characters: float = 0.0

    @property
    def per_character(self) -> float:
        """Nats a character."""
        return self.nats / self.characters if self.characters else math.nan

    def __str__(self) -> str:
        return f"{self.per_character:.2f} nats/character"


@dataclass
class Position:
    """Where a run stands."""

    epoch: int = 0  # epochs that have ended
    batch: int = 0  # batches done of the running one
    step: int = 0  # optimizer updates in all
    seconds: float = 0.0  # of training in all, without scoring and drawing
    epoch_seconds: float = 0.0
    gradient_norm: float = 0.0  # sum over the running epoch's batches
    totals: Sums = field(default_factory=Totals)  # of the running epoch
    best: float | None = None  # the grade of the best epoch: higher is better
    best_epoch: int = 0

    def to_state(self) -> dict[str, Any]:
        """Plain numbers for `state.json`."""
        return asdict(self)

    def from_state(self, state: dict[str, Any]) -> "Position":
        """The position that `to_state` saved, with totals of this one's class.

        Raises:
            KeyError, TypeError: something is missing, or unknown.
            ValueError: a value is of a wrong type, or a count is missing; names it.
        """
        for name in ("epoch", "batch", "step"):
            if name not in state:  # a run that began anew would wipe its history out
                raise ValueError(f"`{name}` is missing")
        kind = type(self.totals)
        totals = kind(**_checked(kind, state["totals"]))
        return Position(**_checked(Position, {**state, "totals": totals}))

    def add(self, sums: Mapping[str, float], norm: float, seconds: float) -> None:
        """Count a step: the batch's sums, its gradient's norm, the time it took."""
        self.totals.add(sums)
        self.gradient_norm += norm
        self.batch += 1
        self.step += 1
        self.seconds += seconds
        self.epoch_seconds += seconds

    def end_epoch(self) -> None:
        """Count an epoch; the sums begin anew."""
        self.epoch += 1
        self.batch, self.epoch_seconds, self.gradient_norm = 0, 0.0, 0.0
        self.totals = type(self.totals)()


def _checked(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a dataclass, each checked: the file may be anybody's."""
    for item in fields(kind):
        value = values.get(item.name, item.default)
        if item.type is int:
            fits = type(value) is int and 0 <= value < MAX_COUNT
        elif item.type is Sums or (value is None and item.default is None):
            fits = True
        else:
            fits = type(value) in (int, float) and math.isfinite(value)
        if not fits:
            raise ValueError(f"`{item.name}` is {value!r:.40}")
    return values

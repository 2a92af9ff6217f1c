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
class Position:
    """Where a run stands."""

    epoch: int = 0  # epochs that have ended
    batch: int = 0  # batches done of the running one
    step: int = 0  # optimizer updates in all
    seconds: float = 0.0  # of training in all, without scoring and drawing
    epoch_seconds: float = 0.0
    gradient_norm: float = 0.0  # sum over the running epoch's batches
    totals: dict[str, float] = field(default_factory=dict)  # of the running epoch
    best: float | None = None  # the grade of the best epoch: higher is better
    best_epoch: int = 0

    def to_state(self) -> dict[str, Any]:
        """Plain numbers for `state.json`."""
        return asdict(self)

    def from_state(self, state: dict[str, Any]) -> "Position":
        """The position that `to_state` saved, with totals of the same names as here.

        Raises:
            AttributeError, KeyError, TypeError: something is missing, or unknown.
            ValueError: a value is of a wrong type, or a count is missing; names it.
        """
        for name in ("epoch", "batch", "step"):
            if name not in state:  # a run that began anew would wipe its history out
                raise ValueError(f"`{name}` is missing")
        position = Position(**state)
        if position.totals.keys() != self.totals.keys():
            raise ValueError(f"`totals` is not of {', '.join(self.totals)}")
        numbers = {item.name: getattr(position, item.name) for item in fields(self)}
        for name, value in (numbers | numbers.pop("totals")).items():
            default = getattr(Position, name, 0.0)
            if type(default) is int:
                fits = type(value) is int and 0 <= value < MAX_COUNT
            elif value is default is None:
                fits = True
            else:
                fits = type(value) in (int, float) and math.isfinite(value)
            if not fits:
                raise ValueError(f"`{name}` is {value!r:.40}")
        return position

    def add(self, sums: Mapping[str, float], norm: float, seconds: float) -> None:
        """Count a step: the batch's sums, its gradient's norm, the time it took."""
        add_to(self.totals, sums)
        self.gradient_norm += norm
        self.batch += 1
        self.step += 1
        self.seconds += seconds
        self.epoch_seconds += seconds

    def end_epoch(self) -> None:
        """Count an epoch; the sums begin anew."""
        self.epoch += 1
        self.batch, self.epoch_seconds, self.gradient_norm = 0, 0.0, 0.0
        self.totals = dict.fromkeys(self.totals, 0.0)


def add_to(totals: dict[str, float], sums: Mapping[str, float]) -> None:
    """Adds to each total the sum of that name, as `train_on_batch` returns them."""
    for name in totals:
        totals[name] += float(sums[name])

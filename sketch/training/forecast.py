"""How long a run will take, from its first steps."""

from sketch.corpus.batches import Batch, Batches

MIN_STEPS, MAX_STEPS = 5, 20  # that are timed
MAX_SECONDS = 30.0  # of MIN_STEPS or more
MINUTE, HOUR, DAY = 60.0, 60 * 60.0, 24 * 60 * 60.0


class Forecast:
    """Times the first steps, without those that compile.

    The time of a step is taken as proportional to the padded size of its batch.

    Args:
        batches: of an epoch.
    """

    def __init__(self, batches: Batches):
        self.batches = batches
        self._compiled: set[tuple] = set()
        self._num_steps = 0
        self._seconds = 0.0
        self._points = 0  # padding included

    def add(self, batch: Batch, seconds: float) -> bool:
        """Counts a step; returns whether it was the last one that is timed."""
        if self._is_ready():
            return False
        shapes = tuple(values.shape for values in batch.inputs.values())
        if shapes not in self._compiled:  # its first step compiles
            self._compiled.add(shapes)
            return False
        self._num_steps += 1
        self._seconds += seconds
        self._points += batch.inputs["mask"].size
        return self._is_ready()

    def _is_ready(self) -> bool:
        if self._num_steps < MIN_STEPS:
            return False
        return self._num_steps >= MAX_STEPS or self._seconds >= MAX_SECONDS

    def seconds(self, num_epochs: float) -> float:
        """Seconds that this many epochs will take, without scores and pictures."""
        per_point = self._seconds / self._points
        return num_epochs * self.batches.num_padded_points() * per_point


def in_words(seconds: float) -> str:
    """A duration in the largest unit that it has two of; minutes at the least."""
    for unit, size in (("days", DAY), ("hours", HOUR)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds / MINUTE, 1):.0f} min"

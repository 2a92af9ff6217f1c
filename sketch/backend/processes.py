"""The processes of one run, and what they exchange.

A run on N processes is one command, started N times, on one machine or many. Each has
the whole network and its own rows of every batch; JAX adds their gradients. Only
process 0 reads and writes experiments, and tells the others what to train. They need no
common disk: each may have its own copy of the corpus.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


class Processes:
    """This process and its peers. This class is for a process without peers.

    Attributes:
        index: the number of this process, from 0.
        count: the number of processes.
    """

    index = 0
    count = 1

    @property
    def is_first(self) -> bool:
        """Whether this is process 0, which reads and writes experiments."""
        return self.index == 0

    def gather(self, value: Any) -> list[Any]:
        """The values of all processes, by number; `value` must fit into JSON."""
        return [value]

    def share(self, make: Callable[[], Any]) -> Any:
        """The value that process 0 makes, for all; it must fit into JSON."""
        return make()

    def share_arrays(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """The arrays of process 0, for all; the others give arrays of equal shapes."""
        return arrays

    def greatest(self, number: int) -> int:
        """The greatest number that any process gives."""
        return number

    def wait(self) -> None:
        """Waits until all processes are here, however long one draws or compiles."""

    def finish(self) -> None:
        """Waits for the last time: afterwards each process may end when it likes."""

    def compare(self, values: Mapping[str, Any]) -> None:
        """Refuses a run whose processes differ in values that fit into JSON, by name.

        Raises:
            ValueError: in every process; shows the first difference.
        """
        first, *others = self.gather(dict(values))
        for number, other in enumerate(others, start=1):
            for name in [*first, *(name for name in other if name not in first)]:
                here, there = first.get(name), other.get(name)
                if here != there:
                    raise ValueError(
                        f"the processes differ in {name}: it is {_word(here)} in "
                        f"process 0 and {_word(there)} in process {number}; start all "
                        "with the same"
                    )


ALONE = Processes()


def _word(value: Any) -> str:
    return "not given" if value is None else str(value)

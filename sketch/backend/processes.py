"""The processes of one run, and what they have to settle between them.

A run on N processes is one command, started N times, on one machine or many. Each has
the whole network and its own rows of every batch; JAX adds up their gradients. Process
0 alone reads and writes the experiments and tells the others what is trained, so they
share no disk but for the corpus, which each may have in its own place.

`join` says who takes part: the options, or a scheduler that JAX knows. Usually nobody
but this process does, and then nothing here imports or waits for anything.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


class Processes:
    """This process and its peers; this class is that of a process alone.

    Attributes:
        index: the number of this process, from 0 on.
        count: how many there are.
    """

    index = 0
    count = 1

    @property
    def is_first(self) -> bool:
        """Whether this is process 0, the one that reads and writes experiments."""
        return self.index == 0

    def gather(self, value: Any) -> list[Any]:
        """What each process gives, by its number; `value` must go into JSON."""
        return [value]

    def share(self, make: Callable[[], Any]) -> Any:
        """What process 0 makes, for all; it must go into JSON."""
        return make()

    def share_arrays(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """The arrays of process 0, for all; those of the others have their shapes."""
        return arrays

    def greatest(self, number: int) -> int:
        """The greatest of the numbers that the processes give."""
        return number

    def wait(self) -> None:
        """Waits until all are here, however long one of them draws or compiles."""

    def finish(self) -> None:
        """Waits a last time: from here on each may end when it likes."""

    def compare(self, values: Mapping[str, Any]) -> None:
        """Refuses a run whose processes differ.

        Args:
            values: by the name of the option, say; JSON.

        Raises:
            ValueError: in every process, the first difference with both values.
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

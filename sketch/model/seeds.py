"""The seeds of a network's parts, derived from its own one."""

from collections.abc import Iterator

import numpy as np

PARTS = 1000  # more than a network has
LIMIT = 2**31  # PyTorch's seeds are int32


def part_seeds(seed: int) -> Iterator[int]:
    """A seed for each part of a network, in the order in which the parts are made.

    Part i gets `1000 * seed + i` if all of these are below 2**31; for a larger `seed`,
    the i-th number that numpy draws from it.
    """
    first = PARTS * seed
    if first + PARTS <= LIMIT:
        return iter(range(first, first + PARTS))
    drawn = np.random.SeedSequence(seed).generate_state(PARTS) % LIMIT
    return iter(drawn.tolist())

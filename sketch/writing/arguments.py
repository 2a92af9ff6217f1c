"""Numbers that a program passes to a pen, of any type, each in its range."""

import operator
from typing import SupportsIndex


def whole_numbers(bias: float, seed: int, **counts: int) -> list[int]:
    """Seed and counts of any type as int.

    Raises:
        ValueError: one of them is not a whole number or out of range, or `bias` is out
            of range; names it.
    """
    if not 0 <= bias < float("inf"):
        raise ValueError(f"bias must be a number of at least 0, not {bias!r}")
    if not 0 <= _as_int(seed) < 2**31:
        raise ValueError(
            f"seed must be a whole number from 0 to 2**31 - 1, not {seed!r}"
        )
    for name, count in counts.items():
        if _as_int(count) < 1:
            raise ValueError(
                f"{name} must be a whole number of at least 1, not {count!r}"
            )
    return [_as_int(number) for number in (seed, *counts.values())]


def _as_int(number: SupportsIndex) -> int:
    """A whole number of any type, such as NumPy's; -1 for anything else."""
    try:
        return operator.index(number)
    except TypeError:
        return -1


def require_share(max_error_rate: float) -> None:
    """Raises ValueError unless `max_error_rate` is from 0 to 1."""
    if not 0 <= max_error_rate <= 1:
        raise ValueError(
            f"max_error_rate must be a number from 0 to 1, not {max_error_rate!r}"
        )

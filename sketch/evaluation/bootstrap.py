"""Figures with their 95 % intervals, by the percentile bootstrap.

Lines of a form share a writer and a day, so forms are drawn with replacement, not
lines: the interval says how far a figure would move with other forms. Every figure is
a quotient of two sums over lines (nats over points, errors over characters), and both
sums come from the same draw.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from sketch.convert.splits import form_of

SEED = 0
NUM_DRAWS = 10_000
DRAWS_AT_ONCE = 500  # limits the memory for corpora of many forms
COVERED = (0.025, 0.975)
MIN_FORMS = 10  # fewer tell nothing of how forms differ, and would look certain


Estimate = dict[str, float]  # `value`, and its interval from `low` to `high`


def forms_of(line_ids: Iterable[str]) -> list[str] | None:
    """The form of each line; None of fewer than `MIN_FORMS`: then lines are drawn."""
    forms = list(map(form_of, line_ids))
    return forms if len(set(forms)) >= MIN_FORMS else None


def estimate_quotients(
    above: np.ndarray, below: np.ndarray, groups: Sequence[str] | None = None
) -> list[Estimate]:
    """`sum(above[:, i]) / sum(below[:, i])` of each column, with its interval.

    Args:
        above: `[line, figure]`.
        below: the same, or `[line, 1]` for all figures.
        groups: of each line; whole groups are drawn, as many as there are, and the same
            ones for every table. None: each line is a group.
    """
    table = np.concatenate([above, below], axis=1).astype(np.float64)
    num_figures, sums = above.shape[1], table.sum(axis=0)
    if groups is not None:
        numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
        of_groups = np.zeros((len(numbers), table.shape[1]))
        np.add.at(of_groups, [numbers[group] for group in groups], table)
        table = of_groups
    rng = np.random.default_rng(SEED)
    shares = np.full(len(table), 1 / len(table))
    drawn = np.concatenate(
        [
            # How often each group is drawn is multinomial.
            rng.multinomial(len(table), shares, DRAWS_AT_ONCE) @ table
            for _ in range(NUM_DRAWS // DRAWS_AT_ONCE)
        ]
    )
    low, high = np.quantile(
        drawn[:, :num_figures] / drawn[:, num_figures:], COVERED, axis=0
    )
    values = sums[:num_figures] / sums[num_figures:]
    rows = np.stack([values, low, high], axis=1).tolist()
    return [dict(zip(("value", "low", "high"), row, strict=True)) for row in rows]

"""From lines to figures: means, their intervals, the report and the JSON.

Intervals are the percentile bootstrap's: the lines are drawn again with replacement,
10,000 times with a fixed seed, and the middle 95 % of the means are kept. Nats per
point is a quotient of two sums, and both come from the same draw. The intervals say how
far the figure would move with other lines of these writers; lines of one page resemble
each other, so that with other writers it would move more.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sketch.evaluation.likelihood import LineScores
from sketch.evaluation.protocols import Selection
from sketch.system.messages import counted, printable

FORMAT = "sketch evaluation 1"
BOOTSTRAP_SEED = 0
NUM_RESAMPLES = 10_000
COVERED = (0.025, 0.975)


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Part:
    """A log-likelihood, or a part of one, in nats: more is better."""

    nats_per_line: Estimate
    nats_per_point: Estimate


@dataclass(frozen=True)
class Evaluation:
    """The figures of a protocol.

    Attributes:
        selection: what was scored.
        num_lines, num_points: so many lines and offsets.
        has_text: whether the network was given the text.
        log_likelihood: ink and pen together.
        ink, pen: its two parts; only the ink depends on the unit.
        dequantised: ink at the noisy points, and pen; None without whole coordinates.
        bits_per_point: the same as the length of a code for the recording's whole
            numbers, at the most: less is better, and no unit enters.
        without_last_batch: lines and nats a line without the lines that the protocol's
            authors left out of their mean; None where it says nothing of that.
    """

    selection: Selection
    num_lines: int
    num_points: int
    has_text: bool
    log_likelihood: Part
    ink: Part
    pen: Part
    dequantised: Part | None
    bits_per_point: Estimate | None
    without_last_batch: tuple[int, float] | None

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`; docs/evaluation.md explains them."""
        selection, rest = self.selection, self.without_last_batch
        bits = self.bits_per_point
        return {
            "format": FORMAT,
            "protocol": selection.protocol.name,
            "is_its_corpus": selection.is_its_corpus,
            "set": selection.protocol.set_name,
            "has_text": self.has_text,
            "num_lines": self.num_lines,
            "num_points": self.num_points,
            "left_out": selection.left_out,
            "unit": selection.std.tolist(),
            "log_likelihood": asdict(self.log_likelihood),
            "ink": asdict(self.ink),
            "pen": asdict(self.pen),
            "dequantised": self.dequantised and asdict(self.dequantised),
            "bits_per_point": bits and asdict(bits),
            "without_last_batch": rest
            and {"num_lines": rest[0], "nats_per_line": rest[1]},
            "references": [asdict(one) for one in self._references()],
            "remark": selection.protocol.remark or None,
            "notes": list(selection.notes),
        }

    def __str__(self) -> str:
        protocol, std = self.selection.protocol, self.selection.std
        left_out = self.selection.left_out
        rows = [
            f"protocol {protocol.name}: {protocol.title}",
            f"{counted(self.num_lines, 'line')}, {counted(self.num_points, 'point')}; "
            "left out: "
            + ", ".join(f"{n:,} {why.replace('_', ' ')}" for why, n in left_out.items())
            + f"; unit ({std[0]:.3f}, {std[1]:.3f})",
            "",
            f"{'':15}{'nats/line':>10}  {'95 % interval':21}{'nats/point':>11}  "
            "95 % interval",
            _row("log-likelihood", self.log_likelihood),
            _row("  ink", self.ink),
            _row("  pen", self.pen),
        ]
        if self.dequantised is None:
            rows.append("dequantised    none: the coordinates are no whole numbers")
        else:
            rows.append(_row("dequantised", self.dequantised))
            bits = self.bits_per_point
            rows.append(
                f"{'':15}at most {bits.value:.3f} bits/point "
                f"({bits.low:.3f} to {bits.high:.3f}) for the whole coordinates"
            )
        rows.append("")
        loss = -self.log_likelihood.nats_per_line.value
        rows.append(f"as papers print it, a loss: {loss:.1f} nats/line")
        if self.without_last_batch is not None:
            count, value = self.without_last_batch
            rows.append(f"without the last batch, {count:,} lines: {-value:.1f}")
        rows += [
            f"to compare: {-one.nats_per_line:.1f}  {one.system}"
            for one in self._references()
        ]
        if protocol.remark:
            rows.append(protocol.remark)
        rows += [f"note: {note}" for note in self.selection.notes]
        return "\n".join(map(printable, rows))

    def _references(self):
        references = self.selection.protocol.references
        return [one for one in references if one.has_text == self.has_text]


def summarise(scores: LineScores, selection: Selection, has_text: bool) -> Evaluation:
    """Means over the lines, in the units of the protocol.

    Args:
        scores: of the lines of `selection`, in any units.
        selection: what was scored.
        has_text: whether the network was given the text.
    """
    scores = scores.in_units(selection.std)
    num_lines = len(scores.num_points)
    columns = {
        "lines": np.ones(num_lines),
        "points": scores.num_points.astype(np.float64),
        "ink": scores.ink,
        "pen": scores.pen,
        "both": scores.ink + scores.pen,
    }
    if scores.dequantised is not None:
        discrete = scores.in_units((1.0, 1.0)).dequantised + scores.pen
        columns["dequantised"] = scores.dequantised + scores.pen
        columns["bits"] = -discrete / math.log(2.0)
    names, table = list(columns), np.stack(list(columns.values()), axis=1)
    whole, drawn = table.sum(axis=0), resample_sums(table)

    def quotient(above: str, below: str) -> Estimate:
        over, under = names.index(above), names.index(below)
        low, high = np.quantile(drawn[:, over] / drawn[:, under], COVERED)
        return Estimate(float(whole[over] / whole[under]), float(low), float(high))

    def part(name: str) -> Part:
        return Part(quotient(name, "lines"), quotient(name, "points"))

    is_bound = scores.dequantised is not None
    return Evaluation(
        selection,
        num_lines=num_lines,
        num_points=int(scores.num_points.sum()),
        has_text=has_text,
        log_likelihood=part("both"),
        ink=part("ink"),
        pen=part("pen"),
        dequantised=part("dequantised") if is_bound else None,
        bits_per_point=quotient("bits", "points") if is_bound else None,
        without_last_batch=_without_last_batch(columns["both"], selection),
    )


def resample_sums(table: np.ndarray) -> np.ndarray:
    """Column sums of the bootstrap's draws, the same for tables of as many lines.

    Args:
        table: `[line, column]`.

    Returns:
        float64 `[NUM_RESAMPLES, column]`: each the sum of as many rows as there are,
        drawn with replacement.
    """
    generator = np.random.default_rng(BOOTSTRAP_SEED)
    num_lines = len(table)
    return np.stack(
        [
            np.bincount(
                generator.integers(0, num_lines, num_lines), minlength=num_lines
            )
            @ table
            for _ in range(NUM_RESAMPLES)
        ]
    )


def _without_last_batch(
    values: np.ndarray, selection: Selection
) -> tuple[int, float] | None:
    dropped = selection.protocol.last_batch
    is_kept = np.array([line.line_id not in dropped for line in selection.lines])
    if not dropped or (~is_kept).sum() != len(dropped):
        return None
    return int(is_kept.sum()), float(values[is_kept].mean())


def _row(name: str, part: Part) -> str:
    line, point = part.nats_per_line, part.nats_per_point
    of_line = f"({line.low:,.1f} to {line.high:,.1f})"
    of_point = f"({point.low:.4f} to {point.high:.4f})"
    return (
        f"{name:15}{line.value:>10,.1f}  {of_line:21}{point.value:>11.4f}  {of_point}"
    )

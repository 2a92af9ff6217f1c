"""From lines to figures: means, their intervals, the report and its JSON."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sketch.evaluation.bootstrap import Estimate, estimate_quotients, forms_of
from sketch.evaluation.likelihood import LineScores
from sketch.evaluation.protocols import Selection
from sketch.system.messages import counted, printable

FORMAT = "sketch evaluation 1"
SCORES = ("log_likelihood", "dequantised")  # those that reports keep for each line
DECIMALS = 3  # of these


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
        num_lines, num_points: how many lines and offsets were scored.
        has_text: whether the network was given the text.
        log_likelihood: ink and pen together.
        ink, pen: its two parts; only the ink depends on the unit.
        dequantised: ink at the noisy points, and pen; None without whole coordinates.
        bits_per_point: the same as an upper bound of the length of a code for the
            recording's whole numbers: less is better, and no unit enters.
        without_last_batch: lines and nats a line without the lines that the protocol's
            authors left out of their mean; None if they left out none.
        line_scores: by line id, its log-likelihood and the dequantised one (or None),
            in nats, in the protocol's unit.
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
    line_scores: dict[str, tuple[float, float | None]]

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
            "line_scores": {
                name: {
                    line: scores[place] and round(scores[place], DECIMALS)
                    for line, scores in self.line_scores.items()
                }
                for place, name in enumerate(SCORES)
            },
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
            rows.append("dequantised    none: the coordinates are not whole numbers")
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
    both = scores.ink + scores.pen
    totals = {"log_likelihood": both, "ink": scores.ink, "pen": scores.pen}
    discrete = None
    if scores.dequantised is not None:
        totals["dequantised"] = scores.dequantised + scores.pen
        discrete = scores.in_units((1.0, 1.0)).dequantised + scores.pen
    points = scores.num_points.astype(np.float64)
    above = [values for values in totals.values() for _ in range(2)]
    below = [np.ones_like(points), points] * len(totals)
    if discrete is not None:
        above.append(-discrete / math.log(2.0))
        below.append(points)
    figures = estimate_quotients(
        np.stack(above, axis=1),
        np.stack(below, axis=1),
        forms_of(line.line_id for line in selection.lines),
    )
    parts = {name: Part(*figures[2 * n : 2 * n + 2]) for n, name in enumerate(totals)}
    dequantised = totals.get("dequantised", [None] * len(both))
    return Evaluation(
        selection,
        num_lines=len(points),
        num_points=int(points.sum()),
        has_text=has_text,
        **{"dequantised": None} | parts,
        bits_per_point=None if discrete is None else figures[-1],
        without_last_batch=_without_last_batch(both, selection),
        line_scores={
            line.line_id: (float(score), None if other is None else float(other))
            for line, score, other in zip(
                selection.lines, both, dequantised, strict=True
            )
        },
    )


def compare_reports(
    ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """The paired difference of two reports, as JSON, over the lines in both.

    Args:
        ours, theirs: reports of `Report.to_json`, of one protocol and corpus.

    Returns:
        `model`: theirs; `num_lines`; `log_likelihood` and `dequantised` (or None): by
        how many nats a line ours is better, with its interval.

    Raises:
        ValueError: one is no such report, they do not fit each other, or they share no
            line.
    """
    try:
        for key in ("format", "protocol", "unit"):
            if ours[key] != theirs[key]:
                raise ValueError(f"its {key} is {theirs[key]}, not {ours[key]}")
        if ours["corpus"]["digest"] != theirs["corpus"]["digest"]:
            raise ValueError(f"it is of another corpus, {theirs['corpus']['source']}")
        pairs = {name: _shared(ours, theirs, name) for name in SCORES}
        model = theirs["model"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"it is no report of `sketch evaluate --json` with line_scores: {error!r}"
        ) from error
    if not pairs["log_likelihood"]:
        raise ValueError("it scores none of these lines")
    return {
        "model": model,
        "num_lines": len(pairs["log_likelihood"]),
        **{name: _mean_gain(pairs[name]) for name in SCORES},
    }


def _shared(ours, theirs, name: str) -> dict[str, tuple[float, float]]:
    """Both scores of each line that has them."""
    here, there = (report["line_scores"][name] for report in (ours, theirs))
    pairs = {line: (score, there.get(line)) for line, score in here.items()}
    return {line: pair for line, pair in pairs.items() if None not in pair}


def _mean_gain(pairs: Mapping[str, tuple[float, float]]) -> dict[str, float] | None:
    if not pairs:
        return None
    gains = np.array([[ours - theirs] for ours, theirs in pairs.values()])
    [mean] = estimate_quotients(gains, np.ones_like(gains), forms_of(pairs))
    return asdict(mean)


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

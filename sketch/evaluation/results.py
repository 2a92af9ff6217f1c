"""From the scores of lines to figures: means, their intervals, paired differences."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from sketch.evaluation.bootstrap import Estimate, estimate_quotients, forms_of
from sketch.evaluation.likelihood import LineScores
from sketch.evaluation.protocols import Selection

FORMAT = "sketch evaluation 2"
SCORES = ("log_likelihood", "dequantised")  # those that reports keep for each line
DECIMALS = 3  # of these


def summarise(
    scores: LineScores, selection: Selection, has_text: bool
) -> dict[str, Any]:
    """The part of a report about its scores, in the units of the protocol.

    Args:
        scores: of the lines of `selection`, in any units.
        selection: what was scored.
        has_text: whether the network was given the text.
    """
    scores = scores.in_units(selection.std)
    protocol, points = selection.protocol, scores.num_points
    totals = {
        "log_likelihood": scores.ink + scores.pen,
        "ink": scores.ink,
        "pen": scores.pen,
    }
    above = dict(totals)
    if scores.dequantised is not None:
        totals["dequantised"] = above["dequantised"] = scores.dequantised + scores.pen
        discrete = scores.in_units((1.0, 1.0)).dequantised + scores.pen
        above["bits_per_point"] = -discrete / math.log(2.0)
    columns = np.stack(list(above.values()), axis=1)
    forms = forms_of(line.line_id for line in selection.lines)
    per_line, per_point = (
        dict(zip(above, estimate_quotients(columns, below, forms), strict=True))
        for below in (np.ones((len(points), 1)), points[:, None])
    )
    parts = {
        name: {"nats_per_line": per_line[name], "nats_per_point": per_point[name]}
        for name in totals
    }
    return {
        "protocol": protocol.name,
        "is_its_corpus": selection.is_its_corpus,
        "set": protocol.set_name,
        "has_text": has_text,
        "num_lines": len(points),
        "num_points": int(points.sum()),
        "left_out": selection.left_out,
        "unit": selection.std.tolist(),
        "dequantised": None,
        **parts,
        "bits_per_point": per_point.get("bits_per_point"),
        "references": [
            asdict(one) for one in protocol.references if one.has_text == has_text
        ],
        "remark": protocol.remark or None,
        "line_scores": {name: _by_line(selection, totals.get(name)) for name in SCORES},
    }


def _by_line(
    selection: Selection, scores: np.ndarray | None
) -> dict[str, float | None]:
    ids = [line.line_id for line in selection.lines]
    if scores is None:
        return dict.fromkeys(ids)
    return dict(zip(ids, scores.round(DECIMALS).tolist(), strict=True))


def compare_reports(
    ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """The paired difference of two reports, over the lines in both.

    Args:
        ours, theirs: reports of `evaluate_experiment`, of one protocol and corpus.

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
        gains = {name: _gains(ours, theirs, name) for name in SCORES}
        model = theirs["model"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"it is no report of `sketch evaluate --json` with line_scores: {error!r}"
        ) from error
    num_lines = len(gains["log_likelihood"])
    if not num_lines:
        raise ValueError("it scores none of these lines")
    means = {name: _mean(gain) for name, gain in gains.items()}
    return {"model": model, "num_lines": num_lines, **means}


def _gains(ours, theirs, name: str) -> dict[str, float]:
    here, there = (report["line_scores"][name] for report in (ours, theirs))
    pairs = {line: (score, there.get(line)) for line, score in here.items()}
    return {line: a - b for line, (a, b) in pairs.items() if None not in (a, b)}


def _mean(gains: Mapping[str, float]) -> Estimate | None:
    if not gains:
        return None
    column = np.array(list(gains.values()))[:, None]
    return estimate_quotients(column, np.ones_like(column), forms_of(gains))[0]

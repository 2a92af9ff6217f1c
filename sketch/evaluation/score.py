"""Scores an experiment: its weights, the lines of a protocol, the figures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sketch.corpus.shards import open_shards
from sketch.evaluation import BATCH_SIZE, PROTOCOL_NAMES
from sketch.evaluation.likelihood import score_lines
from sketch.evaluation.protocols import PROTOCOLS, select_lines
from sketch.evaluation.results import FORMAT, SCORES, compare_reports, summarise
from sketch.evaluation.subject import describe_subject, with_text
from sketch.experiment.corpora import require_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import load_trained
from sketch.system.messages import counted


def evaluate_experiment(
    experiment: Experiment,
    root: str | Path,
    protocol: str = PROTOCOL_NAMES[0],
    data: str | Path | Sequence[str | Path] | None = None,
    kind: str = "best",
    batch_size: int = BATCH_SIZE,
    progress: bool = False,
    other: Path | None = None,
) -> dict[str, Any]:
    """Score an experiment on lines that it was not trained on.

    Args:
        experiment: the one to score.
        root: the folder of all experiments, where its ancestors are looked for.
        protocol: a name in `PROTOCOLS`.
        data: the corpus, see `find_corpus_of`; None finds it.
        kind: "best" or "latest" checkpoint; before the first epoch has ended, "best"
            falls back to "latest".
        batch_size: lines at a time; changes nothing but rounding.
        progress: whether to show a bar on stderr.
        other: a report to compare with, a file of `sketch evaluate --json`.

    Returns:
        The report.

    Raises:
        FileNotFoundError: there is no corpus.
        ValueError: no checkpoint yet; corpus, protocol, experiment and `other` do not
            fit each other.
        FloatingPointError: a line's score is not finite.
    """
    theirs = other and _read_report(other)
    has_text = experiment.hyperparameters.text
    alphabet = experiment.alphabet if has_text else None
    with open_shards(require_corpus(experiment, data)) as corpus:
        selection = select_lines(corpus, PROTOCOLS[protocol], alphabet)
    network, weights = load_trained(experiment, kind)
    subject, notes = describe_subject(experiment, root, weights, corpus)
    scores = score_lines(
        network,
        selection.lines,
        experiment.offset_mean,
        experiment.offset_std,
        alphabet,
        selection.protocol.max_rows,
        batch_size,
        progress,
    )
    report = {
        "format": FORMAT,
        **subject,
        **summarise(scores, selection, has_text),
        "notes": [*selection.notes, *notes],
        "comparison": None,
    }
    if other is not None:
        try:
            report["comparison"] = compare_reports(report, theirs)
        except ValueError as error:
            raise ValueError(f"{other}: {error}") from error
    return with_text(report, _rows(report))


def _read_report(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error


def _rows(report: Mapping[str, Any]) -> list[str]:
    protocol, std = PROTOCOLS[report["protocol"]], report["unit"]
    left_out = ", ".join(
        f"{count:,} {why.replace('_', ' ')}"
        for why, count in report["left_out"].items()
    )
    rows = [
        f"protocol {protocol.name}: {protocol.title}",
        f"{counted(report['num_lines'], 'line')}, "
        f"{counted(report['num_points'], 'point')}; left out: {left_out}; unit "
        f"({std[0]:.3f}, {std[1]:.3f})",
        "",
        f"{'':15}{'nats/line':>10}  {'95 % interval':21}{'nats/point':>11}  "
        "95 % interval",
        _row("log-likelihood", report["log_likelihood"]),
        _row("  ink", report["ink"]),
        _row("  pen", report["pen"]),
    ]
    if report["dequantised"] is None:
        rows.append("dequantised    none: the coordinates are not whole numbers")
    else:
        rows.append(_row("dequantised", report["dequantised"]))
        rows.append(
            "               at most {value:.3f} bits/point ({low:.3f} to {high:.3f}) "
            "for the whole coordinates".format(**report["bits_per_point"])
        )
    loss = -report["log_likelihood"]["nats_per_line"]["value"]
    rows += ["", f"as papers print it, a loss: {loss:.1f} nats/line"]
    for one in report["references"]:
        rows.append(f"to compare: {-one['nats_per_line']:.1f}  {one['system']}")
    if protocol.remark:
        rows.append(protocol.remark)
    if comparison := report["comparison"]:
        count = counted(comparison["num_lines"], "line")
        rows.append(
            f"better than {comparison['model']}, over the {count} of both, in "
            "nats/line:"
        )
        for name in SCORES:
            if gain := comparison[name]:
                rows.append(
                    f"  {name.replace('_', '-'):15}"
                    "{value:+,.1f}  ({low:+,.1f} to {high:+,.1f})".format(**gain)
                )
    return rows


def _row(name: str, part: Mapping[str, Mapping[str, float]]) -> str:
    line, point = part["nats_per_line"], part["nats_per_point"]
    of_line = "({low:,.1f} to {high:,.1f})".format(**line)
    return f"{name:15}{line['value']:>10,.1f}  {of_line:21}" + (
        "{value:>11.4f}  ({low:.4f} to {high:.4f})".format(**point)
    )

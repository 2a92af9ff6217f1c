"""`sketch list`."""

import time
from pathlib import Path

import click

from sketch.cli.options import debug_option, experiments_option

SCORES = ("train", "valid", "test")
HEADER = ("experiment", "epochs", "step", *SCORES, "age", "running")


@click.command()
@experiments_option
@debug_option
def command(experiments: Path) -> None:
    """List the experiments, with how far and how good they are.

    The log-likelihoods are in nats a line, of the epoch that was best on the validation
    lines; its weights are those that write.
    """
    from sketch.cli.main import describe
    from sketch.experiment.directory import Experiment, find_experiments
    from sketch.experiment.hands import find_hands

    rows, damaged = [], []
    for path in find_experiments(experiments):
        try:
            rows.append(_row(Experiment.load(path, experiments)))
        except (ValueError, OSError) as error:
            damaged.append(f"damaged: {describe(error)}")
    if not rows and not damaged:
        click.echo(f"no experiments in {experiments}; `sketch train` makes one")
    if rows:
        table = [HEADER, *rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for name, *cells in table:
            right = [cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True)]
            click.echo("  ".join([name.ljust(widths[0]), *right]).rstrip())
    names = ", ".join(find_hands())
    if names:
        click.echo(f"with sketch come: {names}")
    for line in damaged:
        click.echo(line, err=True)


def _row(experiment) -> tuple[str, ...]:
    history = experiment.history()
    best = max(history, key=_valid, default={})
    scores = [best.get(f"{name}_log_likelihood", float("nan")) for name in SCORES]
    newest = experiment.history_path if history else experiment.path
    return (
        experiment.name if experiment.name.isprintable() else repr(experiment.name),
        str(history[-1]["epoch"]) if history else "0",
        str(history[-1]["step"]) if history else "0",
        *(f"{score:.1f}" if score == score else "-" for score in scores),
        age(time.time() - newest.stat().st_mtime),
        "yes" if experiment.holder() else "-",
    )


def _valid(row: dict[str, float]) -> float:
    score = row.get("valid_log_likelihood", float("nan"))
    return score if score == score else float("-inf")  # NaN is no score


def age(seconds: float) -> str:
    """A time span in its largest unit: `40 s`, `3 min`, `5 h`, `12 d`."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds / length)} {unit}"
    return f"{max(int(seconds), 0)} s"

"""`sketch list`."""

import time
from pathlib import Path

import click

from sketch.cli.options import debug_option, experiments_option

HEADER = ("experiment", "epochs", "step", "best valid nats/line", "age", "running")


@click.command()
@experiments_option
@debug_option
def command(experiments: Path) -> None:
    """List the experiments, with how far and how good they are."""
    from sketch.cli.main import describe
    from sketch.experiment.directory import Experiment, find_experiments

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
    for line in damaged:
        click.echo(line, err=True)


def _row(experiment) -> tuple[str, ...]:
    history = experiment.history()
    scores = [row.get("valid_log_likelihood", float("nan")) for row in history]
    scores = [score for score in scores if score == score]  # NaN is no score
    newest = experiment.history_path if history else experiment.path
    return (
        experiment.name if experiment.name.isprintable() else repr(experiment.name),
        str(history[-1]["epoch"]) if history else "0",
        str(history[-1]["step"]) if history else "0",
        f"{max(scores):.1f}" if scores else "-",
        age(time.time() - newest.stat().st_mtime),
        "yes" if experiment.holder() else "-",
    )


def age(seconds: float) -> str:
    """A time span in its largest unit: `40 s`, `3 min`, `5 h`, `12 d`."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds / length)} {unit}"
    return f"{max(int(seconds), 0)} s"

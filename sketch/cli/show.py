"""`sketch show`."""

import json
import math
from pathlib import Path
from typing import Any

import click

from sketch.cli.options import ExperimentName, debug_option, experiments_option

COLUMNS = {  # of the history, as shown to people
    "epoch": "d",
    "step": "d",
    "seconds": ".0f",
    "points_per_second": ".0f",
    "learning_rate": ".3g",
    "train_log_likelihood": ".2f",
    "valid_log_likelihood": ".2f",
    "test_log_likelihood": ".2f",
    "valid_log_likelihood_per_point": ".4f",
}


@click.command()
@click.argument("experiment", type=ExperimentName())
@click.option("--json", "as_json", is_flag=True, help="Everything, for machines.")
@experiments_option
@debug_option
def command(experiment: str, as_json: bool, experiments: Path) -> None:
    """Show settings, lineage and history of an experiment.

    EXPERIMENT is its name, or the path of its directory.
    """
    from sketch.experiment.directory import Experiment

    facts = _facts(Experiment.load(experiment, experiments), experiments)
    if as_json:
        click.echo(json.dumps(facts, indent=2, allow_nan=False))
        return
    for key in ("name", "path", "running", "data_digest"):
        click.echo(f"{key}: {facts[key] or '-'}")
    click.echo(f"alphabet: {''.join(facts['alphabet']) or '-'}")
    for key in ("offset_mean", "offset_std"):
        click.echo(f"{key}: {facts[key][0]:.3f}, {facts[key][1]:.3f}")
    click.echo("settings:")
    for key, value in facts["hyperparameters"].items():
        click.echo(f"  {key}: {'-' if value is None else value}")
    for ancestor in facts["lineage"]:
        click.echo(f"from: {ancestor['parent']}, step {ancestor['step']}")
    if not facts["history"]:
        click.echo("history: no epoch finished yet")
        return
    click.echo("history:  [log-likelihoods in nats a line]")
    click.echo(
        "  " + "  ".join(name.replace("_log_likelihood", "") for name in COLUMNS)
    )
    for row in facts["history"]:
        cells = []
        for name, form in COLUMNS.items():
            value = row.get(name)
            width = len(name.replace("_log_likelihood", ""))
            cells.append(("-" if value is None else format(value, form)).rjust(width))
        click.echo("  " + "  ".join(cells))


def _facts(experiment, root: Path) -> dict[str, Any]:
    from sketch.experiment.hyperparameters import to_json

    return {
        "name": experiment.name,
        "path": str(experiment.path),
        "running": experiment.holder(),
        "hyperparameters": to_json(experiment.hyperparameters),
        "alphabet": list(experiment.alphabet.characters),
        "offset_mean": experiment.offset_mean.tolist(),
        "offset_std": experiment.offset_std.tolist(),
        "data_digest": experiment.data_digest,
        "lineage": _lineage(experiment, root),
        "history": [
            {key: value if math.isfinite(value) else None for key, value in row.items()}
            for row in experiment.history()
        ],
    }


def _lineage(experiment, root: Path) -> list[dict[str, Any]]:
    """The parent, its parent and so on, as far as they are still there."""
    from dataclasses import asdict

    from sketch.experiment.directory import find_relatives

    ancestors = []
    there = find_relatives(root)
    while experiment.lineage is not None and len(ancestors) < 100:
        ancestors.append(asdict(experiment.lineage))
        # By listing, never by joining: the name comes from a file.
        path = there.pop(experiment.lineage.parent, None)
        if path is None:
            break
        experiment = type(experiment).load(path, root)
    return ancestors

"""`sketch show`."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import click

from sketch.cli.options import debug_option, experiments_option
from sketch.cli.param_types import ExperimentName
from sketch.system.messages import echo

if TYPE_CHECKING:
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.recogniser_directory import RecogniserDirectory

COLUMNS = {  # of a history, as shown to people; no history has all of them
    "epoch": "d",
    "step": "d",
    "seconds": ".0f",
    "points_per_second": ".0f",
    "learning_rate": ".3g",
    "train_log_likelihood": ".2f",
    "valid_log_likelihood": ".2f",
    "test_log_likelihood": ".2f",
    "valid_log_likelihood_per_point": ".4f",
    "train_nats_per_character": ".3f",
    "valid_error_rate": ".2%",
}


@click.command()
@click.argument("experiment", type=ExperimentName())
@click.option("--json", "as_json", is_flag=True, help="Everything, for machines.")
@experiments_option
@debug_option
def command(experiment: str, as_json: bool, experiments: Path) -> None:
    """Show what an experiment is and how it learned.

    Settings, lineage, history. EXPERIMENT is its name, or the path of its directory.
    """
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.places import is_recogniser
    from sketch.experiment.recogniser_directory import RecogniserDirectory

    if is_recogniser(experiment, experiments):
        facts = _facts(RecogniserDirectory.load(experiment, experiments))
        settings = facts["settings"]
    else:
        source = Experiment.load(experiment, experiments)
        facts = _facts(source) | {
            "styles": _styles(source),
            "lineage": _lineage(source, experiments),
        }
        settings = facts["hyperparameters"]
    if as_json:
        click.echo(json.dumps(facts, indent=2, allow_nan=False))
        return
    for key in ("name", "path", "running", "data_digest"):
        echo(f"{key}: {facts[key] or '-'}")
    echo(f"alphabet: {''.join(facts['alphabet']) or '-'}")
    for key in ("offset_mean", "offset_std"):
        echo(f"{key}: {facts[key][0]:.3f}, {facts[key][1]:.3f}")
    if facts.get("styles"):
        echo(f"styles: {', '.join(facts['styles'])}")
    echo("settings:")
    for key, value in settings.items():
        echo(f"  {key}: {'-' if value is None else value}")
    for ancestor in facts.get("lineage", ()):
        echo(f"from: {ancestor['parent']}, step {ancestor['step']}")
    _echo_history(facts["history"])


def _echo_history(rows: list[dict[str, float | None]]) -> None:
    if not rows:
        echo("history: no epoch finished yet")
        return
    columns = {name: form for name, form in COLUMNS.items() if name in rows[-1]}
    has_nats = "valid_log_likelihood" in columns
    echo("history:" + "  [log-likelihoods in nats a line]" * has_nats)
    heads = [name.replace("_log_likelihood", "") for name in columns]
    echo("  " + "  ".join(heads))
    for row in rows:
        cells = []
        for head, (name, form) in zip(heads, columns.items(), strict=True):
            value = row.get(name)
            cell = "-" if value is None else format(value, form)
            cells.append(cell.rjust(len(head)))
        echo("  " + "  ".join(cells))


def _facts(source: Union["Experiment", "RecogniserDirectory"]) -> dict[str, Any]:
    from sketch.experiment.recogniser_directory import RecogniserDirectory
    from sketch.settings.hyperparameters import to_json

    is_recogniser = isinstance(source, RecogniserDirectory)
    return {
        "name": source.name,
        "path": str(source.path),
        "running": source.holder(),
        "settings" if is_recogniser else "hyperparameters": to_json(
            source.settings if is_recogniser else source.hyperparameters
        ),
        "alphabet": list(source.alphabet.characters),
        "offset_mean": source.offset_mean.tolist(),
        "offset_std": source.offset_std.tolist(),
        "data_digest": source.data_digest,
        "history": [
            {key: value if math.isfinite(value) else None for key, value in row.items()}
            for row in source.history()
        ],
    }


def _styles(experiment: "Experiment") -> list[str]:
    """Their names; none where they are damaged, which is told."""
    from sketch.cli.main import describe
    from sketch.experiment.styles import load_styles

    try:
        return list(load_styles(experiment))
    except (ValueError, OSError) as error:
        echo(f"damaged: {describe(error)}", err=True)
        return []


def _lineage(experiment: "Experiment", root: Path) -> list[dict[str, Any]]:
    """What is known of the parent, its parent and so on."""
    from sketch.experiment.lineage import ancestors

    return [
        {"parent": lineage.parent, "step": lineage.step}
        for lineage, _ in ancestors(experiment, root)
    ]

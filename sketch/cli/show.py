"""`sketch show`."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import click

from sketch.cli.options import common_options, echo_json, model_argument
from sketch.experiment.places import RECOGNISER_NAME, SETTINGS_NAME, is_recogniser
from sketch.system.messages import echo

if TYPE_CHECKING:
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.recogniser_directory import RecogniserDirectory

COLUMNS = {  # of a history, with their number formats; no history has all of them
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
@model_argument(SETTINGS_NAME, RECOGNISER_NAME)
@click.option("--json", "as_json", is_flag=True, help="Print everything, as JSON.")
@common_options()
def command(model: str, as_json: bool, experiments: Path) -> None:
    """Show an experiment's settings, lineage and history.

    MODEL is the name of an experiment, recogniser or pretrained model, the beginning of
    its name, or its directory.
    """
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.recogniser_directory import RecogniserDirectory

    if is_recogniser(model, experiments):
        facts = _facts(RecogniserDirectory.load(model, experiments))
        settings = facts["settings"]
    else:
        source = Experiment.load(model, experiments)
        facts = _facts(source) | {
            "styles": _styles(source),
            "lineage": _lineage(source, experiments),
        }
        settings = facts["hyperparameters"]
    if as_json:
        echo_json(facts)
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
    columns = {name: spec for name, spec in COLUMNS.items() if name in rows[-1]}
    has_nats = "valid_log_likelihood" in columns
    echo("history:" + "  [log-likelihoods in nats a line]" * has_nats)
    heads = [name.replace("_log_likelihood", "") for name in columns]
    echo("  " + "  ".join(heads))
    for row in rows:
        cells = []
        for head, (name, spec) in zip(heads, columns.items(), strict=True):
            value = row.get(name)
            cell = "-" if value is None else format(value, spec)
            cells.append(cell.rjust(len(head)))
        echo("  " + "  ".join(cells))


def _facts(source: Union["Experiment", "RecogniserDirectory"]) -> dict[str, Any]:
    from sketch.experiment.recogniser_directory import RecogniserDirectory
    from sketch.settings.hyperparameters import to_json

    is_experiment = not isinstance(source, RecogniserDirectory)
    return {
        "name": source.name,
        "path": str(source.path),
        "running": source.holder(),
        "hyperparameters" if is_experiment else "settings": to_json(
            source.hyperparameters if is_experiment else source.settings
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
    """Their names; if they are damaged, none, and a line on stderr."""
    from sketch.cli.main import describe
    from sketch.experiment.styles import load_styles

    try:
        return list(load_styles(experiment))
    except (ValueError, OSError) as error:
        echo(f"damaged: {describe(error)}", err=True)
        return []


def _lineage(experiment: "Experiment", root: Path) -> list[dict[str, Any]]:
    """The parent, its parent and so on, as far as they are known."""
    from sketch.experiment.lineage import ancestors

    return [
        {"parent": lineage.parent, "step": lineage.step}
        for lineage, _ in ancestors(experiment, root)
    ]

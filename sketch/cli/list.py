"""`sketch list`."""

import math
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import click

from sketch.cli.options import common_options, echo_json
from sketch.experiment import places
from sketch.system.messages import echo

if TYPE_CHECKING:
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.recogniser_directory import RecogniserDirectory

SCORES = ("train", "valid", "test")
TABLES = {  # kind -> its columns
    "experiments": ("experiment", "epochs", "step", *SCORES, "age", "running"),
    "recognisers": ("recogniser", "epochs", "step", "misread", "age", "running"),
    "pretrained": ("pretrained model", "title", "data", "makes", "licence"),
}
MAX_CELL = 44  # characters


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, for machines.")
@common_options()
def command(as_json: bool, experiments: Path) -> None:
    """List experiments, recognisers and pretrained models.

    Epochs and steps are those of the last finished epoch. The log-likelihoods, in nats
    a line, are of the epoch with the best validation score, whose weights are used.
    "misread" is the smallest share of the characters of the validation lines that a
    recogniser got wrong.
    """
    from sketch.cli.main import describe
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.recogniser_directory import RecogniserDirectory

    classes = {
        places.SETTINGS_NAME: (Experiment, _log_likelihoods),
        places.RECOGNISER_NAME: (RecogniserDirectory, _error_rate),
    }
    damaged: list[str] = []

    def facts_of(paths: Iterable[Path], read: Callable) -> list[dict[str, Any]]:
        found = []
        for path in paths:
            try:
                found.append(read(path))
            except (ValueError, OSError) as error:
                damaged.append(describe(error))
        return found

    tables: dict[str, list] = {"pretrained": []}
    for kind, name in zip(TABLES, classes, strict=False):
        load, scores = classes[name][0].load, classes[name][1]
        tables[kind] = facts_of(
            places.find_own(experiments, name),
            lambda path, load=load, scores=scores: _run_facts(
                load(path, experiments), scores
            ),
        )
        tables["pretrained"] += facts_of(
            places.find_pretrained(name).values(),
            lambda path, load=load: _card_facts(load(path, experiments)),
        )
    if as_json:
        echo_json(tables | {"damaged": damaged})
        return
    if not tables["experiments"] and not tables["recognisers"] and not damaged:
        echo(f"no experiments in {experiments}; `sketch train` makes one")
    for kind, header in TABLES.items():
        if tables[kind]:
            _echo_table([header, *map(_cells, tables[kind])])
    for problem in damaged:
        echo(f"damaged: {problem}", err=True)


def _run_facts(
    source: Union["Experiment", "RecogniserDirectory"],
    scores: Callable[[list[dict[str, float]]], dict[str, float | None]],
) -> dict[str, Any]:
    history = source.history()
    newest = source.history_path if history else source.path
    return {
        "name": source.name,
        "epochs": int(history[-1]["epoch"]) if history else 0,
        "step": int(history[-1]["step"]) if history else 0,
        **scores(history),
        "seconds_since_change": max(time.time() - newest.stat().st_mtime, 0.0),
        "is_running": source.holder() is not None,
    }


def _log_likelihoods(history: list[dict[str, float]]) -> dict[str, float | None]:
    columns = [f"{name}_log_likelihood" for name in SCORES]
    rows = [[_finite(row.get(column)) for column in columns] for row in history]
    best = max(
        rows,
        key=lambda row: -math.inf if row[1] is None else row[1],
        default=[None] * len(columns),
    )
    return dict(zip(columns, best, strict=True))


def _error_rate(history: list[dict[str, float]]) -> dict[str, float | None]:
    rates = [_finite(row.get("valid_error_rate")) for row in history]
    known = [rate for rate in rates if rate is not None]
    return {"valid_error_rate": min(known, default=None)}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _card_facts(source: Union["Experiment", "RecogniserDirectory"]) -> dict[str, str]:
    """What the card of a pretrained model says in its title and its table."""
    card = (source.path / places.CARD_NAME).read_text(
        encoding="utf-8", errors="replace"
    )
    rows = [row.split("|") for row in card.splitlines() if row.startswith("| ")]
    table = {row[1].strip(): row[2].strip() for row in rows if len(row) == 4}
    makes = "readings"
    if (source.path / places.SETTINGS_NAME).exists():
        makes = "texts" if source.hyperparameters.text else "free lines"
    return {
        "name": source.name,
        "title": places.read_title(source.path),
        "data": table.get("data", "-").partition(":")[0].partition(",")[0],
        "makes": makes,
        "licence": table.get("condition", "-"),
    }


def _cells(facts: Mapping[str, Any]) -> list[str]:
    return [_cell(name, value) for name, value in facts.items()]


def _cell(name: str, value: Any) -> str:
    if name == "seconds_since_change":
        return age(value)
    if name == "is_running":
        return "yes" if value else "-"
    if name.endswith("_log_likelihood"):
        return "-" if value is None else f"{value:.1f}"
    if name == "valid_error_rate":
        return "-" if value is None else f"{value:.1%}"
    if name == "licence":
        return textwrap.shorten(value, MAX_CELL, placeholder="…")
    return str(value)


def _echo_table(table: Sequence[Sequence[str]]) -> None:
    """Prints rows in columns: the first one flush left, numbers flush right."""
    is_text = table[0] == TABLES["pretrained"]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [
            cell.ljust(width) if is_text or not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        echo("  ".join(cells).rstrip())


def age(seconds: float) -> str:
    """A time span in its largest unit: `40 s`, `3 min`, `5 h`, `12 d`."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds / length)} {unit}"
    return f"{max(int(seconds), 0)} s"

"""`sketch list`."""

import math
import textwrap
import time
from collections.abc import Mapping, Sequence
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
    "pretrained": ("pretrained model", "title", "data", "use", "licence"),
}
MAX_LICENCE = 44  # characters shown


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything, as JSON.")
@common_options()
def command(as_json: bool, experiments: Path) -> None:
    """List experiments, recognisers and pretrained models.

    Epochs and steps count up to the last finished epoch. The log-likelihoods, in nats
    per line, are of the epoch with the best validation score, whose weights are used.
    "misread" is the share of the validation lines' characters that a recogniser got
    wrong in its best epoch.
    """
    from sketch.cli.main import describe
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.recogniser_directory import RecogniserDirectory

    tables: dict[str, list[dict[str, Any]]] = {kind: [] for kind in TABLES}
    damaged: list[str] = []
    for kind, name, loader in (
        ("experiments", places.SETTINGS_NAME, Experiment),
        ("recognisers", places.RECOGNISER_NAME, RecogniserDirectory),
    ):
        own = [(path, kind, _run_facts) for path in places.find_own(experiments, name)]
        shipped = places.find_pretrained(name).values()
        for path, table, describe_run in own + [
            (path, "pretrained", _card_facts) for path in shipped
        ]:
            try:
                tables[table].append(describe_run(loader.load(path, experiments)))
            except (ValueError, OSError) as error:
                damaged.append(describe(error))
    if as_json:
        echo_json(tables | {"damaged": damaged})
        return
    if not tables["experiments"] and not tables["recognisers"] and not damaged:
        echo(f"no experiments in {experiments}; `sketch train` makes one")
    for kind, header in TABLES.items():
        if tables[kind]:
            rows = [[_cell(*pair) for pair in facts.items()] for facts in tables[kind]]
            _echo_table([header, *rows], is_text=kind == "pretrained")
    for problem in damaged:
        echo(f"damaged: {problem}", err=True)


def _run_facts(source: Union["Experiment", "RecogniserDirectory"]) -> dict[str, Any]:
    history = source.history()
    newest = source.history_path if history else source.path
    is_experiment = hasattr(source, "hyperparameters")
    return {
        "name": source.name,
        "epochs": int(history[-1]["epoch"]) if history else 0,
        "step": int(history[-1]["step"]) if history else 0,
        **(_log_likelihoods if is_experiment else _error_rate)(history),
        "seconds_since_change": max(time.time() - newest.stat().st_mtime, 0.0),
        "is_running": source.holder() is not None,
    }


def _log_likelihoods(rows: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    """Those of the epoch with the best validation score."""

    def score(row: Mapping[str, float]) -> float:
        value = row.get("valid_log_likelihood", math.nan)
        return value if math.isfinite(value) else -math.inf

    best = max(rows, key=score, default={})
    columns = [f"{name}_log_likelihood" for name in SCORES]
    return {column: _finite(best.get(column, math.nan)) for column in columns}


def _error_rate(rows: Sequence[Mapping[str, float]]) -> dict[str, float | None]:
    rates = [_finite(row.get("valid_error_rate", math.nan)) for row in rows]
    known = [rate for rate in rates if rate is not None]
    return {"valid_error_rate": min(known, default=None)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _card_facts(source: Union["Experiment", "RecogniserDirectory"]) -> dict[str, str]:
    """What the card of a pretrained model says in its title and its table."""
    card = (source.path / places.CARD_NAME).read_text(encoding="utf-8")
    rows = [row.split("|") for row in card.splitlines() if row.startswith("| ")]
    table = {row[1].strip(): row[2].strip() for row in rows if len(row) == 4}
    use = "reads"
    if hasattr(source, "hyperparameters"):
        use = "writes texts" if source.hyperparameters.text else "writes freely"
    return {
        "name": source.name,
        "title": places.read_title(source.path),
        "data": table.get("data", "-").partition(":")[0].partition(",")[0],
        "use": use,
        "licence": table.get("condition", "-"),
    }


def _cell(name: str, value: Any) -> str:
    if value is None or value is False:
        return "-"
    if name == "licence":
        return textwrap.shorten(value, MAX_LICENCE, placeholder="…")
    if name == "seconds_since_change":
        return age(value)
    formats = {"is_running": "yes", "valid_error_rate": "{:.1%}"}
    is_score = name.endswith("_log_likelihood")
    return formats.get(name, "{:.1f}" if is_score else "{}").format(value)


def _echo_table(table: Sequence[Sequence[str]], is_text: bool) -> None:
    """Prints rows in columns; all but the first one flush right, unless text."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for name, *cells in table:
        aligned = [
            cell.ljust(width) if is_text else cell.rjust(width)
            for cell, width in zip(cells, widths[1:], strict=True)
        ]
        echo("  ".join([name.ljust(widths[0]), *aligned]).rstrip())


def age(seconds: float) -> str:
    """A time span in its largest unit: `40 s`, `3 min`, `5 h`, `12 d`."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds / length)} {unit}"
    return f"{max(int(seconds), 0)} s"

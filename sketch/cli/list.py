"""`sketch list`."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from sketch.cli.options import debug_option, experiments_option
from sketch.system.messages import echo

SCORES = ("train", "valid", "test")
HEADER = ("experiment", "epochs", "step", *SCORES, "age", "running")
READER_HEADER = ("reader", "epochs", "step", "misread", "age", "running")


@click.command()
@experiments_option
@debug_option
def command(experiments: Path) -> None:
    """List experiments and readers, and how good they are.

    Epochs and steps are those of the last epoch that ended. The log-likelihoods are in
    nats a line, of the epoch that was best on the validation lines; its weights are
    those that write. Of a reader, the share of the characters of the validation lines
    that it got wrong at its best.
    """
    from sketch.cli.main import describe
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.places import RECOGNISER_NAME, find_own, find_pretrained
    from sketch.experiment.recogniser_directory import RecogniserDirectory
    from sketch.experiment.styles import load_styles

    damaged: list[str] = []

    def rows(paths: Sequence[Path], load: Callable, scores: Callable) -> list:
        found = []
        for path in paths:
            try:
                found.append(_row(load(path, experiments), scores))
            except (ValueError, OSError) as error:
                damaged.append(describe(error))
        return found

    written = rows(find_own(experiments), Experiment.load, _log_likelihoods)
    read = rows(
        find_own(experiments, RECOGNISER_NAME), RecogniserDirectory.load, _error_rate
    )
    if not written and not read and not damaged:
        echo(f"no experiments in {experiments}; `sketch train` makes one")
    for header, table in ((HEADER, written), (READER_HEADER, read)):
        if table:
            _echo_table([header, *table])
    readers = find_pretrained(RECOGNISER_NAME)
    for kind, names in (("models", find_pretrained()), ("recognisers", readers)):
        if names:
            echo(f"pretrained {kind}: {', '.join(names)}")
    for name, path in find_pretrained().items():
        try:
            styles = load_styles(Experiment.load(path, experiments))
        except (ValueError, OSError) as error:
            damaged.append(describe(error))
            continue
        if styles:
            echo(f"styles of {name}, for --prime: {', '.join(styles)}")
    for problem in damaged:
        echo(f"damaged: {problem}", err=True)


def _row(source, scores: Callable[[list[dict[str, float]]], list[str]]) -> list[str]:
    history = source.history()
    newest = source.history_path if history else source.path
    return [
        source.name,
        str(history[-1]["epoch"]) if history else "0",
        str(history[-1]["step"]) if history else "0",
        *scores(history),
        age(time.time() - newest.stat().st_mtime),
        "yes" if source.holder() else "-",
    ]


def _log_likelihoods(history: list[dict[str, float]]) -> list[str]:
    best = max(history, key=_valid, default={})
    scores = [best.get(f"{name}_log_likelihood", float("nan")) for name in SCORES]
    return [f"{score:.1f}" if score == score else "-" for score in scores]


def _valid(row: dict[str, float]) -> float:
    score = row.get("valid_log_likelihood", float("nan"))
    return score if score == score else float("-inf")  # NaN is no score


def _error_rate(history: list[dict[str, float]]) -> list[str]:
    rates = [row.get("valid_error_rate", float("nan")) for row in history]
    rates = [rate for rate in rates if rate == rate]
    return [f"{min(rates):.1%}" if rates else "-"]


def _echo_table(table: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for name, *cells in table:
        right = [cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True)]
        echo("  ".join([name.ljust(widths[0]), *right]).rstrip())


def age(seconds: float) -> str:
    """A time span in its largest unit: `40 s`, `3 min`, `5 h`, `12 d`."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds / length)} {unit}"
    return f"{max(int(seconds), 0)} s"

"""`history.csv`: one row an epoch. The file is rewritten as a whole, never cut off.

Log-likelihoods are in nats per line, or `_per_point`; higher is better. `seconds` is
the time of training so far, without scoring and drawing; `step` is the number of
optimizer updates at the end of the epoch.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from sketch.system.atomic import write_text
from sketch.system.untrusted import parse_int, read_text

_COUNTS = ("epoch", "step")  # whole numbers, always there
COMMON_COLUMNS = (*_COUNTS, "seconds", "points_per_second", "learning_rate")
COLUMNS = (
    *COMMON_COLUMNS,
    "train_log_likelihood",
    "valid_log_likelihood",
    "test_log_likelihood",
    "gradient_norm",
    "train_log_likelihood_per_point",
    "valid_log_likelihood_per_point",
    "test_log_likelihood_per_point",
)


def read(path: Path) -> list[dict[str, float]]:
    """The rows, oldest first; an empty cell is NaN, `epoch` and `step` are integers.

    A file that a spreadsheet has saved is read too: with a byte order mark, or with
    semicolons and decimal commas.

    Raises:
        ValueError: damaged, or a link; names the file, the line and the remedy.
    """
    if not path.is_symlink() and not path.exists():
        return []
    text = read_text(path, inside=path.parent).removeprefix("\ufeff")
    if ";" in text.partition("\n")[0]:
        text = text.replace(",", ".").replace(";", ",")
    rows = csv.reader(text.splitlines(), strict=True)
    try:
        header = next(rows, [])
        if len(set(header)) != len(header) or not set(_COUNTS) <= set(header):
            raise ValueError("the first line must name the columns")
        return [_parse(header, cells) for cells in rows]
    except (ValueError, csv.Error) as error:
        raise ValueError(
            f"{path}, line {rows.line_num}, is damaged: {error}; repair the file or "
            "move it away: only figures need it"
        ) from error


def write(
    path: Path, rows: list[dict[str, float]], columns: Sequence[str] = COLUMNS
) -> None:
    """Writes all rows; columns of older or newer versions are kept.

    Raises:
        OSError: the file is unchanged.
    """
    names = dict.fromkeys(columns) | dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    table = csv.DictWriter(text, list(names), lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({name: _format(name, row[name]) for name in row})
    write_text(path, text.getvalue())


def append(
    path: Path, row: Mapping[str, float], columns: Sequence[str] = COLUMNS
) -> None:
    """Adds a row, with epoch and step at least; makes the table if it is missing.

    Raises:
        OSError: the file is unchanged.
    """
    write(path, [*read(path), dict(row)], columns)


def truncate(path: Path, epoch: int, columns: Sequence[str] = COLUMNS) -> None:
    """Drops the rows after `epoch`, which a resumed run will write again.

    Epochs, not steps: the last checkpoint of an epoch may be from before its end.
    """
    rows = read(path)
    kept = [row for row in rows if row["epoch"] <= epoch]
    if len(kept) < len(rows):
        write(path, kept, columns)


def _parse(header: list[str], cells: list[str]) -> dict[str, float]:
    if len(cells) != len(header):
        raise ValueError(f"{len(cells)} cells, {len(header)} expected")
    return {
        name: parse_int(cell) if name in _COUNTS else float(cell or "nan")
        for name, cell in zip(header, cells, strict=True)
    }


def _format(name: str, value: float) -> str:
    if name in _COUNTS:
        return str(int(value))
    return "" if math.isnan(value) else repr(float(value))

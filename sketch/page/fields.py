"""One letter to many people: a text with `{fields}`, filled in from a table.

The table is a CSV file as spreadsheets write it: with commas, semicolons or tabs, as
UTF-8 or UTF-16. Its first row names the columns. Rows are counted as a spreadsheet
counts them, so the first person is row 2; `{row}` is this number, unless a column has
that name.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sketch.page.typing import decode_text

FIELD = re.compile(r"\{([^{}\n]*)\}")
SEPARATORS = "\t;,"  # the likeliest first where a header could have either
NOT_IN_NAMES = re.compile(r'[^\w .,+@()\'-]|[<>:"/\\|?*]')
MAX_NAME = 60  # characters of a cell in the name of a file
PAGE_NUMBER = re.compile(r"-\d{1,3}(?=\.\w+$)")


class FilledIn(NamedTuple):
    """The letter of a row.

    Attributes:
        where: begins a message about it: the table's name and the row.
        text: what to write.
        output: its file.
    """

    where: str
    text: str
    output: Path


def fill_in(text: str, output: Path, table: Path) -> list[FilledIn]:
    """Fills in a text, and the name of its file, for each row of a table.

    Args:
        text: with `{column}`, as often as wanted.
        output: the file, with `{column}` in its name. In names, characters that a
            system forbids become `_`.
        table: a CSV file.

    Raises:
        ValueError: an unknown field, an empty cell of a field, a row with too few or
            too many cells, or two rows with one file; names the table and the row.
        OSError: the table cannot be read.
    """
    if not FIELD.search(str(output)):
        raise ValueError(
            f"each row needs a file of its own: put a column of {table} into the name "
            f"of the output, such as {output.with_stem(output.stem + '-{row}')}"
        )
    letters: list[FilledIn] = []
    rows_of: dict[str, int] = {}  # by the output, as systems without capitals see it
    for number, row in read_table(table).items():
        where = f"{table}, row {number}: "
        path = Path(_fill(str(output), row, where, _as_name))
        key = unicodedata.normalize("NFC", str(path)).casefold()
        if key in rows_of:
            raise ValueError(
                f"{table}: rows {rows_of[key]} and {number} would both be written to "
                f"{path}; put another column, or {{row}}, into the name of the output"
            )
        rows_of[key] = number
        letters.append(FilledIn(where, _fill(text, row, where), path))
    for key, number in rows_of.items():
        other = rows_of.get(PAGE_NUMBER.sub("", key), number)
        if other != number:
            raise ValueError(
                f"{table}: the file of row {number} has the name of a page of row "
                f"{other}; put another column into the name of the output"
            )
    return letters


def read_table(path: Path) -> dict[int, dict[str, str]]:
    """The rows of a CSV file by their numbers; rows without any text are left out.

    Raises:
        ValueError: it is damaged, has no row, two columns of one name, or a row that
            does not have a cell for each column; names the file and the row.
        OSError: it cannot be read.
    """
    text = decode_text(path.read_bytes(), str(path))
    first = text.strip().splitlines()[:1]
    separator = max(
        SEPARATORS, key=lambda one: len(next(csv.reader(first, delimiter=one), []))
    )
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        skipinitialspace=True,
        strict=True,
    )
    rows: dict[int, list[str]] = {}
    number = 1
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cells := [cell.strip() for cell in cells]):
                rows[number] = cells
    except csv.Error as error:
        after = number + 1 if rows else number
        raise ValueError(
            f"{path}, row {after} is damaged ({error}): save the table as CSV again"
        ) from None
    if len(rows) < 2:
        raise ValueError(
            f"{path} has no rows to fill in: the first row names the columns, each row "
            "below it makes a letter"
        )
    names = rows.pop(min(rows))
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise ValueError(f"{path}: two columns are called {twice[0]!r}; rename one")
    for number, cells in rows.items():
        if len(cells) != len(names):
            raise ValueError(
                f"{path}, row {number} has {len(cells)} cells for {len(names)} columns "
                f"({', '.join(names)}): a cell that holds a separator needs quotes"
            )
    return {
        number: {"row": str(number)} | dict(zip(names, cells, strict=True))
        for number, cells in rows.items()
    }


def _fill(
    text: str, row: dict[str, str], where: str, shown: Callable[[str], str] = str
) -> str:
    def value(field: re.Match) -> str:
        name = field[1].strip()
        if name not in row:
            known = ", ".join(filter(None, row))
            raise ValueError(f"{where}no column is called {name!r}, but {known}")
        if not row[name]:
            raise ValueError(f"{where}the column {name!r} is empty")
        return shown(row[name])

    return FIELD.sub(value, text)


def _as_name(cell: str) -> str:
    """A cell as a part of a file's name on any system."""
    name = NOT_IN_NAMES.sub("_", " ".join(cell.split()))[:MAX_NAME]
    return name.strip(" .") or "_"

"""Letters filled in from tables as spreadsheets write them."""

from pathlib import Path

import pytest

from sketch.page.fields import fill_in

PEOPLE = [("name", "town, land"), ("Åsa", "Lund"), ("Bo", "Åbo, Finland")]


def table(separator=",", end="\r\n", quote='"'):
    rows = [separator.join(f"{quote}{cell}{quote}" for cell in row) for row in PEOPLE]
    return end.join(rows) + end


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tables_of_all_spreadsheets_are_read(tmp_path, separator, encoding, end):
    quote = '"' if separator == "," else ""
    path = tmp_path / "people.csv"
    path.write_bytes(table(separator, end, quote).encode(encoding))
    letters = fill_in("Dear { name },\nof {town, land}", Path("to/{name}.svg"), path)
    assert [letter.text for letter in letters] == [
        f"Dear {name},\nof {town}" for name, town in PEOPLE[1:]
    ]
    assert [letter.output for letter in letters] == [
        Path("to/Åsa.svg"),
        Path("to/Bo.svg"),
    ]
    assert letters[1].where == f"{path}, row 3: "


def test_rows_count_as_in_a_spreadsheet_and_cells_may_have_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('name,at\n\n,\n"Bo","1 Elm\nOxford"\n"A ""B"""," x "\n')
    letters = fill_in("{at} {", Path("{row}-{name}.pdf"), path)
    assert [letter.text for letter in letters] == ["1 Elm\nOxford {", "x {"]
    assert [str(letter.output) for letter in letters] == ["4-Bo.pdf", "5-A _B_.pdf"]
    assert [letter.where for letter in letters] == [
        f"{path}, row {n}: " for n in (4, 5)
    ]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("a\\b:c*?|<>", "a_b_c_____"),
        ("Dr. Åsa O'Neil-Ng (jr.)", "Dr. Åsa O'Neil-Ng (jr.)"),
        ("a\x1b[2J", "a__2J"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_cell_is_never_a_path(tmp_path, cell, name):
    path = tmp_path / "a.csv"
    path.write_text(f"name\n{cell}\n")
    (letter,) = fill_in("so", Path("to/{name}.svg"), path)
    assert letter.output == Path("to") / f"{name}.svg"


@pytest.mark.parametrize(
    ("rows", "output", "message"),
    [
        ("name\nBo\n", "a.svg", r"such as a-\{row\}.svg"),
        (
            "name\nBo\n",
            "{town}.svg",
            "row 2: no column is called 'town', but row, name",
        ),
        ("name,b\nBo,\n", "{name}.svg", "row 2: the column 'b' is empty"),
        ("name,b\nBo,x\nAl\n", "{name}.svg", r"row 3 has 1 cells for 2 columns \(name"),
        ("name,b\nBo,x,y\n", "{name}.svg", "row 2 has 3 cells for 2 .* needs quotes"),
        ("b,name\nx,Bo\ny,bo\n", "{name}.svg", "rows 2 and 3 would both be written to"),
        ("b,name\nx,Bo/\ny,Bo?\n", "{name}.svg", "rows 2 and 3 .* Bo_.svg"),
        (
            "b,name\nx,Bo-1\ny,Bo\n",
            "{name}.svg",
            "row 2 has the name of a page of row 3",
        ),
        ("name,name\nBo,x\n", "{name}.svg", "two columns are called 'name'"),
        ("name\n", "{name}.svg", "has no rows"),
        ("", "{name}.svg", "has no rows"),
        ('name,b\nBo,"x\n', "{name}.svg", "row 2 is damaged"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(tmp_path, rows, output, message):
    path = tmp_path / "a.csv"
    path.write_text(rows)
    with pytest.raises(ValueError, match=message) as caught:
        fill_in("Dear {name} {b}" if "b" in rows else "so", Path(output), path)
    assert str(path) in str(caught.value)


def test_an_empty_cell_that_no_field_needs_is_no_error(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("name,b\nBo,\n")
    assert len(fill_in("Dear {name}", Path("{name}.svg"), path)) == 1

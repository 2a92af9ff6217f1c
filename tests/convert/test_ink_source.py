"""Anybody's ink, collected: what was drawn is kept, or said to be lost."""

import unicodedata
import zipfile
from pathlib import Path

import pytest
from own_ink import TEXTS, ndjson, own_lines

from sketch.convert import ink_source, source_file
from sketch.convert.conversion import convert
from sketch.convert.ink_source import InkCollector
from sketch.ink import DamagedInk, svg
from sketch.ink.ink_files import write_json
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.page.svg_writer import write_svg


def test_collect_of_a_named_file_reads_the_text_beside_it(tmp_path, monkeypatch):
    paths = [tmp_path / f"{number}.svg" for number in range(3)]
    for path, line in zip(paths, own_lines(), strict=True):
        write_svg(path, InkLine(line.strokes))
        path.with_suffix(".txt").write_text(line.text)
    paths[2].with_suffix(".txt").unlink()
    monkeypatch.chdir(tmp_path)
    for sources in (paths, [*paths, paths[0].with_suffix(".txt")], ["."], [Path()]):
        database = InkCollector("svg").collect(sources)
        assert [line.transcript for line in database.lines] == [*TEXTS[:2], ""]


def test_collect_with_an_unreadable_text_beside_puts_it_in_doubt(tmp_path):
    for name, text in (("a", "caf\u00e9".encode("latin-1")), ("b", b"x" * 10_001)):
        write_json(tmp_path / f"{name}.json", InkLine(own_lines()[0].strokes))
        (tmp_path / f"{name}.txt").write_bytes(text)
        (tmp_path / f"stray {name}.txt").write_bytes(text)  # anybody's: no news
    database = InkCollector("json").collect([tmp_path])
    [(a, first), (b, second)] = database.in_doubt
    assert a.endswith("a.json") and "not UTF-8: save it as such" in first
    assert b.endswith("b.json") and "over 10,000 characters" in second
    assert [line.transcript for line in database.lines] == ["", ""]
    with pytest.raises(DamagedInk, match=r"--strict.*/a\.json: .*not UTF-8"):
        convert([tmp_path], tmp_path / "strict.hdf5", strict=True)


def test_collect_of_files_of_one_name_gives_different_ids(tmp_path):
    for name in ("alice", "bob"):
        (tmp_path / name).mkdir()
        write_json(tmp_path / name / "sheet.json", own_lines(seed=len(name)))
    sources = [tmp_path / name / "sheet.json" for name in ("alice", "bob")]
    ids = [line.line_id for line in InkCollector("json").collect(sources).lines]
    assert ids == [
        f"{place}-0{number}" for place in ("sheet", "sheet~2") for number in (1, 2, 3)
    ]
    write_json(tmp_path / "sheet~2.json", own_lines())  # as the second one is called
    database = InkCollector("json").collect([*sources, tmp_path / "sheet~2.json"])
    assert len({line.line_id for line in database.lines}) == 9
    assert not database.left_out


def ways_to_one_file(root):
    """Sources that hold `hands/deep/a.json` more than once, and ids it has."""
    (root / "linked").symlink_to(root / "hands")
    (root / "hands" / "deep" / "b.json").symlink_to("a.json")
    (root / "c.json").symlink_to(root / "hands" / "deep" / "a.json")
    file = "hands/deep/a.json"
    return [
        ([file, file], "a"),
        ([file, f"./{file}"], "a"),
        ([file, f"hands/../{file}"], "a"),
        ([file, root / file], "a"),
        ([file, "c.json"], "a"),
        (["c.json", file], "c"),
        ([file, "hands"], "a"),
        (["hands", file], "deep/a"),
        (["linked", "hands/deep"], "deep/a"),
        (["c.json", "hands"], "c"),
        (["packed.zip", root / "packed.zip"], "a"),
    ]


@pytest.mark.parametrize("way", range(11))
def test_collect_of_several_paths_to_a_file_reads_it_once(tmp_path, monkeypatch, way):
    folder = tmp_path / "hands" / "deep"
    folder.mkdir(parents=True)
    write_json(folder / "a.json", [line._replace(text="") for line in own_lines()])
    (folder / "a.txt").write_text("\n".join(TEXTS))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.write(folder / "a.json", "a.json")
    monkeypatch.chdir(tmp_path)
    sources, place = ways_to_one_file(tmp_path)[way]
    database = InkCollector("json").collect(sources)
    assert not database.left_out and not database.in_doubt
    assert [line.line_id for line in database.lines] == [
        f"{place}-{number:02d}" for number in (1, 2, 3)
    ]
    # The text is beside the ink, whichever of the paths it was read by.
    has_text = "packed.zip" not in sources
    texts = [line.transcript for line in database.lines]
    assert texts == (TEXTS if has_text else [""] * 3)


def test_collect_of_texts_that_are_links_reads_both(tmp_path):
    for name, seed in (("a", 1), ("b", 2)):
        write_json(tmp_path / f"{name}.json", InkLine(own_lines(seed=seed)[0].strokes))
    (tmp_path / "a.txt").write_text("both wrote this")
    (tmp_path / "b.txt").symlink_to("a.txt")
    lines = InkCollector("json").collect([tmp_path]).lines
    assert [line.transcript for line in lines] == ["both wrote this"] * 2


def test_collect_of_drawings_named_twice_reads_them_once(tmp_path, monkeypatch):
    monkeypatch.setattr(source_file, "PIECE_BYTES", 500)  # in several pieces
    path = tmp_path / "in" / "cat.ndjson"
    path.parent.mkdir()
    path.write_text(ndjson(30) + "{\n")
    (tmp_path / "link").symlink_to(path.parent)
    for sources in ([path, path.parent], [path.parent, tmp_path / "link", path]):
        database = InkCollector("quickdraw").collect(sources)
        assert len({line.line_id for line in database.lines}) == 30
        assert len(database.lines) == 30 and len(database.left_out) == 1


@pytest.mark.parametrize("write", [write_inkml, write_json])
def test_collect_keeps_the_writers(tmp_path, write):
    path = tmp_path / f"mine.{write.__name__.removeprefix('write_')}"
    *named, last = own_lines()
    write(path, [*(line._replace(writer="Zoë & Co") for line in named), last])
    lines = InkCollector(path.suffix[1:]).collect([path]).lines
    assert [line.writer for line in lines] == ["Zoë & Co", "Zoë & Co", ""]


def test_convert_with_a_text_of_many_bytes_leaves_it_out(tmp_path):
    long = "字" * 9000  # 27,000 bytes
    (tmp_path / "cat.ndjson").write_text(ndjson(1, long))
    (tmp_path / "dog.ndjson").write_text(ndjson(3))
    report = convert([tmp_path], tmp_path / "out.hdf5", split="random")
    assert "a text of 9,000 characters is too long for a line" in str(report)
    write_json(tmp_path / "mine.json", InkLine(own_lines()[0].strokes, writer=long))
    write_json(tmp_path / "yours.json", InkLine(own_lines()[0].strokes))
    (tmp_path / "yours.txt").write_text(long, encoding="utf-8")
    with pytest.raises(DamagedInk, match="no ink in .*mine.json: line mine-01: a text"):
        convert([tmp_path], tmp_path / "none.hdf5", file_format="json")


def test_collect_of_too_much_ink_is_refused(tmp_path, monkeypatch):
    (tmp_path / "cat.ndjson").write_text(ndjson(1000))
    monkeypatch.setattr(ink_source, "MAX_INK_BYTES", 1 << 19)
    with pytest.raises(ValueError, match="--limit"):
        InkCollector("quickdraw").collect([tmp_path])
    assert len(InkCollector("quickdraw", limit=500).collect([tmp_path]).lines) == 500
    monkeypatch.setattr(ink_source, "MAX_INK_BYTES", 1 << 10)
    write_json(tmp_path / "mine.json", own_lines())
    with pytest.raises(ValueError, match="in parts and train with several --data$"):
        InkCollector("json").collect([tmp_path])


def test_collect_of_too_many_points_in_curves_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(svg, "MAX_POINTS", 10_000)
    curves = "c9e5 0 9e5 9e5 0 9e5 -9e5 0 -9e5 -9e5 0 -9e5 " * 100
    (tmp_path / "a.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0{curves}"/></svg>'
    )
    with pytest.raises(DamagedInk, match="more than 10,000 points"):
        InkCollector("svg").collect([tmp_path])


@pytest.mark.parametrize(
    ("ink", "text", "encoding"),
    [
        ("\u00dcbung.json", "U\u0308bung.txt", "utf-8"),
        ("U\u0308bung.json", "\u00dcbung.txt", "utf-8"),
        ("PAGE1.JSON", "PAGE1.TXT", "ascii"),
        ("page.json", "page.txt", "utf-16"),
    ],
)
def test_collect_of_names_and_texts_of_any_system_finds_the_text(
    tmp_path, ink, text, encoding
):
    write_json(tmp_path / ink, InkLine(own_lines()[0].strokes))
    (tmp_path / text).write_bytes("what it reads\r\n".encode(encoding))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        for name in (ink, text):
            packed.write(tmp_path / name, name)
    for source in (tmp_path, tmp_path / ink, tmp_path / "packed.zip"):
        database = InkCollector("json").collect([source])
        assert [line.transcript for line in database.lines] == ["what it reads"]
        assert not database.strays and not database.in_doubt
        assert unicodedata.is_normalized("NFC", database.lines[0].line_id)


def test_collect_with_join_false_keeps_pieces_apart(tmp_path):
    (tmp_path / "a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><g fill="none" stroke="black">'
        '<path d="M0 0L5 5"/><path d="M5 5L9 2"/><path d="M20 0L25 5"/></g></svg>'
    )
    for join, num_strokes in ((True, 2), (False, 3)):
        database = InkCollector("svg", join=join).collect([tmp_path])
        assert database.lines[0].strokes[:, 2].sum() == num_strokes
        assert database.num_joined == 3 - num_strokes


def test_collect_of_two_texts_of_one_name_names_the_second(tmp_path):
    write_json(tmp_path / "page.json", InkLine(own_lines()[0].strokes))
    (tmp_path / "page.TXT").write_text("first")
    (tmp_path / "page.txt").write_text("second")
    for sources in ([tmp_path], [tmp_path / "page.json", tmp_path]):
        database = InkCollector("json").collect(sources)
        assert [line.transcript for line in database.lines] == ["first"]
        [(name, reason)] = database.left_out
        assert name.endswith("page.txt") and reason.endswith("page.TXT")

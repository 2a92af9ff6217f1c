"""Anybody's ink in a corpus file: what was drawn is kept, or said to be lost."""

import io
import json
import math
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whiteboards import write_database

from sketch.convert import ink_source as ink_files
from sketch.convert import source_file
from sketch.convert.conversion import convert
from sketch.convert.formats import detect_format
from sketch.convert.ink_source import read_ink_files
from sketch.convert.quickdraw import parse_drawing
from sketch.corpus.hdf5 import SETS, Corpus
from sketch.ink import DamagedInk, svg
from sketch.ink.ink_files import write_json
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import points_from_strokes, split_pen_strokes
from sketch.page.svg_writer import write_svg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own dependencies, as it is imported
    from svgpathtools import svgstr2paths

TEXTS = ["the quick brown fox", "jumps over", "a lazy dog"]


def hand(texts=TEXTS, seed=0):
    """Lines of a made-up hand, whole numbers, so that no writer rounds them."""
    rng = np.random.default_rng(seed)
    lines = []
    for text in texts:
        strokes = np.zeros((12 * len(text), 3), np.float32)
        strokes[:, :2] = rng.integers(-40, 60, (len(strokes), 2))
        strokes[:, 2] = rng.random(len(strokes)) < 0.1
        strokes[-1, 2] = 1
        lines.append(InkLine(strokes, text))
    return lines


def read_corpus(path):
    """All lines of a corpus by id."""
    with Corpus.open(path) as corpus:
        lines = [line for name in SETS for line in corpus.read_set(name)]
    return {line.line_id: line for line in lines}


@pytest.mark.parametrize("write", [write_inkml, write_json, write_svg])
def test_a_file_becomes_a_corpus(tmp_path, write):
    form = write.__name__.removeprefix("write_")
    path = tmp_path / f"mine.{form}"
    lines = hand()
    write(path, lines)
    report = convert([path], tmp_path / "mine.hdf5")
    assert (report.form, report.split) == (form, "random")  # one file: lines it is
    assert report.num_transcribed == 3
    read = read_corpus(tmp_path / "mine.hdf5")
    assert sorted(read) == ["mine-01", "mine-02", "mine-03"]
    for line, (_, kept) in zip(lines, sorted(read.items()), strict=True):
        assert kept.transcript == line.text
        # SVG has thousandths of a millimetre, in which this ink has some 50 units.
        atol = 0.1 if form == "svg" else 0
        np.testing.assert_allclose(kept.strokes, line.strokes, atol=atol)


def test_folders_archives_and_texts_beside_the_ink(tmp_path):
    folder = tmp_path / "hands"
    for writer in ("alice", "bob"):
        (folder / writer).mkdir(parents=True)
        for number, line in enumerate(hand()):
            write_json(folder / writer / f"{number}.json", InkLine(line.strokes))
            (folder / writer / f"{number}.txt").write_text(
                f"\ufeff {line.text} \ufeff\n"
            )
    (folder / "alice" / "2.txt").write_text("one\ntwo")
    (folder / "readme.txt").write_text("not a transcript")
    (folder / "._0.json").write_bytes(b"what macOS leaves")
    with zipfile.ZipFile(tmp_path / "hands.zip", "w") as packed:
        for path in sorted(folder.rglob("*.*")):
            packed.write(path, path.relative_to(folder))
    expected = None
    for source in (folder, tmp_path / "hands.zip"):
        report = convert([source], tmp_path / "out.hdf5", force=True)
        read = read_corpus(tmp_path / "out.hdf5")
        ids = [f"{name}/{n}-01" for name in ("alice", "bob") for n in range(3)]
        assert sorted(read) == ids
        texts = [read[line_id].transcript for line_id in ids]
        assert texts == [*TEXTS[:2], "", *TEXTS]
        [(name, problem)] = report.in_doubt
        assert name.endswith("2.json") and "1 line of ink, 2 of text" in problem
        assert not report.left_out
        expected = expected or report.corpus.digest
        assert report.corpus.digest == expected
    with pytest.raises(DamagedInk, match="--strict"):
        convert([folder], tmp_path / "strict.hdf5", strict=True)


def test_a_file_that_is_named_has_its_text_beside_it_too(tmp_path, monkeypatch):
    paths = [tmp_path / f"{number}.svg" for number in range(3)]
    for path, line in zip(paths, hand(), strict=True):
        write_svg(path, InkLine(line.strokes))
        path.with_suffix(".txt").write_text(line.text)
    paths[2].with_suffix(".txt").unlink()
    monkeypatch.chdir(tmp_path)
    for sources in (paths, [*paths, paths[0].with_suffix(".txt")], ["."], [Path()]):
        database = read_ink_files(sources, "svg")
        assert [line.transcript for line in database.lines] == [*TEXTS[:2], ""]


def test_a_text_beside_the_ink_that_cannot_be_read_is_told(tmp_path):
    for name, text in (("a", "caf\u00e9".encode("latin-1")), ("b", b"x" * 10_001)):
        write_json(tmp_path / f"{name}.json", InkLine(hand()[0].strokes))
        (tmp_path / f"{name}.txt").write_bytes(text)
        (tmp_path / f"stray {name}.txt").write_bytes(text)  # anybody's: no news
    database = read_ink_files([tmp_path], "json")
    [(a, first), (b, second)] = database.in_doubt
    assert a.endswith("a.json") and "not UTF-8: save it as such" in first
    assert b.endswith("b.json") and "over 10,000 characters" in second
    assert [line.transcript for line in database.lines] == ["", ""]
    with pytest.raises(DamagedInk, match=r"--strict.*/a\.json: .*not UTF-8"):
        convert([tmp_path], tmp_path / "strict.hdf5", strict=True)


def test_a_source_is_never_replaced(tmp_path):
    path = tmp_path / "mine.json"
    write_json(path, hand())
    (tmp_path / "linked.hdf5").symlink_to(path)
    before = path.read_bytes()
    for output in (path, tmp_path / "linked.hdf5"):
        with pytest.raises(ValueError, match="is a source itself: give another"):
            convert([path], output, force=True)
    assert path.read_bytes() == before


def test_files_of_one_name_stay_apart(tmp_path):
    for name in ("alice", "bob"):
        (tmp_path / name).mkdir()
        write_json(tmp_path / name / "sheet.json", hand(seed=len(name)))
    sources = [tmp_path / name / "sheet.json" for name in ("alice", "bob")]
    ids = [line.line_id for line in read_ink_files(sources, "json").lines]
    assert ids == [
        f"{place}-0{number}" for place in ("sheet", "sheet~2") for number in (1, 2, 3)
    ]
    write_json(tmp_path / "sheet~2.json", hand())  # as the second one is called
    database = read_ink_files([*sources, tmp_path / "sheet~2.json"], "json")
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
def test_a_file_is_read_once_by_whatever_path(tmp_path, monkeypatch, way):
    folder = tmp_path / "hands" / "deep"
    folder.mkdir(parents=True)
    write_json(folder / "a.json", [line._replace(text="") for line in hand()])
    (folder / "a.txt").write_text("\n".join(TEXTS))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.write(folder / "a.json", "a.json")
    monkeypatch.chdir(tmp_path)
    sources, place = ways_to_one_file(tmp_path)[way]
    database = read_ink_files(sources, "json")
    assert not database.left_out and not database.in_doubt
    assert [line.line_id for line in database.lines] == [
        f"{place}-{number:02d}" for number in (1, 2, 3)
    ]
    # The text is beside the ink, whichever of the paths it was read by.
    has_text = "packed.zip" not in sources
    texts = [line.transcript for line in database.lines]
    assert texts == (TEXTS if has_text else [""] * 3)


def test_a_repeated_source_is_not_in_the_origin_twice(tmp_path, monkeypatch):
    write_json(tmp_path / "a.json", hand())
    monkeypatch.chdir(tmp_path)
    convert(["a.json"], "out.hdf5")
    convert([tmp_path / "a.json", "a.json"], "out.hdf5")  # the same: replaced
    with Corpus.open("out.hdf5") as corpus:
        assert corpus.source == "JSON: a.json"


def test_texts_may_be_links_to_one(tmp_path):
    for name, seed in (("a", 1), ("b", 2)):
        write_json(tmp_path / f"{name}.json", InkLine(hand(seed=seed)[0].strokes))
    (tmp_path / "a.txt").write_text("both wrote this")
    (tmp_path / "b.txt").symlink_to("a.txt")
    lines = read_ink_files([tmp_path], "json").lines
    assert [line.transcript for line in lines] == ["both wrote this"] * 2


def test_drawings_of_a_file_named_twice_are_read_once(tmp_path, monkeypatch):
    monkeypatch.setattr(source_file, "PIECE_BYTES", 500)  # in several pieces
    path = tmp_path / "in" / "cat.ndjson"
    path.parent.mkdir()
    path.write_text(ndjson(30) + "{\n")
    (tmp_path / "link").symlink_to(path.parent)
    for sources in ([path, path.parent], [path.parent, tmp_path / "link", path]):
        database = read_ink_files(sources, "quickdraw")
        assert len({line.line_id for line in database.lines}) == 30
        assert len(database.lines) == 30 and len(database.left_out) == 1


@pytest.mark.parametrize("write", [write_inkml, write_json])
def test_writers_are_kept(tmp_path, write):
    path = tmp_path / f"mine.{write.__name__.removeprefix('write_')}"
    write(path, [line._replace(writer="Zoë & Co") for line in hand()[:2]] + hand()[2:])
    lines = read_ink_files([path], path.suffix[1:]).lines
    assert [line.writer for line in lines] == ["Zoë & Co", "Zoë & Co", ""]


def test_inkml_of_the_capture_sheet(tmp_path):
    """As `sketch serve` saves it: text, writer and id of each line, and times."""
    (tmp_path / "karim.inkml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ink xmlns="http://www.w3.org/2003/InkML">\n'
        '<traceFormat><channel name="X" type="decimal"/>'
        '<channel name="Y" type="decimal"/>'
        '<channel name="T" type="integer" units="ms"/></traceFormat>\n'
        '<traceGroup xml:id="line-karim-003">\n'
        '<annotation type="truth">a &amp; b</annotation>\n'
        '<annotation type="writer">karim</annotation>\n'
        '<annotation type="id">karim-003</annotation>\n'
        "<trace>10.5 20 0, 11 22.25 8</trace>\n<trace>15 20 400, 15 21 408</trace>\n"
        "</traceGroup>\n</ink>\n"
    )
    [line] = read_ink_files([tmp_path], "inkml").lines
    assert (line.line_id, line.transcript) == ("karim-01", "a & b")
    assert line.writer == "karim"
    expected = [[0.5, 2.25, 1], [4, -2.25, 0], [0, 1, 1]]
    np.testing.assert_array_equal(line.strokes, expected)


def test_inkml_as_pens_write_it_is_a_line(tmp_path):
    """One trace a stroke, no groups, more channels than two."""
    (tmp_path / "pen.inkml").write_text(
        '<ink xmlns="http://www.w3.org/2003/InkML"><traceFormat>'
        '<channel name="X"/><channel name="Y"/><channel name="F"/></traceFormat>'
        "<trace>1 2 9, 3 5 9</trace><trace>7 7 9, 8 7 9, 9 9 9</trace></ink>"
    )
    [line] = read_ink_files([tmp_path], "inkml").lines
    expected = [[2, 3, 1], [4, 2, 0], [1, 0, 0], [1, 2, 1]]
    np.testing.assert_array_equal(line.strokes, expected)
    assert (line.line_id, line.transcript) == ("pen-01", "")


def eitz_like(number):
    """A drawing as those of Eitz et al. 2012 are: Béziers under a transformation."""
    rng = np.random.default_rng(number)
    paths = []
    for _ in range(4):
        numbers = rng.integers(0, 800, 14).tolist()
        x, y, *rest = numbers
        rest = " ".join(map(str, rest))
        paths.append(f'<path id="0" d="M{x} {y} C {rest} "/>')
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<svg viewBox="0 0 800 800" xmlns="http://www.w3.org/2000/svg"><g fill="none" '
        'stroke="black" stroke-width="7"><g transform="translate(3,2) scale(0.5) '
        f'translate(-3,-2)">{"".join(paths)}</g></g></svg>'
    )


def test_a_folder_of_drawings_by_another_reader_of_svg(tmp_path):
    for number in range(3):
        folder = tmp_path / "svg" / f"class{number}"
        folder.mkdir(parents=True)
        (folder / "7.svg").write_text(eitz_like(number))
    report = convert([tmp_path / "svg"], tmp_path / "out.hdf5", split="form")
    assert [report.corpus.num_lines[name] for name in SETS] == [1, 1, 1]
    for number in range(3):
        line = read_corpus(tmp_path / "out.hdf5")[f"class{number}/7-01"]
        paths, _ = svgstr2paths(eitz_like(number))
        pens = split_pen_strokes(line.strokes)
        assert len(pens) == len(paths) == 4
        # svgpathtools leaves the transformation out: half the size, and elsewhere.
        start = paths[0].point(0)
        for pen, path in zip(pens, paths, strict=True):
            curve = np.array([path.point(t) for t in np.linspace(0, 1, 3001)]) - start
            curve = 0.5 * np.column_stack([curve.real, curve.imag])
            away = np.hypot(*(pen[:, None] - curve[None]).transpose(2, 0, 1))
            # Each point is on the curve, as near as 3001 points tell and float32
            # offsets add up; and each of the curve is near the polyline.
            assert away.min(axis=1).max() < 0.5
            np.testing.assert_allclose(pen[[0, -1]], curve[[0, -1]], atol=0.01)
            assert distance_to_polyline(curve[::150], pen).max() < 800 / 4000 + 0.01


def distance_to_polyline(points, polyline):
    """A float64 loop over segments."""
    best = np.full(len(points), np.inf)
    for a, b in zip(polyline[:-1], polyline[1:], strict=True):
        for k, p in enumerate(points):
            length = (b - a) @ (b - a)
            share = 0.0 if length == 0 else min(max((p - a) @ (b - a) / length, 0), 1)
            best[k] = min(best[k], math.dist(p, a + share * (b - a)))
    return best


COORDINATE = st.integers(-(2**16), 2**16).map(lambda n: n / 16)
STROKE = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=6)


@given(st.lists(STROKE, min_size=1, max_size=5), st.booleans())
def test_every_point_of_a_drawing_is_kept(strokes, is_raw):
    drawing = [[list(axis) for axis in zip(*stroke, strict=True)] for stroke in strokes]
    if is_raw:
        drawing = [[*axes, list(range(len(axes[0])))] for axes in drawing]
    record = {"word": "cat", "key_id": "51", "drawing": drawing}
    key, line = parse_drawing(json.dumps(record).encode())
    points = [point for stroke in strokes for point in stroke]
    if len(strokes[0]) == 1:
        points.insert(0, points[0])  # a first dot is a stroke of two equal points
    walked = points_from_strokes(line.strokes, line.start)
    np.testing.assert_array_equal(walked, np.array(points, dtype=np.float64))
    assert line.strokes[:, 2].sum() == len(strokes)
    assert (key, line.text) == ("51", "cat")


def ndjson(count, word="cat"):
    rows = []
    for number in range(count):
        x, y = [0, number % 7 + 1, 3], [number % 3, 2, 5]
        key = str(10_000 + number)
        rows.append({"key_id": key, "word": word, "drawing": [[x, y], [y, x]]})
    return "\n".join(map(json.dumps, rows)) + "\n"


def test_quick_draw(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cat.ndjson").write_text(ndjson(30))
    (tmp_path / "in" / "two words.ndjson").write_text(ndjson(30, "two words"))
    report = convert([tmp_path / "in"], tmp_path / "out.hdf5", seed=3)
    assert (report.form, report.split) == ("quickdraw", "form")
    assert [report.corpus.num_lines[name] for name in SETS] == [54, 3, 3]
    assert set(report.corpus.alphabet.characters) == set("cattwo words")
    line = read_corpus(tmp_path / "out.hdf5")["cat/10001-01"]
    assert line.transcript == "cat"
    expected = [[2, 1, 0], [1, 3, 1], [-2, -5, 0], [1, 2, 0], [3, 1, 1]]
    np.testing.assert_array_equal(line.strokes, expected)
    nameless = ndjson(30).replace('"10', 'null, "n": "')
    (tmp_path / "in" / "dog.ndjson").write_text(nameless)
    few = convert([tmp_path / "in"], tmp_path / "few.hdf5", limit=10, split="random")
    assert sum(few.corpus.num_lines[name] for name in ("train", "valid")) == 30


BROKEN_DRAWINGS = [
    (b"{", "no JSON"),
    (b"[" * 100_000, "no JSON"),
    (b"[]", 'no list "drawing"'),
    (b'{"drawing": 3}', 'no list "drawing"'),
    (b'{"drawing": []}', "no ink"),
    (b'{"drawing": [[[1], [1]]], "word": 3}', '"word" is 3'),
    (b'{"drawing": [[[1, 2], [1]]]}', "stroke 1 is no lists"),
    (b'{"drawing": [[[1, 2], ["a", "b"]]]}', "stroke 1 is no lists"),
    (b'{"drawing": [[[1, 2]]]}', "stroke 1 is no lists"),
    (b'{"drawing": [[[[1], [2]], [[1], [2]]]]}', "stroke 1 is no lists"),
    (b'{"drawing": [[[1, NaN], [1, 2]]]}', "finite"),
    (b'{"drawing": [[[1, 1e39], [1, 2]]]}', "finite"),
    (b'{"drawing": [[[0, 1' + 400 * b"0" + b"], [1, 2]]]}", "finite|no lists"),
    (b"\xff\xfe", "no JSON"),
]


@pytest.mark.parametrize(("row", "message"), BROKEN_DRAWINGS)
def test_a_broken_drawing_is_counted_and_named(tmp_path, row, message):
    path = tmp_path / "cat.ndjson"
    path.write_bytes(ndjson(3).encode() + row + b"\n\n" + ndjson(5).encode())
    database = read_ink_files([path], "quickdraw")
    assert len(database.lines) == 5
    reasons = [reason for name, reason in database.left_out if name == str(path)]
    assert len(reasons) == len(database.left_out) == 4
    assert sum("drawn twice" in reason for reason in reasons) == 3
    [broken] = [reason for reason in reasons if "drawn twice" not in reason]
    assert broken.startswith("line 4: ")
    assert re.search(message, broken)


def test_broken_files_are_listed_and_strict_refuses_them(tmp_path):
    folder = tmp_path / "ink"
    folder.mkdir()
    write_inkml(folder / "good.inkml", hand())
    (folder / "cut.inkml").write_bytes((folder / "good.inkml").read_bytes()[:300])
    (folder / "empty.inkml").write_bytes(b"")
    (folder / "bomb.inkml").write_bytes(
        b'<!DOCTYPE ink [<!ENTITY a "b">]><ink><trace>&a;</trace></ink>'
    )
    (folder / "hex.inkml").write_text(f"<ink><trace>#{'F' * 999} 1</trace></ink>")
    (folder / "page.inkml").write_text("<html/>")
    report = convert([folder], tmp_path / "out.hdf5")
    assert sum(report.corpus.num_lines[name] for name in ("train", "valid")) == 3
    names = {Path(name).name for name, _ in report.left_out}
    bad = {"cut.inkml", "empty.inkml", "bomb.inkml", "hex.inkml", "page.inkml"}
    assert names == bad
    assert "left out: 5" in str(report)
    with pytest.raises(DamagedInk, match="--strict"):
        convert([folder], tmp_path / "strict.hdf5", strict=True)
    write_inkml(folder / "good.inkml", hand(TEXTS[:1]))
    three = r"bomb.inkml: .*; .*cut.inkml: .*; .*empty.inkml: .*; and 2 more$"
    with pytest.raises(
        ValueError, match=f"no line for train: .*; left out was .*{three}"
    ):
        convert([folder], tmp_path / "one.hdf5")
    (folder / "good.inkml").unlink()
    with pytest.raises(DamagedInk, match=r"no ink in .*\*.inkml .*inkml"):
        convert([folder], tmp_path / "none.hdf5")


def test_a_text_of_many_bytes_is_left_out_by_its_name(tmp_path):
    long = "字" * 9000  # 27,000 bytes
    (tmp_path / "cat.ndjson").write_text(ndjson(1, long))
    (tmp_path / "dog.ndjson").write_text(ndjson(3))
    report = convert([tmp_path], tmp_path / "out.hdf5", split="random")
    assert "a text of 9,000 characters is no line of handwriting" in str(report)
    write_json(tmp_path / "mine.json", InkLine(hand()[0].strokes, writer=long))
    write_json(tmp_path / "yours.json", InkLine(hand()[0].strokes))
    (tmp_path / "yours.txt").write_text(long, encoding="utf-8")
    with pytest.raises(DamagedInk, match="no ink in .*mine.json: line mine-01: a text"):
        convert([tmp_path], tmp_path / "none.hdf5", form="json")


def test_a_point_out_of_all_bounds_is_reported(tmp_path):
    lines = hand()
    write_json(tmp_path / "mine.json", lines)
    report = convert([tmp_path], tmp_path / "mine.hdf5", form="json")
    assert report.jumps == (0, 0) and "jumps" not in str(report)
    lines[1].strokes[[4, 5], 0] += (2**20, -(2**20))
    write_json(tmp_path / "mine.json", lines)
    report = convert([tmp_path], tmp_path / "mine.hdf5", form="json")
    assert "jumps: 2 steps of more than " in str(report)
    assert "units in 1 line, kept (--max-jump N removes)" in str(report)
    read = read_corpus(tmp_path / "mine.hdf5")["mine-02"]
    np.testing.assert_array_equal(read.strokes, lines[1].strokes)


def test_more_ink_than_the_memory_should_hold(tmp_path, monkeypatch):
    (tmp_path / "cat.ndjson").write_text(ndjson(1000))
    monkeypatch.setattr(ink_files, "MAX_INK_BYTES", 1 << 19)
    with pytest.raises(ValueError, match="--limit"):
        read_ink_files([tmp_path], "quickdraw")
    assert len(read_ink_files([tmp_path], "quickdraw", limit=500).lines) == 500
    monkeypatch.setattr(ink_files, "MAX_INK_BYTES", 1 << 10)
    write_json(tmp_path / "mine.json", hand())
    with pytest.raises(ValueError, match="in parts and train with several --data$"):
        read_ink_files([tmp_path], "json")


def test_curves_that_are_more_points_than_pages_have(tmp_path, monkeypatch):
    monkeypatch.setattr(svg, "MAX_POINTS", 10_000)
    curves = "c9e5 0 9e5 9e5 0 9e5 -9e5 0 -9e5 -9e5 0 -9e5 " * 100
    (tmp_path / "a.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0{curves}"/></svg>'
    )
    with pytest.raises(DamagedInk, match="more than 10,000 points"):
        read_ink_files([tmp_path], "svg")


# -- which format it is ------------------------------------------------------------


def test_the_format_is_found_out(tmp_path):
    found = {}
    for form, suffix in ink_files.SUFFIXES.items():
        folder = tmp_path / form
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / f"A{suffix.upper()}").write_bytes(b"")
        (folder / "notes.txt").write_bytes(b"")
        found[form] = detect_format([folder])
        assert detect_format([folder / "deep" / f"A{suffix.upper()}"]) == form
    assert found == {form: form for form in ink_files.SUFFIXES}
    with pytest.raises(
        ValueError, match=r"several formats: 1 InkML, 1 SVG; .*inkml, s"
    ):
        detect_format([tmp_path / "inkml", tmp_path / "svg"])
    # IAM-OnDB is that, whatever else lies about.
    write_database(tmp_path / "iam", {"a01-000u": ["line"]})
    assert (
        detect_format([tmp_path / "svg", tmp_path / "iam", tmp_path / "json"]) == "iam"
    )
    (tmp_path / "none").mkdir()
    with pytest.raises(DamagedInk, match=r"no pen data in .*none: .*\.ndjson"):
        detect_format([tmp_path / "none"])


def test_a_format_that_is_named_is_taken(tmp_path):
    write_json(tmp_path / "mine.json", hand())
    write_inkml(tmp_path / "mine.inkml", hand(TEXTS[:2]))
    for form, count in (("json", 3), ("inkml", 2)):
        report = convert([tmp_path], tmp_path / f"{form}.hdf5", form=form)
        assert report.form == form and report.num_transcribed == count


# -- pace --------------------------------------------------------------------------


def test_the_pace_is_brought_to_a_models(tmp_path):
    path = tmp_path / "mine.json"
    lines = hand()
    write_json(path, lines)
    characters = sum(len(text) + 1 for text in TEXTS)
    own = sum(len(line.strokes) for line in lines) / characters
    kept = convert([path], tmp_path / "kept.hdf5", pace=own / 1.4)
    assert kept.paces == (pytest.approx(own), pytest.approx(own))
    fitted = convert([path], tmp_path / "fitted.hdf5", pace=own / 3)
    # Each of its many strokes keeps two points.
    assert fitted.paces[1] == pytest.approx(own / 3, rel=0.2)
    assert "brought to" in str(fitted) and "brought to" not in str(kept)
    before, after = (read_corpus(tmp_path / f"{n}.hdf5") for n in ("kept", "fitted"))
    for line_id, line in before.items():
        ends = [points_from_strokes(x.strokes)[-1] for x in (line, after[line_id])]
        np.testing.assert_allclose(ends[1], ends[0], atol=0.01)
    write_json(path, [InkLine(line.strokes) for line in lines])
    with pytest.raises(ValueError, match="--like needs to know"):
        convert([path], tmp_path / "no.hdf5", pace=5.0)


def test_reading_stays_within_its_memory():
    """Reading a file of records keeps a piece of it, not the file."""
    from sketch.convert.source_file import PIECE_BYTES, pieces

    data = ndjson(40_000).encode()
    sizes = [
        len(piece.data)
        for piece in pieces(io.BytesIO(data), "n", ("n",), lambda: 0, print, None)
    ]
    assert sum(sizes) == len(data)
    assert max(sizes) < PIECE_BYTES + 1000

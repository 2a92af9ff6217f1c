"""IAM-OnDB's files: which are which, and which text belongs to which ink."""

import shutil

import numpy as np
import pytest
from whiteboards import (
    pack,
    transcript,
    write_database,
    write_split_lists,
)

from sketch.convert import iam
from sketch.convert.iam import IamCollector, parse_transcript
from sketch.ink import DamagedInk

FORMS = {
    "a01-000u": ["A MOVE to stop", "from nominating"],
    "a01-000x": ["life Peers"],
    "b02-017": ["Tom & Jerry", "said 'yes'", "and went ."],
}


def texts_of(database):
    return {line.line_id: line.transcript for line in database.lines}


def write_writer(path, writer):
    path.parent.mkdir(parents=True)
    head = f'<WhiteboardCaptureSession><General><Form writerID="{writer}"/>'
    path.write_text(head + "</General></WhiteboardCaptureSession>")


def test_collect_gives_each_line_its_text(tmp_path):
    database = IamCollector().collect([write_database(tmp_path, FORMS)])
    expected = {
        f"{form}-{number:02d}": text
        for form, lines in FORMS.items()
        for number, text in enumerate(lines, start=1)
    }
    assert texts_of(database) == expected
    assert [line.line_id for line in database.lines] == sorted(expected)
    assert not database.left_out and not database.in_doubt and not database.split_lists
    assert {line.writer for line in database.lines} == {""}


def test_collect_from_several_sources_equals_one(tmp_path):
    whole = write_database(tmp_path / "whole", FORMS)
    write_split_lists(whole, trainset=["a01-000u", "a01-000x"], testset_v=["b02-017"])
    expected = IamCollector().collect([whole])
    ink = tmp_path / "lineStrokes-all"
    (ink / "deep" / "down").mkdir(parents=True)
    (whole / "lineStrokes").rename(ink / "deep" / "down" / "lineStrokes")
    text = tmp_path / "t"
    text.mkdir()
    (whole / "ascii").rename(text / "ascii")
    archives = [
        pack(ink, tmp_path / "lineStrokes-all.tar.gz", "gz"),
        pack(text, tmp_path / "ascii-all.tar.xz", "xz"),
        whole,  # where only the lists are left
    ]
    database = IamCollector().collect(archives)
    assert texts_of(database) == texts_of(expected)
    assert database.split_lists == expected.split_lists
    assert database.split_lists["testset_v"] == {"b02-017"}
    for line, same in zip(database.lines, expected.lines, strict=True):
        np.testing.assert_array_equal(line.strokes, same.strokes)


def test_collect_of_the_folders_of_parts_reads_any_form_name(tmp_path):
    write_database(tmp_path, {"own-7": ["mine"]})  # not a form name of IAM-OnDB
    database = IamCollector().collect([tmp_path / "lineStrokes", tmp_path / "ascii"])
    assert texts_of(database) == {"own-7-01": "mine"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"OCR:\r\n\r\na\r\nCSR:\r\n\r\n one \r\ntwo\t 2\r\n\r\n", ["one", "two 2"]),
        (b"CSR: \n\nit&apos;s &quot;x&quot; &amp; y", ['it\'s "x" & y']),
        ("CSR:\ncafe\u0301 \u00a0 ol\u00e9".encode(), ["caf\u00e9 ol\u00e9"]),
        ("CSR:\nol\u00e9".encode("latin-1"), ["ol\u00e9"]),
        (b"\xef\xbb\xbfCSR:\nx\x01\x07y", ["xy"]),
        (b"CSR:\nit\x92s \x93x\x94 \x85", ["it\u2019s \u201cx\u201d \u2026"]),
        ("CSR:\r\none\r\n".encode("utf-16"), ["one"]),
        (b"CSR:\r\n", []),
    ],
)
def test_parse_transcript_cleans_lines(data, expected):
    assert parse_transcript(data) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("one\n", "CSR:"),
        ("CSR:\na" + "\u0316\u0301" * 500_000, "a line of"),
        ("CSR:\n&#" + "9" * 5000 + ";", "a line of"),
    ],
    ids=["no block", "accents without end", "a number without end"],
)
def test_collect_of_a_damaged_transcript_leaves_it_out(tmp_path, text, reason):
    write_database(tmp_path / "db", {"a01-000u": ["one"]})
    path = next((tmp_path / "db").rglob("a01-000u.txt"))
    path.write_text(text, encoding="utf-8")
    database = IamCollector().collect([tmp_path / "db"])
    [(name, problem)] = database.left_out
    assert name == str(path) and reason in problem
    assert [line.transcript for line in database.lines] == [""]


def test_collect_of_text_that_does_not_fit_puts_it_in_doubt(tmp_path):
    forms = {form: ["x"] * 3 for form in ("a01-000", "a01-001", "a01-002")}
    write_database(tmp_path, forms)
    folder = tmp_path / "ascii/a01"
    (folder / "a01-000/a01-000.txt").write_bytes(transcript(["1", "2"]))
    (folder / "a01-001/a01-001.txt").write_bytes(transcript(["1", "2", "3", "4"]))
    lost_end = transcript(["one", "two %%%%%%%%%%%% three"])
    (folder / "a01-002/a01-002.txt").write_bytes(lost_end)
    database = IamCollector().collect([tmp_path])
    texts = list(texts_of(database).values())
    assert texts == [""] * 6 + ["one", "two", "three"]
    assert [form for form, _ in database.in_doubt] == ["a01-000", "a01-001", "a01-002"]
    said = dict(database.in_doubt)
    assert said["a01-000"] == "3 lines of ink, 2 of text; ink kept, text left empty"
    assert "they fit" in said["a01-002"]


def test_collect_with_a_broken_line_keeps_the_texts_of_others(tmp_path):
    write_database(tmp_path, {"a01-000u": ["one", "two", "three"]})
    broken = tmp_path / "lineStrokes/a01/a01-000/a01-000u-02.xml"
    broken.write_bytes(broken.read_bytes()[:200])
    database = IamCollector().collect([tmp_path])
    assert texts_of(database) == {"a01-000u-01": "one", "a01-000u-03": "three"}
    [(name, reason)] = database.left_out
    assert name == str(broken) and reason.startswith("not whole XML")


def test_collect_passes_over_other_files(tmp_path):
    write_database(tmp_path, {"a01-000u": ["x"]})
    ink = tmp_path / "lineStrokes/a01/a01-000"
    (ink / "._a01-000u-01.xml").write_bytes(b"\x00\x05\x16\x07")  # as macOS adds them
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "page.xml").write_text("<page/>")
    (ink / "a01-000u-line-one.xml").write_bytes(b"")
    database = IamCollector().collect([tmp_path])
    [(name, reason)] = database.left_out
    assert name.endswith("line-one.xml") and "FORM-NN.xml" in reason


def test_collect_of_original_files_reads_writers(tmp_path):
    write_database(tmp_path, {"a01-000u": ["x"], "b02-017": ["y"]})
    write_writer(tmp_path / "original/a01/a01-000/strokesu.xml", 10033)
    alone = tmp_path / "original/b02/b02-017/strokes.xml"
    write_writer(alone, 7)
    ink = tmp_path / "lineStrokes"
    for sources in ([tmp_path], [ink, tmp_path / "original/a01", alone]):
        lines = IamCollector().collect(sources).lines
        writers = {line.line_id: line.writer for line in lines}
        assert writers == {"a01-000u-01": "10033", "b02-017-01": "7"}


def test_collect_of_files_twice_keeps_the_first(tmp_path):
    for name, text in (("one", "x"), ("same", "x"), ("two", "y")):
        write_database(tmp_path / name, {"a01-000u": [text]}, seed=len(text))
        if name == "same":
            shutil.rmtree(tmp_path / name / "lineStrokes")
        write_split_lists(tmp_path / name, trainset=[f"a01-000{text}"])
        write_writer(tmp_path / name / "a01-000" / "strokesu.xml", text)
    both = IamCollector().collect([tmp_path / name for name in ("one", "same", "two")])
    [line] = both.lines
    assert (line.transcript, line.writer) == ("x", "x")
    assert both.split_lists["trainset"] == {"a01-000x"}
    assert all("two/" in name and "/one/" in why for name, why in both.left_out)
    assert sum(why.endswith("and it differs") for _, why in both.left_out) == 3
    assert len(both.left_out) == 4  # with the line of ink


def test_collect_without_ink_says_what_was_expected(tmp_path):
    with pytest.raises(DamagedInk, match=r"no ink in .*FORM-NN.xml"):
        IamCollector().collect([tmp_path])
    (tmp_path / "a01-000u-01.xml").write_bytes(b"")
    with pytest.raises(DamagedInk, match="a01-000u-01.xml: empty"):
        IamCollector().collect([tmp_path])


def test_collect_with_a_missing_source_reads_nothing(tmp_path, monkeypatch):
    write_database(tmp_path / "there", FORMS)
    monkeypatch.setattr(iam, "parse_whiteboard", lambda data: pytest.fail())
    with pytest.raises(FileNotFoundError, match="no file or folder .*missing"):
        IamCollector().collect([tmp_path / "there", tmp_path / "missing"])


def test_collect_of_a_hundred_lines_numbers_them(tmp_path):
    texts = {f"own-{number:02d}": f"line {number}" for number in range(1, 102)}
    write_database(tmp_path, {"own": list(texts.values())})
    assert texts_of(IamCollector().collect([tmp_path])) == texts


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "ascii"])
def test_collect_of_split_lists_in_any_encoding_reads_their_forms(tmp_path, encoding):
    write_database(tmp_path, {"a01-000u": ["x"]})
    list_file = tmp_path / "testset_v.txt"
    list_file.write_bytes("a01-000u\r\nb02-017\r\n".encode(encoding))
    database = IamCollector().collect([tmp_path])
    assert database.split_lists == {"testset_v": {"a01-000u", "b02-017"}}
    list_file.write_bytes("a01-000u".encode("utf-16-le"))  # without a mark
    database = IamCollector().collect([tmp_path])
    assert database.left_out == [(str(list_file), "it is not UTF-8: save it as such")]

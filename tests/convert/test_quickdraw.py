"""Quick, Draw!: every point of a drawing, or why there is none."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_ink import ndjson, read_corpus

from sketch.convert.conversion import convert
from sketch.convert.ink_source import InkCollector
from sketch.convert.quickdraw import parse_drawing
from sketch.corpus.corpus_line import SETS
from sketch.ink.strokes import points_from_strokes

COORDINATE = st.integers(-(2**16), 2**16).map(lambda n: n / 16)


STROKE = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=6)


@given(st.lists(STROKE, min_size=1, max_size=5), st.booleans())
def test_parse_drawing_keeps_every_point(strokes, is_raw):
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


def test_convert_of_quick_draw_splits_by_drawing(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cat.ndjson").write_text(ndjson(30))
    (tmp_path / "in" / "two words.ndjson").write_text(ndjson(30, "two words"))
    report = convert([tmp_path / "in"], tmp_path / "out.hdf5", seed=3)
    assert (report.file_format, report.split) == ("quickdraw", "form")
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
    (b"{", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"[]", 'no list "drawing"'),
    (b'{"drawing": 3}', 'no list "drawing"'),
    (b'{"drawing": []}', "no ink"),
    (b'{"drawing": [[[1], [1]]], "word": 3}', '"word" is 3'),
    (b'{"drawing": [[[1, 2], [1]]]}', "stroke 1 is not two lists"),
    (b'{"drawing": [[[1, 2], ["a", "b"]]]}', "stroke 1 is not two lists"),
    (b'{"drawing": [[[1, 2]]]}', "stroke 1 is not two lists"),
    (b'{"drawing": [[[[1], [2]], [[1], [2]]]]}', "stroke 1 is not two lists"),
    (b'{"drawing": [[[1, NaN], [1, 2]]]}', "finite"),
    (b'{"drawing": [[[1, 1e39], [1, 2]]]}', "finite"),
    (b'{"drawing": [[[0, 1' + 400 * b"0" + b"], [1, 2]]]}", "finite|not two lists"),
    (b"\xff\xfe", "not JSON"),
]


@pytest.mark.parametrize(("row", "message"), BROKEN_DRAWINGS)
def test_collect_with_a_broken_drawing_names_its_line(tmp_path, row, message):
    path = tmp_path / "cat.ndjson"
    path.write_bytes(ndjson(3).encode() + row + b"\n\n" + ndjson(5).encode())
    database = InkCollector("quickdraw").collect([path])
    assert len(database.lines) == 5
    reasons = [reason for name, reason in database.left_out if name == str(path)]
    assert len(reasons) == len(database.left_out) == 4
    assert sum("drawn twice" in reason for reason in reasons) == 3
    [broken] = [reason for reason in reasons if "drawn twice" not in reason]
    assert broken.startswith("line 4: ")
    assert re.search(message, broken)

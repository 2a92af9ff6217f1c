"""Pen files of IAM-OnDB: their ink, and what they must not do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whiteboards import whiteboard_xml

from sketch.convert.whiteboard import parse_whiteboard
from sketch.ink import DamagedInk

POINT = st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999))


def test_parse_whiteboard_of_known_strokes_gives_their_offsets():
    data = whiteboard_xml([[(10, 20), (13, 24)], [(13, 20)], [(20, 21), (21, 21)]])
    expected = [[3, 4, 1], [0, -4, 1], [7, 1, 0], [1, 0, 1]]  # y grows downwards
    strokes = parse_whiteboard(data)
    assert strokes.dtype == np.float32
    np.testing.assert_array_equal(strokes, expected)


@given(st.lists(st.lists(POINT, max_size=5), min_size=1, max_size=5))
def test_parse_whiteboard_counts_every_point_once(pen_strokes):
    rows = [
        (x, y, float(place == len(stroke) - 1))
        for stroke in pen_strokes
        for place, (x, y) in enumerate(stroke)
    ]
    data = whiteboard_xml(pen_strokes)
    if len(rows) < 2:
        with pytest.raises(DamagedInk, match="a line has two"):
            parse_whiteboard(data)
        return
    expected = [
        (x - left, y - above, end)
        for (left, above, _), (x, y, end) in zip(rows, rows[1:], strict=False)
    ]
    np.testing.assert_array_equal(parse_whiteboard(data), expected)


def test_parse_whiteboard_takes_attributes_in_any_order():
    data = b"""<WhiteboardCaptureSession><!-- by hand --><StrokeSet><Stroke>
        <Point time="1" y="2.5" pressure="9" x="1"/><Point y="4" x="0.5"/>
        </Stroke></StrokeSet></WhiteboardCaptureSession>"""
    np.testing.assert_array_equal(parse_whiteboard(data), [[-0.5, 1.5, 1]])


WHOLE = whiteboard_xml([[(1, 2), (3, 4), (5, 6)]])


LAUGHS = b'<!DOCTYPE b [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY a%d "%s">' % (i, (b"&a%d;" % (i - 1) if i > 1 else b"&a;") * 10)
    for i in range(1, 12)
)


BROKEN = {
    "empty": (b"", "empty"),
    "blank": (b"  \n", "not whole XML"),
    "cut off": (WHOLE[:-40], "not whole XML"),
    "text": (b"a01-000u-01", "not whole XML"),
    "binary": (bytes(range(256)), "not whole XML"),
    "unknown encoding": (b'<?xml version="1.0" encoding="rot13"?><a/>', "rot13|XML"),
    "another document": (b"<svg></svg>", "<svg> document, not a whiteboard"),
    "entity bomb": (LAUGHS + b"]><b>&a11;</b>", "document type"),
    "file entity": (
        b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]><b>&a;</b>',
        "document type",
    ),
    "no point": (whiteboard_xml([]), "0 points"),
    "one point": (whiteboard_xml([[(1, 2)]]), "1 point of ink"),
    "no y": (WHOLE.replace(b' y="4"', b""), "lacks its y"),
    "not a number": (WHOLE.replace(b'"4"', b'"four"'), "unreadable"),
    "nan": (WHOLE.replace(b'"4"', b'"nan"'), "not a number up to"),
    "infinite": (WHOLE.replace(b'"4"', b'"inf"'), "not a number up to"),
    "far away": (WHOLE.replace(b'"4"', b'"1e300"'), "not a number up to"),
    "wide character": (WHOLE.replace(b"black", b"bl\x00ck"), "not whole XML"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_parse_whiteboard_of_another_file_says_why(name):
    data, message = BROKEN[name]
    with pytest.raises(DamagedInk, match=message):
        parse_whiteboard(data)

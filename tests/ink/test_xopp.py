"""Xournal++: the strokes of its pen, page by page."""

import gzip

import numpy as np
import pytest

from sketch.ink import DamagedInk, xopp
from sketch.ink.ink_files import parse_ink


def page(*elements: str) -> str:
    layers = "".join(f"<layer>{element}</layer>" for element in elements)
    background = '<background type="solid" color="#ffffffff" style="lined"/>'
    return f'<page width="595.27" height="841.88">{background}{layers}</page>'


def stroke(points: str, tool: str = "pen") -> str:
    attributes = f'tool="{tool}" ts="0" fn="" color="#000000ff" width="1.41 0.8 0.9"'
    return f'<stroke {attributes} capStyle="round">{points}</stroke>'


def xournal(*pages: str) -> bytes:
    head = '<?xml version="1.0" standalone="no"?>\n<xournal creator="Xournal++ 1.2.3">'
    title = "<title>Xournal++ document</title><preview>aGk=</preview>"
    return gzip.compress(f"{head}{title}{''.join(pages)}</xournal>".encode(), mtime=0)


def test_pages_of_a_pen_are_lines():
    content = xournal(
        page(
            stroke("10.5 20 11 21.25 12 20 "), stroke("30 5 30 5") + stroke("1 1 2 2")
        ),
        page(),
        page(stroke("0 0 5 5")),
    )
    (first, second), num_joined, passed_over = parse_ink("a.xopp", content)
    strokes = first.pens
    assert [points.tolist() for points in strokes] == [
        [[10.5, 20], [11, 21.25], [12, 20]],
        [[30, 5]],
        [[1, 1], [2, 2]],
    ]
    assert second.strokes.tolist() == [[5, 5, 1]]
    assert (first.text, num_joined, passed_over) == ("", 0, {})


def test_other_tools_texts_and_pictures_are_passed_over_and_counted():
    others = stroke("0 0 9 9", "highlighter") + stroke("0 0 9 9", "eraser") * 2
    others += '<text x="1" y="2">typed</text><image>aGk=</image><teximage/>'
    file = parse_ink("a.xopp", xournal(page(others, stroke("0 0 5 5"))))
    assert [line.strokes.tolist() for line in file.lines] == [[[5, 5, 1]]]
    kinds = {"highlighter stroke": 1, "eraser stroke": 2, "text": 1, "image": 1}
    assert file.passed_over == kinds | {"teximage": 1}


def test_file_that_was_unpacked_is_read():
    content = gzip.decompress(xournal(page(stroke("0 0 5 5"))))
    assert len(parse_ink("a.xopp", content).lines) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (gzip.compress(b"<svg/>"), "not of Xournal..: its root is <svg>"),
        (xournal(page()), "holds no ink"),
        (xournal(page(stroke(" "))), "holds no ink"),
        (xournal(page(), page(stroke("1 2 3"))), "page 2 is damaged"),
        (xournal(page(stroke("1 2 x 4"))), "page 1 is damaged: .*not numbers"),
        (xournal(page(stroke("1 2 1e999 4"))), "page 1 is damaged: .*finite"),
        (xournal(page(stroke("1 2 3 4")))[:-20], "cut off"),
        (b"\x1f\x8b" + b"x" * 50, "is damaged: .*copy it again"),
        (gzip.compress(b" " * (65 << 20)), "more than 64 MB when unpacked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damaged_files_are_named(content, message):
    with pytest.raises(DamagedInk, match=f"a.xopp.*{message}"):
        parse_ink("a.xopp", content)


def test_file_of_too_many_points_is_refused(monkeypatch):
    monkeypatch.setattr(xopp, "MAX_POINTS", 100)
    points = " ".join(map(str, np.arange(140)))
    with pytest.raises(DamagedInk, match="a.xopp has more than 100 points"):
        parse_ink("a.xopp", xournal(page(stroke(points) * 2)))

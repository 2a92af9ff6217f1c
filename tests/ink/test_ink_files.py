"""Ink files: what is written is read back, and damaged files are named."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_ink import assert_same_lines, line_with_a_dot, lines_of_ink, several, svg

from sketch.ink import DamagedInk
from sketch.ink.ink_files import read_ink, write_json
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.page.svg_writer import write_svg


@several
@given(lines_of_ink)
def test_json_and_inkml_read_back_are_exact(tmp_path, lines):
    for suffix, write in ((".json", write_json), (".inkml", write_inkml)):
        path = tmp_path / f"ink{suffix}"
        write(path, lines)
        assert_same_lines(lines, read_ink(path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "", "cannot be read as JSON"),
        ("a.json", "[" * 100_000, "cannot be read as JSON"),
        ("a.json", b"\xff\xfe\xff", "cannot be read as JSON"),
        ("a.json", "{}", "not a file of ink"),
        ("a.json", '{"format": "sketch-ink", "version": 2}', "version 2"),
        ("a.json", '{"format": "sketch-ink", "version": 1}', "not a list"),
    ],
)
def test_damaged_files_are_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DamagedInk, match=message) as caught:
        read_ink(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value) or name == "a.json"


ENDLESS = {
    "size.svg": (" " * (8 << 20) + svg(""), "more than 8 MB"),
    "text.json": (
        '{"format": "sketch-ink", "version": 1, "lines": [{"strokes": [[[1, 2]]], '
        f'"text": "{"a" * 10_001}"}}]}}',
        "10,001 characters",
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_files_that_would_take_for_ever_are_refused(tmp_path, name):
    content, message = ENDLESS[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(DamagedInk, match=message) as caught:
        read_ink(tmp_path / name)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (None, "no list of"),
        ({"text": "a"}, "no list of"),
        ({"text": 5, "strokes": []}, 'its "text" is 5'),
        ({"strokes": [5]}, "stroke 0 is damaged"),
        ({"strokes": [[[1, 2]], [[1]]]}, "stroke 1 is damaged"),
        ({"strokes": [[[1, 2], [1, "a"]]]}, "stroke 0 is damaged"),
        ({"strokes": [["12", "34"]]}, "stroke 0 is damaged"),
        ({"strokes": [[[1, 2], [1, 10**400]]]}, "stroke 0 is damaged"),
        ({"strokes": [[[1, 2], [1, float("nan")]]]}, "finite"),
        ({"strokes": [[[1, 2], [1, 1e300]]]}, "finite"),
        ({"strokes": []}, "holds no ink"),
    ],
)
def test_parse_json_with_a_damaged_line_names_it(tmp_path, row, message):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"format": "sketch-ink", "version": 1, "lines": [row]}))
    with pytest.raises(DamagedInk, match=message):
        read_ink(path)


def test_parse_json_of_a_first_dot_keeps_it_apart(tmp_path):
    path = tmp_path / "a.json"
    lines = [{"strokes": [[[5, 5, 0.1]], [[6, 5, 0.2], [7, 7, 0.3]]]}]
    path.write_text(json.dumps({"format": "sketch-ink", "version": 1, "lines": lines}))
    (line,) = read_ink(path)
    # A dot at the start of the line stays apart from the stroke that follows.
    assert line.strokes.tolist() == [[0, 0, 1], [1, 0, 0], [1, 2, 1]]
    assert line.text == ""


@pytest.mark.parametrize("write", [write_svg, write_inkml, write_json])
def test_writers_of_damaged_ink_refuse_it(tmp_path, write):
    path = tmp_path / "a"
    bad = line_with_a_dot()
    bad[1, 1] = np.inf
    with pytest.raises(DamagedInk, match="line 1 cannot be written: row 1 of 5"):
        write(path, [line_with_a_dot(), bad])
    with pytest.raises(ValueError, match="no lines"):
        write(path, [])
    with pytest.raises(ValueError, match=r"\[time, 3\]"):
        write(path, np.zeros((4, 2)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("strokes", [np.zeros((0, 3)), np.zeros((1, 3))])
def test_writers_of_degenerate_ink_write_it(tmp_path, strokes):
    lines = [InkLine(strokes, "a\x00b\rc"), line_with_a_dot()]
    for suffix, write in (
        (".svg", write_svg),
        (".inkml", write_inkml),
        (".json", write_json),
    ):
        write(tmp_path / f"a{suffix}", lines)
        first, second = read_ink(tmp_path / f"a{suffix}")
        assert first.text == ("a\x00b\rc" if suffix == ".json" else "ab\rc")
        assert len(second.strokes) == 5
        write(tmp_path / f"only{suffix}", strokes)
        if len(strokes):
            (line,) = read_ink(tmp_path / f"only{suffix}")
            assert (line.strokes[:, :2] == 0).all()
        else:
            with pytest.raises(DamagedInk, match="holds no ink"):
                read_ink(tmp_path / f"only{suffix}")


def test_read_ink_of_an_unknown_suffix_lists_all(tmp_path):
    with pytest.raises(ValueError, match=r"a\.txt .*\.svg, \.inkml, \.json"):
        read_ink(tmp_path / "a.txt")
    with pytest.raises(FileNotFoundError, match="no file .*b.svg"):
        read_ink(tmp_path / "b.svg")


signs = st.text("MLHVCSQTAZmz0123456789.,- eE+naif\"'!*#%p{}();:>", max_size=25)


@several
@given(signs)
def test_read_ink_of_random_signs_is_ink_or_damage(tmp_path, data):
    """No parser fails in another way, and none warns."""
    quoted = data.replace('"', "&quot;")
    for name, content in (
        ("a.svg", svg(f'<path d="M0 0{quoted}"/><polyline points="{quoted}"/>')),
        ("b.svg", svg(f'<g transform="scale({quoted})"><line x2="1"/></g>')),
        ("c.svg", svg(f'<line x2="{quoted}"/>', f'viewBox="{quoted}"')),
        ("d.svg", svg(f'<path d="M0 0A{quoted}" stroke="{quoted}"/>')),
        ("e.svg", svg(f'<style>{data}</style><line x2="9" style="{quoted}"/>')),
        ("a.inkml", f"<ink><trace>{data}</trace></ink>"),
        ("a.json", '{"format":"sketch-ink","version":1,"lines":[' + data + "]}"),
    ):
        path = tmp_path / name
        path.write_text(content)
        try:
            lines = read_ink(path)
        except DamagedInk:
            continue
        assert all(np.isfinite(line.strokes).all() for line in lines)

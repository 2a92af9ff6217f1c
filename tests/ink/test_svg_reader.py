"""SVG: the ink that a person sees in it, in pen order."""

import numpy as np
import pytest
from hypothesis import given
from lxml import etree
from made_up_ink import assert_same_lines, line_with_a_dot, lines_of_ink, several, svg

from sketch.ink.ink_files import read_ink
from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import split_pen_strokes
from sketch.page.svg_writer import write_svg


@several
@given(lines_of_ink)
def test_svg_read_back_is_exact_to_a_thousandth_of_a_millimetre(tmp_path, lines):
    path = tmp_path / "ink.svg"
    write_svg(path, lines)
    units = float(etree.parse(path).getroot().get("data-units-per-mm"))
    read = read_ink(path)
    assert [line.text for line in read] == [line.text for line in lines]
    for one, other in zip(lines, read, strict=True):
        before, after = map(split_pen_strokes, (one.strokes, other.strokes))
        # Two points that fall on each other in the file are read as a dot.
        if list(map(len, before)) != list(map(len, after)):
            assert sum(map(len, before)) >= sum(map(len, after))
            continue
        for pen, again in zip(before, after, strict=True):
            shift = before[0][0] - after[0][0]
            assert np.abs(pen - again - shift).max() <= 0.0021 * units


def test_svg_of_a_hundred_lines_reads_back_each_of_them(tmp_path):
    strokes = np.tile([[10, 3, 0], [10, -3, 0]], (350, 1))
    write_svg(tmp_path / "ink.svg", [strokes] * 100)
    lines = read_ink(tmp_path / "ink.svg")
    assert [len(line.strokes) for line in lines] == [700] * 100
    units = etree.parse(tmp_path / "ink.svg").getroot().get("data-units-per-mm")
    # Thousandths of a millimetre, at both ends of an offset.
    atol = 1.1e-3 * float(units)
    np.testing.assert_allclose(lines[-1].strokes[:, :2], strokes[:, :2], atol=atol)


def pens_of(tmp_path, body: str) -> list[np.ndarray]:
    """The pen strokes of an SVG, shifted so that the first point is at (0, 0)."""
    path = tmp_path / "other.svg"
    path.write_text(svg(body))
    (line,) = read_ink(path)
    assert line.text == ""
    return split_pen_strokes(line.strokes)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<polyline points="1,1 2 3,4,4"/>', [[(0, 0), (1, 2), (3, 3)]]),
        ('<polygon points="0 0 1 0 1 1"/>', [[(0, 0), (1, 0), (1, 1), (0, 0)]]),
        ('<line x1="1" y1="2" x2="3"/>', [[(0, 0), (2, -2)]]),
        ('<line x1="1px" y1=" 2 " x2="3px"/>', [[(0, 0), (2, -2)]]),
        ('<path d="M0 0C5e-324 0 0 5e-324 0 0"/>', [[(0, 0), (0, 0)]]),
        (
            '<g stroke="red"><rect fill="none" x="1" y="1" width="4" height="2"/></g>',
            [[(0, 0), (4, 0), (4, 2), (0, 2), (0, 0)]],
        ),
        (  # a background, and what is too small to be drawn
            '<rect width="100%" height="100%"/><rect width="9" height="9" fill="red"/>'
            '<circle stroke="red"/><line x2="1"/>',
            [[(0, 0), (1, 0)]],
        ),
        ('<path d="M1 1L2 3H5V0z"/>', [[(0, 0), (1, 2), (4, 2), (4, -1), (0, 0)]]),
        ('<path d="m1,1 1,2-1-2h5v1"/>', [[(0, 0), (1, 2), (0, 0), (5, 0), (5, 1)]]),
        (
            '<path d="M0 0h1v1zl-1-1M5 5l.5.5"/>',
            [
                [(0, 0), (1, 0), (1, 1), (0, 0)],
                [(0, 0), (-1, -1)],
                [(5, 5), (5.5, 5.5)],
            ],
        ),
        (
            '<path d="M0 0h1M2 2M3 3z"/><path d="M9 9"/><path d="m1e1-2h0"/>',
            [[(0, 0), (1, 0)], [(3, 3)], [(10, -2)]],
        ),
        (
            '<line x2="1"/><polyline points="4 4 4 4"/><polyline points=""/>',
            [[(0, 0), (1, 0)], [(4, 4)]],
        ),
        (
            '<line x2="1"/><g transform="translate(10 20) scale(2)">'
            '<line transform="rotate(90)" x2="1"/></g>',
            [[(0, 0), (1, 0)], [(10, 20), (10, 22)]],
        ),
        (
            '<line x2="1"/><line transform="matrix(1,2,3,4,5,6)" x1="1" y1="1"/>'
            '<line transform="rotate(180, 1, 1), skewX(45)" y2="1"/>'
            '<line transform="skewY(45) translate(3)" x2="1"/>',
            [
                [(0, 0), (1, 0)],
                [(9, 12), (5, 6)],
                [(2, 2), (1, 1)],
                [(3, 3), (4, 4)],
            ],
        ),
        (
            '<defs><line x2="9"/></defs><g style="display: none"><line x2="9"/></g>'
            '<line display="none" x2="9"/><text>ink</text><circle r="3"/>'
            '<g visibility="hidden"><line x2="9"/></g><g visibility="inherit"/>'
            '<line style="display:none !important" x2="9"/>'
            '<!-- <line x2="9"/> --><line x2="1"/>',
            [[(0, 0), (1, 0)]],
        ),
        (
            '<line x2="1"/><g fill="red"><line x2="9"/><g style="stroke : blue">'
            '<line x2="2"/></g><line style="fill:none" x2="3"/></g>'
            '<g stroke="blue"><line stroke="none" x2="9"/></g>',
            [[(0, 0), (1, 0)], [(0, 0), (2, 0)], [(0, 0), (3, 0)]],
        ),
    ],
)
def test_outlines_of_other_programs_are_read(tmp_path, body, expected):
    pens = pens_of(tmp_path, body)
    assert [len(pen) for pen in pens] == [len(pen) for pen in expected]
    for pen, points in zip(pens, expected, strict=True):
        np.testing.assert_allclose(pen, points, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "radii"),
    [
        ('<circle cx="7" cy="-2" r="50" fill="none" stroke="red"/>', (50, 50)),
        ('<ellipse cx="7" rx="50" ry="20" style="stroke:red"/>', (50, 20)),
    ],
)
def test_circles_and_ellipses_are_round(tmp_path, shape, radii):
    (pen,) = pens_of(tmp_path, shape)
    # From the right, where SVG has them begin, clockwise with y downwards.
    points = pen / radii + [1, 0]
    np.testing.assert_allclose(np.hypot(*points.T), 1, atol=4e-4)
    turned = np.unwrap(np.arctan2(points[:, 1], points[:, 0]))
    assert (np.diff(turned) > 0).all() and np.diff(turned).max() < 0.1
    assert turned[-1] - turned[0] == pytest.approx(2 * np.pi, abs=1e-5)


def test_ink_beside_our_lines_is_one_more_line(tmp_path):
    path = tmp_path / "ink.svg"
    strokes = line_with_a_dot()
    write_svg(path, [InkLine(strokes, "a"), InkLine(strokes, "b")])
    plain = read_ink(path)
    added = '<path d="m1 1 2 3"/><g transform="scale(2)"><path d="M5 5v3"/></g>'
    path.write_text(path.read_text().replace("</svg>", f"{added}</svg>"))
    *lines, more = read_ink(path)
    assert_same_lines(plain, lines)
    assert more.text == ""
    units = float(etree.parse(path).getroot().get("data-units-per-mm"))
    pens = split_pen_strokes(more.strokes, more.start)
    for pen, points in zip(pens, [[(1, 1), (3, 4)], [(10, 10), (10, 16)]], strict=True):
        np.testing.assert_allclose(pen / units, points, rtol=1e-5)


def test_line_within_another_is_read_apart(tmp_path):
    path = tmp_path / "ink.svg"
    inner = '<g class="line"><title>in</title><path d="M9 9v5"/></g>'
    lines = f'<g class="line"><title>out</title><path d="M1 1h2"/>{inner}</g>'
    path.write_text(svg(lines, 'class="line" data-units-per-mm="1"'))
    outer, inner = read_ink(path)
    assert (outer.text, outer.strokes.tolist()) == ("out", [[2, 0, 1]])
    assert (inner.text, inner.strokes.tolist()) == ("in", [[0, 5, 1]])


def test_hidden_lines_are_left_out(tmp_path):
    path = tmp_path / "ink.svg"
    line = '<g class="line"><title>x</title><path d="M1 1h2"/></g>'
    hidden = f'<g style="display:none">{line}</g><defs>{line}</defs>'
    path.write_text(svg(line + hidden, 'data-units-per-mm="1"'))
    assert [one.strokes.tolist() for one in read_ink(path)] == [[[2, 0, 1]]]


def test_lone_dot_is_one_point(tmp_path):
    (dot,) = pens_of(tmp_path, '<polyline points="0.1,77.7 0.1,77.7"/>')
    assert len(dot) == 2  # the start of the line, and the step that ends the dot

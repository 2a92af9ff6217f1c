"""Ink files: what is written is what is read, and what others write is read too."""

import json
import re
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from lxml import etree

from sketch.ink import DamagedInk
from sketch.ink.ink_files import read_ink, read_json, write_json
from sketch.ink.inkml import read_inkml, write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import points_from_strokes, split_pen_strokes
from sketch.ink.svg_reader import read_svg
from sketch.page.paper import sheet
from sketch.page.svg_writer import page_svg, write_svg

SVG = "{http://www.w3.org/2000/svg}"

# Sums of these stay exact in float64, so that points give the offsets back.
offsets = st.integers(-(2**20), 2**20).map(lambda number: number / 2**6)


@st.composite
def ink_lines(draw):
    time = draw(st.integers(1, 12))
    strokes = np.empty((time, 3), np.float32)
    strokes[:, :2] = draw(hnp.arrays(np.float64, (time, 2), elements=offsets))
    strokes[:, 2] = draw(hnp.arrays(np.float64, time, elements=st.sampled_from([0, 1])))
    strokes[-1, 2] = 1.0  # a file's last stroke has an end
    # XML cannot say control characters, and a text is stripped of nothing here.
    text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=9)
    return InkLine(strokes, draw(text))


lines_of_ink = st.lists(ink_lines(), min_size=1, max_size=3)
several = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def assert_same_lines(written, read):
    assert [line.text for line in read] == [line.text for line in written]
    for one, other in zip(written, read, strict=True):
        assert other.strokes.dtype == np.float32
        np.testing.assert_array_equal(one.strokes, other.strokes)


@several
@given(lines_of_ink)
def test_json_and_inkml_give_back_what_was_written(tmp_path, lines):
    for suffix, write in ((".json", write_json), (".inkml", write_inkml)):
        path = tmp_path / f"ink{suffix}"
        write(path, lines)
        assert_same_lines(lines, read_ink(path))


@several
@given(lines_of_ink)
def test_svg_gives_back_lines_to_a_thousandth_of_a_millimetre(tmp_path, lines):
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


def line_with_a_dot() -> np.ndarray:
    return np.array(
        [[30, -40, 0], [30, 40, 1], [-30, -80, 1], [60, 80, 0], [0, 20, 1]], np.float32
    )


def test_svg_is_in_millimetres_and_in_pen_order(tmp_path):
    path = tmp_path / "ink.svg"
    strokes = line_with_a_dot()
    write_svg(path, InkLine(strokes, "a < b & c"))
    root = etree.parse(path).getroot()
    assert root.get("width") == "190mm"
    height = float(re.fullmatch(r"(.*)mm", root.get("height"))[1])
    assert root.get("viewBox") == f"0 0 190 {height:g}"
    (group,) = root.iterfind(f".//{SVG}g[@class]")
    assert group.find(f"{SVG}title").text == "a < b & c"
    assert group.getparent().get("fill") == "none"
    drawn = [
        np.array([pair.split(",") for pair in line.get("points").split()], float)
        for line in group.iter(f"{SVG}polyline")
    ]
    pens = split_pen_strokes(strokes)
    assert [len(points) for points in drawn] == [3, 2, 2]  # the dot: its point twice
    scale = 1 / float(root.get("data-units-per-mm"))
    points = np.concatenate([drawn[0], drawn[1][:1], drawn[2]])
    expected = np.concatenate(pens) * scale
    np.testing.assert_allclose(points - points[0], expected - expected[0], atol=0.0011)
    assert points.min() > 0 and points[:, 0].max() < 190
    assert points[:, 1].max() < height
    # One scale for both axes, and a word is not blown up to the page's width.
    assert np.ptp(points[:, 1]) <= 25.001


def test_svg_of_a_long_line_fills_the_width(tmp_path):
    strokes = np.tile([[10, 3, 0], [10, -3, 0]], (40, 1))
    write_svg(tmp_path / "ink.svg", [strokes, strokes])
    (first, second) = read_svg(tmp_path / "ink.svg")
    width = np.ptp(points_from_strokes(first.strokes)[:, 0])
    root = etree.parse(tmp_path / "ink.svg").getroot()
    assert 185 < width / float(root.get("data-units-per-mm")) < 190
    # 0.001 mm is 0.0043 units at this scale.
    np.testing.assert_allclose(second.strokes[:, :2], strokes[:, :2], atol=0.005)


def test_svg_of_a_hundred_lines_reads_back(tmp_path):
    strokes = np.tile([[10, 3, 0], [10, -3, 0]], (350, 1))
    write_svg(tmp_path / "ink.svg", [strokes] * 100)
    lines = read_svg(tmp_path / "ink.svg")
    assert [len(line.strokes) for line in lines] == [700] * 100
    units = etree.parse(tmp_path / "ink.svg").getroot().get("data-units-per-mm")
    # Thousandths of a millimetre, at both ends of an offset.
    atol = 1.1e-3 * float(units)
    np.testing.assert_allclose(lines[-1].strokes[:, :2], strokes[:, :2], atol=atol)


def test_animated_svg_writes_strokes_one_after_the_other(tmp_path):
    path = tmp_path / "ink.svg"
    strokes = line_with_a_dot()
    path.write_text(page_svg(sheet([strokes, strokes]), animate_seconds=6))
    root = etree.parse(path).getroot()
    times = []
    for line in root.iter(f"{SVG}polyline"):
        delay, duration = re.findall(r":([\d.]+)s", line.get("style"))
        times.append((float(delay), float(delay) + float(duration)))
        assert (line.get("class") == "dot") != (line.get("pathLength") == "1")
    assert len(times) == 6 and times[0][0] == 0
    for (_, end), (begin, _) in zip(times, times[1:], strict=False):
        assert end <= begin + 1e-3
    assert times[-1][1] == pytest.approx(6, abs=1.0)
    still = tmp_path / "still.svg"
    write_svg(still, [strokes, strokes])
    assert_same_lines(read_svg(still), read_svg(path))


def svg(body: str, attributes: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{body}</svg>'


def pens_of(tmp_path, body: str) -> list[np.ndarray]:
    """The pen strokes of an SVG, shifted so that the first point is at (0, 0)."""
    path = tmp_path / "other.svg"
    path.write_text(svg(body))
    (line,) = read_svg(path)
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
def test_outlines_of_other_programs(tmp_path, body, expected):
    pens = pens_of(tmp_path, body)
    assert [len(pen) for pen in pens] == [len(pen) for pen in expected]
    for pen, points in zip(pens, expected, strict=True):
        np.testing.assert_allclose(pen, points, atol=1e-5)


def bezier(points: list[tuple[float, float]], share: float) -> np.ndarray:
    """De Casteljau's construction."""
    points = np.array(points, float)
    while len(points) > 1:
        points = points[:-1] * (1 - share) + points[1:] * share
    return points[0]


@pytest.mark.parametrize(
    ("data", "curves"),
    [
        ("M0 0C0 80 90 90 100 0", [[(0, 0), (0, 80), (90, 90), (100, 0)]]),
        ("M0 0c0 80 90 90 100 0", [[(0, 0), (0, 80), (90, 90), (100, 0)]]),
        ("M0 0Q50 90 100 0", [[(0, 0), (50, 90), (100, 0)]]),
        (
            "M0 0C0 40 40 40 50 0S90-40 100 0",
            [
                [(0, 0), (0, 40), (40, 40), (50, 0)],
                [(50, 0), (60, -40), (90, -40), (100, 0)],
            ],
        ),
        (
            "M0 0q25 50 50 0t50 0 50 0",
            [
                [(0, 0), (25, 50), (50, 0)],
                [(50, 0), (75, -50), (100, 0)],
                [(100, 0), (125, 50), (150, 0)],
            ],
        ),
        # Without a curve of the same kind before them, S and T start straight.
        ("M0 0s50 90 100 0", [[(0, 0), (0, 0), (50, 90), (100, 0)]]),
        ("M0 0H20T90 9", [[(0, 0), (10, 0), (20, 0)], [(20, 0), (20, 0), (90, 9)]]),
    ],
)
def test_curves_are_followed_closely(tmp_path, data, curves):
    (pen,) = pens_of(tmp_path, f'<path d="{data}"/>')
    assert len(pen) < 200
    size = 150.0
    for curve in curves:
        for share in np.linspace(0, 1, 50):
            point = bezier(curve, share)
            # The distance from the polyline: to the nearest of its segments.
            first, last = pen[:-1], pen[1:]
            along = last - first
            length = np.maximum((along**2).sum(axis=1), 1e-12)
            place = np.clip(((point - first) * along).sum(axis=1) / length, 0, 1)
            nearest = first + along * place[:, None]
            assert np.hypot(*(nearest - point).T).min() < size / 3000


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


def test_what_was_drawn_beside_the_lines_is_one_more(tmp_path):
    path = tmp_path / "ink.svg"
    strokes = line_with_a_dot()
    write_svg(path, [InkLine(strokes, "a"), InkLine(strokes, "b")])
    plain = read_svg(path)
    added = '<path d="m1 1 2 3"/><g transform="scale(2)"><path d="M5 5v3"/></g>'
    path.write_text(path.read_text().replace("</svg>", f"{added}</svg>"))
    *lines, more = read_svg(path)
    assert_same_lines(plain, lines)
    assert more.text == ""
    units = float(etree.parse(path).getroot().get("data-units-per-mm"))
    pens = split_pen_strokes(more.strokes, more.start)
    for pen, points in zip(pens, [[(1, 1), (3, 4)], [(10, 10), (10, 16)]], strict=True):
        np.testing.assert_allclose(pen / units, points, rtol=1e-5)


def test_a_line_that_was_put_into_another_is_no_part_of_it(tmp_path):
    path = tmp_path / "ink.svg"
    inner = '<g class="line"><title>in</title><path d="M9 9v5"/></g>'
    lines = f'<g class="line"><title>out</title><path d="M1 1h2"/>{inner}</g>'
    path.write_text(svg(lines, 'class="line" data-units-per-mm="1"'))
    outer, inner = read_svg(path)
    assert (outer.text, outer.strokes.tolist()) == ("out", [[2, 0, 1]])
    assert (inner.text, inner.strokes.tolist()) == ("in", [[0, 5, 1]])


def test_a_line_that_is_hidden_is_none(tmp_path):
    path = tmp_path / "ink.svg"
    line = '<g class="line"><title>x</title><path d="M1 1h2"/></g>'
    hidden = f'<g style="display:none">{line}</g><defs>{line}</defs>'
    path.write_text(svg(line + hidden, 'data-units-per-mm="1"'))
    assert [one.strokes.tolist() for one in read_svg(path)] == [[[2, 0, 1]]]


def test_a_bare_document_type_is_harmless(tmp_path):
    path = tmp_path / "a.svg"
    head = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://nowhere.invalid/x">'
    path.write_text(head + svg('<line x2="1"/>'))
    assert len(read_svg(path)) == 1


BOMB = """<!DOCTYPE {0} [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]><{0}>&c;</{0}>"""
OUTSIDE = '<!DOCTYPE {0} [<!ENTITY a SYSTEM "file:///etc/hostname">]><{0}>&a;</{0}>'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.svg", "", "it is empty"),
        ("a.svg", "<svg><path", "cannot be read as XML"),
        ("a.svg", "<html/>", "no SVG file.*<html>"),
        ("a.svg", svg("<text>a</text>"), "holds no ink"),
        ("a.svg", svg('<path d="M0 0A1 1 0 0 0 5 5"/>'), "arcs"),
        (
            "a.svg",
            svg('<rect width="4" height="5" rx="1" stroke="red"/>'),
            "<rect> has round corners; turn it into a path",
        ),
        (
            "a.svg",
            svg('<rect width="100%" height="5" stroke="red"/>'),
            "<rect> has width='100%', which is no number in the drawing's unit; turn",
        ),
        ("a.svg", svg('<line x1="5mm"/>'), "<line> has x1='5mm', which is no number"),
        (
            "a.svg",
            svg('<g class="line"><path d="m1 1h1"/></g>', 'data-units-per-mm="1e300"'),
            "a.svg cannot be read: row 0 .*offsets must be finite",
        ),
        ("a.svg", svg('<path d="L0 0"/>'), "begin with M"),
        ("a.svg", svg('<path d="M0 0 C1 2"/>'), "lacks some of its 6"),
        ("a.svg", svg('<path d="M0 0 L1"/>'), "lacks some of its 2"),
        ("a.svg", svg('<path d="M0 0 L1 1 ;"/>'), "no commands"),
        ("a.svg", svg('<path d="5 5"/>'), "in place of a command"),
        ("a.svg", svg('<path d="M0 0C1e999 0 -1e999 1 2 2"/>'), "no number"),
        ("a.svg", svg('<polyline points="1 2 3"/>'), "not pairs"),
        ("a.svg", svg('<polyline points="0,0 NaN,1 2,5 6"/>'), "no numbers"),
        ("a.svg", svg('<svg x="9"><line x2="1"/></svg>'), "ungroup"),
        ("a.svg", svg('<line x1="nan"/>'), "no number"),
        ("a.svg", svg('<line x1="a"/>'), "cannot be read"),
        ("a.svg", svg('<line transform="warp(1)"/>'), "warp"),
        ("a.svg", svg('<g class="line"/>', 'data-units-per-mm="0"'), "data-units"),
        ("a.svg", BOMB.format("svg"), "declares XML entities|entity"),
        ("a.svg", OUTSIDE.format("svg"), "declares XML entities|entity"),
        ("a.inkml", BOMB.format("ink"), "declares XML entities|entity"),
        ("a.inkml", OUTSIDE.format("ink"), "declares XML entities|entity"),
        ("a.inkml", "<svg/>", "no InkML file"),
        ("a.inkml", "<ink/>", "holds no ink"),
        ("a.inkml", "<ink><trace> </trace></ink>", "holds no ink"),
        ("a.inkml", "<ink><trace>1 2, 3</trace></ink>", "lacks X or Y"),
        ("a.inkml", "<ink><trace>1 2, a b</trace></ink>", "no point"),
        ("a.inkml", "<ink><trace>1 2\n3 4\n5 6</trace></ink>", "no commas"),
        (
            "a.inkml",
            "<ink><traceFormat><channel name='X'/><channel name='Y'/></traceFormat>"
            "<traceFormat><channel name='Y'/><channel name='X'/></traceFormat></ink>",
            "X and Y in different places",
        ),
        ("a.inkml", "<ink><trace>1 2, 1e999 3</trace></ink>", "no number"),
        (
            "a.inkml",
            '<ink><traceFormat><channel name="F"/></traceFormat></ink>',
            "no X and Y",
        ),
        ("a.json", "", "cannot be read as JSON"),
        ("a.json", "[" * 100_000, "cannot be read as JSON"),
        ("a.json", b"\xff\xfe\xff", "cannot be read as JSON"),
        ("a.json", "{}", "no file of ink"),
        ("a.json", '{"format": "sketch-ink", "version": 2}', "version 2"),
        ("a.json", '{"format": "sketch-ink", "version": 1}', "no list"),
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
    "blanks.inkml": ("<ink><trace>1 2," + " " * 99_999 + "x</trace></ink>", "no point"),
    "hex.inkml": (f"<ink><trace>#{'F' * 400} 1</trace></ink>", "too large"),
    "points.inkml": (
        f"<ink><trace>{'1 1,' * (10**6 + 1)}</trace></ink>",
        "more than 1,000,000 points; cut it into several files",
    ),
    "channels.inkml": (
        f"<ink><traceFormat>{'<channel/>' * 90_000}</traceFormat></ink>",
        "90,000 channels",
    ),
    "elements.svg": (svg("<g/>" * 100_001), "elements"),
    "word.svg": (svg(f'<line transform="{"a" * 10**6}"/>'), "transform 'aaa"),
    "brackets.svg": (svg(f'<line transform="{"a(" * 10**6}"/>'), "transform 'a"),
    "steps.svg": (svg(f'<line transform="{"scale(1)" * 10**5}"/>'), "100,000 steps"),
    "path.svg": (
        svg(f'<path d="M0 0{"T0 9" * 99_000}"/>'),
        "more than 50,000 curves; cut it into several files",
    ),
    "paths.svg": (
        svg(f'<path d="M0 0{"T0 9" * 30_000}"/>' * 2),
        "more than 50,000 curves; cut it into several files",
    ),
    "polylines.svg": (
        svg(f'<polyline points="{"0 9 " * 600_000}"/>' * 2),
        "more than 1,000,000 points of ink; cut it into several files",
    ),
    "polyline.svg": (
        svg(f'<polyline points="{"0 9 " * (10**6 + 1)}"/>'),
        "more than 1,000,000 points of ink; cut it into several files",
    ),
    "size.svg": (" " * (16 << 20) + svg(""), "more than 16 MB"),
    "size.json": ("[" + " " * (16 << 20), "more than 16 MB"),
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
def test_damaged_lines_of_json_are_named(tmp_path, row, message):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"format": "sketch-ink", "version": 1, "lines": [row]}))
    with pytest.raises(DamagedInk, match=message):
        read_json(path)


def test_json_of_a_capture_page(tmp_path):
    path = tmp_path / "a.json"
    lines = [{"strokes": [[[5, 5, 0.1]], [[6, 5, 0.2], [7, 7, 0.3]]]}]
    path.write_text(json.dumps({"format": "sketch-ink", "version": 1, "lines": lines}))
    (line,) = read_json(path)
    # A dot at the start of the line stays apart from the stroke that follows.
    assert line.strokes.tolist() == [[0, 0, 1], [1, 0, 0], [1, 2, 1]]
    assert line.text == ""


def test_inkml_of_a_tablet(tmp_path):
    """The trace is the example of the W3C's recommendation, section 3.3."""
    path = tmp_path / "a.inkml"
    path.write_text(
        '<ink xmlns="http://www.w3.org/2003/InkML">'
        '<annotation type="truth">word</annotation>'
        "<trace>1125 18432,'23'43,\"7\"-8,3-5,* *</trace>"
        '<trace type="penUp">0 0, 900 900</trace>'
        "</ink>"
    )
    (line,) = read_inkml(path)
    assert line.text == "word"
    x, y = (1125, 18432)
    points = points_from_strokes(line.strokes, start=(x, y))
    expected = [(x, y), (1148, 18475), (1178, 18510), (1211, 18540), (1244, 18570)]
    assert points.tolist() == [list(map(float, point)) for point in expected]


def test_inkml_channels_in_any_order_and_direction(tmp_path):
    path = tmp_path / "a.inkml"
    path.write_text(
        '<ink xmlns="http://www.w3.org/2003/InkML"><definitions><context><traceFormat>'
        '<channel name="T"/><channel name="Y" orientation="-ve"/><channel name="X"/>'
        "</traceFormat></context></definitions>"
        "<traceGroup><trace>0 10 1, 5 12 #A, 9 * 4, </trace></traceGroup>"
        "<traceGroup><traceGroup><trace>0 0 0, 1 1 1</trace></traceGroup>"
        '<annotation type="Transcription">b</annotation></traceGroup></ink>'
    )
    first, second = read_inkml(path)
    assert first.strokes.tolist() == [[9, -2, 0], [-6, 0, 1]]
    assert second.text == "b" and second.strokes.tolist() == [[1, -1, 1]]


def test_inkml_points_may_go_on_in_the_next_row(tmp_path):
    path = tmp_path / "a.inkml"
    channels = "".join(f'<channel name="{name}"/>' for name in "XYFT")
    path.write_text(
        f"<ink><traceFormat>{channels}</traceFormat>"
        "<trace>0 0\n 1 1,\n2 1 3\n4</trace></ink>"
    )
    (line,) = read_inkml(path)
    assert line.strokes.tolist() == [[2, 1, 1]]


def test_inkml_of_a_page_is_its_lines(tmp_path):
    """Of pages, lines and words, what has a text is a line, and else the smallest."""

    def group(text, *within):
        truth = f'<annotation type="truth">{text}</annotation>' if text else ""
        return f"<traceGroup>{truth}{''.join(within)}</traceGroup>"

    def trace(x):
        return f"<trace>0 0, {x} 0</trace>"

    page = group("", group("one", trace(1)), group("two", group("t"), trace(2)))
    words = group("three", group("", trace(3)), group("ignored", trace(4)))
    untold = group("", group("", group("", trace(5))), group("", trace(6)))
    around = group("", trace(7), group("", trace(8)), group("nine", trace(9)))
    path = tmp_path / "a.inkml"
    writer = '<annotation type="writer">eve</annotation>'
    path.write_text(f"<ink>{writer}{page}{words}{untold}{around}</ink>")
    lines = read_inkml(path)
    found = [(line.text, line.strokes[line.strokes[:, 0] > 0, 0]) for line in lines]
    assert [(text, steps.tolist()) for text, steps in found] == [
        ("one", [1]),
        ("two", [2]),
        ("three", [3, 4]),
        ("", [5]),
        ("", [6]),
        ("", [7, 8]),
        ("nine", [9]),
    ]
    assert {line.writer for line in lines} == {"eve"}


def test_inkml_groups_that_only_refer_to_traces_are_no_lines(tmp_path):
    """As the files of CROHME name the symbols of a formula."""
    path = tmp_path / "a.inkml"
    symbol = (
        '<traceGroup xml:id="7"><annotation type="truth">x</annotation>'
        '<traceView traceDataRef="0"/></traceGroup>'
    )
    path.write_text(
        '<ink><annotation type="truth">$x$</annotation><trace id="0">0 0, 1 1</trace>'
        f'<traceGroup><annotation type="truth">Segmentation</annotation>{symbol * 2}'
        "</traceGroup></ink>"
    )
    (line,) = read_inkml(path)
    assert line.text == "$x$" and line.strokes.tolist() == [[1, 1, 1]]


def test_inkml_of_strokes_in_parts(tmp_path):
    """Two pens write by turns, one over the end of its group; a third is in the air."""
    path = tmp_path / "a.inkml"
    path.write_text(
        '<ink xmlns="http://www.w3.org/2003/InkML"><traceGroup>'
        '<trace xml:id="a" continuation="begin">0 0, 1 2</trace>'
        '<trace id="b" continuation="begin">9 9</trace>'
        '<trace xml:id="up" type="penUp" continuation="begin">50 50</trace>'
        '<trace xml:id="a2" continuation="middle" priorRef="#a">3 3</trace>'
        '<trace continuation="end" priorRef="b">9 8, 9 6</trace>'
        '<trace continuation="end" priorRef="#up">7 7, 8 8</trace>'
        "</traceGroup><traceGroup><trace>0 20, 5 20</trace>"
        '<trace continuation="end" priorRef="#a2">4 5, \'1 \'0</trace>'
        "</traceGroup></ink>"
    )
    first, second = read_inkml(path)
    a = [[1, 2, 0], [2, 1, 0], [1, 2, 0], [1, 0, 1]]
    b = [[4, 4, 0], [0, -1, 0], [0, -2, 1]]
    landed = [[-2, 1, 0], [1, 1, 1]]
    assert first.strokes.tolist() == a + b + landed
    assert second.strokes.tolist() == [[5, 0, 1]]


@several
@given(lines_of_ink, st.randoms(use_true_random=False))
def test_inkml_in_parts_is_the_ink_in_one_piece(tmp_path, lines, random):
    path = tmp_path / "ink.inkml"
    write_inkml(path, lines)
    root = etree.parse(path).getroot()
    for number, trace in enumerate(list(root.iter("{*}trace"))):
        points = trace.text.split(", ")
        cuts = sorted(random.sample(range(1, len(points)), k=(len(points) - 1) // 2))
        ends = zip([0, *cuts], [*cuts, None], strict=True)
        for place, (begin, end) in enumerate(ends):
            part = etree.Element(trace.tag, id=f"{number}.{place}")
            part.text = ", ".join(points[begin:end])
            part.set("continuation", "middle" if place else "begin")
            if place:
                part.set("priorRef", f"#{number}.{place - 1}")
            trace.addprevious(part)
            if place and place == len(cuts):
                part.set("continuation", "end")
        trace.getparent().remove(trace)
    etree.ElementTree(root).write(path)
    assert_same_lines(lines, read_inkml(path))


@pytest.mark.parametrize("prior", ['priorRef="#later"', 'priorRef="#"', ""])
def test_inkml_that_continues_nothing_is_refused(tmp_path, prior):
    path = tmp_path / "a.inkml"
    path.write_text(
        f'<ink><trace>0 0, 1 1</trace><trace continuation="end" {prior}>2 2</trace>'
        '<trace id="later">3 3</trace></ink>'
    )
    with pytest.raises(DamagedInk, match="a.inkml .*continues .*none before it"):
        read_inkml(path)


@pytest.mark.parametrize("write", [write_svg, write_inkml, write_json])
def test_writers_refuse_what_is_no_ink(tmp_path, write):
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
def test_writers_take_degenerate_ink(tmp_path, strokes):
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


def test_a_lone_dot_far_from_the_corner_is_one_point(tmp_path):
    (dot,) = pens_of(tmp_path, '<polyline points="0.1,77.7 0.1,77.7"/>')
    assert len(dot) == 2  # the start of the line, and the step that ends the dot


def test_the_time_of_a_moving_svg_is_positive():
    for seconds in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="animate_seconds must be a positive"):
            page_svg(sheet(line_with_a_dot()), animate_seconds=seconds)


def test_read_ink_knows_three_suffixes(tmp_path):
    with pytest.raises(ValueError, match=r"a\.txt .*\.svg, \.inkml, \.json"):
        read_ink(tmp_path / "a.txt")
    with pytest.raises(FileNotFoundError, match="no file .*b.svg"):
        read_ink(tmp_path / "b.svg")


signs = st.text("MLHVCSQTZmz0123456789.,- eE+naif\"'!*#", max_size=25)


@several
@given(signs)
def test_whatever_stands_in_a_file_is_ink_or_damage(tmp_path, data):
    """No reader fails in another way, and none warns."""
    quoted = data.replace('"', "&quot;")
    for name, content in (
        ("a.svg", svg(f'<path d="M0 0{quoted}"/><polyline points="{quoted}"/>')),
        ("b.svg", svg(f'<g transform="scale({quoted})"><line x2="1"/></g>')),
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


@pytest.mark.parametrize("animate", [False, True])
def test_another_reader_of_svg_finds_the_same_strokes(tmp_path, animate):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies, when it is imported
        from svgpathtools import svg2paths

    rng = np.random.default_rng(0)
    strokes = np.zeros((60, 3), np.float32)
    strokes[:, :2] = rng.integers(-40, 60, (60, 2))
    strokes[9::10, 2] = 1
    path = tmp_path / "ink.svg"
    path.write_text(page_svg(sheet(strokes), animate_seconds=2.0 if animate else None))
    units = float(re.search(r'data-units-per-mm="([^"]+)"', path.read_text())[1])
    paths, _ = svg2paths(str(path))
    found = [np.array([x[0].start, *(part.end for part in x)]) for x in paths]
    expected = split_pen_strokes(strokes)
    assert len(found) == len(expected) == 6
    origin = found[0][0]
    for points, pen in zip(found, expected, strict=True):
        points = (points - origin) * units
        # Thousandths of a millimetre, at both ends of a difference.
        np.testing.assert_allclose(points.real, pen[:, 0], atol=1.1e-3 * units)
        np.testing.assert_allclose(points.imag, pen[:, 1], atol=1.1e-3 * units)

"""SVG: the ink that a person sees in it, in pen order."""

import time

import numpy as np
import pytest
from hypothesis import given
from lxml import etree
from made_up_ink import assert_same_lines, line_with_a_dot, lines_of_ink, several, svg

from sketch.ink import DamagedInk
from sketch.ink import svg as svg_parser
from sketch.ink.ink_files import parse_ink, read_ink
from sketch.ink.line_of_ink import InkFile, InkLine
from sketch.ink.strokes import split_pen_strokes
from sketch.page.svg_writer import write_svg

PAINT = 'fill="none" stroke="black"'


def parse(body: str, attributes: str = "", join: bool = True) -> InkFile:
    return parse_ink("other.svg", svg(body, attributes).encode(), join)


def strokes_of(body: str, attributes: str = "") -> list[list[tuple[float, float]]]:
    """The pen strokes of an SVG of one line, at their places, not joined."""
    (line,) = parse(body, attributes, join=False).lines
    assert line.text == ""
    return [
        [tuple(point) for point in points.round(4).tolist()] for points in line.pens
    ]


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


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<polyline points="1,1 2 3,4,4"/>', [[(1, 1), (2, 3), (4, 4)]]),
        ('<polygon points="0 0 1 0 1 1"/>', [[(0, 0), (1, 0), (1, 1), (0, 0)]]),
        ('<line x1="1" y1="2" x2="3"/>', [[(1, 2), (3, 0)]]),
        ('<line x1="1px" y1=" 2 " x2="3px"/>', [[(1, 2), (3, 0)]]),
        ('<path d="M0 0C5e-324 0 0 5e-324 0 0"/>', [[(0, 0), (0, 0)]]),
        (
            '<g stroke="red"><rect fill="none" x="1" y="1" width="4" height="2"/></g>',
            [[(1, 1), (5, 1), (5, 3), (1, 3), (1, 1)]],
        ),
        (  # a background, and what is too small to be drawn
            '<rect width="100%" height="100%"/><rect width="9" height="9" fill="red"/>'
            '<circle stroke="red"/><line x2="1" stroke="red"/>',
            [[(0, 0), (1, 0)]],
        ),
        ('<path d="M1 1L2 3H5V0z"/>', [[(1, 1), (2, 3), (5, 3), (5, 0), (1, 1)]]),
        ('<path d="m1,1 1,2-1-2h5v1"/>', [[(1, 1), (2, 3), (1, 1), (6, 1), (6, 2)]]),
        (  # after a Z the pen goes on; M lifts it
            '<path d="M0 0h1v1zl-1-1M5 5l.5.5"/>',
            [[(0, 0), (1, 0), (1, 1), (0, 0), (-1, -1)], [(5, 5), (5.5, 5.5)]],
        ),
        (
            '<path d="M0 0h1M2 2M3 3z"/><path d="M9 9"/><path d="m1e1-2h0"/>',
            [[(0, 0), (1, 0)], [(3, 3)], [(10, -2)]],
        ),
        ('<polyline points="0.1,77.7 0.1,77.7"/>', [[(0.1, 77.7)] * 2]),
        (
            '<line x2="1"/><polyline points="4 4 4 4"/><polyline points=""/>',
            [[(0, 0), (1, 0)], [(4, 4)]],
        ),
    ],
)
def test_shapes_without_any_paint_are_strokes(body, expected):
    assert strokes_of(body) == expected


TRANSFORMS = {  # of (1, 2) in a viewport of 200 x 100
    "translate(10 20) scale(2)": (12, 24),
    "matrix(1,2,3,4,5,6)": (12, 16),
    "rotate(90)": (-2, 1),
    "rotate(180, 1, 1)": (1, 0),
    "skewX(45) , translate(3)": (6, 2),
    "skewY(45)": (1, 3),
    "none": (1, 2),
}
CSS_TRANSFORMS = {  # they take units, and win
    " translate(10px, 50%) scale(2)": (12, 54),
    "translateX(1mm)": (4.7795, 2),
    "translateY(10%) scaleX(3)": (3, 12),
    "rotate(.25turn)": (-2, 1),
    "rotate(100grad)": (-2, 1),
    " skew(45deg)": (3, 2),
    "rotate(180deg);transform-origin:50% 10px": (199, 18),
    "scale(2);transform-origin:right bottom": (-198, -96),
    "none": (1, 2),
}


@pytest.mark.parametrize(
    ("attributes", "point"),
    [
        *((f'transform="{t}"', point) for t, point in TRANSFORMS.items()),
        *(
            (f'transform="scale(9)" style="transform:{t}"', point)
            for t, point in CSS_TRANSFORMS.items()
        ),
    ],
)
def test_transforms_move_points(attributes, point):
    line = f'<line {attributes} x1="1" y1="2"/>'
    assert strokes_of(line, f'{PAINT} viewBox="0 0 200 100"')[0][0] == point


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("2", 2),
        ("1in", 96),
        ("2.54cm", 96),
        ("25.4mm", 96),
        ("72pt", 96),
        ("6PC", 96),
        ("1e1px", 10),
        ("25%", 50),
        ("1em", 16),
    ],
)
def test_lengths_with_units_are_user_units(length, expected):
    line = f'<line x2="{length}"/>'
    assert strokes_of(line, 'width="400" height="50" viewBox="0 0 200 100"') == [
        [(0, 0), (expected, 0)]
    ]


FLAGS_TOGETHER = '<path d="M8,5a3 3 0 01-3 3 3 3 0 11 3-3"/>'


@pytest.mark.parametrize(
    ("shape", "centre", "radii"),
    [
        ('<circle cx="7" cy="-2" r="50"/>', (7, -2), (50, 50)),
        ('<ellipse cx="7" rx="50" ry="20"/>', (7, 0), (50, 20)),
        ('<ellipse cx="7" rx="50"/>', (7, 0), (50, 50)),
        ('<path d="M5 0A5 5 0 0 1-5 0A5 5 0 1 1 5 0z"/>', (0, 0), (5, 5)),
        ('<path d="M9 0A5 5 0 0 1-9 0A5 5 0 1 1 9 0z"/>', (0, 0), (9, 9)),
        (FLAGS_TOGETHER, (5, 5), (3, 3)),
    ],
)
def test_round_shapes_are_round_and_clockwise_from_the_right(shape, centre, radii):
    (points,) = strokes_of(shape, PAINT)
    points = (np.array(points) - centre) / radii
    np.testing.assert_allclose(np.hypot(*points.T), 1, atol=4e-4)
    turned = np.unwrap(np.arctan2(points[:, 1], points[:, 0]))
    assert (np.diff(turned) > 0).all() and np.diff(turned).max() < 0.1
    assert turned[-1] - turned[0] == pytest.approx(2 * np.pi, abs=1e-4)


@pytest.mark.parametrize(
    ("radii", "corners"),
    [
        ('rx="2"', (2, 2)),
        ('ry="2" rx="auto"', (2, 2)),
        ('rx="50" ry="1"', (5, 1)),
        ('rx="3" ry="0"', (0, 0)),
    ],
)
def test_rects_with_round_corners_begin_behind_the_corner(radii, corners):
    rect = f'<rect x="1" y="1" width="10" height="8" {radii}/>'
    (points,) = strokes_of(rect, PAINT)
    points, (rx, ry) = np.array(points), corners
    assert tuple(points[0]) == tuple(points[-1]) == (1 + rx, 1)
    assert points.min(axis=0).tolist() == [1, 1]
    assert points.max(axis=0).tolist() == [11, 9]
    # The corner of the ellipse, at 45 degrees.
    corner = (1 + rx * (1 - 0.5**0.5), 1 + ry * (1 - 0.5**0.5))
    assert np.hypot(*(points - corner).T).min() < 0.15


LINE = '<path d="M0 0h10"/>'


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('x="5" y="6"', [(5, 6), (15, 6)]),
        ('x="10%" y="1cm"', [(20, 37.7953), (30, 37.7953)]),
        ('width="40" height="40" viewBox="0 0 20 20"', [(0, 0), (20, 0)]),
        ('width="40" height="60" viewBox="0 0 20 20"', [(0, 10), (20, 10)]),
        (
            'width="40" height="60" viewBox="0 0 20 20" preserveAspectRatio="xMinYMax"',
            [(0, 20), (20, 20)],
        ),
        (
            'width="40" height="60" viewBox="0 0 20 20" '
            'preserveAspectRatio="xMaxYMin slice"',
            [(-20, 0), (10, 0)],
        ),
        (
            'width="40" height="60" viewBox="-5 -5 20 20" preserveAspectRatio="none"',
            [(10, 15), (30, 15)],
        ),
        (
            'viewBox="0 0 20 20"',
            [(50, 0), (100, 0)],
        ),  # 100 % of 200 x 100, in its middle
    ],
)
def test_drawings_within_the_drawing_are_fitted(attributes, expected):
    body = f"<svg {attributes}>{LINE}</svg>"
    assert strokes_of(body, f'{PAINT} viewBox="0 0 200 100"') == [expected]
    symbol = f'<symbol id="s" {attributes}>{LINE}</symbol>{LINE}'
    cloned = strokes_of(f'{symbol}<use href="#s"/>', f'{PAINT} viewBox="0 0 200 100"')
    assert cloned == [[(0, 0), (10, 0)], expected]


def test_symbols_take_the_size_of_their_clone():
    symbol = f'<symbol id="s" viewBox="0 0 20 20">{LINE}</symbol>'
    use = '<use xmlns:x="http://www.w3.org/1999/xlink" x:href="#s" x="3" width="40"/>'
    strokes = strokes_of(symbol + use, f'{PAINT} viewBox="0 0 200 100"')
    assert strokes == [[(3, 30), (23, 30)]]


def test_clones_are_moved_and_inherit_from_where_they_are():
    body = (
        f'<defs><g id="a" transform="scale(2)">{LINE}<path d="M0 1h1" stroke="none"/>'
        '</g></defs><use href="#a" x="1" y="2"/>'
        '<g transform="translate(0 50)"><use href="#a" id="b" visibility="hidden"/></g>'
        '<use href="#b" y="9"/><use href="#a" stroke="none"/>'
    )
    assert strokes_of(body, PAINT) == [[(1, 2), (21, 2)]]


def test_clones_of_clones_that_never_end_are_left_out():
    body = (
        f'<g id="a">{LINE}<use href="#a"/><g id="b"><use href="#c"/></g></g>'
        '<g id="c"><use href="#b"/></g><use href="#nothing"/><use href="b.svg#a"/>'
    )
    file = parse(body, PAINT)
    assert len(file.lines[0].strokes) == 1
    assert file.passed_over["clone of nothing"] >= 4


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ('width="4in" height="1in" viewBox="0 0 400 100"', (20, 30)),
        ('width="400" height="100" viewBox="0 0 100 100"', (20, 30)),
        ('width="50mm" height="200mm" viewBox="0 0 100 100"', (20, 30)),
        (
            'width="100%" height="9" viewBox="0 0 9 9" preserveAspectRatio="none"',
            (20, 30),
        ),
        (
            'width="200mm" height="50mm" viewBox="0 0 100 100" '
            'preserveAspectRatio="none"',
            (80, 30),
        ),
    ],
)
def test_root_keeps_its_units_unless_it_is_stretched(root, expected):
    (points,) = strokes_of('<path d="M0 0L20 30"/>', f"{PAINT} {root}")
    assert points[-1] == expected


VISIBLE = '<path class="ink" d="M0 0h1"/>'


@pytest.mark.parametrize(
    ("hidden", "kind"),
    [
        ('<defs><path d="M0 9h9"/></defs>', None),
        ('<clipPath><path d="M0 9h9"/></clipPath>', None),
        ('<symbol><path d="M0 9h9"/></symbol>', None),
        ('<!-- <path d="M0 9h9"/> -->', None),
        ('<x:path xmlns:x="y" d="M0 9h9"/>', None),
        ('<g requiredExtensions="x"><path d="M0 9h9"/></g>', None),
        ("<text>ink</text>", "text"),
        ('<image href="a.png"/>', "image"),
        ('<g display="none"><path d="M0 9h9"/></g>', "hidden outline"),
        ('<path style="display: none" d="M0 9h9"/>', "hidden outline"),
        ('<path style="display:none !important" d="M0 9h9"/>', "hidden outline"),
        ('<g visibility="hidden"><path d="M0 9h9"/></g>', "hidden outline"),
        ('<path visibility="collapse" d="M0 9h9"/>', "hidden outline"),
        ('<g opacity="0"><path d="M0 9h9"/></g>', "hidden outline"),
        ('<path style="opacity:0%" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke="none" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke="transparent" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke="rgba(0, 0, 0, 0)" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke="rgb(0 0 0 / 0%)" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke="hsla(9,9%,9%,.0)" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke="#abc0" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke="#aabbcc00" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke-opacity="0" d="M0 9h9"/>', "hidden outline"),
        ('<path style="stroke-opacity:0.0" d="M0 9h9"/>', "hidden outline"),
        ('<g stroke-width="0"><path d="M0 9h9"/></g>', "hidden outline"),
        ('<path style="stroke-width:0px" d="M0 9h9"/>', "hidden outline"),
        ('<path stroke="none" fill="red" d="M0 9h9v9z"/>', "filled shape"),
        ('<rect stroke="none" fill="red" width="9" height="9"/>', "filled shape"),
        ('<circle stroke="none" fill="red" r="9"/>', "filled shape"),
        ('<path class="hidden" d="M0 9h9"/>', "hidden outline"),
    ],
)
def test_what_is_not_seen_is_passed_over_and_counted(hidden, kind):
    style = "<style>.hidden { visibility: hidden }</style>"
    file = parse(style + hidden + VISIBLE, PAINT)
    (line,) = file.lines
    assert line.strokes.tolist() == [[1, 0, 1]]
    assert file.passed_over == ({kind: 1} if kind else {})


@pytest.mark.parametrize(
    "seen",
    [
        '<g visibility="hidden"><path visibility="visible" d="M0 0h1"/></g>',
        '<g stroke="none"><path stroke="#0000" style="stroke:#123" d="M0 0h1"/></g>',
        '<path stroke="rgb(0,0,0)" d="M0 0h1"/>',
        '<path stroke="rgba(0,0,0,50%)" d="M0 0h1"/>',
        '<path stroke="url(#gradient)" d="M0 0h1"/>',
        '<path stroke="currentColor" d="M0 0h1"/>',
        '<path style="stroke:inherit" d="M0 0h1"/>',
        '<path stroke-width=".1mm" d="M0 0h1"/>',
        '<path stroke-width="calc(1px)" d="M0 0h1"/>',
        '<switch><g systemLanguage="xx"/><a><path d="M0 0h1"/></a><g/></switch>',
    ],
)
def test_what_is_seen_is_ink(seen):
    assert strokes_of(seen, PAINT) == [[(0, 0), (1, 0)]]


@pytest.mark.parametrize(
    ("sheet", "is_seen"),
    [
        (".a{stroke:red}", True),
        (".a.b{stroke:red}", True),
        (".b.a.c{stroke:red}", False),
        ("#x{stroke:red}", True),
        ("path{stroke:red}", True),
        ("path#x.a{stroke:red}", True),
        ("line{stroke:red}", False),
        ("*{stroke:red}", True),
        ("g path{stroke:red}", True),
        ("svg > path{stroke:red}", False),
        ("svg .outer > #x{stroke:red}", True),
        ("#x, .none{stroke:red}", True),
        (".a:hover{stroke:red}", False),
        (".outer{stroke:red}", True),  # inherited
        (":root .a{stroke:red}", True),
        ("/* .a{stroke:red} */", False),
        ("/* a */.a{/* b */stroke:red/* c */}", True),
        ("@import url(x.css);.a{stroke:red}", True),
        ("@media screen{.a{stroke:red}}", True),
        ("@media print{.b{fill:red}.a{stroke:red}}", False),
        ("@media print{.b{fill:red}}.a{stroke:red}", True),
        (".a{stroke:red}.b{stroke:none}", False),  # the later
        (".b{stroke:none}.a{stroke:red}", True),
        ("#x{stroke:red}.b{stroke:none}", True),  # the more specific
        ("path.a{stroke:red}.b{stroke:none}", True),
        (".a{stroke:red !important}#x{stroke:none}", True),
        (".a{STROKE:red}", True),
    ],
)
def test_style_sheets_say_what_is_seen(sheet, is_seen):
    path = '<g class="outer"><path id="x" class="a b" d="M0 0h1"/></g>'
    other = '<path d="M5 5h1" stroke="red"/>'
    # CDATA, as Inkscape and Illustrator write it.
    body = f"<style><![CDATA[{sheet}]]></style>{path}{other}"
    strokes = strokes_of(body, 'fill="none" stroke="none"')
    assert ([(0, 0), (1, 0)] in strokes) == is_seen


def test_selectors_in_clones_see_nothing_outside_of_them():
    """As in browsers: `defs` and what is around it are no parents of a clone."""
    sheet = "<style>.out path{stroke:none}.in path{stroke:red}</style>"
    group = f'<g id="a" class="in">{LINE}</g><g id="b">{LINE}</g>'
    uses = '<use href="#a" y="1"/><use href="#b" y="2"/>'
    body = f'{sheet}<defs class="out">{group}</defs><g class="out">{uses}</g>'
    assert strokes_of(body, PAINT) == [[(0, 1), (10, 1)], [(0, 2), (10, 2)]]


def test_style_attributes_win_over_sheets_and_attributes():
    sheet = "<style>path{stroke:none}</style>"
    path = '<path style="stroke:red" d="M0 0h1"/><path stroke="red" d="M9 9h1"/>'
    assert strokes_of(sheet + path, PAINT) == [[(0, 0), (1, 0)]]


CIRCLE_OF_CURVES = (
    "M6.5 5c0 .828-.672 1.5-1.5 1.5S3.5 5.828 3.5 5 4.172 3.5 5 3.5 6.5 4.172 6.5 5z"
)


@pytest.mark.parametrize(
    ("shape", "is_dot"),
    [
        ('<circle cx="5" cy="5" r="1.5"/>', True),
        ('<ellipse cx="5" cy="5" rx="1.5" ry="1"/>', True),
        (f'<path d="{CIRCLE_OF_CURVES}"/>', True),
        ('<path d="M5 5h0" stroke="red"/>', True),
        ('<circle cx="5" cy="5" r="1" stroke="red" fill="red"/>', True),
        ('<circle cx="5" cy="5" r="1.5" fill="none"/>', False),
        ('<circle cx="5" cy="5" r="15"/>', False),
        ('<ellipse cx="5" cy="5" rx="1.5" ry=".1"/>', False),
        ('<rect x="4" y="4" width="2" height="2"/>', False),
        ('<path d="M4 4C4 5 5 6 6 6V4z"/>', False),
    ],
)
def test_small_filled_circles_are_dots(shape, is_dot):
    strokes = strokes_of(f'<path {PAINT} stroke-width="2" d="M0 0h9"/>{shape}')
    assert strokes[1:] == [[(5, 5)]] * is_dot


def joined(body: str, attributes: str = PAINT) -> tuple[list[int], int]:
    """Points of each stroke, and how many pieces were joined."""
    file = parse(body, attributes)
    (line,) = file.lines
    return [len(points) for points in split_pen_strokes(line.strokes)], file.num_joined


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<path d="M0 0h1"/><path d="M1 0h1"/><path d="M2 0v1"/>', ([4], 2)),
        ('<path d="M0 .1v.2"/><polyline points="0 .3 1 1"/>', ([3], 1)),
        ('<path d="M0 0h1"/><g stroke-width="3"><path d="M1 0h1"/></g>', ([3], 1)),
        ('<path d="M0 0h1"/><path d="M1 0h1" stroke="red"/>', ([2, 2], 0)),
        ('<path d="M0 0h1"/><path d="M1.001 0h1"/>', ([2, 2], 0)),
        ('<path d="M0 0h1M1 0h1"/>', ([2, 2], 0)),  # M is a sign
        ('<path d="M0 0h1"/><polyline points=""/><path d="M1 0h1"/>', ([2, 2], 0)),
        ('<path d="M1 0h1"/><path d="M0 0h1"/>', ([2, 2], 0)),  # the other way round
        ('<path d="M0 0h9"/><path d="M9 0h0"/>', ([2], 1)),
    ],
)
def test_pieces_of_one_movement_are_joined(body, expected):
    assert joined(body) == expected
    assert parse(body, PAINT, join=False).num_joined == 0


@pytest.mark.parametrize(
    ("body", "num_strokes"),
    [
        ('<path d="M0 0h9"/><path d="M0 1h9" stroke="#FFF"/>', 1),
        ('<path d="M0 0h9"/><path d="M0 1h9" stroke="rgb(255, 255, 255)"/>', 1),
        ('<path d="M0 0h9" stroke="white"/><path d="M0 1h9" stroke="white"/>', 2),
        (
            '<rect width="9" height="9" fill="navy" stroke="none"/>'
            '<path d="M0 0h9" stroke="red"/><path d="M0 1h9" stroke="white"/>',
            2,
        ),
        (
            '<rect width="9" height="9" fill="white" stroke="none"/>'
            '<path d="M0 0h9"/><path d="M0 1h9" stroke="white"/>',
            1,
        ),
    ],
)
def test_white_strokes_on_white_paper_are_not_seen(body, num_strokes):
    assert len(strokes_of(body, PAINT)) == num_strokes


def test_lines_of_our_own_are_never_joined(tmp_path):
    strokes = np.array([[9, 0, 1], [0, 0, 0], [0, 9, 1]], np.float32)
    write_svg(tmp_path / "a.svg", strokes)
    (line,), num_joined, _ = parse_ink(tmp_path / "a.svg")
    assert line.strokes[:, 2].tolist() == [1, 0, 1] and num_joined == 0


def test_ink_beside_our_lines_is_one_more_line(tmp_path):
    path = tmp_path / "ink.svg"
    strokes = line_with_a_dot()
    write_svg(path, [InkLine(strokes, "a"), InkLine(strokes, "b")])
    plain = read_ink(path)
    added = '<path d="m1 1 2 3"/><path transform="scale(2)" d="M5 5v3"/>'
    added = f'<g stroke="red">{added}</g>'
    path.write_text(path.read_text().replace("</svg>", f"{added}</svg>"))
    *lines, more = read_ink(path)
    assert_same_lines(plain, lines)
    assert more.text == ""
    units = float(etree.parse(path).getroot().get("data-units-per-mm"))
    pens = more.pens
    for pen, points in zip(pens, [[(1, 1), (3, 4)], [(10, 10), (10, 16)]], strict=True):
        np.testing.assert_allclose(pen / units, points, rtol=1e-5)


def test_line_within_another_is_read_apart():
    inner = '<g class="line"><title>in</title><path d="M9 9v5"/></g>'
    lines = f'<g class="line"><title>out</title><path d="M1 1h2"/>{inner}</g>'
    outer, inner = parse(lines, 'class="line" data-units-per-mm="1"').lines
    assert (outer.text, outer.strokes.tolist()) == ("out", [[2, 0, 1]])
    assert (inner.text, inner.strokes.tolist()) == ("in", [[0, 5, 1]])


def test_hidden_lines_are_left_out():
    line = '<g class="line"><title>x</title><path d="M1 1h2"/></g>'
    hidden = f'<g style="display:none">{line}</g><defs>{line}</defs>'
    file = parse(line + hidden, 'data-units-per-mm="1"')
    assert [one.strokes.tolist() for one in file.lines] == [[[2, 0, 1]]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html/>", "not an SVG file: its root is <html>"),
        (svg("<text>a</text>"), r"holds no ink.*\(passed over: text: 1\)"),
        (
            svg('<rect width="5q1" height="5"/>'),
            "<rect> has width='5q1': .* not a length",
        ),
        (svg('<line x1="a"/>'), "<line> has x1='a'"),
        (svg('<path d="M0 0A1 1 0 2 0 5 5"/>'), "a path's A cannot be read"),
        (
            svg('<g class="line"><path d="m1 1h1"/></g>', 'data-units-per-mm="1e300"'),
            "row 0 .*offsets must be finite",
        ),
        (svg('<path d="L0 0"/>'), "begin with M"),
        (svg('<path d="M0 0 C1 2"/>'), "C has 2 numbers"),
        (svg('<path d="M0 0 L"/>'), "L has 0 numbers"),
        (svg('<path d="M0 0 z1"/>'), "z has 1 numbers"),
        (svg('<path d="M0 0 L1 1 ;"/>'), "L has signs that are not numbers"),
        (svg('<path d="5 5"/>'), "before its first command"),
        (svg('<path d="M0 0C1e999 0 -1e999 1 2 2"/>'), "not a number"),
        (svg('<path d="M0 0A1e999 1 0 0 0 5 5"/>'), "not a number"),
        (svg('<polyline points="1 2 3"/>'), "not pairs"),
        (svg('<polyline points="0,0 NaN,1 2,5 6"/>'), "not numbers"),
        (svg('<line transform="warp(1)"/>'), r"transform warp\(1\) is not known"),
        (svg('<line transform="skewX(1 2)"/>'), "transform skewX"),
        (svg('<line transform="scale(a)"/>'), "transform scale"),
        (svg('<line transform="scale(1px)"/>'), r"transform scale\(1px\) is not known"),
        (svg('<g class="line"/>', 'data-units-per-mm="0"'), "data-units"),
    ],
)
def test_damaged_drawings_are_named(content, message):
    with pytest.raises(DamagedInk, match=f"a.svg .*{message}"):
        read_ink("a.svg", content.encode())


def test_deep_groups_are_read_in_linear_time():
    """This took a minute when each group looked at all around it."""
    group = '<g transform="translate(1)" style="fill:none">'
    lines = '<g class="line"><path d="M0 0h1"/></g>' * 4_000
    body = group * 200 + lines + "</g>" * 200
    begin = time.process_time()
    file = parse(body, 'data-units-per-mm="1"')
    assert time.process_time() - begin < 6
    assert len(file.lines) == 4_000 and file.lines[-1].start == (200, 0)


def clones(levels: int) -> str:
    groups = "".join(
        f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>"
        for n in range(1, levels)
    )
    return f'<g id="g0"><path d="M0 0h1"/></g>{groups}'


LONG = "a" * 10**6
ENDLESS = {
    "word": (f'<line transform="{LONG}"/>', "transform 'aaa"),
    "brackets": (f'<line transform="{"a(" * 10**6}"/>', "transform 'a"),
    "steps": (f'<line transform="{"scale(1)" * 10**5}"/>', "100,000 steps"),
    "arc": (f'<path d="M0 0A{"1" * 10**6}"/>', "A cannot be read"),
    "length": (f'<line x2="{"1" * 10**6}x"/>', "not a length"),
    "path": (f'<path d="M0 0{"T0 9" * 99_000}"/>', "more than 50,000 curves"),
    "paths": (f'<path d="M0 0{"T0 9" * 30_000}"/>' * 2, "more than 50,000 curves"),
    "polylines": (
        f'<polyline points="{"0 9 " * 60_000}"/>' * 2,
        "more than 100,000 points of ink",
    ),
    "polyline": (
        f'<polyline points="{"0 9 " * (10**5 + 1)}"/>',
        "more than 100,000 points of ink",
    ),
    "clones": (clones(7), "more than 10,000 elements and clones"),
    "points of clones": (
        f'<polyline id="a" points="{"0 9 " * 10_000}"/>' + '<use href="#a"/>' * 10,
        "more than 100,000 points of ink",
    ),
    "selectors": (
        f"<style>{'g *{stroke:red}' * 10_000}</style>{VISIBLE * 900}",
        "more than 500,000 tests of selectors",
    ),
    "comments": (f"<style>{'/*' * 10**6}</style>", "holds no ink"),
    "braces": (f"<style>{'{' * 10**6}</style>", "holds no ink"),
    "classes": (f'<g class="{"a " * 10**6}"/>' * 3, "holds no ink"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_drawings_that_would_take_for_ever_are_refused(monkeypatch, name):
    for limit, value in (("MAX_POINTS", 10**5), ("MAX_ELEMENTS", 10**4)):
        monkeypatch.setattr(svg_parser, limit, value)
    body, message = ENDLESS[name]
    begin = time.process_time()
    with pytest.raises(DamagedInk, match=message):
        parse(body)
    assert time.process_time() - begin < 30

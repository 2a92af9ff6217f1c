"""SVG files as written: millimetres, pen order, and what other programs see."""

import re
import warnings
from urllib.parse import unquote

import numpy as np
import pytest
from lxml import etree
from made_up_ink import assert_same_lines, line_with_a_dot

from sketch.ink.ink_files import read_ink
from sketch.ink.line_of_ink import InkLine
from sketch.ink.strokes import points_from_strokes, split_pen_strokes
from sketch.page.paper import sheet
from sketch.page.svg_writer import page_svg, write_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_write_svg_is_in_millimetres_and_in_pen_order(tmp_path):
    path = tmp_path / "ink.svg"
    strokes = line_with_a_dot()
    write_svg(path, InkLine(strokes, "a < b & c"))
    root = etree.parse(path).getroot()
    assert root.get("width") == "190mm"
    height = float(re.fullmatch(r"(.*)mm", root.get("height"))[1])
    assert root.get("viewBox") == f"0 0 190 {height:g}"
    drawing = {f"{SVG}{tag}" for tag in ("svg", "g", "title", "polyline")}
    assert {element.tag for element in root.iter()} == drawing  # a plotter knows them
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


def test_write_svg_of_a_long_line_fills_the_width(tmp_path):
    strokes = np.tile([[10, 3, 0], [10, -3, 0]], (40, 1))
    write_svg(tmp_path / "ink.svg", [strokes, strokes])
    (first, second) = read_ink(tmp_path / "ink.svg")
    width = np.ptp(points_from_strokes(first.strokes)[:, 0])
    root = etree.parse(tmp_path / "ink.svg").getroot()
    assert 185 < width / float(root.get("data-units-per-mm")) < 190
    # 0.001 mm is 0.0043 units at this scale.
    np.testing.assert_allclose(second.strokes[:, :2], strokes[:, :2], atol=0.005)


def test_page_svg_animated_draws_strokes_one_after_the_other(tmp_path):
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
    assert_same_lines(read_ink(still), read_ink(path))


def test_rules_are_a_background_and_no_ink(tmp_path):
    page = sheet(line_with_a_dot())
    rules = np.array([[[22.0, 27.5], [188.0, 27.5]]])
    root = etree.fromstring(page_svg(page._replace(rules=rules)))
    plain = etree.fromstring(page_svg(page))
    assert [one.tag for one in root.iter()] == [one.tag for one in plain.iter()]
    (picture,) = re.findall(r"url\('data:image/svg\+xml,(.*?)'\)", root.get("style"))
    path = etree.fromstring(unquote(picture)).find(f"{SVG}path")
    assert path.get("d") == "M22 27.5L188 27.5"
    (tmp_path / "ink.svg").write_bytes(etree.tostring(root))
    (tmp_path / "plain.svg").write_bytes(etree.tostring(plain))
    assert_same_lines(read_ink(tmp_path / "plain.svg"), read_ink(tmp_path / "ink.svg"))


def test_page_svg_of_no_positive_time_is_refused():
    for seconds in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="animate_seconds must be a positive"):
            page_svg(sheet(line_with_a_dot()), animate_seconds=seconds)


@pytest.mark.parametrize("animate", [False, True])
def test_page_svg_in_svgpathtools_has_the_same_strokes(tmp_path, animate):
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

"""Pages as files: every format reads back as the page that was written."""

import math
import re

import matplotlib
import numpy as np
import pytest
from made_up_ink import write
from PIL import Image

from sketch.ink.ink_files import read_ink
from sketch.ink.line_of_ink import InkLine
from sketch.page.layout import Piece, lay_out
from sketch.page.page_files import ink_colour, page_paths, save_pages, writing_seconds
from sketch.page.paper import Layout


def all_pens(lines):
    return [pen for line in lines for pen in line.pens]


def stroke_ends(path):
    """When the pen has drawn each stroke of an animated SVG, in seconds."""
    style = r"delay:([\d.]+)s;animation-duration:([\d.]+)s"
    times = re.findall(style, path.read_text())
    return [float(delay) + float(duration) for delay, duration in times]


@pytest.mark.parametrize("suffix", [".json", ".inkml"])
def test_points_in_millimetres_read_back(tmp_path, pages, suffix):
    paths = save_pages(tmp_path / f"letter{suffix}", pages)
    assert [path.name for path in paths] == [
        f"letter-{number}{suffix}" for number in range(1, len(pages) + 1)
    ]
    for path, page in zip(paths, pages, strict=True):
        lines = read_ink(path)
        assert [line.text for line in lines] == [line.text for line in page.lines]
        for one, other in zip(page.pens, all_pens(lines), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)


def test_svg_of_a_size_out_of_numpy_reads_back(tmp_path):
    layout = Layout(size=np.float64(2.5))
    save_pages(tmp_path / "a.svg", lay_out([[Piece(write("hill"), "hill")]], layout))
    [line] = read_ink(tmp_path / "a.svg")
    assert line.text == "hill"


def test_smooth_svg_has_the_same_strokes(tmp_path, pages):
    (path,) = save_pages(tmp_path / "letter.svg", pages[:1])
    lines = read_ink(path)
    scale = pages[0].units_per_mm
    before, after = pages[0].pens, all_pens(lines)
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one[[0, -1]], other[[0, -1]] / scale, atol=3e-3)
        assert len(other) >= len(one) or len(one) == 2


def test_picture_has_the_size_and_the_colour_asked_for(tmp_path, pages):
    (path,) = save_pages(tmp_path / "letter.png", pages[:1], colour="red")
    with Image.open(path) as picture:
        assert picture.size == pytest.approx((70 / 25.4 * 200, 27 / 25.4 * 200), abs=1)
        pixels = np.array(picture.convert("RGB")).reshape(-1, 3)
    assert (pixels == [255, 0, 0]).all(axis=1).sum() > 100
    assert (pixels == 255).all(axis=1).mean() > 0.8
    assert (pixels[:, 0] == 255).all()


@pytest.mark.parametrize(
    "dot", [[[3, 0, 1]], [[3, 0, 0], [0, 0, 1]], [[3, 0, 0], [0.05, 0, 1]]]
)
@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_dot_of_an_i_is_drawn(tmp_path, pages, suffix, dot):
    """Of one point, of two in one place, and shorter than a pixel."""
    strokes = np.array([[0, 2, 1], *dot], "float32")
    page = pages[0]._replace(lines=[InkLine(strokes, start=(20, 13))], pen_mm=0.4)
    (path,) = save_pages(tmp_path / f"dot{suffix}", [page])
    with Image.open(path) as image:
        image.seek(getattr(image, "n_frames", 1) - 1)  # the last of a GIF
        picture = np.array(image.convert("L"))
    per_mm = picture.shape[1] / 70
    inked = np.argwhere(picture < 128) / per_mm
    inked = inked[inked[:, 1] > 21]
    assert len(inked) >= 0.8 * math.pi * (0.2 * per_mm) ** 2
    np.testing.assert_allclose(inked.mean(axis=0), (15, 23), atol=1.1 / per_mm)


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_page_ignores_a_programs_settings_of_matplotlib(tmp_path, pages, suffix):
    (one,) = save_pages(tmp_path / f"one{suffix}", pages[:1])
    own = {"savefig.bbox": "tight", "savefig.transparent": True, "path.simplify": True}
    with matplotlib.rc_context(own):
        (other,) = save_pages(tmp_path / f"other{suffix}", pages[:1])
    assert one.read_bytes() == other.read_bytes()


def test_pdf_has_all_pages_and_no_date(tmp_path, pages):
    (path,) = save_pages(tmp_path / "letter.pdf", pages)
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", content)) == len(pages) > 1
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    assert [float(side) * 25.4 / 72 for side in box.groups()] == pytest.approx([70, 27])
    (again,) = save_pages(tmp_path / "again.pdf", pages)
    assert again.read_bytes() == content


def test_animated_svg_takes_as_long_as_the_pen(tmp_path, pages):
    page = pages[0]
    (path,) = save_pages(tmp_path / "a.svg", [page], animate=True)
    ends = stroke_ends(path)
    assert len(ends) == len(page.pens)
    # After the last stroke, as after each, there is time for a leap: one step.
    assert ends[-1] == pytest.approx(min(writing_seconds(page), 30), rel=0.01)
    (path,) = save_pages(tmp_path / "b.svg", [page], animate=True, seconds=2.0)
    assert stroke_ends(path)[-1] == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.bmp", {}, "must end with one of .svg"),
        ("a", {}, "must end with one of .svg"),
        ("a.png", {"animate": True}, "can be animated"),
        ("a.svg", {"nib": True}, "only .png, .pdf, .gif can show a nib"),
        ("a.json", {"nib": True}, "only .png, .pdf, .gif can show a nib"),
        ("a.svg", {"colour": "no colour"}, "is not a colour"),
        ("a.svg", {"colour": '"/><script/>'}, "is not a colour"),
        ("a.svg", {"colour": "none"}, "is transparent"),
        ("a.png", {"colour": "#1b244080"}, "is transparent"),
        ("a.svg", {"pen_mm": 0.0}, "positive"),
        ("a.svg", {"pen_mm": float("nan")}, "positive"),
        ("a.gif", {"seconds": -1.0}, "positive"),
        ("a.gif", {"seconds": 601.0}, "a GIF can take up to 600 seconds"),
    ],
)
def test_impossible_file_is_refused(tmp_path, pages, name, options, words):
    with pytest.raises(ValueError, match=words):
        save_pages(tmp_path / name, pages, **options)
    assert not list(tmp_path.iterdir())


def test_several_pages_have_numbered_files():
    assert [path.name for path in page_paths("a.svg", 1)] == ["a.svg"]
    names = [path.name for path in page_paths("x/a.b.svg", 10)]
    assert names[0] == "a.b-01.svg" and names[-1] == "a.b-10.svg"
    assert len(page_paths("a.pdf", 3)) == 1


def test_colour_is_a_name_or_a_number():
    assert ink_colour("navy") == "#000080"
    assert ink_colour("#1B2440") == ink_colour("#1B2440FF") == "#1b2440"

"""A pen whose width changes with its speed, in every picture that has widths."""

import re

import matplotlib
import numpy as np
import pytest
from PIL import Image

from sketch.ink.line_of_ink import line_from_pen_strokes
from sketch.page.page_files import save_pages
from sketch.page.paper import Page

SLOW, FAST, DOT = (5.0, 15.0), (15.0, 55.0), (30.0, 15.0)  # mm
RATIO = 2**0.4  # of the widths at a speed and at twice of it


@pytest.fixture
def page():
    """A level stroke that is slow at first, then twice as fast; and a dot."""
    x = np.concatenate([np.arange(*SLOW, 0.1), np.arange(FAST[0], FAST[1] + 0.1, 0.2)])
    stroke = np.column_stack([x, np.full(len(x), 5.0)])
    line = line_from_pen_strokes([stroke, np.array([DOT])], "- .")
    return Page([line], 60.0, 20.0, 1.0, 1.0)


def ink_of(path):
    """Where the ink is, and the pixels of a millimetre."""
    with Image.open(path) as picture:
        picture.seek(getattr(picture, "n_frames", 1) - 1)
        ink = np.array(picture.convert("L")) < 140
    return ink, ink.shape[1] / 60


@pytest.mark.parametrize("suffix", ["png", "gif"])
@pytest.mark.parametrize("smooth", [True, False])
def test_a_slow_pen_is_wide_and_its_width_changes_gently(
    tmp_path, page, suffix, smooth
):
    how = {"smooth": smooth, "seconds": 0.2} if suffix == "gif" else {"smooth": smooth}
    (path,) = save_pages(tmp_path / f"a.{suffix}", [page], nib=True, **how)
    ink, per_mm = ink_of(path)
    across = ink[: round(10 * per_mm)].sum(axis=0) / per_mm  # mm, of each column
    slow, fast = (
        np.median(across[round((begin + 2) * per_mm) : round((end - 2) * per_mm)])
        for begin, end in (SLOW, FAST)
    )
    assert slow / fast == pytest.approx(RATIO, rel=0.06)
    assert slow <= 1.55
    inner = across[round((SLOW[0] + 1) * per_mm) : round((FAST[1] - 1) * per_mm)]
    assert np.abs(np.diff(inner)).max() <= 2.01 / per_mm  # a pixel on each side
    rows, columns = np.nonzero(ink[round(10 * per_mm) :])
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=1)
    assert (np.ptp(rows) + 1) / per_mm == pytest.approx(1.5, abs=0.2)
    (path,) = save_pages(tmp_path / f"b.{suffix}", [page], **how)
    ink, per_mm = ink_of(path)
    across = ink[: round(10 * per_mm)].sum(axis=0)
    assert np.ptp(across[round(6 * per_mm) : round(54 * per_mm)]) <= 1


def test_a_pdf_has_few_widths_and_round_ends(tmp_path, page):
    with matplotlib.rc_context({"pdf.compression": 0}):
        (path,) = save_pages(tmp_path / "a.pdf", [page], nib=True, pen_mm=0.5)
    content = path.read_bytes()
    widths = [float(width) for width in re.findall(rb"\n([\d.]+) w", content)]
    drawn = sorted({width * 25.4 / 72 for width in widths if width > 0.6})
    assert 5 < len(drawn) < 40
    assert drawn[-1] / drawn[0] == pytest.approx(1.5 / RATIO**-1, rel=0.6)
    assert b"1 J" in content and b"1 j" in content


def test_even_ink_has_the_width_of_its_pen(tmp_path, page):
    """A drawing knows no speed: all of its steps are alike."""
    x = np.arange(*FAST, 0.4)
    even = line_from_pen_strokes([np.column_stack([x, np.full(len(x), 5.0)])], "-")
    (path,) = save_pages(tmp_path / "a.png", [page._replace(lines=[even])], nib=True)
    ink, per_mm = ink_of(path)
    across = ink.sum(axis=0)[round(16 * per_mm) : round(54 * per_mm)]
    assert across.min() == across.max() == pytest.approx(per_mm, abs=1.01)

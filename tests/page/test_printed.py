"""What is on the paper before the pen comes."""

import numpy as np
import pytest
from PIL import Image

from sketch.page.page_files import save_pages
from sketch.page.paper import RULE, Layout
from sketch.page.printed import read_background


def save(path, size=(200, 100), colour=(250, 240, 230), **options):
    Image.new("RGB", size, colour).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_is_in_the_middle_of_the_sheet(tmp_path, suffix):
    sheet = read_background(save(tmp_path / f"form{suffix}"), 25.4, 50.8)
    assert sheet.shape == (400, 200, 3)
    assert (sheet[:150] == 255).all() and (sheet[250:] == 255).all()
    assert abs(sheet[152:248] - np.array([250.0, 240, 230])).max() < 3


def test_a_photograph_is_turned_and_what_is_clear_is_white(tmp_path):
    exif = Image.Exif()
    exif[274] = 6  # to be turned by 90 degrees
    turned = save(tmp_path / "a.jpg", (100, 200), exif=exif)
    assert (read_background(turned, 25.4, 12.7)[5, 5] < 255).any()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (read_background(tmp_path / "clear.png", 9.0, 9.0) == 255).all()


def test_a_background_that_is_no_picture_is_refused(tmp_path, monkeypatch):
    whole = save(tmp_path / "form.png", (300, 300)).read_bytes()
    save(tmp_path / "large.png", (301, 300))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 90_000)
    for name, content, words in (
        ("cut.png", whole[: len(whole) // 2], "cut.png is not a sound PNG or JPEG"),
        ("a.gif", b"GIF89a", "a.gif is neither a PNG nor a JPEG$"),
        ("a.pdf", b"%PDF-1.4", "`pdftoppm -r 200 -png -singlefile .*a.pdf a`"),
        ("large.png", None, "large.png has more than 90,000 pixels: scan"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=words):
            read_background(tmp_path / name, 20.0, 20.0)
    with pytest.raises(FileNotFoundError):
        read_background(tmp_path / "none.png", 20.0, 20.0)
    with pytest.raises(ValueError, match="pixels as a picture"):
        read_background(tmp_path / "form.png", 3000.0, 3000.0)


def test_ink_is_drawn_over_the_background(tmp_path, pages):
    form = save(tmp_path / "form.png", (700, 270))
    (path,) = save_pages(tmp_path / "a.png", pages[:1], background=form)
    pixels = np.array(Image.open(path).convert("RGB")).reshape(-1, 3)
    assert (pixels == [250, 240, 230]).all(axis=1).mean() > 0.8
    assert (pixels.sum(axis=1) < 200).sum() > 100
    (path,) = save_pages(tmp_path / "a.pdf", pages, background=form)
    assert path.read_bytes().count(b"/Subtype /Image") == len(pages)
    for suffix in (".svg", ".gif", ".json"):
        with pytest.raises(ValueError, match="can have a background"):
            save_pages(tmp_path / f"a{suffix}", pages, background=form)


@pytest.mark.parametrize("kind", ["ruled", "squared", "dotted"])
@pytest.mark.parametrize("suffix", [".png", ".gif"])
def test_rules_are_drawn_where_the_layout_has_them(tmp_path, pages, kind, suffix):
    layout = Layout((70.0, 27.0), 5.0, 2.0, **{kind: 7.0})
    page = pages[0]._replace(rules=layout.rules, rule_mm=0.3)
    (path,) = save_pages(tmp_path / f"a{suffix}", [page])
    with Image.open(path) as picture:
        picture = np.array(picture.convert("RGB")).astype(int)  # a GIF's first frame
    per_mm = picture.shape[1] / 70
    colour = np.array([int(RULE[i : i + 2], 16) for i in (1, 3, 5)])
    printed = (picture.sum(axis=2) < 750) & (picture.sum(axis=2) > colour.sum() - 30)
    for ends in layout.rules[-3:]:
        columns, rows = (ends.mean(axis=0) * per_mm).astype(int)
        assert printed[rows - 1 : rows + 2, columns - 1 : columns + 2].any()
    assert not printed[: int(4 * per_mm)].any()

"""GIFs of a pen at work."""

import numpy as np
import pytest
from PIL import Image

from sketch.ink.line_of_ink import InkLine
from sketch.page.gif import write_gif
from sketch.page.page_files import save_pages


def pictures(path):
    with Image.open(path) as picture:
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            yield np.array(picture.convert("L")), picture.info.get("duration", 0)


def test_gif_shows_more_ink_in_each_frame(tmp_path, pages):
    (path,) = save_pages(tmp_path / "letter.gif", pages[:1], seconds=0.8, colour="blue")
    frames = list(pictures(path))
    inked = [int((frame < 128).sum()) for frame, _ in frames]
    assert len(frames) == 20
    assert inked == sorted(inked) and 0 < inked[0] < inked[-1] / 5
    seconds = [duration / 1000 for _, duration in frames]
    assert sum(seconds[:-1]) == pytest.approx(0.76, abs=0.03)
    assert seconds[-1] > 2
    # The last frame is the page as the picture shows it.
    (still,) = save_pages(tmp_path / "letter.png", pages[:1])
    picture = Image.open(still).convert("L").resize(frames[-1][0].shape[::-1])
    assert abs(np.array(picture) < 128).sum() == pytest.approx(inked[-1], rel=0.4)


def test_gif_of_the_longest_time_is_written(tmp_path, pages):
    page = pages[0]._replace(lines=[InkLine(np.array([[1, 1, 1]], np.float32))])
    (path,) = save_pages(tmp_path / "a.gif", [page], seconds=600.0)
    # Frames that are the same are one, which is shown for all of their times.
    assert sum(duration for _, duration in pictures(path)) == pytest.approx(603_000)


def test_gif_without_ink_or_time_is_refused(tmp_path, pages):
    with pytest.raises(ValueError, match="no ink"):
        write_gif(tmp_path / "a.gif", pages[0]._replace(lines=[]), "#000000", 1.0)
    with pytest.raises(ValueError, match="seconds must be a positive number"):
        write_gif(tmp_path / "a.gif", pages[0], "#000000", 0.0)
    assert not list(tmp_path.iterdir())

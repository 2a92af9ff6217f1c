"""The canvas: every point is drawn, and the same ink gives the same file."""

import os
import subprocess
import sys

import numpy as np
import pytest
from made_up_ink import wave
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from sketch.figures.canvas import draw_strokes
from sketch.figures.pictures import draw_sketch
from sketch.ink.strokes import split_pen_strokes


def drawn_strokes(axes) -> list[np.ndarray]:
    """The polylines and dots that are on the axes, as arrays of points."""
    found = []
    for patch in axes.patches:
        path = patch.get_path()
        starts = np.flatnonzero(path.codes == path.MOVETO)
        found += np.split(path.vertices, starts[1:])
    for dots in axes.collections:
        found += [point[None] for point in np.asarray(dots.get_offsets())]
    return found


def drawing(strokes, **style):
    axes = Figure().add_subplot()
    draw_strokes(axes, strokes, **style)
    return axes


def test_draw_strokes_draws_every_point():
    strokes = np.concatenate([[[5, 5, 1], [9, 9, 1]], wave(200), [[7, 0, 0]]])
    start = (100.0, -3.0)
    expected = split_pen_strokes(strokes, start)
    drawn = drawn_strokes(drawing(strokes, start=start))
    assert sum(len(stroke) == 1 for stroke in expected) == 1  # a dot to be seen
    as_lists = [sorted(stroke.tolist() for stroke in one) for one in (drawn, expected)]
    assert as_lists[0] == as_lists[1]


def test_draw_strokes_in_one_place_draws_a_dot():
    axes = drawing(np.zeros((3, 3)))
    assert not axes.patches and isinstance(axes.collections[0], PathCollection)
    axes = drawing(np.zeros((0, 3)))
    assert not axes.patches and not axes.collections


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_picture_of_the_same_ink_is_the_same_file(tmp_path, suffix):
    first, second = tmp_path / f"a.{suffix}", tmp_path / "new" / f"b.{suffix}"
    for path in (first, second):
        draw_sketch(path, [wave(), wave(30)])
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("backend", ["module://gone.backend", "nonsense"])
def test_pictures_with_any_mplbackend_are_drawn(tmp_path, backend):
    code = (
        "import numpy, os, sys; from sketch.page import page_files;"
        "from sketch.figures.pictures import draw_line;"
        "draw_line(sys.argv[1], numpy.ones((3, 3))); print(os.environ['MPLBACKEND'])"
    )
    command = [sys.executable, "-c", code, tmp_path / "line.png"]
    environment = os.environ | {"MPLBACKEND": backend}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout.strip()) == (0, backend), done.stderr


def test_pictures_without_a_home_say_nothing(tmp_path):
    code = "from sketch.page import page_files; from sketch.figures import canvas"
    environment = {k: v for k, v in os.environ.items() if k != "MPLCONFIGDIR"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment | {"HOME": "/dev/null", "XDG_CONFIG_HOME": ""},
    )
    assert done.stderr == ""

"""Pictures: every point is drawn, on one scale, and the files are what they say."""

import numpy as np
import pytest
from matplotlib import image
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from sketch.figures import pictures as figures
from sketch.figures.canvas import INK, draw_strokes
from sketch.ink import DamagedInk
from sketch.ink.strokes import points_from_strokes, split_pen_strokes


def wave(steps: int = 40, lift: int = 9, scale: float = 30.0) -> np.ndarray:
    """A line of cycloids, with a pen lift every `lift` steps."""
    time = np.arange(steps)
    strokes = np.stack(
        [scale * (0.6 + np.cos(time)), scale * np.sin(time), time % lift == lift - 1],
        axis=1,
    )
    return strokes.astype(np.float32)


def drawn_pens(axes) -> list[np.ndarray]:
    """The polylines and dots that are on the axes, as arrays of points."""
    pens = []
    for patch in axes.patches:
        path = patch.get_path()
        starts = np.flatnonzero(path.codes == path.MOVETO)
        pens += np.split(path.vertices, starts[1:])
    for dots in axes.collections:
        pens += [point[None] for point in np.asarray(dots.get_offsets())]
    return pens


def drawing(strokes, **style):
    axes = Figure().add_subplot()
    draw_strokes(axes, strokes, **style)
    return axes


def test_every_point_of_every_stroke_is_drawn():
    strokes = np.concatenate([[[5, 5, 1], [9, 9, 1]], wave(), [[7, 0, 0]]])
    start = (100.0, -3.0)
    expected = split_pen_strokes(strokes, start)
    drawn = drawn_pens(drawing(strokes, start=start))
    assert [len(pen) for pen in expected].count(1) == 1  # there is a dot to be seen
    key = lambda pen: tuple(pen[0])  # noqa: E731
    for one, other in zip(
        sorted(expected, key=key), sorted(drawn, key=key), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_ink_in_one_place_is_a_dot_and_no_ink_is_none():
    axes = drawing(np.zeros((3, 3)))
    assert not axes.patches and isinstance(axes.collections[0], PathCollection)
    axes = drawing(np.zeros((0, 3)))
    assert not axes.patches and not axes.collections


def record_drawing(monkeypatch) -> list[tuple[np.ndarray, dict]]:
    calls = []

    def draw(axes, strokes, **style):
        calls.append((strokes, style))
        draw_strokes(axes, strokes, **style)

    monkeypatch.setattr(figures, "draw_strokes", draw)
    return calls


def test_sketch_puts_64_lines_in_four_columns_that_do_not_touch(tmp_path, monkeypatch):
    calls = record_drawing(monkeypatch)
    lines = [wave(40 + index % 7) for index in range(64)]
    figures.draw_sketch(tmp_path / "sketch.png", lines)
    boxes = []
    for strokes, style in calls:
        points = points_from_strokes(strokes, style["start"])
        boxes.append((*points.min(axis=0), *points.max(axis=0)))
    lefts = sorted({round(box[0]) for box in boxes})
    tops = {index // 4: boxes[index][1] for index in range(0, 64, 4)}
    assert len(lefts) == 4 and len(tops) == 16
    for index, box in enumerate(boxes):
        for other in boxes[:index]:
            apart_x = box[0] > other[2] or other[0] > box[2]
            apart_y = box[1] > other[3] or other[1] > box[3]
            assert apart_x or apart_y
    pixels = image.imread(tmp_path / "sketch.png")
    assert 1.2 < pixels.shape[1] / pixels.shape[0] < 4
    # Ink, but mostly paper; nothing on the edges.
    assert 0.01 < (pixels[..., :3].mean(axis=2) < 0.5).mean() < 0.3
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 1).all()


def test_columns_can_be_chosen(tmp_path, monkeypatch):
    calls = record_drawing(monkeypatch)
    figures.draw_sketch(tmp_path / "sketch.png", [wave()] * 5, columns=2)
    lefts = [style["start"][0] for _, style in calls]
    assert lefts[0] == lefts[2] == lefts[4] < lefts[1] == lefts[3]
    with pytest.raises(ValueError, match="at least one column"):
        figures.draw_sketch(tmp_path / "sketch.png", [wave()], columns=0)


@pytest.mark.parametrize(
    "strokes",
    [
        np.zeros((0, 3)),
        np.zeros((1, 3)),
        np.zeros((7, 3)),
        np.array([[0.0, 0.0, 1.0]] * 3),
        np.array([[0.0, 9.0, 0.0]]),
        np.array([[9.0, 0.0, 0.0]]),
        np.array([[1e-30, 1e-30, 1.0], [1e30, 1e30, 1.0]]),
    ],
    ids=["empty", "point", "points", "dots", "vertical", "flat", "huge"],
)
def test_degenerate_ink_is_drawn_without_a_warning(tmp_path, strokes):
    figures.draw_line(tmp_path / "line.png", strokes)
    figures.draw_sketch(tmp_path / "sketch.png", [strokes, wave(), strokes])
    figures.draw_pen(tmp_path / "pen.png", [strokes])
    pixels = image.imread(tmp_path / "line.png")[..., :3]
    assert (pixels.min() < 0.5) == bool(len(strokes))  # ink where there is some
    assert max(pixels.shape) <= 3000


def test_a_bad_line_is_named_and_the_old_picture_stays(tmp_path):
    path = tmp_path / "sketch.png"
    figures.draw_sketch(path, [wave()])
    before = path.read_bytes()
    bad = wave()
    bad[3, 0] = np.nan
    with pytest.raises(DamagedInk, match="line 1 .*row 3 of 40"):
        figures.draw_sketch(path, [wave(), bad])
    with pytest.raises(DamagedInk, match="row 3"):
        figures.draw_pen(path, [bad])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_to_draw_is_an_error(tmp_path):
    for draw in (figures.draw_sketch, figures.draw_pen, figures.draw_history):
        with pytest.raises(ValueError, match="to draw"):
            draw(tmp_path / "a.png", [])
    with pytest.raises(ValueError, match=r"a\.doc is not the name of a picture"):
        figures.draw_sketch(tmp_path / "a.doc", [wave()])


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_ink_is_the_same_file(tmp_path, suffix):
    first, second = tmp_path / f"a.{suffix}", tmp_path / "new" / f"b.{suffix}"
    for path in (first, second):
        figures.draw_sketch(path, [wave(), wave(30)])
    assert first.read_bytes() == second.read_bytes()


def record_limits(monkeypatch) -> list[tuple[float, float]]:
    limits = []
    original = figures.Axes.set_ylim

    def record(axes, *given, **options):
        limits.append(original(axes, *given, **options))
        return limits[-1]

    monkeypatch.setattr(figures.Axes, "set_ylim", record)
    return limits


def test_pen_figure_has_a_tick_for_each_lift(tmp_path, monkeypatch):
    collections = []
    original = figures.LineCollection

    def record(segments, **style):
        collections.append(segments)
        return original(segments, **style)

    monkeypatch.setattr(figures, "LineCollection", record)
    limits = record_limits(monkeypatch)
    figures.draw_pen(tmp_path / "pen.png", [wave(20, lift=9), wave(5, lift=2)])
    bars, ticks = collections
    assert bars == [[(0.5, 1), (20.5, 1)], [(0.5, 2), (5.5, 2)]]
    places = [(tick[0][0], round(np.mean([end[1] for end in tick]))) for tick in ticks]
    assert places == [(9, 1), (18, 1), (2, 2), (4, 2)]
    assert limits == [(2.6, 0.4)]


def test_window_figures_label_each_character(tmp_path, monkeypatch):
    labels = []
    monkeypatch.setattr(
        "matplotlib.axes.Axes.set_xticks",
        lambda axes, ticks, labels=None, original=labels: original.append(labels),
    )
    phi = np.random.default_rng(0).random((30, 6))
    figures.draw_window(tmp_path / "phi.png", phi, "a b$c")
    assert labels.pop() == ["a", "␣", "b", "$", "c", "■"]
    figures.draw_window(tmp_path / "phi.png", phi[:, :5], "a b$c")
    assert labels.pop() == ["a", "␣", "b", "$", "c"]
    figures.draw_soft_window(tmp_path / "window.png", phi, ["■", *"abc d"])
    assert labels.pop() == ["■", "a", "b", "c", "␣", "d"]


def test_a_spike_does_not_pale_the_rest_of_a_window(tmp_path, monkeypatch):
    scales = []
    original = Figure.colorbar

    def record(figure, drawn, **style):
        scales.append((drawn.norm.vmax, style["extend"]))
        return original(figure, drawn, **style)

    monkeypatch.setattr(Figure, "colorbar", record)
    for largest in (0.5, 1.0, 4.0):
        figures.draw_window(tmp_path / "map.png", np.diag([0.2, largest]), "ab")
    figures.draw_soft_window(tmp_path / "map.png", np.diag([0.2, 4.0]), "ab")
    assert scales == [(0.5, "neither"), (1.0, "neither"), (1.0, "max"), (1.0, "max")]


def test_text_is_no_formula_and_may_have_letters_the_font_lacks(tmp_path):
    text = "$a$ 漢\n_^"
    figures.draw_window(tmp_path / "phi.png", np.ones((3, len(text))), text)
    figures.draw_history(tmp_path / "h.png", {"$b_": [{"valid_log_likelihood": 1.0}]})


def test_maps_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "map.png"
    with pytest.raises(ValueError, match="phi has 3 columns.*'abcd' has 4"):
        figures.draw_window(path, np.ones((2, 3)), "abcd")
    with pytest.raises(ValueError, match="3 columns.* 2 symbols"):
        figures.draw_soft_window(path, np.ones((2, 3)), "ab")
    with pytest.raises(ValueError, match=r"not \[0, 3\]"):
        figures.draw_mixture_weights(path, np.ones((0, 3)))
    with pytest.raises(ValueError, match="NaN"):
        figures.draw_mixture_weights(path, np.full((2, 3), np.nan))


@pytest.mark.parametrize("steps", [900, 5000])
@pytest.mark.parametrize("name", ["window", "mixture_weights"])
def test_a_single_step_is_as_dark_in_a_line_of_any_length(tmp_path, name, steps):
    path = tmp_path / "map.png"
    text = ("abc",) if name == "window" else ()
    is_ink = []
    for column in (0, 2):
        values = np.zeros((steps, 3))
        values[steps // 3, column] = 1
        getattr(figures, f"draw_{name}")(path, values, *text)
        pixels = image.imread(path)[..., :3]
        is_ink.append(np.abs(pixels - to_rgb(INK)).max(axis=2) < 0.01)
    assert (is_ink[0] & ~is_ink[1]).any() and (is_ink[1] & ~is_ink[0]).any()


@pytest.mark.parametrize("shape", [(1, 1), (700, 20)])
def test_mixture_weights_of_any_size_say_whether_they_are_biased(tmp_path, shape):
    path = tmp_path / "weights.svg"
    weights = np.random.default_rng(0).dirichlet(np.ones(shape[1]), shape[0])
    for is_biased in (False, True):
        figures.draw_mixture_weights(path, weights, is_biased)
        text = path.read_text(encoding="utf-8")
        assert "Mixture weights π" in text and ("after the bias" in text) == is_biased


def history(epochs: int) -> list[dict]:
    return [
        {
            "epoch": epoch,
            "train_log_likelihood": 100.0 * epoch,
            "valid_log_likelihood": 90.0 * epoch if epoch > 1 else float("nan"),
            "test_log_likelihood": "" if epoch > 2 else 80.0,
            "learning_rate": 1e-3,
            "gradient_norm": 1.0 / epoch,
        }
        for epoch in range(1, epochs + 1)
    ]


def test_history_draws_what_is_there(tmp_path, monkeypatch):
    plots = []
    original = figures.Axes.plot

    def record(axes, x, y, *args, **style):
        plots.append((x, y))
        return original(axes, x, y, *args, **style)

    monkeypatch.setattr(figures.Axes, "plot", record)
    figures.draw_history(tmp_path / "history.png", history(3))
    assert plots == [
        ((1.0, 2.0, 3.0), (100.0, 200.0, 300.0)),
        ((2.0, 3.0), (180.0, 270.0)),
        ((1.0, 2.0), (80.0, 80.0)),
        ((1.0, 2.0, 3.0), (1e-3, 1e-3, 1e-3)),
        ((1.0, 2.0, 3.0), (1.0, 0.5, 1.0 / 3)),
    ]
    several = {"one": history(1), "two": history(40), "none": []}
    figures.draw_history(tmp_path / "history.png", several)


def test_history_draws_one_line_where_test_equals_valid(tmp_path, monkeypatch):
    labels = []
    original = figures.Axes.legend

    def record(axes, **style):
        labels.append(axes.get_legend_handles_labels()[1])
        return original(axes, **style)

    monkeypatch.setattr(figures.Axes, "legend", record)
    rows = history(3)
    figures.draw_history(tmp_path / "history.png", rows)
    for row in rows:
        row["test_log_likelihood"] = row["valid_log_likelihood"]
    figures.draw_history(tmp_path / "history.png", rows)
    assert labels == [["train", "valid", "test"], ["train", "valid (= test)"]]


def test_a_steady_gradient_stays_clear_of_the_frame(tmp_path, monkeypatch):
    limits = record_limits(monkeypatch)
    rows = [{"learning_rate": 0.0, "gradient_norm": 5 - 1e-3 * n} for n in range(9)]
    figures.draw_history(tmp_path / "history.png", rows)
    assert limits[-1] == pytest.approx((0, 5.4))


def test_unsimplified_outlines():
    """matplotlib may drop points of long lines; the style must forbid it."""
    axes = drawing(wave(200, lift=500))
    (patch,) = axes.patches
    assert isinstance(patch, PathPatch) and len(patch.get_path().vertices) == 201

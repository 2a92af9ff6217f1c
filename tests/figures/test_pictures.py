"""Pictures of ink and of training: what is on them, and what is refused."""

import numpy as np
import pytest
from made_up_ink import wave
from matplotlib import image

from sketch.figures import pictures as figures
from sketch.ink import DamagedInk


def test_draw_sketch_of_64_lines_is_mostly_paper_with_clear_edges(tmp_path):
    figures.draw_sketch(tmp_path / "sketch.png", [wave(40 + k % 7) for k in range(64)])
    pixels = image.imread(tmp_path / "sketch.png")
    assert 1.2 < pixels.shape[1] / pixels.shape[0] < 4
    assert 0.01 < (pixels[..., :3].mean(axis=2) < 0.5).mean() < 0.3
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert (edge == 1).all()


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
def test_drawings_of_degenerate_ink_do_not_warn(tmp_path, strokes):
    figures.draw_line(tmp_path / "line.png", strokes)
    figures.draw_sketch(tmp_path / "sketch.png", [strokes, wave(), strokes])
    figures.draw_pen(tmp_path / "pen.png", [strokes])
    pixels = image.imread(tmp_path / "line.png")[..., :3]
    assert (pixels.min() < 0.5) == bool(len(strokes))  # ink where there is some
    assert max(pixels.shape) <= 3000


def test_drawings_of_a_bad_line_name_it_and_keep_the_old_picture(tmp_path):
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


def test_drawings_of_nothing_are_refused(tmp_path):
    for draw in (figures.draw_sketch, figures.draw_pen, figures.draw_history):
        with pytest.raises(ValueError, match="to draw"):
            draw(tmp_path / "a.png", [])
    with pytest.raises(ValueError, match=r"a\.doc is not the name of a picture"):
        figures.draw_sketch(tmp_path / "a.doc", [wave()])


def record_limits(monkeypatch) -> list[tuple[float, float]]:
    limits = []
    original = figures.Axes.set_ylim

    def record(axes, *given, **options):
        limits.append(original(axes, *given, **options))
        return limits[-1]

    monkeypatch.setattr(figures.Axes, "set_ylim", record)
    return limits


def test_draw_pen_has_a_tick_for_each_lift(tmp_path, monkeypatch):
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


def test_draw_history_leaves_out_missing_values(tmp_path, monkeypatch):
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


def test_draw_history_with_test_equal_to_valid_draws_one_line(tmp_path, monkeypatch):
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


def test_draw_history_of_a_steady_gradient_leaves_room_above(tmp_path, monkeypatch):
    limits = record_limits(monkeypatch)
    rows = [{"learning_rate": 0.0, "gradient_norm": 5 - 1e-3 * n} for n in range(9)]
    figures.draw_history(tmp_path / "history.png", rows)
    assert limits[-1] == pytest.approx((0, 5.4))


def test_draw_history_of_an_unusual_name_does_not_warn(tmp_path):
    rows = {"$b_": [{"valid_log_likelihood": 1.0}]}  # not a formula
    figures.draw_history(tmp_path / "h.png", rows)

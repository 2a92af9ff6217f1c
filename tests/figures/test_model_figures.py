"""Maps of a model's state: labels, scales, and steps that no map may lose."""

import numpy as np
import pytest
from matplotlib import image
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sketch.figures import model_figures as figures
from sketch.figures.canvas import INK


def test_windows_label_each_character(tmp_path, monkeypatch):
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


def test_window_with_a_spike_keeps_its_scale(tmp_path, monkeypatch):
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


def test_maps_of_wrong_shapes_are_refused(tmp_path):
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
def test_maps_of_long_lines_show_single_steps(tmp_path, name, steps):
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
def test_mixture_weights_with_bias_say_so(tmp_path, shape):
    path = tmp_path / "weights.svg"
    weights = np.random.default_rng(0).dirichlet(np.ones(shape[1]), shape[0])
    for is_biased in (False, True):
        figures.draw_mixture_weights(path, weights, is_biased)
        text = path.read_text(encoding="utf-8")
        assert "Mixture weights π" in text and ("after the bias" in text) == is_biased


def test_window_over_unusual_text_draws_it_without_a_warning(tmp_path):
    text = "$a$ 漢\n_^"  # not a formula, and a letter that the font lacks
    figures.draw_window(tmp_path / "phi.png", np.ones((3, len(text))), text)

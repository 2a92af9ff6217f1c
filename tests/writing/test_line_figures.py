"""The figures of a written line show what it was drawn from."""

import numpy as np
from untrained import make_experiment

from sketch.generation.sampling import Trace
from sketch.generation.texts import WrittenLine
from sketch.writing import line_figures
from sketch.writing.line_figures import draw_line_figures


def test_weights_and_density_are_those_which_were_drawn_from(tmp_path, monkeypatch):
    drawn, told = {}, {}
    for name in ("line", "window", "soft_window", "mixture_weights", "density"):

        def draw(path, *given, name=name, **options):
            drawn[name], told[name] = given, options

        monkeypatch.setattr(line_figures, f"draw_{name}", draw)
    experiment = make_experiment(tmp_path, with_weights=False, epsilon=0.0)
    rng = np.random.default_rng(0)
    strokes, outputs = rng.normal(size=(4, 3)), rng.normal(size=(4, 13))
    bias = np.array([[0.0], [0.5], [1.0], [2.0]])
    trace = Trace(strokes, outputs, bias, np.ones((4, 2)), np.ones((4, 33)))
    draw_line_figures(experiment, WrittenLine("a", trace), tmp_path / "a")
    _, before, after = drawn["density"]
    # Of two components: the end, weights, means, and from the eighth on the scales.
    log_scales = np.stack([outputs[:, 7:9], outputs[:, 9:11]], axis=-1)
    np.testing.assert_allclose(before.log_scales, log_scales, atol=1e-6)
    sharpened = log_scales - bias[..., None]
    np.testing.assert_allclose(after.log_scales, sharpened, atol=1e-6)
    weights = np.exp(outputs[:, 1:3] * (1 + bias))
    weights /= weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(drawn["mixture_weights"][0], weights, atol=1e-6)
    assert told["mixture_weights"] == {"is_biased": True}
    own = strokes * [*experiment.offset_std, 1] + [*experiment.offset_mean, 0]
    np.testing.assert_allclose(drawn["line"][0], own, rtol=1e-6)
    trace = trace._replace(bias=np.zeros_like(bias))
    draw_line_figures(experiment, WrittenLine("a", trace), tmp_path / "a")
    assert told["mixture_weights"] == {"is_biased": False}

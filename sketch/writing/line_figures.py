"""Figures of how a line was written, all from the pass that wrote it."""

from pathlib import Path

import numpy as np
from keras import ops

from sketch.experiment.experiment import Experiment
from sketch.figures.density import draw_density
from sketch.figures.model_figures import (
    draw_mixture_weights,
    draw_soft_window,
    draw_window,
    line_figure_paths,
)
from sketch.figures.pictures import draw_line
from sketch.generation.texts import WrittenLine
from sketch.ink.strokes import normalise
from sketch.model.mixture import MixtureParams, split_outputs
from sketch.writing.pen import in_units


def draw_line_figures(
    experiment: Experiment, line: WrittenLine, stem: str | Path
) -> list[Path]:
    """Draws the five figures of a written line.

    Args:
        experiment: for its units and alphabet.
        line: from `write_experiment`, by a loop that tells details.
        stem: their paths' beginning.

    Returns:
        The paths, see `line_figure_paths`.
    """
    paths = line_figure_paths(stem)
    trace = line.trace
    still = normalise(np.zeros(3), experiment.offset_mean, experiment.offset_std)
    before, after = (
        MixtureParams(
            *map(
                ops.convert_to_numpy,
                split_outputs(
                    trace.outputs, experiment.hyperparameters.epsilon, bias, still[:2]
                ),
            )
        )
        for bias in (0.0, trace.bias[:, 0])
    )
    draw_line(paths[0], in_units(experiment, trace.strokes))
    draw_window(paths[1], trace.phi, line.text)
    draw_soft_window(paths[2], trace.window, ["■", *experiment.alphabet.characters])
    weights = np.exp(after.log_weights)
    draw_mixture_weights(paths[3], weights, is_biased=bool(trace.bias.any()))
    draw_density(
        paths[4],
        trace.strokes,
        before,
        after,
        offset_mean=experiment.offset_mean,
        offset_std=experiment.offset_std,
    )
    return paths

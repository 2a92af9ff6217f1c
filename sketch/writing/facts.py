"""What a program must know of an experiment to write by its network's steps alone."""

from typing import Any

import sketch
from sketch.experiment.experiment import Experiment
from sketch.experiment.places import read_title
from sketch.experiment.publishing import condition_of
from sketch.generation.attention import REST
from sketch.generation.terms import FIRST_SPEED, SPEED_MEMORY
from sketch.model.network import first_input
from sketch.model.window import FIRST_KAPPA
from sketch.writing.pen import sampling_options


def step_facts(experiment: Experiment) -> dict[str, Any]:
    """Facts beside the weights, as plain values for JSON.

    Returns:
        `name`, `title`: of the model.
        `condition`: under which the weights may be used; None where it is unknown.
        `alphabet`: the characters, of which the first has the code 1; code 0 ends a
            text. Empty without text.
        `offset_mean`, `offset_std`: two numbers each, in the recordings' units:
            offset * std + mean undoes the normalisation.
        `first_point`: the point before the first one, normalised.
        `first_speed`, `speed_memory`: the pen's speed before the first step, and the
            weight of the speed so far when a step is taken, see `generation.terms`.
        `slow_speeds`: the bias is off below the first and full above the second.
        `first_kappa`: where the window's components begin.
        `rest`: a lifted pen that moves less than this, normalised, and stays lifted
            has finished the text.
        `points_per_character`: of the corpus.
        `steps_per_character`: a text is given up after this many steps a character.
        `longest_text`: characters that the network follows well.
        `sketch_version`: that wrote this.
    """
    options = sampling_options(experiment)
    mean, std = experiment.offset_mean.tolist(), experiment.offset_std.tolist()
    has_text = experiment.hyperparameters.text
    return {
        "name": experiment.name,
        "title": read_title(experiment.path),
        "condition": condition_of(experiment),
        "alphabet": list(experiment.alphabet.characters) if has_text else [],
        "offset_mean": mean,
        "offset_std": std,
        "first_point": list(first_input(mean, std)),
        "first_speed": FIRST_SPEED,
        "speed_memory": SPEED_MEMORY,
        "slow_speeds": list(options.slow_speeds),
        "first_kappa": FIRST_KAPPA,
        "rest": REST,
        "points_per_character": experiment.typical_points_per_character,
        "steps_per_character": options.steps_per_character,
        "longest_text": options.longest_text,
        "sketch_version": sketch.__version__,
    }

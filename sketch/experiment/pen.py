"""An experiment as a pen: its weights loaded, its units put back."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from keras import ops

from sketch.corpus.hdf5 import Corpus
from sketch.experiment.building import load_network
from sketch.experiment.checking import ReadingCheck
from sketch.experiment.directory import Experiment
from sketch.generation.sampling import SamplingLoop, sample
from sketch.generation.writing import Prime, WrittenLine, write_texts
from sketch.ink import figures
from sketch.ink.fit import fit_to_pace
from sketch.ink.strokes import DX, denormalise, normalise
from sketch.ink.vector import read_ink
from sketch.model.mixture import MixtureParams, split_outputs

PATIENCE = 3.0  # a character may take so many times the corpus' pace


def sample_experiment(
    experiment: Experiment, count: int, steps: int, bias: float, seed: int
) -> list[np.ndarray]:
    """Free lines by the best weights of an experiment without text.

    Args:
        experiment: which.
        count: how many lines.
        steps: points of each.
        bias: >= 0, sharpens the mixture.
        seed: the same seed writes the same ink.

    Returns:
        Strokes `[steps, 3]` of each line, in the recordings' units.

    Raises:
        ValueError: the experiment needs a text.
    """
    if experiment.hyperparameters.text:
        raise ValueError(f"{experiment.name} writes texts: give it one by --text")
    loop = SamplingLoop(load_network(experiment))
    return free_lines(loop, experiment, count, steps, bias, seed)


def free_lines(
    loop: SamplingLoop,
    experiment: Experiment,
    count: int,
    steps: int,
    bias: float = 0.0,
    seed: int = 0,
) -> list[np.ndarray]:
    """As `sample_experiment`, with a loop that is there already."""
    trace = sample(loop, count, steps, bias, seed)
    return [in_units(experiment, strokes) for strokes in trace.strokes]


def write_experiment(
    experiment: Experiment,
    texts: Sequence[str],
    bias: float = 0.0,
    seed: int = 0,
    prime: Prime | None = None,
    max_tries: int = 5,
    steps_per_character: int | None = None,
    replace_unknown: str | None = None,
    loop: SamplingLoop | None = None,
    check: ReadingCheck | None = None,
    num_rows: int = 0,
) -> list[WrittenLine]:
    """Texts by the best weights of an experiment with text.

    Args:
        experiment: which.
        texts: a line of ink each.
        bias: >= 0, sharpens the mixture.
        seed: the same seed writes the same ink.
        prime: ink that every line goes on from, normalised; see `load_prime`.
        max_tries: how often a faulty piece is written at the most.
        steps_per_character: where a piece is given up; None: at three times the pace
            of the corpus.
        replace_unknown: stands in for characters that the alphabet lacks; None makes
            them an error.
        loop: of the experiment's network, where there is one already.
        check: a reader; what it cannot read back is written again.
        num_rows: of the loop, at the least; see `write_texts`.

    Returns:
        The lines, normalised; `in_units` puts the recordings' units back.

    Raises:
        ValueError: the experiment has no text model; an unknown character.
    """
    if not experiment.hyperparameters.text:
        raise ValueError(
            f"{experiment.name} writes freely and knows no text: train one with --text"
        )
    if replace_unknown is not None:
        encode, decode = experiment.alphabet.encode, experiment.alphabet.decode
        texts = [decode(encode(text, replace_unknown)) for text in texts]
    if steps_per_character is None:
        steps_per_character = round(PATIENCE * (experiment.points_per_character or 25))
    if check is not None:
        check.require_known(texts)
    return write_texts(
        loop or SamplingLoop(load_network(experiment)),
        experiment.alphabet,
        texts,
        bias,
        seed,
        [prime] * len(texts),
        max_tries,
        steps_per_character,
        experiment.text_length or 64,
        check and check.of_pen(experiment.offset_mean, experiment.offset_std),
        num_rows,
    )


def in_units(experiment: Experiment, strokes: np.ndarray) -> np.ndarray:
    """Normalised strokes in the recordings' units."""
    return denormalise(strokes, experiment.offset_mean, experiment.offset_std)


def load_prime(
    experiment: Experiment, source: str, text: str | None, corpus_path: Path | None
) -> Prime:
    """The ink that lines shall go on from.

    Args:
        experiment: for its units and pace.
        source: an ink file (.inkml, .svg, .json), or the name of a line of the corpus.
        text: what the ink says; None where file or corpus know it.
        corpus_path: where a line is looked for; None if there is no corpus.

    Raises:
        ValueError: no such line or file; its text is not known, or has a character
            that the alphabet lacks.
    """
    if Path(source).suffix.lower() in (".inkml", ".svg", ".json"):
        line = read_ink(source)[0]
        if not (text or line.text):
            raise ValueError(f"--prime {source}: say what it reads, by --prime-text")
        return own_prime(experiment, line.strokes, text or line.text)
    if corpus_path is None:
        raise ValueError(
            f"--prime {source}: neither an ink file (.inkml, .svg, .json), nor is "
            "there a corpus to look for a line of that name; name one by --data"
        )
    with Corpus.open(corpus_path) as corpus:
        line = corpus.line(source)
    text = text or line.transcript
    if not text:
        raise ValueError(f"--prime {source}: say what it reads, by --prime-text")
    return _as_prime(experiment, line.strokes, text)


def own_prime(experiment: Experiment, strokes: np.ndarray, text: str) -> Prime:
    """Somebody's own ink, which lines shall go on from.

    Args:
        experiment: the ink is brought to its units and pace.
        strokes: `[time, 3]`, raw offsets in any unit.
        text: what they say.

    Raises:
        ValueError: the text has a character that the alphabet lacks; the ink has no
            width.
    """
    pace = experiment.points_per_character or 25.0
    num_points = (len(text) + 1) * pace
    width = num_points * float(experiment.offset_mean[DX])
    return _as_prime(experiment, fit_to_pace(strokes, num_points, width), text)


def _as_prime(experiment: Experiment, strokes: np.ndarray, text: str) -> Prime:
    experiment.alphabet.encode(text)  # an unknown character is an error now
    mean, std = experiment.offset_mean, experiment.offset_std
    return Prime(normalise(strokes, mean, std), text)


def draw_line_figures(
    experiment: Experiment, line: WrittenLine, bias: float, folder: Path, stem: str
) -> list[Path]:
    """The five figures of a written line, all from the pass that wrote it.

    Args:
        experiment: for its units and alphabet.
        line: from `write_experiment`.
        bias: with which it was written.
        folder: where the figures go.
        stem: their names' beginning.

    Returns:
        The paths: line, phi, window, weights, density.
    """
    paths = [
        folder / f"{stem}-{name}.png"
        for name in ("line", "phi", "window", "weights", "density")
    ]
    trace = line.trace
    before, after = (
        _densities(trace.outputs, experiment.hyperparameters.epsilon, value)
        for value in (0.0, bias)
    )
    figures.draw_line(paths[0], in_units(experiment, trace.strokes))
    figures.draw_window(paths[1], trace.phi, line.text)
    figures.draw_soft_window(
        paths[2], trace.window, ["■", *experiment.alphabet.characters]
    )
    figures.draw_mixture_weights(paths[3], np.exp(before.log_weights))
    figures.draw_density(
        paths[4],
        trace.strokes,
        before,
        after,
        offset_mean=experiment.offset_mean,
        offset_std=experiment.offset_std,
    )
    return paths


def _densities(outputs: np.ndarray, scale_floor: float, bias: float) -> MixtureParams:
    params = split_outputs(outputs, scale_floor, bias)
    return MixtureParams(*map(ops.convert_to_numpy, params))

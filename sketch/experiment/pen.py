"""An experiment as a pen: its weights loaded, its units put back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sketch.corpus.hdf5 import Corpus
from sketch.experiment.building import load_network
from sketch.experiment.checking import ReadingCheck
from sketch.experiment.data import find_corpus_of
from sketch.experiment.directory import Experiment
from sketch.generation.pieces import Manner, Prime
from sketch.generation.sampling import SamplingLoop, sample
from sketch.generation.writing import WrittenLine, write_texts
from sketch.ink.counted import counted
from sketch.ink.fit import fit_to_pace
from sketch.ink.lines import InkLine
from sketch.ink.prose import describe_unknown, fit_text
from sketch.ink.strokes import DX, denormalise, normalise
from sketch.ink.vector import READERS, is_ink_file, read_ink

# A character may take so many times the corpus' pace. Lines of people take up to 2.1
# times; pens that get lost in dots and dashes take longer.
PATIENCE = 2.25
SHORTEST_PRIME = 10  # characters; fewer hardly show a hand


def free_lines(
    loop: SamplingLoop,
    experiment: Experiment,
    count: int,
    steps: int,
    bias: float = 0.0,
    seed: int = 0,
) -> list[np.ndarray]:
    """Free lines by an experiment without text.

    Args:
        loop: of its network.
        experiment: which.
        count: how many lines.
        steps: points of each.
        bias: >= 0, sharpens the mixture.
        seed: the same seed writes the same ink.

    Returns:
        Strokes `[steps, 3]` of each line, in the recordings' units.
    """
    trace = sample(loop, count, steps, bias, seed)
    return [in_units(experiment, strokes) for strokes in trace.strokes]


def manner_of(
    experiment: Experiment, steps_per_character: int | None = None, **manner: Any
) -> Manner:
    """How an experiment with text writes.

    Args:
        experiment: which.
        steps_per_character: where a piece is given up; None: at 2.25 times the pace
            of the corpus, but never at once.
        manner: all else that `Manner` takes.
    """
    steps = max(1, round(PATIENCE * experiment.pace))  # drawings have few points
    return Manner(
        steps_per_character=steps_per_character or steps,
        longest_text=experiment.longest_text,
        **manner,
    )


def write_experiment(
    experiment: Experiment,
    texts: Sequence[str],
    manner: Manner | None = None,
    prime: Prime | None = None,
    loop: SamplingLoop | None = None,
    check: ReadingCheck | None = None,
    report: Callable[[int], None] | None = None,
) -> list[WrittenLine]:
    """Texts by the best weights of an experiment with text.

    Args:
        experiment: which.
        texts: a line of ink each, in characters that its alphabet has.
        manner: how, see `manner_of`; None: with the defaults.
        prime: ink that every line goes on from, normalised; see `load_prime`.
        loop: of the experiment's network, where there is one already.
        check: a reader; what it cannot read back is written again.
        report: told how many pieces of the texts are on paper.

    Returns:
        The lines, normalised; `in_units` puts the recordings' units back.

    Raises:
        ValueError: the experiment has no text model; an unknown character.
    """
    experiment.require_text()
    if check is not None:
        check.require_known(texts)
    return write_texts(
        loop or SamplingLoop(load_network(experiment)),
        experiment.alphabet,
        texts,
        manner or manner_of(experiment),
        [prime] * len(texts),
        check and check.of_pen(experiment.offset_mean, experiment.offset_std),
        report,
    )


def in_units(experiment: Experiment, strokes: np.ndarray) -> np.ndarray:
    """Normalised strokes in the recordings' units."""
    return denormalise(strokes, experiment.offset_mean, experiment.offset_std)


def load_prime(
    experiment: Experiment,
    source: str | Path,
    text: str | None = None,
    data: str | Path | None = None,
) -> Prime:
    """The ink that lines shall go on from.

    Args:
        experiment: for its units and pace.
        source: an ink file (.inkml, .svg, .json), or the name of a line of the corpus.
        text: what the ink says; None where file or corpus know it.
        data: the corpus that has the line, as of `find_corpus_of`; None finds it.

    Raises:
        ValueError: no such line or file; its text is not known, or has a character
            that the alphabet lacks.
    """
    is_file = is_ink_file(source)
    if not is_file and Path(source).is_file():
        raise ValueError(
            f"--prime {source}: a file of ink ends in .inkml, .svg or .json"
        )
    if is_file:
        line = next(line for line in read_ink(source) if len(line.strokes))
    else:
        line = _corpus_line(experiment, source, data)
    text = text or line.text
    if not text:
        raise ValueError(
            f"--prime {source}: say what it reads, by --prime-text (prime_text in "
            "Python)"
        )
    if is_file:
        return own_prime(experiment, line.strokes, text)
    return as_prime(experiment, line.strokes, text)


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
    num_points = (len(text) + 1) * experiment.pace
    width = num_points * abs(float(experiment.offset_mean[DX]))
    return as_prime(experiment, fit_to_pace(strokes, num_points, width), text)


def as_prime(experiment: Experiment, strokes: np.ndarray, text: str) -> Prime:
    """Ink in the experiment's own units and pace, which lines shall go on from.

    Args:
        experiment: whose.
        strokes: `[time, 3]`, offsets in the recordings' units.
        text: what they say.

    Raises:
        ValueError: the text has a character that the alphabet lacks.
    """
    unknown = describe_unknown(text, experiment.alphabet)
    if unknown:
        raise ValueError(f"the model has not learned {unknown}, which the prime says")
    text = " ".join(fit_text(text, experiment.alphabet).split())
    if " " in text and not experiment.alphabet.has_blank:
        raise ValueError(f"the prime says {text!r}: the model has learned single words")
    mean, std = experiment.offset_mean, experiment.offset_std
    return Prime(normalise(strokes, mean, std), text)


def describe_prime(prime: Prime | None) -> list[str]:
    """What a user should know of a prime, in words; often nothing."""
    count = len(prime.text) if prime else SHORTEST_PRIME
    if count >= SHORTEST_PRIME:
        return []
    return [
        f"a prime of {counted(count, 'character')} is short: it takes 10 to 30 to show "
        "a hand"
    ]


def _corpus_line(
    experiment: Experiment, name: str | Path, data: str | Path | None
) -> InkLine:
    path = find_corpus_of(experiment, data)
    if path is None:
        raise ValueError(
            f"--prime {name}: neither an ink file ({', '.join(READERS)}), nor is "
            "there a corpus to look for a line of that name; name one by --data"
        )
    with Corpus.open(path) as corpus:
        line = corpus.line(str(name))
    return InkLine(line.strokes, line.transcript)

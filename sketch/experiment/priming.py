"""Ink that lines go on from: somebody's own, a line of a corpus, a style of the hand.

A style is a prime that an experiment brings along and that has a name. All of them are
in one file of ink in its directory, `styles.json`, in the units of its recordings: as
`sketch sample` writes ink, or as a corpus holds it. The `writer` of a line is the name.
"""

from pathlib import Path

import numpy as np

from sketch.corpus.hdf5 import Corpus
from sketch.experiment.data import find_corpus_of
from sketch.experiment.directory import Experiment
from sketch.experiment.files import read_text
from sketch.generation.pieces import Prime
from sketch.ink.counted import counted
from sketch.ink.fit import fit_to_pace
from sketch.ink.lines import InkLine
from sketch.ink.prose import describe_unknown, fit_text
from sketch.ink.strokes import DX, normalise
from sketch.ink.vector import READERS, is_ink_file, read_ink, read_json

STYLES_NAME = "styles.json"
SHORTEST_PRIME = 10  # characters; fewer hardly show a hand


def load_prime(
    experiment: Experiment,
    source: str | Path,
    text: str | None = None,
    data: str | Path | None = None,
) -> Prime:
    """The ink that lines shall go on from.

    Args:
        experiment: for its styles, units and pace.
        source: an ink file (.inkml, .svg, .json), the name of one of the experiment's
            styles, or of a line of the corpus.
        text: what the ink says; None where file, style or corpus know it.
        data: the corpus that has the line, as of `find_corpus_of`, whatever a style is
            named; None finds it.

    Raises:
        ValueError: no such line, style or file; its text is not known, or has a
            character that the alphabet lacks.
    """
    is_file = is_ink_file(source)
    if not is_file and Path(source).is_file():
        raise ValueError(
            f"--prime {source}: a file of ink ends in .inkml, .svg or .json"
        )
    if is_file:
        line = next(line for line in read_ink(source) if len(line.strokes))
    else:
        line = _named_line(experiment, str(source), data)
    text = text or line.text
    if not text:
        raise ValueError(
            f"--prime {source}: say what it reads, by --prime-text (prime_text in "
            "Python)"
        )
    if is_file:
        return own_prime(experiment, line.strokes, text)
    return as_prime(experiment, line.strokes, text)


def load_styles(experiment: Experiment) -> dict[str, InkLine]:
    """The styles that an experiment brings along, by name; often none.

    Raises:
        ValueError: their file is damaged, or a line of it has no name, no text, no ink,
            or the name of another.
    """
    path = experiment.path / STYLES_NAME
    if not path.exists():
        return {}
    lines = read_json(path, read_text(path, inside=experiment.path).encode())
    styles = {line.writer: line for line in lines}
    is_whole = all(line.writer and line.text and len(line.strokes) for line in lines)
    if not is_whole or len(styles) < len(lines):
        raise ValueError(
            f'{path}: each line needs strokes, a "text", and a "writer" of its own, '
            "which names the style"
        )
    return styles


def style_prime(experiment: Experiment, name: str) -> Prime:
    """A style of the experiment, which lines shall go on from.

    Raises:
        ValueError: there is none of this name, or as of `load_styles`.
    """
    styles = load_styles(experiment)
    if name not in styles:
        known = ", ".join(styles) or "none"
        raise ValueError(f"{experiment.name} has no style {name!r:.80}, but {known}")
    return as_prime(experiment, styles[name].strokes, styles[name].text)


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


def _named_line(experiment: Experiment, name: str, data: str | Path | None) -> InkLine:
    styles = {} if data else load_styles(experiment)
    if name in styles:
        return styles[name]
    path = find_corpus_of(experiment, data)
    if path is None:
        known = f" a style of the model ({', '.join(styles)})," if styles else ""
        raise ValueError(
            f"--prime {name}: neither{known} an ink file ({', '.join(READERS)}), nor "
            "is there a corpus to look for a line of that name; name one by --data"
        )
    with Corpus.open(path) as corpus:
        try:
            line = corpus.line(name)
        except ValueError as error:
            if not styles:
                raise
            raise ValueError(
                f"{error}; the styles of the model are {', '.join(styles)}"
            ) from error
    return InkLine(line.strokes, line.transcript)

"""Primes: ink that lines continue, somebody's own, a corpus line or a style.

A style is a named prime that comes with an experiment. All styles are in one file of
ink in its directory, `styles.json`, in the units of its recordings: as `sketch sample`
writes ink, or as a corpus holds it. The `writer` of a line is the style's name.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sketch.corpus.hdf5 import Corpus
from sketch.experiment.corpora import find_corpus_of
from sketch.experiment.experiment import Experiment
from sketch.experiment.styles import load_styles
from sketch.generation.terms import Prime
from sketch.ink.fit import fit_to_corpus, is_alike, unit_ratio
from sketch.ink.ink_files import SUFFIXES, is_ink_file, read_ink
from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes
from sketch.ink.strokes import DX, denormalise, normalise
from sketch.model.edits import error_rate
from sketch.page.typing import describe_unknown, fit_text
from sketch.page.words import cut_words
from sketch.system.messages import counted

if TYPE_CHECKING:
    from sketch.writing.check import ReadingCheck

MIN_PRIME = 10  # characters; fewer hardly show a style
MAX_MISREAD = 0.5  # of a prime's characters; more are other words than it claims


def load_prime(
    experiment: Experiment,
    source: str | Path,
    text: str | None = None,
    data: str | Path | None = None,
) -> Prime:
    """Loads the ink that lines shall continue.

    Args:
        experiment: for its styles, units and points per character.
        source: an ink file, the name of one of the experiment's styles, or of a line
            of the corpus.
        text: what the ink says; None where file or corpus know it, as a style does.
        data: the corpus that has the line, see `find_corpus_of`; styles are not looked
            for then. None finds it.

    Raises:
        ValueError: no such line, style or file; its text is not known, or has a
            character that the alphabet lacks; or `text` was given for a style.
    """
    if is_ink_file(source):
        line = next(line for line in read_ink(source) if len(line.strokes))
        return own_prime(experiment, line.strokes, _text_of(line, source, text))
    styles = load_styles(experiment)
    if data is None and source in styles:
        if text:
            raise ValueError(
                f"--prime {source}: a style knows what it says; leave out --prime-text "
                "(prime_text in Python)"
            )
        return as_prime(experiment, styles[source].strokes, styles[source].text)
    if Path(source).is_file():
        raise ValueError(
            f"--prime {source}: a file of ink ends in {', '.join(SUFFIXES)}"
        )
    line, std = _corpus_line(experiment, str(source), data, list(styles))
    text = _text_of(line, source, text)
    points = len(line.strokes) / (len(text) + 1)
    is_same_rate = is_alike(points, experiment.typical_points_per_character)
    if unit_ratio(std, experiment.offset_std) == 1.0 and is_same_rate:
        return as_prime(experiment, line.strokes, text)
    return own_prime(experiment, line.strokes, text)  # a corpus of another tablet


def style_prime(experiment: Experiment, name: str) -> Prime:
    """A style of the experiment as a prime.

    Raises:
        ValueError: there is no style of this name, or see `load_styles`.
    """
    styles = load_styles(experiment)
    if name not in styles:
        known = ", ".join(styles) or "none"
        raise ValueError(f"{experiment.name} has no style {name!r:.80}, but {known}")
    return as_prime(experiment, styles[name].strokes, styles[name].text)


def own_prime(experiment: Experiment, strokes: np.ndarray, text: str) -> Prime:
    """Somebody's own ink as a prime.

    Args:
        experiment: the ink is brought to its units and points per character.
        strokes: `[time, 3]`, raw offsets in any unit.
        text: what they say.

    Raises:
        ValueError: the text has a character that the alphabet lacks; the ink has no
            width.
    """
    num_points = (len(text) + 1) * experiment.typical_points_per_character
    width = num_points * abs(float(experiment.offset_mean[DX]))
    return as_prime(experiment, fit_to_corpus(strokes, num_points, width), text)


def as_prime(experiment: Experiment, strokes: np.ndarray, text: str) -> Prime:
    """Ink in the experiment's own units and points per character as a prime.

    Args:
        experiment: whose.
        strokes: `[time, 3]`, offsets in the recordings' units.
        text: what they say.

    Raises:
        ValueError: the text has a character that the alphabet lacks.
    """
    unknown = describe_unknown(text, experiment.alphabet)
    if unknown:
        raise ValueError(f"this model cannot write {unknown}, which the prime says")
    text = " ".join(fit_text(text, experiment.alphabet).split())
    if " " in text and not experiment.alphabet.has_blank:
        raise ValueError(f"the prime says {text!r}: the model has learned single words")
    mean, std = experiment.offset_mean, experiment.offset_std
    return Prime(normalise(strokes, mean, std), text)


def leading_words(line: InkLine, length: int) -> InkLine:
    """The first words of a line, at least one, with at most `length` characters.

    A longer prime would leave the model too little room for its own text.
    """
    pens = line.pens
    first, *more = cut_words(pens, line.text)
    text, own = first
    for word in more:
        if len(text) + 1 + len(word.text) > length:
            break
        text, own = f"{text} {word.text}", own + word.pens
    return line_from_pen_strokes([pens[pen] for pen in sorted(own)], text)


def describe_prime(
    prime: Prime | None,
    check: "ReadingCheck | None" = None,
    experiment: Experiment | None = None,
) -> list[str]:
    """Tells a user what may be wrong with a prime; often nothing.

    Args:
        prime: or None.
        check: reads what the prime says, where `experiment` is given, too.
        experiment: for the units of the prime.
    """
    notes = []
    if prime is None:
        return notes
    if len(prime.text) < MIN_PRIME:
        length = counted(len(prime.text), "character")
        notes.append(f"a prime of {length} is short: it takes 10 to 30 to show a style")
    if check is not None and experiment is not None:
        mean, std = experiment.offset_mean, experiment.offset_std
        ink = denormalise(prime.strokes, mean, std)
        (reading,) = check.recogniser.read([ink], std)
        if error_rate(prime.text, reading) > MAX_MISREAD:
            notes.append(
                f"the prime reads as {reading!r}, not {prime.text!r}: with other words "
                "than it says, letters go wrong"
            )
    return notes


def _text_of(line: InkLine, source: str | Path, text: str | None) -> str:
    text = text or line.text
    if not text:
        raise ValueError(
            f"--prime {source}: say what it reads, by --prime-text (prime_text in "
            "Python)"
        )
    return text


def _corpus_line(
    experiment: Experiment, name: str, data: str | Path | None, styles: list[str]
) -> tuple[InkLine, np.ndarray]:
    """A line of the corpus, and the standard deviation of the corpus' offsets."""
    paths = find_corpus_of(experiment, data)
    if not paths:
        known = f" a style of the model ({', '.join(styles)})," if styles else ""
        raise ValueError(
            f"--prime {name}: neither{known} an ink file ({', '.join(SUFFIXES)}), nor "
            "is there a corpus to look for a line of that name; name one by --data"
        )
    with Corpus.open(paths[0]) as corpus:
        try:
            line = corpus.line(name)
        except ValueError as error:
            if not styles:
                raise
            hint = f"the styles of the model are {', '.join(styles)}"
            if name in styles:
                hint = f"{name} is a style of the model: leave out --data"
            raise ValueError(f"{error}; {hint}") from error
        return InkLine(line.strokes, line.transcript), corpus.offset_std

"""New training lines, put together from words that one person wrote on one form.

Lines are cut into words, and words with digits into characters where the pen was lifted
between them (`page.words`). A new line has words of one form in any order. Each stands
at its height above the baseline, behind a gap that is found between words of the form.
In a number each digit is replaced by one or two digits of the form.

Characters are weighed by how rare they are: one that is seen `COMMON` times or more has
the weight 1, one that is seen n times `COMMON / n`, at most `MAX_WEIGHT`. The weight of
a word is that of its rarest character; words are drawn, and with the first of them
forms, in proportion to it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from sketch.corpus.corpus_line import Line
from sketch.ink.strokes import DX, DY, split_pen_strokes, strokes_from_points
from sketch.page.baseline import find_baseline
from sketch.page.words import cut_words

COMMON, MAX_WEIGHT = 10_000, 100.0
MAX_MISCUT = 2.0  # times more or fewer points a character than the form: a wrong cut
MAX_FAILURES = 3  # words drawn that do not fit, before a line is full


class Cutting(NamedTuple):
    """A word or character as ink.

    Attributes:
        text: what it says.
        pens: what the pen drew from touch to lift, `[n, 2]` each; the left edge of the
            ink is at x = 0, the baseline at y = 0.
        gap: between it and the ink before it in its line; NaN of the first.
        parts: of a word with digits, its characters; else empty.
    """

    text: str
    pens: list[np.ndarray]
    gap: float
    parts: tuple["Cutting", ...] = ()


class Form(NamedTuple):
    """What is cut out of a form.

    Attributes:
        words: sound ones.
        weights: `[words]`.
        gaps: `[gaps]`, between words, the widest and narrowest left out.
        digits: out of words with digits.
        digit_gaps: between two digits of a word.
        slopes: of the baseline of each line.
    """

    words: list[Cutting]
    weights: np.ndarray
    gaps: np.ndarray
    digits: list[Cutting]
    digit_gaps: list[float]
    slopes: list[float]


class NewLines:
    """Makes lines out of the words of a training set.

    A form is cut when it is first drawn, and kept.

    Args:
        lines: the training set.
        forms: whose words are put together, of each line.
        encode: makes codes of a text.
        min_points: a character; words with fewer are left out.

    Raises:
        ValueError: no transcript has several words.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        forms: Sequence[str],
        encode: Callable[[str], np.ndarray],
        min_points: int = 1,
    ):
        self.encode = encode
        self.min_points = min_points
        self.counts = Counter(chain.from_iterable(line.transcript for line in lines))
        of_form: dict[str, list[Line]] = defaultdict(list)
        for line, form in zip(lines, forms, strict=True):
            if line.transcript:
                of_form[form].append(line)
        if " " not in self.counts:
            raise ValueError(
                "--recombine needs lines of several words, with transcripts"
            )
        self.forms: list[list[Line] | Form] = list(of_form.values())
        weights = [
            sum(self._weight(word) for line in of for word in line.transcript.split())
            for of in self.forms
        ]
        self.totals = np.cumsum(weights)

    def _weight(self, word: str) -> float:
        return min(max(COMMON / min(self.counts[c] for c in word), 1.0), MAX_WEIGHT)

    def _form(self, number: int) -> Form:
        if not isinstance(self.forms[number], Form):
            cut = [_cut(line) for line in self.forms[number]]
            words = _sound([word for _, line in cut for word in line])
            gaps = np.sort([word.gap for word in words if word.gap > 0])
            self.forms[number] = Form(
                words,
                np.array([self._weight(word.text) for word in words]),
                gaps[len(gaps) // 10 : len(gaps) - len(gaps) // 10],
                [part for word in words for part in word.parts if part.text.isdigit()],
                [
                    part.gap
                    for word in words
                    for before, part in pairwise(word.parts)
                    if before.text.isdigit() and part.text.isdigit()
                ],
                [slope for slope, _ in cut],
            )
        return self.forms[number]

    def draw(
        self, rng: np.random.Generator, max_points: int, max_codes: int | None
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """A new line, `[time, 3]`, and the codes of its text.

        Args:
            rng: what is drawn depends on it alone.
            max_points: offsets of the line at most.
            max_codes: of its text at most; None: any number.

        Returns:
            None if the words drawn are too long, or the form has too few.
        """
        form = self._form(_draw(rng, self.totals))
        if len(form.words) < 2 or not len(form.gaps):
            return None
        chosen: list[Cutting] = []
        room = np.array([max_points, max_codes or np.inf])
        weights, failures = form.weights.copy(), 0
        while failures < MAX_FAILURES and weights.any():
            number = _draw(rng, np.cumsum(weights))
            weights[number] = 0.0  # no word twice
            word = form.words[number]
            if word.parts and len(form.digits) > 1:
                word = _renumber(rng, word, form)
            taken = sum(map(len, word.pens)), len(word.text) + 1
            if (taken <= room).all() and taken[0] >= self.min_points * taken[1]:
                room -= taken
                chosen.append(word._replace(gap=rng.choice(form.gaps)))
            else:
                failures += 1
        if not chosen:
            return None
        pens, slope = _join(chosen), rng.choice(form.slopes)
        for pen in pens:
            pen[:, DY] += slope * pen[:, DX]
        text = " ".join(word.text for word in chosen)
        return strokes_from_points(pens), self.encode(text)


def _draw(rng: np.random.Generator, totals: np.ndarray) -> int:
    """A number in proportion to weights, given as their running sum."""
    return int(np.searchsorted(totals, rng.random() * totals[-1], side="right"))


def _join(cuttings: Sequence[Cutting]) -> list[np.ndarray]:
    """The pens of cuttings side by side; the first has its left edge at x = 0."""
    pens, edge = [], 0.0
    for cutting in cuttings:
        left = edge + cutting.gap if pens else 0.0
        pens += [pen + (left, 0.0) for pen in cutting.pens]
        edge = left + max(float(pen[:, 0].max()) for pen in cutting.pens)
    return pens


def _renumber(rng: np.random.Generator, word: Cutting, form: Form) -> Cutting:
    """The word with other digits of the form in place of its own, and perhaps more."""
    parts = []
    for part in word.parts:
        if not part.text.isdigit():
            parts.append(part)
            continue
        more = [rng.choice(form.digit_gaps)] if form.digit_gaps else []
        for gap in [part.gap, *more[: rng.integers(2)]]:
            digit = form.digits[rng.integers(len(form.digits))]
            parts.append(digit._replace(gap=gap))
    return Cutting("".join(part.text for part in parts), _join(parts), word.gap)


def _cut(line: Line) -> tuple[float, list[Cutting]]:
    """The slope of a line, and its words.

    Words that the pen did not separate are one, with a blank.
    """
    pens = split_pen_strokes(line.strokes)
    base = find_baseline(pens, line.transcript)
    for pen in pens:
        pen[:, DY] -= base.slope * pen[:, DX] + base.offset
    return base.slope, [
        word._replace(parts=_parts(word)) if any(map(str.isdigit, word.text)) else word
        for word in _cuttings(pens, line.transcript)
    ]


def _cuttings(pens: Sequence[np.ndarray], text: str) -> list[Cutting]:
    cuttings, edge = [], np.nan
    for word, numbers in cut_words(pens, text):
        own = [pens[number] for number in numbers]
        left = min(float(pen[:, 0].min()) for pen in own)
        moved = [pen - (left, 0.0) for pen in own]
        cuttings.append(Cutting(word, moved, left - edge))
        edge = max(float(pen[:, 0].max()) for pen in own)
    return cuttings


def _parts(word: Cutting) -> tuple[Cutting, ...]:
    """The characters of a word, where the pen was lifted between all of them."""
    parts = _cuttings(word.pens, " ".join(word.text))
    return tuple(parts) if len(parts) == len(word.text) else ()


def _sound(words: Sequence[Cutting]) -> list[Cutting]:
    """Single words with about as many points a character as the others."""
    sizes = [sum(map(len, word.pens)) / (len(word.text) + 1) for word in words]
    middle = np.median(sizes) if sizes else 0.0
    return [
        word
        for word, size in zip(words, sizes, strict=True)
        if " " not in word.text and middle / MAX_MISCUT <= size <= middle * MAX_MISCUT
    ]

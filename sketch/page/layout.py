"""Ink on paper: written pieces of text become lines on pages, in millimetres.

Each piece is levelled on its baseline (`sketch.page.baseline`) and cut into words
(`sketch.page.words`). Words flow into lines by the width of their ink, lines into
pages. All pieces keep one scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes
from sketch.ink.strokes import split_pen_strokes
from sketch.page.baseline import find_baseline, level, stray_level
from sketch.page.paper import ASCENT, DESCENT, Layout, Page
from sketch.page.words import cut_words

TYPICAL_GAP = 0.9  # between words, in x-heights, where the ink has no gap
MIN_GAP, MAX_GAP = 0.8, 1.5  # of the page's median gap


class Piece(NamedTuple):
    """Some words as they were written, before they find their place.

    Attributes:
        strokes: `[time, 3]`, raw offsets.
        text: what they say.
        places: `[time]`, the place in the text that each point belongs to, NaN if
            unknown; or None. They part words better than gaps alone.
        ends_line: whether the line ends here, full or not, as in verses.
    """

    strokes: np.ndarray
    text: str
    places: np.ndarray | None = None
    ends_line: bool = False


@dataclass
class _Word:
    """A word with its baseline at y = 0 and its ink from x = 0 to `width`, in mm."""

    text: str
    pens: list[tuple[int, np.ndarray]]  # with their place in the order of writing
    width: float
    gap: float  # before it, as written; NaN at the beginning of a piece
    ends_line: bool = False


@dataclass
class _Line:
    words: list[_Word]
    gaps: list[float]  # before each word
    room: float

    @property
    def width(self) -> float:
        return sum(self.gaps) + sum(word.width for word in self.words)


def lay_out(
    paragraphs: Sequence[Sequence[Piece]],
    layout: Layout | None = None,
    x_height: float | None = None,
) -> list[Page]:
    """Puts written pieces on pages.

    Args:
        paragraphs: the pieces of each, in order. Words flow from piece to piece.
        layout: paper, margins and so on.
        x_height: the approximate height of small letters, in the units of the strokes.
            It sets the scale where no piece has a letter or a digit.

    Returns:
        The pages. Each `InkLine` is a line of the page with its text; its strokes are
        in the order of writing. A word wider than a line is scaled down to fit.

    Raises:
        ValueError: there is no ink.
        DamagedInk: an offset is NaN or infinite.
    """
    layout = layout or Layout()
    words, scale = _to_words(paragraphs, layout.size, x_height)
    gaps = [word.gap for words_ in words for word in words_ if word.gap == word.gap]
    gap = float(np.median(gaps)) if gaps else TYPICAL_GAP * layout.size
    gap = float(np.clip(gap, 0.7 * layout.size, 2.0 * layout.size))
    rng = np.random.default_rng([layout.seed, 1])
    pages: list[list[InkLine]] = [[]]
    first = layout.margin + ASCENT * layout.size  # the first baseline of a sheet
    last = layout.paper[1] - layout.margin - DESCENT * layout.size + 1e-6
    y = first
    for paragraph in words:
        for line in _wrap(paragraph, layout, gap, rng):
            if y > last:
                pages.append([])
                y = first
            pages[-1].append(_place(line, y, layout, rng))
            y += layout.line_spacing
        y += layout.paragraph_spacing
    pen = float(np.clip(0.14 * layout.size, 0.1, 1.0))
    return [Page(lines, *layout.paper, 1 / scale, pen) for lines in pages]


def _to_words(
    paragraphs: Sequence[Sequence[Piece]], size: float, x_height: float | None
) -> tuple[list[list[_Word]], float]:
    """The words of each paragraph in millimetres, and the millimetres of a unit."""
    inked = [
        [(piece, split_pen_strokes(piece.strokes)) for piece in pieces]
        for pieces in paragraphs
    ]
    inked = [[(piece, pens) for piece, pens in part if pens] for part in inked]
    inked = [part for part in inked if part]
    if not inked:
        raise ValueError("there is no ink to put on a page")
    # Twice: short pieces take the median slope of all.
    slope = 0.0
    for _ in range(2):
        found = [
            [find_baseline(pens, piece.text, slope) for piece, pens in part]
            for part in inked
        ]
        every = [baseline for part in found for baseline in part]
        slope = float(np.median([baseline.slope for baseline in every]))
    texts = [piece.text for part in inked for piece, _ in part]
    heights = [
        baseline.x_height
        for baseline, text in zip(every, texts, strict=True)
        # The swings of dots and dashes are the pen's tremor.
        if baseline.x_height == baseline.x_height and any(map(str.isalnum, text))
    ]
    # If nothing else tells: characters are about as wide as small letters are high.
    width = _extent(inked) / max(1, *map(len, texts))
    height = float(np.median(heights)) if heights else x_height or max(width, 1e-9)
    scale = size / height
    order = 0
    result = []
    for part, baselines in zip(inked, found, strict=True):
        words: list[_Word] = []
        for (piece, pens), baseline in zip(part, baselines, strict=True):
            words += _words_of(piece, pens, baseline, scale, order)
            order += len(pens)
        result.append(words)
    return result, scale


def _extent(inked) -> float:
    points = np.concatenate([pen for part in inked for _, pens in part for pen in pens])
    return float(np.ptp(points, axis=0).max())


def _words_of(piece, pens, baseline, scale, order) -> list[_Word]:
    places = None
    if piece.places is not None:
        # The starting point has no row: it goes with the first row.
        places = np.concatenate([piece.places[:1], piece.places])
    wander = [baseline.wander(float(pen[:, 0].mean())) for pen in pens]
    drawn = pens
    pens = [level(pen, baseline) * scale for pen in pens]
    words, edge = [], float("nan")
    for text, own in cut_words(pens, piece.text, places):
        # One shift for the whole word, so that its letters stay together.
        rise = stray_level([drawn[pen] for pen in own], baseline)
        if rise is None:
            rise = float(np.mean([wander[pen] for pen in own]))
        rise *= scale
        points = np.concatenate([pens[pen] for pen in own])
        left, right = float(points[:, 0].min()), float(points[:, 0].max())
        moved = [(order + pen, pens[pen] - (left, rise)) for pen in own]
        words.append(_Word(text, moved, right - left, left - edge))
        edge = right
    if words:
        words[-1].ends_line = piece.ends_line
    return words


def _wrap(words: list[_Word], layout: Layout, gap: float, rng) -> list[_Line]:
    """Lines that take as many words as they hold."""
    gaps = np.array([gap if word.gap != word.gap else word.gap for word in words])
    gaps *= np.exp(layout.jitter * rng.normal(0, 0.15, len(words)))
    gaps = np.clip(gaps, MIN_GAP * gap, MAX_GAP * gap)
    # The left edge is not quite straight: the room of a line by its first word.
    indents = layout.jitter * layout.size * abs(rng.normal(0, 0.6, len(words)))
    rooms = layout.text_width - np.minimum(indents, 0.1 * layout.text_width)
    lines: list[_Line] = []
    for word, before, room in zip(map(_fit, words, rooms), gaps, rooms, strict=True):
        line = lines[-1] if lines else None
        ends = line is None or line.words[-1].ends_line
        if ends or line.width + before + word.width > line.room:
            lines.append(_Line([word], [0.0], room))
        else:
            line.words.append(word)
            line.gaps.append(before)
    return lines


def _fit(word: _Word, room: float) -> _Word:
    """A word scaled down to the width of a line, if it is wider."""
    if word.width <= room:
        return word
    share = room / word.width
    pens = [(order, pen * share) for order, pen in word.pens]
    return replace(word, pens=pens, width=room)


def _place(line: _Line, y: float, layout: Layout, rng) -> InkLine:
    """A line of words in its place on the page."""
    spare = line.room - line.width
    x = layout.margin + layout.text_width - line.room  # the jitter of the left edge
    if layout.align == "right":
        x = layout.margin + spare
    elif layout.align == "center":
        x += spare / 2
    unsteady = layout.jitter * layout.size
    y += unsteady * rng.normal(0, 0.12)
    tilt = layout.jitter * rng.normal(0, 1)
    tilt *= min(0.004, 0.3 * layout.size / max(line.width, 1e-9))
    pens, middle = [], x + line.width / 2
    for word, before in zip(line.words, line.gaps, strict=True):
        x += before
        rise = unsteady * rng.normal(0, 0.08) + tilt * (x + word.width / 2 - middle)
        pens += [(order, pen + (x, y + rise)) for order, pen in word.pens]
        x += word.width
    pens.sort(key=lambda pen: pen[0])
    text = " ".join(word.text for word in line.words)
    return line_from_pen_strokes([pen for _, pen in pens], text)

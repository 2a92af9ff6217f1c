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
from sketch.page.markdown import Mark, Paragraph
from sketch.page.paper import Layout, Page
from sketch.page.words import cut_words

TYPICAL_GAP = 0.9  # between words, in x-heights, where the ink has no gap
MIN_GAP, MAX_GAP = 0.8, 1.5  # of the page's median gap
# In x-heights: indents of lists with dashes and numbers, marks above the baseline.
INDENT, NUMBER_INDENT = 2.4, 3.4
MARK_RISE = {"~": 0.5, "_": -0.5}
TITLE = 1.35  # size of a first heading, in that of the text


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
    number: int = 0  # of its first word in the paragraph
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
    styles: Sequence[Paragraph] | None = None,
) -> list[Page]:
    """Puts written pieces on pages.

    Args:
        paragraphs: the pieces of each, in order. Words flow from piece to piece.
        layout: paper, margins and so on.
        x_height: the approximate height of small letters, in the units of the strokes.
            It sets the scale where no piece has a letter or a digit.
        styles: how each paragraph looks; None: plain.

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
    y, last = layout.first_line, layout.last_line
    styles = styles or [Paragraph("")] * len(words)
    for style, paragraph in zip(styles, words, strict=True):
        if style.blanks and pages[-1]:
            y += layout.paragraph_spacing + (style.blanks - 1) * layout.line_spacing
        of_style = replace(layout, align=style.align or layout.align)
        if style.heading == 1:
            paragraph = [_scaled(word, TITLE) for word in paragraph]
        for line in _wrap(paragraph, style, of_style, gap, rng):
            # A heading is not left alone at the foot of a page.
            if y + bool(style.heading) * layout.line_spacing > last and pages[-1]:
                pages.append([])
                y = layout.first_line
            pages[-1].append(_place(line, y, of_style, rng, style.marks))
            y += layout.line_spacing
    pen = float(np.clip(0.14 * layout.size, 0.1, 1.0))
    page = Page([], *layout.paper, 1 / scale, pen, rules=layout.rules)
    if layout.dotted:
        page = page._replace(rule_mm=0.5)
    return [page._replace(lines=lines) for lines in pages]


def number_pages(
    pages: Sequence[Page], numbers: Sequence[Sequence[Piece]], layout: Layout
) -> None:
    """Adds a written number to each page, in the middle of the lower margin."""
    rng = np.random.default_rng([layout.seed, 2])
    layout = replace(layout, align="center")
    y = layout.paper[1] - 0.5 * layout.margin + layout.size
    for page, pieces in zip(pages, numbers, strict=True):
        [words], _ = _to_words([pieces], layout.size, scale=1 / page.units_per_mm)
        line = _Line(words, [0.0] * len(words), layout.text_width)
        page.lines.append(_place(line, y, layout, rng))


def _to_words(
    paragraphs: Sequence[Sequence[Piece]],
    size: float,
    x_height: float | None = None,
    scale: float | None = None,
) -> tuple[list[list[_Word]], float]:
    """The words of each paragraph in millimetres, and the millimetres of a unit."""
    split = [
        [(piece, split_pen_strokes(piece.strokes)) for piece in pieces]
        for pieces in paragraphs
    ]
    inked = [[(piece, pens) for piece, pens in part if pens] for part in split]
    if not any(inked):
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
    scale = scale or size / height
    order = 0
    result = []
    for part, baselines in zip(inked, found, strict=True):
        words: list[_Word] = []
        for (piece, pens), baseline in zip(part, baselines, strict=True):
            words += _words_of(piece, pens, baseline, scale, order)
            order += len(pens)
        number = 0
        for word in words:
            word.number = number
            number += len(word.text.split())
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


def _wrap(
    words: list[_Word], style: Paragraph, layout: Layout, gap: float, rng
) -> list[_Line]:
    """Lines that take as many words as they hold."""
    if style.bullet == "-" and words:
        dash = _stroke(0.0, 0.8 * layout.size, -0.5 * layout.size, layout, rng)
        first = min(order for order, _ in words[0].pens)
        words = [_Word("-", [(first - 0.5, dash)], 0.8 * layout.size, gap, -1), *words]
    gaps = np.array([gap if word.gap != word.gap else word.gap for word in words])
    gaps *= np.exp(layout.jitter * rng.normal(0, 0.15, len(words)))
    gaps = np.clip(gaps, MIN_GAP * gap, MAX_GAP * gap)
    # The left edge is not quite straight: the room of a line by its first word.
    indents = layout.jitter * layout.size * abs(rng.normal(0, 0.6, len(words)))
    rooms = layout.text_width - np.minimum(indents, 0.1 * layout.text_width)
    narrow, wide = (
        min(indent * layout.size, 0.2 * layout.text_width)
        for indent in (INDENT, NUMBER_INDENT)
    )
    hang = narrow if style.bullet in ("", "-") else wide
    rooms -= bool(style.depth) * hang + min(max(style.depth - 1, 0), 2) * narrow
    if style.bullet and words:
        rooms[0] += hang
        if words[0].text == style.bullet and len(words) > 1:
            gaps[1] = max(hang - words[0].width, gaps[1])
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
    return word if word.width <= room else _scaled(word, room / word.width)


def _scaled(word: _Word, share: float) -> _Word:
    pens = [(order, pen * share) for order, pen in word.pens]
    return replace(word, pens=pens, width=word.width * share, gap=word.gap * share)


def _place(
    line: _Line, y: float, layout: Layout, rng, marks: Sequence[Mark] = ()
) -> InkLine:
    """A line of words in its place on the page."""
    spare = line.room - line.width
    x = layout.left + layout.text_width - line.room  # the jitter of the left edge
    if layout.align == "right":
        x = layout.left + spare
    elif layout.align == "center":
        x += spare / 2
    unsteady = layout.jitter * layout.size
    y += unsteady * rng.normal(0, 0.12)
    tilt = layout.jitter * rng.normal(0, 1)
    tilt *= min(0.004, 0.3 * layout.size / max(line.width, 1e-9))
    pens, middle = [], x + line.width / 2
    places = []  # of each word in the text, and on the line
    for word, before in zip(line.words, line.gaps, strict=True):
        x += before
        rise = unsteady * rng.normal(0, 0.08) + tilt * (x + word.width / 2 - middle)
        pens += [(order, pen + (x, y + rise)) for order, pen in word.pens]
        places += [(word.number, x)]
        x += word.width
        places += [(word.number + len(word.text.split()), x)]
    in_text, on_line = np.array(places).T
    for kind, start, end in marks:
        begin, stop = max(start, in_text[0]), min(end, in_text[-1])
        if begin < stop:  # a hair inside, as the gap before a word has its place, too
            ends = np.interp([begin + 1e-6, stop - 1e-6], in_text, on_line)
            rise = y - MARK_RISE[kind] * layout.size
            done = [o for w in line.words if w.number < stop for o, _ in w.pens]
            pens += [(max(done) + 0.5, _stroke(*ends, rise, layout, rng))]
    pens.sort(key=lambda pen: pen[0])
    text = " ".join(word.text for word in line.words)
    return line_from_pen_strokes([pen for _, pen in pens], text)


def _stroke(left: float, right: float, y: float, layout: Layout, rng) -> np.ndarray:
    """A straight line as a hand draws it: its ends are off, it tilts and bends."""
    unsteady = min(layout.jitter, 1.0) * layout.size
    left, right = (left, right) + unsteady * rng.normal(0, 0.3, 2)
    along = np.linspace(0, 1, max(4, int((right - left) / layout.size)))
    tilt, bow, wave = unsteady * rng.normal(0, 0.2, 3)
    rise = tilt * (along - 0.5) + bow * np.sin(np.pi * along)
    rise += wave * np.sin(2 * np.pi * along)
    return np.column_stack([left + along * (right - left), y - rise])

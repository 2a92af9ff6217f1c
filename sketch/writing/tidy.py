"""One's own notes written again, in the same hand but neater.

The lines of the ink say what to write: by their texts, by a text beside the file, or as
a recogniser reads them. The line that shows the hand best is the prime of all. Each new
line is level, and stands where the old one stood.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.generation.sampling import SamplingLoop
from sketch.generation.terms import Prime, SamplingOptions
from sketch.ink.fit import resample
from sketch.ink.ink_files import parse_ink
from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes
from sketch.ink.strokes import (
    DX,
    DY,
    extent,
    points_from_strokes,
    split_pen_strokes,
)
from sketch.model.edits import error_rate
from sketch.page.baseline import Baseline, find_baseline
from sketch.page.layout import lay_out
from sketch.page.paper import Layout, Page
from sketch.page.typing import (
    decode_text,
    describe_unknown,
    describe_unmarked,
    fit_text,
)
from sketch.page.written import Ink
from sketch.system.messages import counted
from sketch.writing.check import ReadingCheck
from sketch.writing.letter import X_HEIGHT, Letter, write_letter
from sketch.writing.pen import in_units
from sketch.writing.prime import MIN_PRIME, describe_prime, leading_words, own_prime

REACH = 1.5  # small letters from the middle of a line to that of its dots and commas
MAX_RATE = 2.0  # of points on the way from left to right, to those of the corpus
NEIGHBOURS = 5  # strokes of a line that tell where it is


def read_notes(path: str | Path, text: str | None = None) -> list[InkLine]:
    """The lines of a file of ink, each with its text, "" where nothing tells it.

    Args:
        path: see `parse_ink`. Ink without texts is cut into lines; their texts are
            those of the `.txt` file of this name, where there is one. A page, or a
            line, that would lie on another is put below it.
        text: what the lines say, in place of any other text; None: as above.

    Raises:
        ValueError: not a file of ink; or another number of lines of ink than of text.
        OSError: it cannot be read.
    """
    lines: list[InkLine] = []
    starts: set[tuple[float, float]] = set()
    for line in parse_ink(path).lines:
        rows = [line] if line.text else cut_lines(line)
        # Lines without a place begin at one; a page is on the one before it.
        if lines and rows and (line.start in starts or len(rows) > 1):
            down = (0.0, _way_below(lines, line))
            rows = [_moved(row, down) for row in rows]
        starts.add(line.start)
        lines += rows
    lines = [line for line in lines if extent(line.strokes)[DX] > 0]
    beside, source = Path(path).with_suffix(".txt"), "the text"
    if text is None and beside.is_file() and not any(line.text for line in lines):
        text, source = decode_text(beside.read_bytes(), str(beside)), str(beside)
    if text is None:
        return lines
    texts = [row for row in text.splitlines() if row.strip()]
    if len(texts) != len(lines):
        raise ValueError(
            f"{path} has {counted(len(lines), 'line')} of ink, {source} "
            f"{len(texts)}: they must be as many; without a text, the ink is read"
        )
    return [line._replace(text=row) for line, row in zip(lines, texts, strict=True)]


def _points(line: InkLine) -> np.ndarray:
    return points_from_strokes(line.strokes, line.start)


def _moved(line: InkLine, by: Sequence[float]) -> InkLine:
    x, y = np.add(line.start, by).tolist()
    return line._replace(start=(x, y))


def _way_below(lines: Sequence[InkLine], line: InkLine) -> float:
    """How far a line must go down to be below all lines."""
    bottom = max(_points(one)[:, DY].max() for one in lines)
    swing = find_baseline(split_pen_strokes(line.strokes)).swing
    return max(bottom + swing - _points(line)[:, DY].min(), 0.0)


def cut_lines(ink: InkLine) -> list[InkLine]:
    """A page that is written as one line, by its own lines, from top to bottom.

    A stroke belongs to the line whose strokes beside it are as high on the page. One
    that is far from all lines begins the next.
    """
    pens = ink.pens
    if not pens:
        return []
    size = find_baseline(pens).swing
    middles = np.array([(pen.min(axis=0) + pen.max(axis=0)) / 2 for pen in pens])
    lines: list[list[int]] = []
    for number, (x, y) in enumerate(middles):
        away = []
        for line in lines:
            own = middles[line]
            near = own[np.argsort(np.abs(own[:, DX] - x))[:NEIGHBOURS], DY]
            away.append(abs(float(np.median(near)) - y))
        if away and min(away) <= REACH * size:
            lines[int(np.argmin(away))].append(number)
        else:
            lines.append([number])
    lines.sort(key=lambda line: float(np.median(middles[line, DY])))
    return [line_from_pen_strokes([pens[one] for one in line], "") for line in lines]


def tidy_notes(
    experiment: Experiment,
    lines: Sequence[InkLine],
    options: SamplingOptions,
    loop: SamplingLoop,
    check: ReadingCheck | None = None,
    layout: Layout | None = None,
    replace_unknown: str | None = None,
    progress: bool = False,
) -> Ink:
    """Writes notes again; the arguments are as in `write_letter`, and:

    Args:
        lines: from `read_notes`. Those without a text are read by the recogniser of
            `check`.
        layout: the size of the letters, the jitter, and the margin around the ink.
        replace_unknown: see `fit_text`.

    Returns:
        A page as large as the ink and the margin around it. Its notes tell what was
        read as text.

    Raises:
        ValueError: no text, and nobody to read it; or as in `write_letter`.
    """
    layout = layout or Layout()
    alphabet = experiment.alphabet
    lines, notes = _with_texts(experiment, lines, check)
    texts = [fit_text(line.text, alphabet, replace_unknown) for line in lines]
    lines = [line for line, text in zip(lines, texts, strict=True) if text.strip()]
    texts = [" ".join(text.split()) for text in texts if text.strip()]
    if not texts:
        raise ValueError("the ink has no text, and nothing was read in it: give it one")
    prime = _hand_of(experiment, lines, check)
    notes.append(f"the hand is that of the words {prime.text!r}")
    notes += describe_prime(prime, check, experiment)
    notes += describe_unmarked(" ".join(line.text for line in lines), alphabet)
    notes += check.describe_recogniser() if check else []
    letter = write_letter(experiment, texts, options, prime, loop, check, progress)
    page = _in_place(letter, lines, layout)
    tries = [count for line in letter.written for count in line.tries]
    return Ink(page.lines, [page], letter.faults, True, tries, notes)


def _with_texts(
    experiment: Experiment, lines: Sequence[InkLine], check: ReadingCheck | None
) -> tuple[list[InkLine], list[str]]:
    """The lines that have a text or can be read, and what was read."""
    unread = [number for number, line in enumerate(lines) if not line.text.strip()]
    if not unread:
        return list(lines), []
    if check is None:
        raise ValueError(
            f"{counted(len(unread), 'line')} of the ink have no text: give it, put it "
            "into a .txt file beside the ink, or let a recogniser read it by --check"
        )
    ink = _at_scale(experiment, lines)
    readings = check.recogniser.read([ink[n] for n in unread], experiment.offset_std)
    read, notes = dict(zip(unread, map(str.strip, readings), strict=True)), []
    for number, text in read.items():
        told = f"is read as {text!r}" if text else "cannot be read, and is left out"
        notes.append(f"line {number + 1} {told}")
    texts = [read.get(number, line.text) for number, line in enumerate(lines)]
    told = zip(lines, texts, strict=True)
    return [line._replace(text=text) for line, text in told if text], notes


def _at_scale(experiment: Experiment, lines: Sequence[InkLine]) -> list[np.ndarray]:
    """Ink whose text nobody knows in the units and points of the corpus."""
    step = abs(float(experiment.offset_mean[DX]))
    ratio = X_HEIGHT * experiment.typical_points_per_character * step
    ratio /= _x_height(_baselines(lines))
    scaled = [line.strokes * np.float32([ratio, ratio, 1.0]) for line in lines]
    usual = [float(extent(strokes)[DX]) / step for strokes in scaled]  # points
    if MAX_RATE > sum(map(len, scaled)) / sum(usual) > 1 / MAX_RATE:
        return scaled  # the points tell how the letters were written
    return [resample(*line) for line in zip(scaled, usual, strict=True)]


def _baselines(lines: Sequence[InkLine]) -> list[Baseline]:
    return [find_baseline(line.pens, line.text) for line in lines]


def _x_height(baselines: Sequence[Baseline]) -> float:
    """The height of most small letters; where no line tells, of the pen's swings."""
    heights = [one.x_height for one in baselines if one.x_height == one.x_height]
    return float(np.median(heights or [one.swing for one in baselines]))


def _hand_of(
    experiment: Experiment, lines: Sequence[InkLine], check: ReadingCheck | None
) -> Prime:
    """The words that show the hand best: long enough, and read as what they say."""
    alphabet = experiment.alphabet
    known = [line for line in lines if not describe_unknown(line.text, alphabet)]
    primes = []
    for line in known or lines:
        part = leading_words(line, experiment.longest_text // 2)
        primes.append(own_prime(experiment, part.strokes, part.text))
    rates = [0.0] * len(primes)
    if check is not None:
        ink = [in_units(experiment, prime.strokes) for prime in primes]
        readings = check.recogniser.read(ink, experiment.offset_std)
        rates = [error_rate(p.text, r) for p, r in zip(primes, readings, strict=True)]

    def rank(choice: tuple[Prime, float]) -> tuple[bool, float, int]:
        prime, rate = choice
        return len(prime.text) < MIN_PRIME, rate, -len(prime.text)

    return min(zip(primes, rates, strict=True), key=rank)[0]


def _in_place(letter: Letter, lines: Sequence[InkLine], layout: Layout) -> Page:
    """The new lines, level, where the old ones stand; a sheet as large as the ink."""
    found = _baselines(lines)
    scale = layout.size / _x_height(found)
    # First each line on a row of its own, on a sheet where none is too long.
    rows = Layout(
        paper=(9999.0, 9999.0),
        margin=0.0,
        size=layout.size,
        line_spacing=layout.size,
        paragraph_spacing=0.0,
        jitter=layout.jitter,
        seed=layout.seed,
    )
    page = lay_out(letter.paragraphs, rows, letter.x_height)[0]
    placed = []
    for row, (new, line, baseline) in enumerate(
        zip(page.lines, lines, found, strict=True)
    ):
        x = _points(line)[:, DX]
        level = baseline.slope * (x.min() + x.max()) / 2 + baseline.offset
        left, base = _points(new)[:, DX].min(), rows.first_line + row * rows.size
        placed.append(_moved(new, (scale * x.min() - left, scale * level - base)))
    points = np.concatenate([_points(line) for line in placed])
    origin = points.min(axis=0) - layout.margin
    width, height = (points.max(axis=0) - origin + layout.margin).tolist()
    placed = [_moved(line, -origin) for line in placed]
    return page._replace(lines=placed, width=width, height=height)

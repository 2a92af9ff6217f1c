"""Writes the text of a request, line by line, and tells how it went.

The work is told in events, each a JSON object. A browser gets them as they come, a line
of text each (newline-delimited JSON):

    {"event": "queue", "ahead": 2}                   texts to be written before this one
    {"event": "loading"}                             the model is loaded and compiled
    {"event": "line", "of": 11, "line": {…}, "page": {…}}
    {"event": "end", "page": {…}, "faults": […], …}  or
    {"event": "error", "error": "One sentence."}

A program gets one object instead. It is a file of ink in the JSON format of
`sketch.ink.ink_files`, with more fields:

    {"format": "sketch-ink", "version": 1,
     "lines": [{"text": …, "strokes": [[[x, y], …], …],   millimetres, y downwards
                "attention": [[k, a, b, …], …],           a row for each point
                "tries": [1, 3]}],                        of each piece of the line
     "page": {"width": …, "height": …, "pen": …},         millimetres
     "faults": […],                                       what may not be legible
     "notes": […],                                        what was written otherwise
     "seconds": …, "seed": …, "model": …}

The `page` of a line is an estimate for the whole text until the last line is written.

A row of `attention` holds the weights of the window at a point: character k of the
line's text has the weight a, the next one b, and so on; 255 stands for 1, and the
others have 0. The character after the last one of `text` is its end.
"""

import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from typing import Any

from sketch.generation.sampling import SamplingLoop
from sketch.generation.terms import Prime
from sketch.ink.line_of_ink import InkLine
from sketch.page.typing import describe_unmarked, fit_text, split_paragraphs
from sketch.web.models import OpenModel
from sketch.web.placement import Paper
from sketch.web.request import WriteRequest
from sketch.writing.check import ReadingCheck
from sketch.writing.letter import Letter, write_letter
from sketch.writing.pen import sampling_options
from sketch.writing.prime import (
    MIN_PRIME,
    describe_prime,
    leading_words,
    own_prime,
    style_prime,
)

BATCH_SIZE = 8  # pieces written at once; one compiled loop for texts of all lengths
TRIES = 4  # at each piece, before it is shown with its fault

Event = dict[str, Any]
Tell = Callable[[Event], None]


class StoppableLoop:
    """A sampling loop that can be stopped between two compiled calls."""

    def __init__(self, loop: SamplingLoop, stop: threading.Event):
        self.network = loop.network
        self._loop = loop
        self._stop = stop

    def predict_on_batch(self, inputs: dict) -> dict:
        """See `SamplingLoop`.

        Raises:
            CancelledError: it was stopped.
        """
        if self._stop.is_set():
            raise CancelledError
        return self._loop.predict_on_batch(inputs)


def write(
    model: OpenModel, request: WriteRequest, stop: threading.Event, tell: Tell
) -> None:
    """Writes a text.

    Args:
        model: loaded.
        request: checked.
        stop: ends the work early.
        tell: called with each "line" event and the "end" event, see above.

    Raises:
        ValueError: no text, an unknown character, or an unusable prime.
        CancelledError: `stop` was set.
    """
    experiment = model.experiment
    rows = break_lines(fit_text(request.text, experiment.alphabet), request.columns)
    if not rows:
        raise ValueError("there is no text to write")
    prime, doubts = _prime(model, request.prime)
    paper = Paper(rows)
    for numbers, letter in _letters(model, request, rows, prime, stop):
        paper.add(numbers, letter)
        for line in paper.take():
            tell({"event": "line", "of": len(rows), "line": line, "page": paper.size})
    tell(
        {
            "event": "end",
            "page": paper.size,
            "faults": paper.faults,
            "notes": describe_unmarked(request.text, experiment.alphabet) + doubts,
            "seconds": paper.seconds,
            "seed": request.seed,
            "model": experiment.name,
        }
    )


def break_lines(text: str, columns: int) -> list[str]:
    """The lines of a text, broken at blanks after at most `columns` characters.

    A longer word stays whole; empty lines are left out.
    """
    return [
        row
        for paragraph in split_paragraphs(text, keep_lines=True)
        for line in paragraph.split("\n")
        for row in textwrap.wrap(
            line, columns, break_long_words=False, break_on_hyphens=False
        )
    ]


def _letters(
    model: OpenModel,
    request: WriteRequest,
    rows: Sequence[str],
    prime: Prime | None,
    stop: threading.Event,
) -> Iterator[tuple[list[int], Letter]]:
    """Writes rows in groups, with the numbers of each group's rows.

    The first group is one row, so that its ink is there soon. Without a prime, the
    others go on from its ink.
    """
    experiment = model.experiment
    loop = StoppableLoop(model.loop, stop)
    check = _check(model)
    for number, group in enumerate(_groups(rows, experiment.longest_text // 2, prime)):
        options = sampling_options(
            experiment,
            probability_bias=request.bias,
            # Far above the seeds of users, and those that `write_letter` adds.
            seed=request.seed + (number << 40),
            max_tries=TRIES,
            batch_size=BATCH_SIZE,
        )
        text = "\n".join(rows[row] for row in group)
        letter = write_letter(experiment, [text], options, prime, loop, check)
        yield group, letter
        if prime is None:
            prime = letter.lead


def _groups(
    rows: Sequence[str], piece_length: int, prime: Prime | None
) -> Iterator[list[int]]:
    """The numbers of the rows to be written together: one, then a batch at a time.

    Without a prime, the first row written sets the style: it is the first that is long
    enough to show one, or else the longest.
    """
    first = 0
    if prime is None:
        lengths = [len(row) for row in rows]
        enough = min(MIN_PRIME, max(lengths))
        first = next(n for n, length in enumerate(lengths) if length >= enough)
    yield [first]
    group: list[int] = []
    num_pieces = 0
    for number, row in enumerate(rows):
        if number == first:
            continue
        own = -(-len(row) // piece_length)
        if group and num_pieces + own > BATCH_SIZE:
            yield group
            group, num_pieces = [], 0
        group.append(number)
        num_pieces += own
    if group:
        yield group


def _prime(
    model: OpenModel, line: InkLine | str | None
) -> tuple[Prime | None, list[str]]:
    """The prime of a request, and what its user should know of it."""
    experiment = model.experiment
    if line is None:
        return None, []
    if isinstance(line, str):
        return style_prime(experiment, line), []
    line = leading_words(line, experiment.longest_text // 2)
    prime = own_prime(experiment, line.strokes, line.text)
    return prime, describe_prime(prime, _check(model), experiment)


def _check(model: OpenModel) -> ReadingCheck | None:
    return ReadingCheck(model.recogniser) if model.recogniser else None

"""Whole texts to ink, in one style.

A text longer than the corpus' lines is written in pieces, broken at blanks. All of them
continue the same ink, the *lead*: the prime, or the first pieces that went well. Pieces
that each continued the piece before would get smaller and climb, as lines of people do
towards the edge of the paper. Pieces that have a lead do not depend on each other and
are written at once. Then each is moved behind the one before it, as far from it as it
was from its lead, and onto its baseline.

A piece that no try gets right is written in halves, down to single words: a window that
slips on a sentence may hold on to a part of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sketch.generation.joins import (
    MIN_BASELINE,
    behind_a_gap,
    carried,
    from_touch,
)
from sketch.generation.pieces import Task, Written, write_pieces
from sketch.generation.sampling import SamplingLoop, Trace
from sketch.generation.terms import Check, Prime, SamplingOptions
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import END_OF_STROKE
from sketch.system.messages import counted

MIN_LEAD = 10  # characters that show a style; shorter pieces lead together


@dataclass
class WrittenLine:
    """A text as ink.

    text: what was to be written.
    trace: strokes and what the model predicted for each, without a batch axis; `phi`
        counts the characters of `text`, the last column the end of it.
    tries: how often each piece was written, the kept one included.
    faults: what is still wrong with it, a sentence each; empty if all went well.
    lead: its last sound ink, from which others can go on in the same style; None if no
        piece of it is sound.
    scale: makes its letters as large as those of its prime, see `writing.pen`.
    """

    text: str
    trace: Trace
    tries: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lead: Prime | None = None
    scale: float = 1.0


def write_texts(
    loop: SamplingLoop,
    alphabet: Alphabet,
    texts: Sequence[str],
    options: SamplingOptions = SamplingOptions(),  # noqa: B008, it is frozen
    primes: Sequence[Prime | None] | None = None,
    check: Check | None = None,
    report: Callable[[int], None] | None = None,
) -> list[WrittenLine]:
    """Writes texts, a line of ink each, many of them in one compiled loop.

    Args:
        loop: the compiled steps of a network with text.
        alphabet: of the network.
        texts: what to write; every character in the alphabet.
        options: how. The piece of line i that begins at character c draws try t from
            (seed, i, c, t). Halves of a piece that went wrong have `max_tries` of their
            own.
        primes: ink that each line continues, or None.
        check: looks at each piece whose window went well; None takes them as they are.
        report: told, as the pen goes on, how many pieces of all texts are on paper.

    Returns:
        One line for each text, in order.

    Raises:
        ValueError: an unknown character; names it and its place. An empty text.
    """
    primes = list(primes) if primes is not None else [None] * len(texts)
    null = loop.network.first_input
    lines = []
    for text, prime in zip(texts, primes, strict=True):
        if not len(alphabet.encode(text, end=False)):
            raise ValueError(f"there is nothing to write in {text!r}")
        lines.append(_Line(text, prime, options, null))
    num_done = 0

    def report_all(count: int) -> None:
        if report is not None:
            report(num_done + count)

    while due := [
        (number, part) for number, line in enumerate(lines) for part in line.due()
    ]:
        tasks = [
            Task(
                part.text,
                part.prime,
                (options.seed, number, part.place),
                part.first_try,
            )
            for number, part in due
        ]
        written = write_pieces(loop, alphabet, tasks, options, check, report_all)
        for (number, part), piece in zip(due, written, strict=True):
            lines[number].add(part, piece)
        num_done += len(tasks)
    return [line.joined() for line in lines]


def split_text(text: str, piece_length: int) -> list[str]:
    """Splits a text at blanks into pieces of about equal length.

    Args:
        text: not empty.
        piece_length: maximum number of characters; a longer word stays whole.
    """
    words = text.split()
    total = sum(map(len, words)) + len(words) - 1
    goal = total / -(-total // piece_length)  # equal pieces, not a short last one
    pieces = [words[0]]
    for word in words[1:]:
        longer = f"{pieces[-1]} {word}"
        is_nearer = len(longer) - goal <= goal - len(pieces[-1])
        if len(longer) <= piece_length and is_nearer:
            pieces[-1] = longer
        else:
            pieces.append(word)
    return pieces


@dataclass(eq=False)
class _Part:
    """A piece of a line.

    text: what it says.
    place: of its first character in the line.
    first_try: tries of this place's noise that a longer piece has used.
    prime: the ink that it continues, once it is due.
    written: its ink, or None.
    ink: its strokes from where the pen touches.
    whole: the prime and the piece together.
    """

    text: str
    place: int
    first_try: int = 0
    prime: Prime | None = None
    written: Written | None = None
    ink: Prime | None = None
    whole: Prime | None = None


class _Line:
    """A line at work: its parts, and what the next ones continue."""

    def __init__(
        self,
        text: str,
        prime: Prime | None,
        options: SamplingOptions,
        null: Sequence[float],
    ):
        longest = options.longest_text
        before = len(prime.text) + 1 if prime else 0  # and a blank
        is_short = before + len(text) <= longest
        pieces = split_text(text, longest if is_short else max(longest // 2, 1))
        self.parts = _parts(pieces, 0, 0)
        self.lead = prime
        self._max_lead = longest // 2
        self._null = null
        self._options = options

    def due(self) -> list[_Part]:
        """The parts to be written now: all if they have a lead, or the first."""
        waiting = [part for part in self.parts if part.written is None]
        due = waiting if self._has_lead() else waiting[:1]
        for part in due:
            part.prime = self.lead
        return due

    def _has_lead(self) -> bool:
        """Whether the lead is long enough, and leaves room for what continues it."""
        length = len(self.lead.text) if self.lead else 0
        return min(MIN_LEAD, max(self._max_lead // 2, 1)) <= length <= self._max_lead

    def add(self, part: _Part, written: Written) -> None:
        """Takes a written part, or halves it if it has a fault and several words."""
        text = part.text
        if written.fault is not None and " " in text and self._options.max_tries > 1:
            halves = split_text(text, -(-len(text) // 2))
            first_try = part.first_try + self._options.max_tries
            place = self.parts.index(part)
            self.parts[place : place + 1] = _parts(halves, part.place, first_try)
            return
        part.written = written
        touching = from_touch(written.trace, part.prime, self._null)
        part.ink = part.whole = Prime(touching.strokes, text)
        if part.prime is not None:
            strokes = np.concatenate([part.prime.strokes, written.trace.strokes])
            part.whole = Prime(strokes, f"{part.prime.text} {text}")
        if written.fault is None and not self._has_lead():
            if self.lead is None or len(self.lead.text) > self._max_lead:
                self.lead = part.ink
            elif len(part.whole.text) <= self._max_lead:
                self.lead = part.whole

    def joined(self) -> WrittenLine:
        """All parts as one line; a part's end symbol is the blank before the next."""
        traces = self._placed()
        text = " ".join(part.text for part in self.parts)
        phi = np.zeros((sum(len(t.phi) for t in traces), len(text) + 1), np.float32)
        row = column = 0
        for trace in traces:
            steps, columns = trace.phi.shape
            phi[row : row + steps, column : column + columns] = trace.phi
            row, column = row + steps, column + columns
        strokes, outputs, bias, window = (
            np.concatenate([getattr(trace, name) for trace in traces])
            for name in ("strokes", "outputs", "bias", "window")
        )
        written = [part.written for part in self.parts]
        sound = [part.ink for part in self.parts if part.written.fault is None]
        return WrittenLine(
            text,
            Trace(strokes, outputs, bias, phi, window),
            [part.first_try + part.written.tries for part in self.parts],
            [
                f"{piece.fault} ({counted(piece.tries, 'try', 'tries')})"
                for piece in written
                if piece.fault
            ],
            sound[-1] if sound else None,
        )

    def _placed(self) -> list[Trace]:
        """The trace of each part, moved behind the part before it."""
        traces = []
        before: _Part | None = None
        for part in self.parts:
            trace = part.written.trace
            if before is None:
                trace = from_touch(trace, part.prime, self._null)
            elif part.prime is None:  # all before it went wrong: it begins anew
                trace = behind_a_gap(trace, len(part.text), self._null)
            elif part.prime is not before.ink and part.prime is not before.whole:
                is_long = len(before.text) >= MIN_BASELINE
                end = before.ink if is_long else before.whole
                trace = carried(trace, part.prime, end, self._null)
            strokes = trace.strokes.copy()
            strokes[-1, END_OF_STROKE] = 1.0  # a piece without an end may lack it
            traces.append(trace._replace(strokes=strokes))
            before = part
        return traces


def _parts(pieces: Sequence[str], place: int, first_try: int) -> list[_Part]:
    parts = []
    for piece in pieces:
        # Only the first one draws from the place of the piece that it was a part of.
        parts.append(_Part(piece, place, 0 if parts else first_try))
        place += len(piece) + 1
    return parts

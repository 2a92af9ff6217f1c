"""Text to ink: whole texts in one hand.

A text longer than the corpus' lines is written in pieces, broken at blanks. All of them
go on from the same ink, the prime or the first ones that went well, which prime the
network: so the hand carries over. From piece to piece it would not: a line that goes on
for ever gets smaller and climbs, as lines of people do towards the edge of the paper.
The pen goes from one piece to the next as it went from the prime to that: as far, and
from baseline to baseline.

A piece that no try gets right is written in halves, down to single words: a window that
slips on a sentence may hold on to a part of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sketch.generation.pieces import Task, Written, from_touch, write_pieces
from sketch.generation.sampling import SamplingLoop, Trace
from sketch.generation.terms import Check, Prime, SamplingOptions
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import DX, END_OF_STROKE, split_pen_strokes
from sketch.page.baseline import find_baseline

MAX_ROWS = 64  # lines written at once, unless a manner says how many
# So many characters tell where their baseline is. At the edge of lines of IAM-OnDB, the
# baseline of their last 6 to 12 alone is within half a small letter's height of the
# line's own in nine of ten cases; of their last 1 or 2, within 1.2 to 1.4 heights.
TELLING = 6


@dataclass
class WrittenLine:
    """A text as ink.

    text: what was to be written.
    trace: strokes and what the model predicted for each, without a batch axis; `phi`
        counts the characters of `text`, the last column the end of it.
    tries: how often each piece was written, the kept one included.
    faults: what is still wrong with it, by piece; empty if all went well.
    lead: its last sound ink, from which others can go on in the same hand; None if no
        piece of it is sound.
    """

    text: str
    trace: Trace
    tries: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lead: Prime | None = None

    def describe_faults(self) -> list[str]:
        """What is still wrong with it, a line for each fault."""
        return [f"{self.text!r}: {fault}" for fault in self.faults]


def write_texts(
    loop: SamplingLoop,
    alphabet: Alphabet,
    texts: Sequence[str],
    manner: SamplingOptions = SamplingOptions(),  # noqa: B008, it is frozen
    primes: Sequence[Prime | None] | None = None,
    check: Check | None = None,
    report: Callable[[int], None] | None = None,
) -> list[WrittenLine]:
    """Write texts, a line of ink each, many of them in one compiled loop.

    Args:
        loop: the compiled steps of a network with text.
        alphabet: of the network.
        texts: what to write; every character in the alphabet.
        manner: how. Line i, piece p, try t draw from (seed, i, p, t). Halves of a piece
            that went wrong have `max_tries` of their own.
        primes: ink that each line goes on from, or None.
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
        lines.append(_Line(text, prime, manner, null))
    if not lines:
        return []
    # Batches of one size: a compiled loop fits all of them.
    num_batches = -(-len(lines) // (manner.batch_size or MAX_ROWS))
    size = manner.batch_size or -(-len(lines) // num_batches)
    manner = replace(manner, batch_size=size)
    done = 0

    def told(count: int) -> None:
        if report is not None:
            report(done + count)

    for start in range(0, len(lines), size):
        batch = dict(enumerate(lines[start : start + size], start=start))
        while batch := {n: line for n, line in batch.items() if not line.is_whole}:
            tasks = [line.next_task((manner.seed, n)) for n, line in batch.items()]
            written = write_pieces(loop, alphabet, tasks, manner, check, told)
            for line, piece in zip(batch.values(), written, strict=True):
                line.add(piece)
            done += len(tasks)
    return [line.joined() for line in lines]


def split_text(text: str, piece_length: int) -> list[str]:
    """Pieces of about equal length, broken at blanks; a blank in between is lost.

    Args:
        text: not empty.
        piece_length: characters a piece at the most; a word that is longer stays whole.
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


class _Line:
    """A line in the making: its pieces, those on paper, what the next goes on from."""

    def __init__(
        self,
        text: str,
        prime: Prime | None,
        manner: SamplingOptions,
        null: Sequence[float],
    ):
        longest = manner.longest_text
        self._longest_prime = longest // 2
        before = len(prime.text) + 1 if prime else 0  # and a blank
        is_short = before + len(text) <= longest
        self.pieces = split_text(text, longest if is_short else max(longest // 2, 1))
        self.prime = prime
        self._end: Prime | None = None  # ink that ends where the line does so far
        self.written: list[Written] = []
        self._null = null
        self._is_final = manner.max_tries == 1  # nothing is written again
        self._tried = 0  # tries of the next piece when it was longer
        self._lead: Prime | None = None  # the last sound piece, alone

    @property
    def is_whole(self) -> bool:
        return len(self.written) == len(self.pieces)

    def next_task(self, seed: tuple[int, ...]) -> Task:
        number = len(self.written)
        return Task(self.pieces[number], self.prime, (*seed, number), self._tried)

    def add(self, piece: Written) -> None:
        """Takes the next piece; a sound one leads those behind it, if they need it.

        One that has a fault and several words is to be written in halves instead.
        """
        number = len(self.written)
        text = self.pieces[number]
        if piece.fault is not None and " " in text and not self._is_final:
            self.pieces[number : number + 1] = split_text(text, -(-len(text) // 2))
            self._tried = piece.tries
            return
        self._tried = 0
        trace = piece.trace
        touching = from_touch(trace, self.prime, self._null)
        ink = whole = Prime(touching.strokes, text)
        if self.prime is not None:
            strokes = np.concatenate([self.prime.strokes, trace.strokes])
            whole = Prime(strokes, f"{self.prime.text} {text}")
        if not self.written:
            trace = touching
        elif self.prime is None:  # all before it went wrong: it begins anew
            trace = _behind_a_gap(trace, len(text), self._null)
        elif self._end is not self.prime:
            trace = _carried(trace, self.prime, self._end, self._null)
        self.written.append(replace(piece, trace=_lifted(trace)))
        self._end = ink if len(text) >= TELLING else whole
        if piece.fault is None:
            self._lead = ink
            if self.prime is None or len(self.prime.text) > self._longest_prime:
                self.prime = self._end = ink
            elif len(whole.text) <= self._longest_prime:
                self.prime = self._end = whole  # short pieces lead the pen together

    def joined(self) -> WrittenLine:
        """All pieces; a piece's end symbol is the blank before the next."""
        traces = [piece.trace for piece in self.written]
        text = " ".join(self.pieces)
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
        return WrittenLine(
            text,
            Trace(strokes, outputs, bias, phi, window),
            [piece.tries for piece in self.written],
            [
                f"{piece.fault}, after {_tries(piece.tries)}"
                for piece in self.written
                if piece.fault
            ],
            self._lead,
        )


def _tries(count: int) -> str:
    return "one try" if count == 1 else f"{count} tries"


def _lifted(trace: Trace) -> Trace:
    """A piece that ends with the pen lifted, as one that found no end may not."""
    strokes = trace.strokes.copy()
    strokes[-1, END_OF_STROKE] = 1.0
    return trace._replace(strokes=strokes)


def _carried(trace: Trace, before: Prime, here: Prime, null: Sequence[float]) -> Trace:
    """A piece behind other ink than it was written behind, in the same relation to it.

    Args:
        trace: of the piece.
        before: the ink that it was written behind.
        here: the ink that it shall stand behind.
        null: the normalised null offset.
    """
    end, slope = _end_of(before, null)
    strokes = trace.strokes.copy()
    strokes[0, :END_OF_STROKE] += _end_of(here, null, slope)[0] - end
    return trace._replace(strokes=strokes)


def _end_of(
    ink: Prime, null: Sequence[float], expected_slope: float = 0.0
) -> tuple[np.ndarray, float]:
    """Where ink ends: the edge of its last letter, on the baseline, and its slope.

    The place is `[2]`, as seen from where the pen is, in deviations.
    """
    strokes = ink.strokes.copy()
    strokes[:, :END_OF_STROKE] -= np.asarray(null[:END_OF_STROKE], np.float32)
    pens = split_pen_strokes(strokes)
    baseline = find_baseline(pens, ink.text, expected_slope)
    x = np.concatenate(pens)[:, DX]
    edge = x.max() if null[DX] <= 0 else x.min()  # Hebrew goes to the left
    place = np.array([edge, baseline.offset + baseline.slope * edge])
    return place - pens[-1][-1], baseline.slope


def _behind_a_gap(trace: Trace, num_characters: int, null: Sequence[float]) -> Trace:
    """A piece that nothing led to: the pen goes to its start first, past a blank.

    The blank is as wide as the piece's characters are on average.
    """
    width = (trace.strokes[:, DX] - null[DX]).sum() / num_characters
    way = [width + null[DX], *null[DX + 1 :]]
    rows = [np.zeros((1, values.shape[1]), np.float32) for values in trace]
    rows[0][:] = way
    return Trace(*map(np.concatenate, zip(rows, trace, strict=True)))

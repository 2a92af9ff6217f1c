"""Short texts to ink: pieces as long as the network follows well.

A piece is looked at when it is written, by the way of the window over its text and
perhaps by a reader; what went wrong is written again.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sketch.generation.attention import describe_fault, find_end, unevenness
from sketch.generation.sampling import SamplingLoop, Trace, sample
from sketch.generation.terms import Check, Prime, SamplingOptions
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import END_OF_STROKE


@dataclass(frozen=True)
class Task:
    """A piece to be written.

    text: what it shall say.
    prime: ink that it goes on from, or None.
    seed: try t draws from (*seed, t).
    first_try: the t of its first one.
    """

    text: str
    prime: Prime | None
    seed: tuple[int, ...]
    first_try: int = 0


@dataclass(frozen=True)
class Written:
    """A piece as ink.

    trace: its own steps, without a batch axis; `phi` counts the characters of its
        text, the last column the end of it.
    tries: how often it has been written, those ahead of the task's first included.
    badness: infinite where the window went wrong; else as a check says, or the
        `unevenness` of its attention.
    fault: what is wrong with it, in words, or None.
    """

    trace: Trace
    tries: int
    badness: float
    fault: str | None


def write_pieces(
    loop: SamplingLoop,
    alphabet: Alphabet,
    tasks: Sequence[Task],
    manner: SamplingOptions,
    check: Check | None = None,
    report: Callable[[int], None] | None = None,
) -> list[Written]:
    """Write pieces, all in one compiled loop, each up to `max_tries` times.

    A piece is written again unless it is flawless: its window went well, and a check
    finds nothing wrong with it, or without one its attention was even. When only some
    are not, the free rows of the batch hold further tries of them: the compiled loop
    fits, and most flaws are gone in one more call. Of a piece that never was flawless,
    the least bad try is kept, or the last of equals.

    Args:
        loop: the compiled steps of a network with text.
        alphabet: of the network.
        tasks: what to write.
        manner: how.
        check: looks at each piece whose window went well; None takes them as they are.
        report: told, as the pen goes on, how many of the pieces are on paper.

    Returns:
        A piece for each task, in order.
    """
    coded = [_encode(alphabet, task) for task in tasks]
    num_rows = max(len(tasks), manner.batch_size or 0)
    limits = [manner.steps_per_character * (1 + len(task.text)) for task in tasks]
    kept: dict[int, Written] = {}
    least_bad: dict[int, Written] = {}
    tried = [task.first_try for task in tasks]
    while still := [number for number in range(len(tasks)) if number not in kept]:
        rows = [still[row % len(still)] for row in range(num_rows)]
        seeds, useful = [], []
        for number in rows:
            seeds.append((*tasks[number].seed, tried[number]))
            # Nothing is looked at beyond a text's time, and none of a try too many.
            is_due = tried[number] < tasks[number].first_try + manner.max_tries
            useful.append(limits[number] if is_due else 0)
            tried[number] += 1
        trace = sample(
            loop,
            num_rows,
            max(limits[number] for number in still),
            manner.probability_bias,
            seeds,
            [coded[number].codes for number in rows],
            [_strokes(tasks[number].prime) for number in rows],
            _watch(loop, rows, useful, len(kept), report),
            max(len(piece.codes) for piece in coded),
            manner.slow_speeds,
        )
        due = [row for row in range(num_rows) if useful[row]]
        pieces = [
            _cut(
                loop,
                Trace(*(values[row, : useful[row]] for values in trace)),
                coded[rows[row]],
                seeds[row][-1],
            )
            for row in due
        ]
        if check is not None:
            pieces = _checked(loop, [tasks[rows[row]] for row in due], pieces, check)
        for row, piece in zip(due, pieces, strict=True):
            number = rows[row]
            if number in kept:
                continue
            if number not in least_bad or piece.badness <= least_bad[number].badness:
                least_bad[number] = piece
            if piece.badness == 0:
                kept[number] = piece
            elif piece.tries >= tasks[number].first_try + manner.max_tries:
                kept[number] = replace(least_bad[number], tries=piece.tries)
    return [kept[number] for number in range(len(tasks))]


def from_touch(trace: Trace, prime: Prime | None, null: Sequence[float]) -> Trace:
    """A line from where its pen touches the paper, as a line of the corpus.

    The first step after a prime that ends with the pen lifted goes through the air to
    the line's first point. That point is where the line starts: it has no row, unless
    the pen is lifted from it again, a dot.

    Args:
        trace: of the line, without a batch axis.
        prime: what it goes on from, or None.
        null: the normalised null offset.
    """
    if (
        prime is None
        or not len(prime.strokes)
        or prime.strokes[-1, END_OF_STROKE] < 0.5
    ):
        return trace
    if trace.strokes[0, END_OF_STROKE] < 0.5 and len(trace.strokes) > 1:
        return Trace(*(values[1:] for values in trace))
    strokes = trace.strokes.copy()
    strokes[0, :END_OF_STROKE] = null[:END_OF_STROKE]
    return trace._replace(strokes=strokes)


class _Coded(NamedTuple):
    """A piece's text behind that of its prime, and which columns of phi are its own."""

    codes: np.ndarray
    own: slice


def _encode(alphabet: Alphabet, task: Task) -> _Coded:
    blank = " " if alphabet.has_blank else ""
    before = f"{task.prime.text}{blank}" if task.prime else ""
    codes = alphabet.encode(before + task.text)
    # Blanks around a text are no part of it: count from the end.
    first = len(codes) - 1 - len(alphabet.encode(task.text, end=False))
    return _Coded(codes, slice(first, len(codes)))


def _strokes(prime: Prime | None) -> np.ndarray:
    return prime.strokes if prime else np.zeros((0, 3), np.float32)


def _watch(
    loop: SamplingLoop,
    rows: Sequence[int],
    useful: Sequence[int],
    num_kept: int,
    report: Callable[[int], None] | None,
) -> Callable[[np.ndarray], np.ndarray]:
    """What `sample` asks between its calls: which rows of the batch have ended.

    Those too that have taken all of their `useful` steps.
    """
    null_offset = np.array(loop.network.first_input[:END_OF_STROKE])
    on_paper: set[int] = set()
    taken = 0

    def has_ended(recent: np.ndarray) -> np.ndarray:
        nonlocal taken
        ends = [find_end(strokes, null_offset) is not None for strokes in recent]
        on_paper.update(number for number, end in zip(rows, ends, strict=True) if end)
        if report is not None:
            report(num_kept + len(on_paper))
        # One of the steps was told before, but for the first time.
        taken += recent.shape[1] - (taken > 0)
        return np.array(ends) | (taken >= np.array(useful))

    return has_ended


def _cut(loop: SamplingLoop, trace: Trace, coded: _Coded, tried: int) -> Written:
    """A row of the batch up to its end, with the weights of its own characters.

    Args:
        loop: for what a pen that rests does.
        trace: of the row, as long as its text may take, without a batch axis.
        coded: the text.
        tried: how often it has been written before.
    """
    end = find_end(trace.strokes, np.array(loop.network.first_input[:END_OF_STROKE]))
    trace = trace._replace(phi=trace.phi[:, coded.own])
    trace = Trace(*(values[:end] for values in trace))
    fault = "it found no end" if end is None else describe_fault(trace.phi)
    badness = math.inf if fault else unevenness(trace.phi)
    return Written(trace, tried + 1, badness, fault)


def _checked(
    loop: SamplingLoop, tasks: Sequence[Task], pieces: list[Written], check: Check
) -> list[Written]:
    """Pieces with what the check says of those whose window went well."""
    sound = [row for row, piece in enumerate(pieces) if piece.fault is None]
    if not sound:
        return pieces
    null = loop.network.first_input
    ink = [from_touch(pieces[row].trace, tasks[row].prime, null) for row in sound]
    verdicts = check(
        [tasks[row].text for row in sound], [trace.strokes for trace in ink]
    )
    checked = list(pieces)
    for row, verdict in zip(sound, verdicts, strict=True):
        checked[row] = replace(pieces[row], **verdict._asdict())
    return checked

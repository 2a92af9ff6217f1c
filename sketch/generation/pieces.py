"""Short texts to ink: pieces that the network follows well, many at once.

The attention of the window over its text, and perhaps a recogniser, show whether a
piece went well. A piece that did not is written again.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sketch.generation.attention import describe_fault, find_end, unevenness
from sketch.generation.joins import from_touch
from sketch.generation.sampling import SamplingLoop, Trace, sample
from sketch.generation.terms import Check, Prime, SamplingOptions
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import END_OF_STROKE

# Rows of the compiled loop. Few sizes, as each is compiled; a step of 8 rows takes
# little longer than one of 1, so the free rows hold further tries.
BATCH_SIZES = (8, 32)


@dataclass(frozen=True)
class Task:
    """A piece to be written.

    text: what it shall say.
    prime: ink that it continues, or None.
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
    tries: how often it has been written.
    badness: infinite where the window went wrong; else as a check says, or the
        `unevenness` of its attention.
    fault: what is wrong with it, in words, or None.
    """

    trace: Trace
    tries: int
    badness: float
    fault: str | None


class _Draft:
    """A task at work.

    Attributes:
        codes: of its text behind that of its prime.
        own: the columns of phi that are its own.
        limit: pen steps after which it is given up.
        begun: how many tries.
        best: the least bad try so far; of equals, the last.
        is_done: it is flawless, or has no tries left.
    """

    def __init__(self, task: Task, alphabet: Alphabet, options: SamplingOptions):
        self.task = task
        blank = " " if alphabet.has_blank else ""
        before = f"{task.prime.text}{blank}" if task.prime else ""
        self.codes = alphabet.encode(before + task.text)
        # Blanks around a text are no part of it: count from the end.
        first = len(self.codes) - 1 - len(alphabet.encode(task.text, end=False))
        self.own = slice(first, len(self.codes))
        self.strokes = task.prime.strokes if task.prime else np.zeros((0, 3), "float32")
        self.limit = options.steps_per_character * (1 + len(task.text))
        self.max_tries = options.max_tries
        self.begun = 0
        self.best: Written | None = None
        self.is_done = False

    def begin_try(self) -> tuple[int, tuple[int, ...]]:
        """The number of the next try, counted from 1, and its seed."""
        seed = (*self.task.seed, self.task.first_try + self.begun)
        self.begun += 1
        return self.begun, seed

    def cut(self, trace: Trace, number: int, null_offset: np.ndarray) -> Written:
        """A row of the batch, a try, up to its end."""
        end = find_end(trace.strokes[: self.limit], null_offset)
        trace = Trace(*(values[: end or self.limit] for values in trace))
        trace = trace._replace(phi=trace.phi[:, self.own])
        fault = f"{self.task.text!r} may not be finished"
        if end is not None:
            fault = describe_fault(trace.phi, self.task.text)
        badness = math.inf if fault else unevenness(trace.phi)
        return Written(trace, number, badness, fault)

    def take(self, written: Written) -> None:
        """Keeps a try that is better than those before it; the first flawless one."""
        if self.is_done:
            return
        if self.best is None or written.badness <= self.best.badness:
            self.best = written
        self.is_done = written.badness == 0 or written.tries == self.max_tries
        self.best = replace(self.best, tries=written.tries)


def write_pieces(
    loop: SamplingLoop,
    alphabet: Alphabet,
    tasks: Sequence[Task],
    options: SamplingOptions,
    check: Check | None = None,
    report: Callable[[int], None] | None = None,
) -> list[Written]:
    """Writes pieces, up to `max_tries` times each, in batches of one compiled loop.

    A piece is flawless if its window went well and the check finds nothing wrong with
    it, or without a check if its attention was even. Other pieces are written again;
    rows of the batch that no other piece needs hold further tries. The ink is that of
    the first flawless try by number, or of the least bad one, so that it depends on the
    seeds alone.

    Args:
        loop: the compiled steps of a network with text.
        alphabet: of the network.
        tasks: what to write.
        options: how.
        check: looks at each piece whose window went well; None takes them as they are.
        report: told, as the pen goes on, how many of the pieces are on paper.

    Returns:
        A piece for each task, in order.
    """
    drafts = [_Draft(task, alphabet, options) for task in tasks]
    max_codes = max((len(draft.codes) for draft in drafts), default=0)
    null_offset = np.array(loop.network.first_input[:END_OF_STROKE])
    while pending := [draft for draft in drafts if not draft.is_done]:
        rows, tries = _fill_rows(pending, options.batch_size)
        trace = sample(
            loop,
            len(rows),
            max(draft.limit for draft in rows),
            options.probability_bias,
            [seed for _, seed in tries],
            [draft.codes for draft in rows],
            [draft.strokes for draft in rows],
            _watch(null_offset, rows, tries, len(drafts) - len(pending), report),
            max_codes,
            options.slow_speeds,
        )
        written = [
            (draft, draft.cut(Trace(*(v[row] for v in trace)), number, null_offset))
            for row, (draft, (number, _)) in enumerate(zip(rows, tries, strict=True))
            if number <= options.max_tries
        ]
        for draft, piece in _checked(loop, written, check):
            draft.take(piece)
    return [draft.best for draft in drafts]


def _fill_rows(
    pending: Sequence[_Draft], batch_size: int | None
) -> tuple[list[_Draft], list[tuple[int, tuple[int, ...]]]]:
    """The draft of each row of a batch, and its try; rows to spare hold more tries."""
    fitting = (size for size in BATCH_SIZES if size >= len(pending))
    size = batch_size or next(fitting, BATCH_SIZES[-1])
    rows = [pending[row % len(pending)] for row in range(size)]
    return rows, [draft.begin_try() for draft in rows]


def _watch(
    null_offset: np.ndarray,
    rows: Sequence[_Draft],
    tries: Sequence[tuple[int, tuple[int, ...]]],
    num_done: int,
    report: Callable[[int], None] | None,
) -> Callable[[np.ndarray], np.ndarray]:
    """Tells `sample` between its calls which rows of the batch have ended.

    A row without an end is done after its `limit`; a try too many at once.
    """
    limits = np.array(
        [
            draft.limit if number <= draft.max_tries else 0
            for draft, (number, _) in zip(rows, tries, strict=True)
        ]
    )
    on_paper: set[int] = set()
    taken = 0

    def has_ended(recent: np.ndarray) -> np.ndarray:
        nonlocal taken
        ends = [find_end(strokes, null_offset) is not None for strokes in recent]
        on_paper.update(id(draft) for draft, end in zip(rows, ends, strict=True) if end)
        if report is not None:
            report(num_done + len(on_paper))
        # All calls but the first repeat the last step of the call before.
        taken += recent.shape[1] - (taken > 0)
        return np.array(ends) | (taken >= limits)

    return has_ended


def _checked(
    loop: SamplingLoop, written: list[tuple[_Draft, Written]], check: Check | None
) -> list[tuple[_Draft, Written]]:
    """Pieces with the results of the check, where the window went well."""
    sound = [row for row, (_, piece) in enumerate(written) if piece.fault is None]
    if check is None or not sound:
        return written
    null = loop.network.first_input
    tasks = [written[row][0].task for row in sound]
    ink = [
        from_touch(written[row][1].trace, task.prime, null).strokes
        for row, task in zip(sound, tasks, strict=True)
    ]
    results = check([task.text for task in tasks], ink)
    checked = list(written)
    for row, result in zip(sound, results, strict=True):
        draft, piece = written[row]
        checked[row] = draft, replace(piece, **result._asdict())
    return checked

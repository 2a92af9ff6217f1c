"""From a set of lines to padded batches of few shapes.

Lines are grouped by length, so that little of a batch is padding and a run compiles
few shapes. The order is a pure function of (seed, epoch): epoch 7 needs no history, and
every process of a run derives the same batches and takes its own rows of each.

A corpus of more than `POOL` lines is shuffled in blocks of `BLOCK` adjacent lines.
Random blocks make up a pool, whose lines are shuffled and grouped as a small corpus is.
So few places of a disk are read at a time, whether lines are in memory or not.

    padding goes on the right; mask 1.0 = real step, 0.0 = padding
    every line is seen once an epoch, whole unless `max_length` cuts it; in training a
    few lines, drawn anew each epoch, are seen twice, so that every batch is full;
    with `recombine` a share of them, drawn anew too, makes room for lines put together
    from words of others, of about the same length

With text every line gets one more row, the *rest*: the lifted pen stays where it is and
stays lifted. Only 0.2 % of IAM-OnDB's lines have this elsewhere, so a model learns from
it when to stop. The rest is trained on and never scored. Its offset has a small
spread, drawn anew each epoch: the density of a single point could grow without limit. A
line that `max_length` cuts has no rest, since its text goes on.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sketch.corpus.recombine import NewLines
from sketch.corpus.rows import Rows, RowsInMemory
from sketch.ink.alphabet import PADDED_TO, padded_length
from sketch.ink.strokes import DX, DY, normalise
from sketch.system.messages import counted

# The last number of a seed (seed, epoch, line, …) says what is drawn. Never 0: numpy
# pads seeds with zeros, so line 0 would draw from the stream of the order again.
REST_STREAM, VARIATION_STREAM, RECOMBINATION_STREAM = 1, 2, 3
REST_SPREAD = 0.05  # of the resting pen about (0, 0), in normalised units

BLOCK = 1024  # lines read together: 8 MB of lines like IAM-OnDB's
POOL = 64 * BLOCK  # lines shuffled together

NUM_SHAPES = 12  # measured on IAM-OnDB: 12 shapes pad 6.5 % of all steps, 8 9.7 %
LONGER_SHAPES = 6  # more, for lines that --max-length cut in training; at 600, one more
# shape pads 39 % of the steps, six pad 5 %


class Batch(NamedTuple):
    """One batch.

    inputs: of the network: `strokes` float32 `[batch, time, 3]`, normalised;
        `mask` float32 `[batch, time]`; with text also `text` int32 `[batch, length]`,
        codes, -1 for padding, and `rest` float32 `[batch, time]`, 1.0 on the one row
        behind each line in which the pen rests; `mask` is 0.0 there.
    lines: int `[batch]`, index of each line in its set, -1 for a row of padding.
    """

    inputs: dict[str, np.ndarray]
    lines: np.ndarray


def choose_lengths(lengths: np.ndarray, num_shapes: int = NUM_SHAPES) -> np.ndarray:
    """The padded lengths that waste the fewest steps, by dynamic programming.

    At most `num_shapes`, increasing; the last is the greatest of the lines' `lengths`.
    A line is padded to the first that holds it.
    """
    sizes, counts = np.unique(lengths, return_counts=True)
    lines_up_to = np.concatenate([[0], np.cumsum(counts)])
    # cost[end] = padded steps of the lines with the first `end` sizes
    cost = np.where(np.arange(len(sizes) + 1) == 0, 0.0, np.inf)
    choices = []
    for _ in range(min(num_shapes, len(sizes))):
        best, choice = np.zeros_like(cost), np.zeros(len(cost), int)
        for end in range(1, len(sizes) + 1):
            held = lines_up_to[end] - lines_up_to[:end]
            totals = cost[:end] + held * sizes[end - 1]
            choice[end] = totals.argmin()
            best[end] = totals[choice[end]]
        choices.append(choice)
        cost = best
    end, chosen = len(sizes), []
    for choice in reversed(choices):
        if end:
            chosen.append(sizes[end - 1])
            end = choice[end]
    return np.array(chosen[::-1])


class Batches:
    """The batches of one set of lines.

    Args:
        strokes: lines `[time, 3]` in the recording's units: a list, or `Rows`.
        offset_mean, offset_std: `[2]`, of the training set.
        batch_size: lines a batch, over all processes.
        texts: character codes of each line, likewise, or None for a model without
            text.
        seed: of the order and of `augment`.
        max_length: cuts longer lines; None keeps them whole.
        augment: greatest relative change of each line's size, stretch and slant.
        recombine: share of the lines of an epoch that are new.
        new_lines: makes these; None if there are none.
        fills_up: repeats lines, so that no batch has empty rows; for training, where a
            step for a few lines would move the weights as far as one for many.
        padded_lengths: as from `choose_lengths`; None chooses them here. Lengths that
            they do not cover are added, so that other sets can share the shapes.
        process, num_processes: which rows of each batch this process takes.

    Raises:
        ValueError: There are no lines, or `batch_size` is not a multiple of
            `num_processes`.
    """

    def __init__(
        self,
        strokes: Sequence[np.ndarray] | Rows,
        offset_mean: np.ndarray,
        offset_std: np.ndarray,
        batch_size: int,
        texts: Sequence[np.ndarray] | Rows | None = None,
        seed: int = 0,
        max_length: int | None = None,
        augment: float = 0.0,
        recombine: float = 0.0,
        new_lines: NewLines | None = None,
        fills_up: bool = False,
        padded_lengths: np.ndarray | None = None,
        process: int = 0,
        num_processes: int = 1,
    ):
        self.strokes = _as_rows(strokes)
        self.texts = None if texts is None else _as_rows(texts)
        self.num_lines = len(self.strokes.lengths)
        if not self.num_lines:
            raise ValueError("There are no lines to make batches of.")
        if batch_size % num_processes:
            raise ValueError(
                f"--bs {batch_size} cannot be shared evenly by {num_processes} "
                "processes: choose a multiple."
            )
        self.max_length = max_length
        self.num_rest = 0 if texts is None else 1
        self.offset_mean, self.offset_std = offset_mean, offset_std
        self.null_offset = -np.asarray(offset_mean) / np.asarray(offset_std)
        self.batch_size = batch_size
        self.seed = seed
        self.augment = augment
        self.recombine, self.new_lines = recombine, new_lines
        self.fills_up = fills_up
        rows = batch_size // num_processes
        self.rows = slice(process * rows, (process + 1) * rows)
        lengths = self.strokes.lengths
        if max_length is not None:
            lengths = np.minimum(lengths, max_length)
        if padded_lengths is None:
            padded_lengths = choose_lengths(lengths)
        longer = lengths[lengths > padded_lengths[-1]]
        if len(longer):
            more = choose_lengths(longer, LONGER_SHAPES)
            padded_lengths = np.concatenate([padded_lengths, more])
        self.lengths = lengths
        self.padded_lengths = padded_lengths
        self.group_of_line = np.searchsorted(padded_lengths, lengths)
        if texts is not None:
            text_lengths = padded_length(self.texts.lengths)
            self.text_lengths = [
                int(text_lengths[self.group_of_line <= group].max(initial=PADDED_TO))
                for group in range(len(padded_lengths))
            ]

    @property
    def num_batches(self) -> int:
        """Batches an epoch."""
        return -(-self.num_lines // self.batch_size)

    @property
    def num_points(self) -> int:
        """Real points an epoch."""
        return int(self.lengths.sum())

    def size(self) -> str:
        """The numbers of lines, points, batches and lengths, in words."""
        return (
            f"{counted(self.num_lines, 'line')}, {counted(self.num_points, 'point')}, "
            f"in {counted(self.num_batches, 'batch', 'batches')} of "
            f"{counted(len(self.padded_lengths), 'length')}"
        )

    def padding(self) -> float:
        """Share of an epoch's points that is padding."""
        held = np.concatenate([lines[lines >= 0] for _, lines in self._plan(0)])
        return 1.0 - int(self.lengths[held].sum()) / self.num_padded_points()

    def num_padded_points(self) -> int:
        """Points an epoch, padding included."""
        padded = sum(int(self.padded_lengths[group]) for group, _ in self._plan(0))
        return padded * self.batch_size

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from number `first` on."""
        for number, (group, lines) in enumerate(self._plan(epoch)):
            if number >= first:
                yield self._pad(epoch, group, lines)

    def _plan(self, epoch: int) -> Iterator[tuple[int, np.ndarray]]:
        """(group, line indices `[batch_size]`) of every batch, in order."""
        rng = np.random.default_rng([self.seed, epoch])
        for pool in self._pools(rng):
            yield from self._plan_pool(rng, pool)

    def _pools(self, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """The pools; all but the first are a multiple of the batch size."""
        if self.num_lines <= POOL:
            yield np.arange(self.num_lines)
            return
        blocks = rng.permutation(-(-self.num_lines // BLOCK))
        lines = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        lines = lines[lines < self.num_lines]
        size = max(POOL // self.batch_size, 1) * self.batch_size
        first = self.num_lines % self.batch_size + size
        yield lines[:first]
        for start in range(first, self.num_lines, size):
            yield lines[start : start + size]

    def _plan_pool(
        self, rng: np.random.Generator, pool: np.ndarray
    ) -> list[tuple[int, np.ndarray]]:
        """The batches of a pool.

        Lines that do not fill a batch of their group move on to the next longer one.
        If the lines are not a multiple of the batch size, random lines are repeated
        with `fills_up`; else the shortest lines, whose empty rows cost least, make a
        batch that is not full.
        """
        order = rng.permutation(pool)
        if self.fills_up:
            order = np.concatenate(
                [order, np.resize(order, -len(order) % self.batch_size)]
            )
        order = order[np.argsort(self.group_of_line[order], kind="stable")]
        short = len(order) % self.batch_size
        plan = []
        if short:
            rows = np.full(self.batch_size, -1)
            rows[:short] = order[:short]
            plan.append((int(self.group_of_line[order[short - 1]]), rows))
        for start in range(short, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            plan.append((int(self.group_of_line[rows[-1]]), rows))
        return [plan[place] for place in rng.permutation(len(plan))]

    def _pad(self, epoch: int, group: int, lines: np.ndarray) -> Batch:
        lines = lines[self.rows]
        held = np.flatnonzero(lines >= 0)
        time = int(self.padded_lengths[group]) + self.num_rest
        strokes = np.zeros((len(lines), time, 3), np.float32)
        mask = np.zeros((len(lines), time), np.float32)
        inputs = {"strokes": strokes, "mask": mask}
        texts = [()] * len(held)
        if self.texts is not None:
            texts = self.texts.take(lines[held])
            shape = len(lines), self.text_lengths[group]
            inputs["text"] = np.full(shape, -1, np.int32)
            inputs["rest"] = np.zeros_like(mask)
        whole = self.strokes.take(lines[held])
        for row, ink, text in zip(held, whole, texts, strict=True):
            line = lines[row]
            ink, text = self._recombine(epoch, line, group) or (ink, text)
            varied = self._vary(epoch, line, ink[: self.max_length])
            length = len(varied)
            strokes[row, :length] = normalise(varied, self.offset_mean, self.offset_std)
            mask[row, :length] = 1.0
            if self.texts is not None:
                inputs["text"][row, : len(text)] = text
                if length == len(ink):  # else the text goes on
                    strokes[row, length] = self._rest(epoch, line)
                    inputs["rest"][row, length] = 1.0
        return Batch(inputs, lines)

    def _recombine(
        self, epoch: int, line: int, group: int
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Ink and codes of a new line in place of this one, or None."""
        if self.new_lines is None:
            return None
        rng = np.random.default_rng([self.seed, epoch, line, RECOMBINATION_STREAM])
        if rng.random() >= self.recombine:
            return None
        max_codes = self.text_lengths[group] if self.texts is not None else None
        return self.new_lines.draw(rng, int(self.padded_lengths[group]), max_codes)

    def _rest(self, epoch: int, line: int) -> np.ndarray:
        """The row behind a line, normalised; see the module's docstring."""
        rng = np.random.default_rng([self.seed, epoch, line, REST_STREAM])
        x, y = rng.normal(scale=REST_SPREAD, size=2) + self.null_offset
        return np.array([x, y, 1.0], np.float32)

    def _vary(self, epoch: int, line: int, strokes: np.ndarray) -> np.ndarray:
        """A line at another size, stretch and slant, by (seed, epoch, line)."""
        if not self.augment:
            return strokes
        rng = np.random.default_rng([self.seed, epoch, line, VARIATION_STREAM])
        size, stretch, slant = rng.uniform(-self.augment, self.augment, 3)
        varied = strokes.copy()
        varied[:, DX] = (1 + size) * (1 + stretch) * strokes[:, DX]
        varied[:, DX] += slant * strokes[:, DY]
        varied[:, DY] = (1 + size) * strokes[:, DY]
        return varied


def _as_rows(rows: Sequence[np.ndarray] | Rows) -> Rows:
    return rows if hasattr(rows, "take") else RowsInMemory(rows)

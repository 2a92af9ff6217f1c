"""Text to ink: whole texts in one hand, faulty lines written again.

A text longer than the corpus' lines is written in pieces, broken at blanks. Each piece
goes on from the one before it, which primes the network as somebody's own ink would:
so the hand, the baseline and the distance between words carry over.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from sketch.generation.attention import describe_fault, find_end
from sketch.generation.sampling import SamplingLoop, Trace, sample
from sketch.ink.strokes import END_OF_STROKE
from sketch.ink.text import Alphabet


@dataclass(frozen=True)
class Prime:
    """Ink that a line goes on from.

    strokes: `[time, 3]`, normalised.
    text: what it says.
    """

    strokes: np.ndarray
    text: str


class Verdict(NamedTuple):
    """What a check says of a written piece.

    badness: 0 is flawless; of pieces that all have a fault, the least bad is kept.
    fault: what is wrong, in words; None where it may be handed out.
    """

    badness: float
    fault: str | None


# Texts of pieces and their strokes, normalised -> a verdict on each.
Check = Callable[[Sequence[str], Sequence[np.ndarray]], list[Verdict]]


@dataclass
class WrittenLine:
    """A text as ink.

    text: what was to be written.
    trace: strokes and what the model predicted for each, without a batch axis; `phi`
        counts the characters of `text`, the last column the end of it.
    tries: how often each piece was written, the kept one included.
    faults: what is still wrong with it, by piece; empty if all went well.
    """

    text: str
    trace: Trace
    tries: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def write_texts(
    loop: SamplingLoop,
    alphabet: Alphabet,
    texts: Sequence[str],
    probability_bias: float = 0.0,
    seed: int = 0,
    primes: Sequence[Prime | None] | None = None,
    max_tries: int = 5,
    steps_per_character: int = 60,
    longest_text: int = 64,
    check: Check | None = None,
    num_rows: int = 0,
) -> list[WrittenLine]:
    """Write texts, a line of ink each; all of them in one compiled loop.

    Args:
        loop: the compiled steps of a network with text.
        alphabet: of the network.
        texts: what to write; every character in the alphabet.
        probability_bias: >= 0, sharpens the mixture.
        seed: line i, piece p, try t draw from (seed, i, p, t).
        primes: ink that each line goes on from, or None.
        max_tries: how often a piece is written at the most.
        steps_per_character: pen steps after which a piece is given up.
        longest_text: characters, the prime's included, that the network follows well;
            what is longer is written in pieces of half of that.
        check: looks at each piece whose window went well; None takes them as they are.
        num_rows: of the compiled loop, at the least; those to spare hold further tries.
            Where it is always the same, so is the loop.

    Returns:
        One line for each text, in order.

    Raises:
        ValueError: an unknown character; names it and its place. An empty text.
    """
    contexts = list(primes) if primes is not None else [None] * len(texts)
    pieces = []
    for text, prime in zip(texts, contexts, strict=True):
        if not len(alphabet.encode(text, end=False)):
            raise ValueError(f"there is nothing to write in {text!r}")
        is_short = len(text) + (len(prime.text) if prime else 0) <= longest_text
        pieces.append(split_text(text, longest_text if is_short else longest_text // 2))
    parts: list[list[_Piece]] = [[] for _ in texts]
    for number in range(max(map(len, pieces))):
        rows = [row for row, of_text in enumerate(pieces) if number < len(of_text)]
        written = _write_pieces(
            loop,
            alphabet,
            [pieces[row][number] for row in rows],
            [contexts[row] for row in rows],
            probability_bias,
            [(seed, row, number) for row in rows],
            max_tries,
            steps_per_character,
            check,
            num_rows,
        )
        for row, piece in zip(rows, written, strict=True):
            if number == 0:
                null = loop.network.first_input
                piece = replace(
                    piece, trace=_from_touch(piece.trace, contexts[row], null)
                )
            parts[row].append(piece)
            contexts[row] = Prime(piece.trace.strokes, pieces[row][number])
    return [_join(*both) for both in zip(pieces, parts, strict=True)]


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


@dataclass(frozen=True)
class _Piece:
    trace: Trace
    tries: int
    fault: str | None


def _write_pieces(
    loop,
    alphabet,
    texts,
    contexts,
    bias,
    seeds,
    max_tries,
    steps_per_character,
    check,
    rows,
) -> list[_Piece]:
    """Write pieces, each up to `max_tries` times; the batch keeps its size.

    When only some are to be written again, the free rows of the batch hold further
    tries of them: the compiled loop fits, and most faults are gone in one more call.
    Of a piece that no try got right, the least bad one is kept, or the last of equals.
    """
    blank = " " if " " in alphabet.characters else ""
    codes, skipped = [], []
    for text, context in zip(texts, contexts, strict=True):
        before = f"{context.text}{blank}" if context else ""
        codes.append(alphabet.encode(before + text))
        # Blanks around a text are no part of it: count from the end.
        skipped.append(len(codes[-1]) - 1 - len(alphabet.encode(text, end=False)))
    none = np.zeros((0, 3), np.float32)
    strokes = [context.strokes if context else none for context in contexts]
    null_offset = np.array(loop.network.first_input[:2])
    max_steps = steps_per_character * (max(map(len, texts)) + 1)
    kept: dict[int, _Piece] = {}
    least_bad: dict[int, tuple[float, _Piece]] = {}
    tried = [0] * len(texts)

    def own(trace: Trace, slot: int, row: int) -> Trace:
        """The row's steps with the weights of its own characters."""
        phi = trace.phi[slot, :, skipped[row] : len(codes[row])]
        return Trace(trace.strokes[slot], trace.outputs[slot], phi, trace.window[slot])

    while open_rows := [r for r in range(len(texts)) if r not in kept]:
        num_slots = max(len(texts), rows)
        slots = [open_rows[i % len(open_rows)] for i in range(num_slots)]
        attempts = []
        for row in slots:
            attempts.append([*seeds[row], tried[row]])
            tried[row] += 1

        def has_ended(trace: Trace) -> np.ndarray:
            ends = [find_end(strokes, null_offset) for strokes in trace.strokes]
            return np.array([end is not None for end in ends])

        trace = sample(
            loop,
            len(slots),
            max_steps,
            bias,
            attempts,
            [codes[row] for row in slots],
            [strokes[row] for row in slots],
            has_ended,
        )
        pieces = []
        for slot, row in enumerate(slots):
            one = own(trace, slot, row)
            end = find_end(one.strokes, null_offset)
            piece = Trace(*(values[:end] for values in one))
            fault = "it found no end" if end is None else describe_fault(piece.phi)
            pieces.append(_Piece(piece, attempts[slot][-1] + 1, fault))
        badness = [math.inf if piece.fault else 0.0 for piece in pieces]
        sound = [slot for slot, piece in enumerate(pieces) if not piece.fault]
        if check is not None and sound:
            null = loop.network.first_input
            verdicts = check(
                [texts[slots[slot]] for slot in sound],
                [
                    _from_touch(pieces[slot].trace, contexts[slots[slot]], null).strokes
                    for slot in sound
                ],
            )
            for slot, verdict in zip(sound, verdicts, strict=True):
                badness[slot] = verdict.badness
                pieces[slot] = replace(pieces[slot], fault=verdict.fault)
        for row, bad, piece in zip(slots, badness, pieces, strict=True):
            if row in kept:
                continue
            if piece.fault is None:
                kept[row] = piece
                continue
            if row not in least_bad or bad <= least_bad[row][0]:
                least_bad[row] = bad, piece
            if piece.tries >= max_tries:
                kept[row] = replace(least_bad[row][1], tries=piece.tries)
    return [kept[row] for row in range(len(texts))]


def _from_touch(trace: Trace, prime: Prime | None, null: Sequence[float]) -> Trace:
    """A line from where its pen touches the paper, as a line of the corpus.

    The first step after a prime that ends with the pen lifted goes through the air to
    the line's first point. That point is where the line starts: it has no row, unless
    the pen is lifted from it again, a dot.
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


def _join(texts: list[str], pieces: list[_Piece]) -> WrittenLine:
    """One line of all pieces; a piece's end symbol is the blank before the next."""
    text = " ".join(texts)
    phi = np.zeros((sum(len(p.trace.phi) for p in pieces), len(text) + 1), np.float32)
    row = column = 0
    for piece in pieces:
        steps, columns = piece.trace.phi.shape
        phi[row : row + steps, column : column + columns] = piece.trace.phi
        row, column = row + steps, column + columns
    strokes, outputs, window = (
        np.concatenate([getattr(piece.trace, name) for piece in pieces])
        for name in ("strokes", "outputs", "window")
    )
    return WrittenLine(
        text,
        Trace(strokes, outputs, phi, window),
        [piece.tries for piece in pieces],
        [piece.fault for piece in pieces if piece.fault],
    )

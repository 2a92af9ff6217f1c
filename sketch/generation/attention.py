"""Where a written line ends, and whether its window went wrong on the way.

The paper's rule (5.3) stops when the position past the text outweighs all others; that
is before the last letter is finished, for the window runs ahead of the pen. Here the
model itself says it: it has learned (see `corpus.batches`) to let the lifted pen rest
where it is when the text is finished.
"""

import numpy as np

from sketch.ink.strokes import DX, DY, END_OF_STROKE

# A pen rests if it moves by less than this, in normalised units: four spreads of the
# resting pens that the model learned from. After a lift, writing pens move farther.
REST = 0.2
# The window sees nothing when its weight on all of the text falls below this: a window
# that stands on a character weighs about 1.
FAINT = 0.02
# A character was left out if it never had this share of the window, or had less than
# this part of the attention that the usual character of its line had, summed over all
# steps; the window stayed where one had so many times more. The window's centre says
# little: that of K components jumps by several characters on the lines of people, too.
# Measured on 64 held-out lines each of IAM-OnDB and of the built-in corpus, shown to
# models of them: 1 of 128 was at fault. Of 64 lines that the first model wrote half
# trained, 15 were, with 66 % of their characters misread by a reader, of the rest 35 %.
MIN_SHARE = 0.2
SKIPPED = 0.2
STAYED = 2.2
# Attention is even if no character had so many times more than the usual one. What is
# less even may be right, and often is not: of 192 lines that a model of IAM-OnDB wrote,
# 23 % were uneven; a reader misread 29 % of their characters, of the others' 6 %.
EVEN = 1.4


def find_end(strokes: np.ndarray, null_offset: np.ndarray) -> int | None:
    """Where a written line ends: at the first lifted pen that stays where it is.

    Staying, it is lifted still: a pen that comes down again where it was writes on.

    Args:
        strokes: `[time, 3]`, normalised.
        null_offset: `[2]`, the normalised offset of a pen that does not move.

    Returns:
        How many rows belong to the line; None if it has not ended yet.
    """
    is_lifted = strokes[:, END_OF_STROKE] > 0.5
    moves = np.hypot(*(strokes[1:, DX : DY + 1] - null_offset).T)
    rests = np.flatnonzero(is_lifted[:-1] & is_lifted[1:] & (moves < REST))
    return int(rests[0]) + 1 if len(rests) else None


def describe_fault(phi: np.ndarray) -> str | None:
    """What went wrong with a line, by the attention that its characters got.

    Args:
        phi: `[time, length]` of the line's own rows, the last column the end symbol.

    Returns:
        A few words, or None where every character was seen, and none for too long.
    """
    weight = phi.sum(axis=1, keepdims=True)
    seen = weight[:, 0] > FAINT
    if not seen.any():
        return "the window never saw the text"
    share = (phi[seen] / weight[seen])[:, :-1].max(axis=0)
    attention = phi[:, :-1].sum(axis=0)
    usual = np.median(attention)
    missed = np.flatnonzero((share < MIN_SHARE) | (attention < SKIPPED * usual))
    if len(missed):
        return f"character {missed[0] + 1} was left out"
    if attention.max() > STAYED * usual:
        return f"the window stayed at character {attention.argmax() + 1}"
    return None


def unevenness(phi: np.ndarray) -> float:
    """How much more attention one character had than is even; 0 where none had.

    Args:
        phi: as `describe_fault`, which found none.
    """
    attention = phi[:, :-1].sum(axis=0)
    return max(0.0, float(attention.max() / np.median(attention)) - EVEN)

"""Where a written line ends, and whether its window went wrong on the way.

The paper stops when the position past the text outweighs all others (section 5.3). That
is before the last letter is finished, for the window runs ahead of the pen. Here the
model has learned (see `corpus.batches`) to rest its lifted pen when the text is done.
"""

import numpy as np

from sketch.ink.strokes import DX, DY, END_OF_STROKE

# A pen rests if it moves by less than this, in normalised units: four deviations of the
# resting pens that the model learned from. After a lift, writing pens move farther.
REST = 0.2
# The window sees nothing when its weight on all of the text falls below this: a window
# that stands on a character weighs about 1.
FAINT = 0.02
# A character was left out if its share of the window never reached MIN_SHARE, or its
# attention, summed over all steps, was below MIN_ATTENTION times the line's median. The
# window got stuck where a character had more than MAX_ATTENTION times the median. The
# window's centre says little: that of K components jumps on people's lines, too.
# Measured: a fault in 1 of 128 held-out lines of people, shown to models; in 15 of 64
# lines that a half-trained model wrote, of which a recogniser misread 66 % of the
# characters, of the others 35 %.
MIN_SHARE = 0.2
MIN_ATTENTION = 0.2
MAX_ATTENTION = 2.2
# Attention is even if no character had more than this times the median. Of 192 lines by
# a model of IAM-OnDB 23 % were uneven: a recogniser misread 29 % of their characters,
# of the others' 6 %.
EVEN = 1.4


def find_end(strokes: np.ndarray, null_offset: np.ndarray) -> int | None:
    """Finds the end of a written line: the first lifted pen that stays where it is.

    It is still lifted while it stays: a pen that comes down in place writes on.

    Args:
        strokes: `[time, 3]`, normalised.
        null_offset: `[2]`, the normalised offset of a pen that does not move.

    Returns:
        The number of rows that belong to the line; None if it has not ended yet.
    """
    is_lifted = strokes[:, END_OF_STROKE] > 0.5
    moves = np.hypot(*(strokes[1:, DX : DY + 1] - null_offset).T)
    rests = np.flatnonzero(is_lifted[:-1] & is_lifted[1:] & (moves < REST))
    return int(rests[0]) + 1 if len(rests) else None


def describe_fault(phi: np.ndarray, text: str) -> str | None:
    """Says what went wrong with a line, by the attention that its characters got.

    Args:
        phi: `[time, length]` of the line's own rows, the last column the end symbol.
        text: of the line, `[length - 1]` characters.

    Returns:
        A few words, or None where each character was seen, and none for too long.
    """
    weight = phi.sum(axis=1, keepdims=True)
    is_seen = weight[:, 0] > FAINT
    if not is_seen.any():
        return f"{text!r} may not be legible"
    share = (phi[is_seen] / weight[is_seen])[:, :-1].max(axis=0)
    attention = phi[:, :-1].sum(axis=0)
    median = np.median(attention)
    missed = np.flatnonzero((share < MIN_SHARE) | (attention < MIN_ATTENTION * median))
    if len(missed):
        return f"{_word_at(text, missed[0])!r} may lack {text[missed[0]]!r}"
    if attention.max() > MAX_ATTENTION * median:
        return f"{_word_at(text, attention.argmax())!r} may not be legible"
    return None


def _word_at(text: str, place: int) -> str:
    """The word around a character, or before it if it is a blank."""
    place -= text[place] == " "
    return text[text.rfind(" ", 0, place) + 1 :].split(" ")[0]


def unevenness(phi: np.ndarray) -> float:
    """How much more attention one character had than is even; 0 where none had.

    Args:
        phi: as `describe_fault`, which found no fault.
    """
    attention = phi[:, :-1].sum(axis=0)
    return max(0.0, float(attention.max() / np.median(attention)) - EVEN)

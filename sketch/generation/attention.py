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
# How far the window's centre may jump between two steps, in characters. Pens of the
# corpora move it by 0.02 to 0.1.
LONGEST_JUMP = 1.5
# A window that stood so many times longer on one character than on the usual one of its
# line is stuck, and the pen repeats itself.
LONGEST_STAY = 8.0
SHORT_STAY = 8.0  # steps; in short texts the usual stay says little
NEAR = 0.75  # the centre visits a character if it comes so near to it


def find_end(strokes: np.ndarray, null_offset: np.ndarray) -> int | None:
    """Where a written line ends: at the first lifted pen that stays where it is.

    Args:
        strokes: `[time, 3]`, normalised.
        null_offset: `[2]`, the normalised offset of a pen that does not move.

    Returns:
        How many rows belong to the line; None if it has not ended yet.
    """
    is_lifted = strokes[:-1, END_OF_STROKE] > 0.5
    moves = np.hypot(*(strokes[1:, DX : DY + 1] - null_offset).T)
    rests = np.flatnonzero(is_lifted & (moves < REST))
    return int(rests[0]) + 1 if len(rests) else None


def describe_fault(phi: np.ndarray) -> str | None:
    """What went wrong with a line, by the way of its window over the text.

    Args:
        phi: `[time, length]` of the line's own rows, the last column the end symbol.

    Returns:
        A few words, or None where every character was visited, in order, and none for
        too long.
    """
    places = np.arange(phi.shape[1])
    weight = phi.sum(axis=1)
    seen = weight > FAINT
    if not seen.any():
        return "the window never saw the text"
    centre = (phi[seen] @ places) / weight[seen]
    jumps = np.abs(np.diff(centre, prepend=0.0))
    if jumps.max() > LONGEST_JUMP:
        return f"the window jumped to character {int(centre[jumps.argmax()]) + 1}"
    nearest = np.abs(centre[:, None] - places[:-1])  # [time, characters]
    missed = np.flatnonzero(nearest.min(axis=0) > NEAR)
    if len(missed):
        return f"character {int(missed[0]) + 1} was left out"
    stays = np.bincount(np.rint(centre).astype(int), minlength=phi.shape[1])[:-1]
    if stays.max() > LONGEST_STAY * max(float(np.median(stays)), SHORT_STAY):
        return f"the window stayed at character {int(stays.argmax()) + 1}"
    return None

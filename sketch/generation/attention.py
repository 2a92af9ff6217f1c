"""What the attention window tells of a line: where it ends, whether it went wrong.

The text carries an end symbol behind its last character. The paper's rule (5.3) stops
when the position past the text outweighs all others; that is before the last letter is
finished, for the window runs ahead of the pen. Here the end symbol must outweigh all
characters, and then the pen must be lifted; and a stroke that goes back after that, to
dot an i or cross a t, still belongs to the text.
"""

import numpy as np

from sketch.ink.strokes import DX, END_OF_STROKE

# The window has left the text when its weight on all of it falls below this: a window
# that stands on a character weighs about 1.
FAINT = 0.02
# How far the window's centre may jump between two steps, in characters. Pens of the
# corpora move it by 0.02 to 0.1.
LONGEST_JUMP = 1.5
# A window that stood longer than this on one place, in steps a character at the
# line's own pace, is stuck and repeats itself.
LONGEST_STAY = 8.0
NEAR = 0.75  # the centre visits a character if it comes so near to it


def find_end(strokes: np.ndarray, phi: np.ndarray, null_dx: float) -> int | None:
    """Where a written line ends.

    Args:
        strokes: `[time, 3]`, normalised.
        phi: `[time, length]`, weights of the characters, the last the end symbol.
        null_dx: the normalised dx of a pen that stays where it is, which tells moves
            to the right from moves back.

    Returns:
        How many rows belong to the line; None if it has not ended yet.
    """
    at_end = np.flatnonzero(np.argmax(phi, axis=1) == phi.shape[1] - 1)
    at_end = at_end[phi[at_end, -1] > FAINT]
    if not len(at_end):
        return None
    reached = int(at_end[0])
    is_left = np.max(phi, axis=1) < FAINT
    left_text = np.flatnonzero(is_left[reached:])
    lifts = reached + np.flatnonzero(strokes[reached:, END_OF_STROKE] > 0.5)
    for lift in lifts:
        if is_left[reached : lift + 1].any():
            return int(lift) + 1
        if lift + 1 < len(strokes) and strokes[lift + 1, DX] >= null_dx:
            return int(lift) + 1
    if len(left_text) and not len(lifts):
        return reached + int(left_text[0]) + 1
    return None


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
        return f"the window jumped at character {int(centre[jumps.argmax()]) + 1}"
    nearest = np.abs(centre[:, None] - places[:-1])  # [time, characters]
    missed = np.flatnonzero(nearest.min(axis=0) > NEAR)
    if len(missed):
        return f"character {int(missed[0]) + 1} was left out"
    stays = np.bincount(np.rint(centre).astype(int), minlength=phi.shape[1])[:-1]
    if stays.max() > LONGEST_STAY * max(len(centre) / phi.shape[1], 8.0):
        return f"the window stayed at character {int(stays.argmax()) + 1}"
    return None

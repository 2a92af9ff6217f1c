"""Where lines of words end, and the gaps of those that reach the margin.

Widths, gaps and rooms are lengths of one unit, numpy arrays with a place for each word:
its width, the gap before it, and the room of a line that begins with it.
"""

import numpy as np

# The mean of a justified line's gaps, in usual ones. A line that would be looser does
# not reach the margin.
TIGHTEST, LOOSEST = 0.65, 3.0
RAGGED = 100.0  # so much worse is that; to be just in reach is 4


def fill(widths: np.ndarray, gaps: np.ndarray, rooms: np.ndarray) -> list[int]:
    """Lines that take as many words as they hold.

    Returns:
        The number of the word after each line. A word wider than its room is alone.
    """
    ends: list[int] = []
    start, width = 0, 0.0
    for word in range(len(widths)):
        more = widths[word] + (gaps[word] if word > start else 0.0)
        if word > start and width + more > rooms[start]:
            ends.append(word)
            start, width, more = word, 0.0, widths[word]
        width += more
    return [*ends, len(widths)]


def even_out(widths: np.ndarray, rooms: np.ndarray, gap: float) -> list[int]:
    """Lines whose gaps, made to fill them, are as near to the usual one as can be.

    Of all ways to break the text (Knuth and Plass 1981) the one of the least squares;
    the last line need not be full.

    Args:
        widths, rooms: as above.
        gap: the usual one.

    Returns:
        As of `fill`.
    """
    count = len(widths)
    least = np.zeros(count + 1)  # how bad the lines from this word on are
    end_of = np.full(count, count)
    for start in reversed(range(count)):
        least[start] = np.inf
        ink = 0.0
        for end in range(start + 1, count + 1):
            ink += widths[end - 1]
            mean = (rooms[start] - ink) / max(end - start - 1, 1) / gap
            if mean < TIGHTEST and end > start + 1:
                break
            bad = _badness(mean, end > start + 1, end == count) + least[end]
            if bad < least[start]:
                least[start], end_of[start] = bad, end
    ends = [0]
    while ends[-1] < count:
        ends.append(int(end_of[ends[-1]]))
    return ends[1:]


def _badness(mean: float, has_gaps: bool, is_last: bool) -> float:
    if mean < 1:  # half as wide is as bad as twice as wide
        return (1 / mean - 1) ** 2 if has_gaps else 0.0
    if is_last:
        return 0.0
    reaches = has_gaps and mean <= LOOSEST
    return (mean - 1) ** 2 + (0.0 if reaches else RAGGED)


def level_gaps(gaps: np.ndarray, total: float) -> np.ndarray:
    """Gaps of another sum: the narrowest are widened, or the widest narrowed.

    Args:
        gaps: `[gaps]`, those of a line; at least one.
        total: what they shall come to.
    """
    ordered = np.sort(gaps)
    upto = np.cumsum(ordered)
    number = np.arange(1, len(gaps) + 1)
    if total >= upto[-1]:
        lowest = ((total - (upto[-1] - upto)) / number).min()
        return np.maximum(gaps, lowest)
    highest = ((total - (upto - ordered)) / number[::-1]).max()
    return np.minimum(gaps, highest)

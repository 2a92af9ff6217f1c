"""The pace of a corpus: how many points its pens leave for each character.

A text model learns its window's speed from that, and tablets differ: a corpus that is
to teach a trained model another hand is brought to the pace the model knows.
"""

from collections.abc import Sequence
from dataclasses import replace

from sketch.corpus.corpus_line import Line
from sketch.ink.fit import is_alike, resample


def pace_of(lines: Sequence[Line]) -> float:
    """Points a character, the end of a text counted as one; 0.0 without transcripts."""
    known = [line for line in lines if line.transcript]
    characters = sum(len(line.transcript) + 1 for line in known)
    return sum(len(line.strokes) for line in known) / max(characters, 1)


def match_pace(lines: Sequence[Line], pace: float) -> list[Line]:
    """Gives lines new points where their pace is another, `sketch.ink.fit` says how.

    Args:
        lines: of one corpus: all are resampled, or none.
        pace: points a character that they shall have.

    Raises:
        ValueError: no line has a transcript, so that nobody knows their pace.
    """
    own = pace_of(lines)
    if not own:
        raise ValueError(
            "--like needs to know how many points the ink has for each character, but "
            "no line has a text: give the lines their texts, or leave --like out"
        )
    if is_alike(own, pace):
        return list(lines)
    share = pace / own
    return [
        replace(line, strokes=resample(line.strokes, share * (len(line.strokes) + 1)))
        for line in lines
    ]

"""The lines of the recording sheet: few, with every character several times.

A greedy set cover picks from sentences written for it: the one with the most characters
still needed, for its length, comes first; within a dozen, the easiest. Characters of no
sentence get lines of their own.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

MIN_COUNT = 3  # of each character
MAX_OWN_LINE = 30  # characters of a line made for rare characters
DOZEN = 12  # sentences that are sorted by how easily they are written
SENTENCES = """
A quick brown fox naps.
Pack my box with five jugs.
Jazz keeps the quiet awake.
Zoe views a quaint bazaar.
Why do owls fly so late?
Rain fell on Monday, 6 May.
Quincy was born in 1974.
Oh, what a lovely evening!
Kim and Yves row upstream.
Under the bridge, ducks doze.
"Never mind," said Xavier.
Bring milk (2 pints), please.
Hugo's clock: 10:38 exactly.
Is Ursula's xylophone here?
Good ink; better paper.
Every hand has its habits.
Look: six grey geese!
Tea & toast at a quarter to 5.
Vera Quill, 27 Jay Street
The river froze in 1963.
Let us go - it is half past 9.
Freddy mixed cobalt blue.
Walk (do not run) uphill.
Just a moment, Inspector!
Nobody answers? Try 40871.
Mozart wrote it in 1788.
"Yes!" - "No!" - "Perhaps?"
Grandma's quilt is cosy.
Lisbon, Oslo, Prague, Quito
Xenia and Zack sell figs.
Cats + dogs + 3 canaries
Four + three is 7 + 0.
Did Clara & Dan call at 3:30?
Ink dries; words remain.
Between jobs he paints.
Up the hill, over the wall.
Rock, paper, scissors: go!
Vivid dreams of the sea
Do zebras ever yawn?
Jim keeps 52 old maps.
BIG NEWS FROM KEW: A HAWK!
QUIZ: WHO FLEW TO ZURICH?
JUDGE VOWS TO FIX MY CAMP
We paid 96 for the lamp.
It costs 0.85 a metre.
Yellow kites in July
Exit by the north door.
Zigzag, hop, jump: done.
Queue here (both of you).
At 8:06 Paul's train left.
Pens, brushes & 14 nibs
Hold the line; I'll wait.
""".strip().split("\n")


def choose_prompts(alphabet: str | None = None) -> list[str]:
    """Lines that hold every character of an alphabet at least `MIN_COUNT` times.

    Args:
        alphabet: the characters; None: those of the sentences.

    Returns:
        The lines, in the order of writing, in characters of the alphabet.
    """
    known = set(alphabet) if alphabet is not None else set("".join(SENTENCES))
    known.discard("\n")
    wanted = Counter({character: MIN_COUNT for character in known if character != " "})
    chosen = _cover([s for s in SENTENCES if set(s) <= known], wanted)
    dozens = (chosen[n : n + DOZEN] for n in range(0, len(chosen), DOZEN))
    chosen = [sentence for dozen in dozens for sentence in sorted(dozen, key=_effort)]
    return [*chosen, *_own_lines(+wanted, " " if " " in known else "")]


def _cover(sentences: Sequence[str], wanted: Counter) -> list[str]:
    """Takes sentences while they help, and their characters off `wanted`."""
    left = list(sentences)
    chosen = []

    def gain(sentence: str) -> float:
        return sum((Counter(sentence) & wanted).values()) / len(sentence)

    while left and gain(best := max(left, key=gain)) > 0:
        left.remove(best)
        chosen.append(best)
        wanted.subtract(Counter(best))
        for character in [c for c, count in wanted.items() if count <= 0]:
            del wanted[character]
    return chosen


def _effort(sentence: str) -> float:
    """The share of characters that are no small letters: nobody begins with them."""
    return sum(not (c.islower() or c == " ") for c in sentence) / len(sentence)


def _own_lines(wanted: Counter, blank: str) -> list[str]:
    """Lines of the characters still wanted, in groups of three."""
    groups: Iterable[str] = (c * count for c, count in sorted(wanted.items()))
    lines: list[str] = []
    for group in groups:
        if blank and lines and len(lines[-1]) + len(group) < MAX_OWN_LINE:
            lines[-1] += blank + group
        else:
            lines.append(group)
    return lines

"""Texts to write that are in no corpus, so that none can have been learned."""

import re
from collections.abc import Iterable

import numpy as np

from sketch.ink.alphabet import Alphabet

SENTENCES = (
    "Nine otters kept a tidy ledger",
    "My violin sleeps under the stairs",
    "Pour the lemon tea before noon",
    "A badger voted twice by mistake",
    "Every ladder dreams of apples",
    "We painted the harbour wall orange",
    "Her umbrella knows all my secrets",
    "Quiet engines hum beneath the moss",
    "The baker hid a comet in his oven",
    "Send five maps and one good excuse",
    "Owls rarely answer their letters",
    "Grandfather juggled walnuts at dawn",
    "Is there jam behind the piano?",
    "Bring your skates, the soup is frozen",
    "No wizard ever paid for parking",
    "Let us zigzag home through the barley",
    "Who left a glove on the glacier?",
    "Twelve kites argued over one cloud",
    "She measured the fog with a spoon",
    "Please unplug the lighthouse",
    "His beard contained a small clock",
    "Velvet foxes queue for the ferry",
    "I borrowed a bridge and forgot it",
    "The mayor waltzed with a scarecrow",
    "Copper rain fell on the orchard",
    "Jokes keep longer in the cellar",
    "An extra goose arrived by express",
    "Yellow trams yawn at the terminus",
    "They knitted a sail for the barn",
    "Do not iron the peacock",
    "Dust off the accordion, quick",
    "Seven jurors exchanged recipes",
)

# Dates, times, prices, phone numbers, addresses; _ is any digit.
NUMBERS = (
    "York, 1_ March 19__",
    "born 2_.12.20__",
    "Train ___ to Hull: 1_:4_",
    "open _:30 to 1_:15",
    "Total _,___.__",
    "1_ for ___.__ each",
    "Tel. 0___ ___ ____",
    "call (___) ___-____",
    "___ Mill Lane, Leeds",
    "PO Box ____, Bath _____",
)


def number_lines(alphabets: Iterable[Alphabet], count: int = 100) -> list[str]:
    """Made-up lines full of numbers, always the same ones.

    Args:
        alphabets: as in `unseen_sentences`; lines that they cannot spell are left out.
        count: of lines, before some are left out.
    """
    rng = np.random.default_rng(0)
    known = set.intersection(*(set(alphabet.characters) for alphabet in alphabets))
    kinds = (NUMBERS[number % len(NUMBERS)] for number in range(count))
    lines = [re.sub("_", lambda _: str(rng.integers(10)), kind) for kind in kinds]
    return [line for line in lines if set(line) <= known]


def unseen_sentences(
    transcripts: Iterable[str], alphabets: Iterable[Alphabet]
) -> list[str]:
    """Those of `SENTENCES` that can be spelled and occur nowhere in a corpus.

    Args:
        transcripts: of all lines, in order: a sentence may go on from line to line.
        alphabets: of the model and of the recogniser.
    """
    corpus = _plain(" ".join(transcripts))
    known = set.intersection(*(set(alphabet.characters) for alphabet in alphabets))
    return [
        sentence
        for sentence in SENTENCES
        if set(sentence) <= known and _plain(sentence) not in corpus
    ]


def _plain(text: str) -> str:
    """The text in lower-case letters and single blanks."""
    letters = "".join(c if c.isalnum() else " " for c in text.casefold())
    return f" {' '.join(letters.split())} "

"""The alphabet of a corpus: text to codes and back.

An `Alphabet` is made from the transcripts of a corpus and stored with the data and with
every experiment, so a code always means the same character. Encoded texts close with
code 0, which gives the attention window a place to go after the last letter.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

END = 0  # the code of the end of the text; no character has it
PADDED_TO = 16  # codes; few different lengths need few compiled programs


def padded_length(length: int | np.ndarray) -> int | np.ndarray:
    """The length that a text of `length` codes is padded to."""
    return -(-length // PADDED_TO) * PADDED_TO


def normalise_text(text: str) -> str:
    """Returns a text as it is stored and compared.

    Characters are composed (Unicode NFC: "é" is one character however it was typed),
    line ends are "\\n", and both ends are stripped of blanks.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text).strip()


def one_line(text: str) -> str:
    """A text without invisible characters, with one blank between words."""
    kept = (c for c in normalise_text(text) if c.isprintable() or c.isspace())
    return " ".join("".join(kept).split())


@dataclass(frozen=True)
class Alphabet:
    """The characters that a model knows, and their codes.

    Attributes:
        characters: the characters, sorted by code point, each once; `characters[i]`
            has the code i + 1. Empty for a corpus without transcripts.
    """

    characters: tuple[str, ...]

    def __post_init__(self):
        characters = tuple(self.characters)
        object.__setattr__(self, "characters", characters)
        for character in characters:
            if len(character) != 1:
                raise ValueError(
                    f"an alphabet holds single characters, not {character!r}"
                )
        if characters != tuple(sorted(set(characters))):
            raise ValueError(
                "the characters of an alphabet must be sorted and unique: "
                f"received {''.join(characters)!r}"
            )

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> "Alphabet":
        """The alphabet of all characters in `texts`, after `normalise_text`."""
        return cls(tuple(sorted({c for text in texts for c in normalise_text(text)})))

    @property
    def size(self) -> int:
        """The number of codes: the characters and the end of the text."""
        return len(self.characters) + 1

    @property
    def has_blank(self) -> bool:
        """Whether there is a blank; a corpus of single words has none."""
        return " " in self.characters

    def encode(self, text: str, end: bool = True) -> np.ndarray:
        """Turns a text, after `normalise_text`, into codes: int32 `[len(text) + 1]`.

        The last code is `END`; without `end` there is one less.

        Raises:
            ValueError: if a character is unknown; names it, its position in the
                normalised text (from 1) and the alphabet.
        """
        codes = {character: i for i, character in enumerate(self.characters, start=1)}
        text = normalise_text(text)
        for position, character in enumerate(text, start=1):
            if character not in codes:
                name = unicodedata.name(character, "no Unicode name")
                known = f"the alphabet is {''.join(self.characters)!r}"
                if not self.characters:
                    known = "the alphabet is empty: its corpus has no transcripts"
                raise ValueError(
                    f"unknown character {character!r} (U+{ord(character):04X}, {name}) "
                    f"at position {position} of {text!r}; {known}"
                )
        result = [codes[character] for character in text]
        return np.array(result + [END] * end, dtype=np.int32)

    def decode(self, codes: Sequence[int] | np.ndarray) -> str:
        """Turns codes back into text; stops at the first `END`.

        Raises:
            ValueError: if a code is negative or not below `size`.
        """
        text = []
        for code in np.asarray(codes, dtype=np.int64).tolist():
            if not 0 <= code < self.size:
                raise ValueError(
                    f"code {code} is not in an alphabet of {self.size} codes"
                )
            if code == END:
                break
            text.append(self.characters[code - 1])
        return "".join(text)

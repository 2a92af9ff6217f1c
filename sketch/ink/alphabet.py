"""The alphabet of a corpus: text to numbers and back.

An `Alphabet` is made once, of the transcripts of a corpus, and is stored with the
data and with every experiment, so that code 17 is the same character for ever.
Code 0 is the end of the text, which every encoded text closes with: it gives the
model's attention window somewhere to go after the last letter.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

END = 0  # the code of the end of the text; no character has it
PADDED_TO = 16  # codes: few lengths of texts, so few shapes to compile programs for


def padded_length(length: int | np.ndarray) -> int | np.ndarray:
    """The length that texts of so many codes are padded to."""
    return -(-length // PADDED_TO) * PADDED_TO


def normalise_text(text: str) -> str:
    """Brings a text to the one form that is stored and compared.

    Composed characters (Unicode NFC: "é" is one character however it was typed),
    one kind of line end, no blanks at either end.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text).strip()


def one_line(text: str) -> str:
    """A text without what cannot be seen, its words parted by single blanks."""
    kept = (c for c in normalise_text(text) if c.isprintable() or c.isspace())
    return " ".join("".join(kept).split())


@dataclass(frozen=True)
class Alphabet:
    """The characters that a model knows, and their codes.

    Attributes:
        characters: the characters, sorted by code point, each once; `characters[i]`
            has the code i + 1. An empty alphabet is one of an unlabelled corpus.
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
                "the characters of an alphabet must be sorted, each of them once: "
                f"received {''.join(characters)!r}"
            )

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> "Alphabet":
        """The alphabet of all characters in `texts`, after `normalise_text`."""
        known = set()
        for text in texts:
            known.update(normalise_text(text))
        return cls(tuple(sorted(known)))

    @property
    def size(self) -> int:
        """The number of codes: the characters and the end of the text."""
        return len(self.characters) + 1

    @property
    def has_blank(self) -> bool:
        """Whether words may follow one another; a corpus of single words has none."""
        return " " in self.characters

    def encode(self, text: str, end: bool = True) -> np.ndarray:
        """Turns a text into codes.

        Args:
            text: what to write; brought into shape by `normalise_text` first. What
                the alphabet may lack goes through `prose.fit_text` before.
            end: whether the codes close with `END`.

        Returns:
            int32 `[len(text) + 1]`, the last one `END`; without `end`, one less.

        Raises:
            ValueError: if a character is unknown; names it, its place (counted from
                1 in the normalised text) and the characters there are.
        """
        codes = {character: i for i, character in enumerate(self.characters, start=1)}
        text = normalise_text(text)
        for position, character in enumerate(text, start=1):
            if character not in codes:
                raise ValueError(
                    f"unknown character {_show(character)} at position {position} of "
                    f"{text!r}; {self._known()}"
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

    def _known(self) -> str:
        if not self.characters:
            return "the alphabet is empty: the ink it comes from has no transcripts"
        return f"the alphabet is {''.join(self.characters)!r}"


def _show(character: str) -> str:
    name = unicodedata.name(character, "no Unicode name")
    return f"{character!r} (U+{ord(character):04X}, {name})"

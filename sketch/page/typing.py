"""A text brought into the shape in which a pen can write it."""

import re
import unicodedata

from sketch.ink.alphabet import Alphabet, normalise_text

# What typesetters write for what keyboards have; used where a model lacks the former.
TYPEWRITTEN = {
    "‘": "'",
    "’": "'",
    "‚": ",",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "′": "'",
    "″": '"',
    "‐": "-",
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "ß": "ss",
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
}
# Unicode's decompositions that read the same: of ligatures, of hyphens that hold a line
# together. By the others a power or a fraction would become another number.
SAME = ("<compat>", "<noBreak>", "<wide>", "<narrow>", "<font>")


def split_paragraphs(text: str, keep_lines: bool = False) -> list[str]:
    """The paragraphs of a text: blank lines part them, other line ends are blanks.

    Args:
        text: any.
        keep_lines: line ends stay line ends, as verses and addresses need it.

    Returns:
        The paragraphs, none of them empty; single blanks between their words, or line
        feeds where `keep_lines`.
    """
    parts = re.split(r"\n[^\S\n]*\n", normalise_text(text))
    kept = [[" ".join(line.split()) for line in part.split("\n")] for part in parts]
    joint = "\n" if keep_lines else " "
    return [joint.join(filter(None, lines)) for lines in kept if any(lines)]


def fit_text(text: str, alphabet: Alphabet, replace_unknown: str | None = None) -> str:
    """A text in the characters of an alphabet; line ends stay.

    Typographic quotes, dashes and dots become those of a typewriter if the alphabet
    lacks them, ligatures become letters, and letters lose their accents; joiners, soft
    hyphens and marks of direction, which say only how others are set, go.

    Args:
        text: any.
        alphabet: of the model.
        replace_unknown: stands in for what the alphabet still lacks then; None: an
            error.

    Raises:
        ValueError: unknown characters; names each with its first line and column. A
            replacement that is unknown itself.
    """
    known = set(alphabet.characters)
    if replace_unknown is not None and not set(replace_unknown) <= known:
        raise ValueError(
            f"the replacement {replace_unknown!r} is itself unknown; the model knows "
            f"{''.join(sorted(known))!r}"
        )
    fitted, unknown = _fit(text, known, replace_unknown)
    if unknown:
        raise ValueError(
            f"the model has not learned {_places(unknown)}; it knows "
            f"{''.join(sorted(known))!r}. Change the text, or say what to write "
            "instead by --replace-unknown (replace_unknown in Python)"
        )
    return fitted


def describe_unknown(text: str, alphabet: Alphabet) -> str | None:
    """The characters that `fit_text` would refuse and where they are, in words."""
    _, unknown = _fit(text, set(alphabet.characters), None)
    return _places(unknown) if unknown else None


def describe_unmarked(text: str, alphabet: Alphabet) -> list[str]:
    """What a user should know of the accents that `fit_text` leaves out, in words."""
    known = set(alphabet.characters)
    unknown = [c for c in dict.fromkeys(normalise_text(text)) if c not in known]
    stand_ins = {c: _stand_in(c, known) for c in unknown if _has_mark(c)}
    lost = [f"{c} written as {plain}" for c, plain in stand_ins.items() if plain]
    return [f"accents left out: {', '.join(lost[:10])}"] if lost else []


def _fit(
    text: str, known: set[str], replace_unknown: str | None
) -> tuple[str, dict[str, tuple[int, int]]]:
    """The fitted text, and the first line and column of each unknown character."""
    fitted: list[str] = []
    unknown: dict[str, tuple[int, int]] = {}
    # Places are those of the text as it stands: blanks before it go, but count.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blanks = text[: len(text) - len(text.lstrip())]
    line, column = 1 + blanks.count("\n"), len(blanks) - blanks.rfind("\n")
    for character in normalise_text(text):
        if character == "\n":
            line, column = line + 1, 0
        elif character not in known and not character.isspace():
            stand_in = _stand_in(character, known)
            if stand_in is None:
                stand_in = replace_unknown
            if stand_in is None:
                unknown.setdefault(character, (line, column))
            else:
                character = stand_in
        column += 1
        fitted.append(character)
    return "".join(fitted), unknown


def _stand_in(character: str, known: set[str]) -> str | None:
    """The same in known characters, as a typewriter would have it; None: it cannot."""
    if unicodedata.category(character) == "Cf":
        return ""
    plain = TYPEWRITTEN.get(character)
    if plain is None:
        kind = unicodedata.decomposition(character).partition(" ")[0]
        if kind.startswith("<") and kind not in SAME:
            return None
        parts = unicodedata.normalize("NFKD", character)
        letters = [c for c in parts if not unicodedata.combining(c)]
        plain = "".join(TYPEWRITTEN.get(c, c) for c in letters).strip()
        if not plain:
            return None
    return plain if set(plain) <= known else None


def _has_mark(character: str) -> bool:
    return any(map(unicodedata.combining, unicodedata.normalize("NFKD", character)))


def _places(unknown: dict[str, tuple[int, int]]) -> str:
    return ", ".join(
        f"{c!r} (U+{ord(c):04X}, {unicodedata.name(c, 'no name')}; line {row}, "
        f"column {place})"
        for c, (row, place) in list(unknown.items())[:10]
    )

"""A text brought into the characters that a model can write."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from sketch.ink.alphabet import Alphabet, normalise_text

# Unicode's line ends, those of vertical tab, form feed, NEL and U+2028/9 among them.
LINE_END = re.compile("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
# Characters of typesetters and what a keyboard has for them, used where the model lacks
# the former.
TYPEWRITTEN = {
    **dict.fromkeys("‘’′", "'"),
    "‚": ",",
    **dict.fromkeys("“”„«»″", '"'),
    **dict.fromkeys("‐–—−", "-"),
    "…": "...",
    "ß": "ss",
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
}
# Letters whose mark Unicode does not take apart, beside those named "LETTER … WITH".
PLAIN = {"ı": "i", "ð": "d", "Ð": "D"}
WITH_MARK = re.compile(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z]) WITH .*")
# Unicode's decompositions that read the same, of ligatures or of hyphens that do not
# break. The others would turn a power or a fraction into another number.
SAME = ("<compat>", "<noBreak>", "<wide>", "<narrow>", "<font>")
JOINER = "\N{ZERO WIDTH JOINER}"
MAX_NAMED = 10  # characters in a message
HARDLY_SEEN = 1e-4  # of all characters; each digit is 1.2e-4 or more of IAM-OnDB


def decode_text(content: bytes, name: str) -> str:
    """The text of a file: UTF-8, or UTF-16 or UTF-32 with a byte-order mark.

    Args:
        content: of the file.
        name: of the file, for the message.

    Raises:
        ValueError: another encoding; tells how to convert the file.
    """
    encoding = "utf-8-sig"
    if content.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        encoding = "utf-32"
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError(
            f"{name} is not UTF-8 text: save it as UTF-8, or convert it, for example "
            "by `iconv -f WINDOWS-1252 -t UTF-8 OLD.txt > NEW.txt`"
        ) from None


def split_paragraphs(text: str, keep_lines: bool = False) -> list[str]:
    """Splits a text at blank lines; other line ends become blanks.

    Args:
        text: any.
        keep_lines: keep line ends, for verses and addresses.

    Returns:
        The paragraphs, none of them empty, with single blanks between their words (and
        line feeds between lines with `keep_lines`).
    """
    text = normalise_text(LINE_END.sub("\n", text))
    parts = re.split(r"\n[^\S\n]*\n", text)
    kept = [[" ".join(line.split()) for line in part.split("\n")] for part in parts]
    joint = "\n" if keep_lines else " "
    return [joint.join(filter(None, lines)) for lines in kept if any(lines)]


def fit_text(text: str, alphabet: Alphabet, replace_unknown: str | None = None) -> str:
    """Writes a text in the characters of an alphabet; line ends stay.

    Where the alphabet lacks them, typographic quotes, dashes and dots become those of a
    typewriter, ligatures become letters, and letters lose their marks. Invisible
    characters (joiners, soft hyphens, marks of direction) are dropped.

    Args:
        text: any.
        alphabet: of the model.
        replace_unknown: replaces each character that is still unknown; None: an error.

    Raises:
        ValueError: unknown characters, all named at once; or an unknown replacement.
    """
    known = set(alphabet.characters)
    if lacking := set(replace_unknown or "") - known:
        raise ValueError(
            f"this model cannot write {_list(sorted(lacking))} of --replace-unknown "
            f"either; it knows {''.join(sorted(known))!r}"
        )
    fitted = [
        plain if plain is not None else replace_unknown if cluster else ""
        for cluster, plain in _fit(text, known)
    ]
    if None in fitted:
        raise ValueError(
            f"this model cannot write {describe_unknown(text, alphabet)}: change the "
            'text, or say what to write instead: --replace-unknown "" leaves them out '
            "(replace_unknown in Python)"
        )
    return "".join(fitted)


def describe_unknown(text: str, alphabet: Alphabet) -> str | None:
    """Lists the characters that `fit_text` would refuse, such as "€ and %"; or None."""
    unknown = dict.fromkeys(map(_shown, find_unknown(text, alphabet)))
    return _list(list(unknown)) if unknown else None


def find_unknown(text: str, alphabet: Alphabet) -> list[str]:
    """The characters, with their marks, that `fit_text` would refuse, each once."""
    fitted = _fit(text, set(alphabet.characters))
    return list(dict.fromkeys(cluster for cluster, plain in fitted if plain is None))


def describe_unmarked(text: str, alphabet: Alphabet) -> list[str]:
    """Tells a user which letters `fit_text` writes without their marks."""
    fitted = dict(_fit(text, set(alphabet.characters)))
    lost = [
        f"{cluster} written as {plain}"
        for cluster, plain in fitted.items()
        if plain and plain != cluster and _has_mark(cluster)
    ]
    return [f"accents left out: {', '.join(lost[:MAX_NAMED])}"] if lost else []


def describe_rare(text: str, counts: Mapping[str, int]) -> list[str]:
    """Tells a user which characters of a text the model has hardly seen.

    Args:
        text: in the model's characters.
        counts: how often each character is in what it learned from; empty: unknown.
    """
    most = HARDLY_SEEN * sum(counts.values())
    rare = [
        f"{c} ({'once' if counts.get(c) == 1 else f'{counts.get(c, 0)} times'})"
        for c in sorted(set(text))
        if not c.isspace() and counts.get(c, 0) < most
    ]
    if not rare:
        return []
    return [f"hardly seen in training, so they may not be legible: {_list(rare)}"]


def _fit(text: str, known: set[str]) -> Iterator[tuple[str, str | None]]:
    """Each character of a text with its marks, and what is written; None: unknown."""
    for cluster in _clusters(normalise_text(LINE_END.sub("\n", text))):
        first, marks = cluster[0], cluster[1:]
        plain: str | None = first
        if first not in known and not first.isspace():
            plain = _stand_in(first, known)
        if plain is not None:
            plain += "".join(mark for mark in marks if mark in known)
        yield cluster, plain


def _clusters(text: str) -> Iterator[str]:
    """Characters with the marks and joiners behind them, as people count them."""
    cluster = ""
    for character in text:
        kind = unicodedata.category(character)
        is_joined = cluster.endswith(JOINER) and kind == "So"  # a family of emoji
        if cluster and not cluster.isspace() and (kind[0] == "M" or kind == "Cf"):
            is_joined = True
        if cluster and not is_joined:
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _stand_in(character: str, known: set[str]) -> str | None:
    """Known characters that read the same; None: there are none."""
    if unicodedata.category(character) == "Cf":
        return ""
    plain = TYPEWRITTEN.get(character) or _without_mark(character)
    if plain is None:
        kind = unicodedata.decomposition(character).partition(" ")[0]
        if kind.startswith("<") and kind not in SAME:
            return None
        parts = unicodedata.normalize("NFKD", character)
        letters = [c for c in parts if not unicodedata.combining(c)]
        plain = "".join(
            TYPEWRITTEN.get(c) or _without_mark(c) or c for c in letters
        ).strip()
        if not plain:
            return None
    return plain if set(plain) <= known else None


def _without_mark(letter: str) -> str | None:
    """The plain letter of ł, ø, đ and others that Unicode does not take apart."""
    if unicodedata.decomposition(letter):
        return None
    match = WITH_MARK.fullmatch(unicodedata.name(letter, ""))
    if match is None:
        return PLAIN.get(letter)
    return match[2].lower() if match[1] == "SMALL" else match[2]


def _has_mark(cluster: str) -> bool:
    kinds = {unicodedata.category(c)[0] for c in unicodedata.normalize("NFKD", cluster)}
    return "M" in kinds or _without_mark(cluster[0]) is not None


def _shown(cluster: str) -> str:
    """Characters as a message names them, without what a terminal would obey."""
    visible = (c for c in cluster if c.isprintable() and not "\ufe00" <= c <= "\ufe0f")
    return "".join(visible) or f"U+{ord(cluster[0]):04X}"


def _list(characters: list[str]) -> str:
    """`€, % and @`."""
    shown = characters[:MAX_NAMED]
    if len(characters) > MAX_NAMED:
        shown.append(f"{len(characters) - MAX_NAMED} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))

"""A text as paragraphs, with the Markdown that people use in letters.

| Markdown | on paper |
|---|---|
| `# heading`, `## heading` | larger letters, underlined; the same in the usual size |
| `- item`, `1. item` | a list with hanging indent; indented lines are lists in it |
| `~~struck~~`, `__underlined__` | a stroke of the pen, after the words |
| `-> text`, `-> text <-` | a line at the right, in the middle |
| a blank line | a new paragraph; each further one is an empty line |
| two blanks or a backslash at the end of a line | the line ends there |
| a backslash before a sign | the sign itself |

Other Markdown is written as its plain text.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from sketch.page.typing import LINE_END, split_paragraphs

SHORT_LINE = 40  # characters; most lines of addresses and verses are shorter
HIDDEN = 0x10F000  # of Unicode's private use: an escaped sign is none of Markdown's
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
HEADING = re.compile(r" {0,3}(#{1,6}) +(.*?)( +#+)? *")
ITEM = re.compile(r"( *)([-*+]|\d{1,3}[.)]) +(.*)")
ALIGNED = re.compile(r" *-> *(.+?) *(->|<-)? *")
MARKED = re.compile(r"(~~|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
# What is written as its plain text: of a line, and within a paragraph.
QUOTE, FENCE = re.compile(r" {0,3}> ?"), re.compile(r" *(```|~~~)[ \w]*")
DIVISION = re.compile(r" *([-*_])( *\1){2,} *")
PLAIN = (
    ("code", r"(`+)(.+?)\1", r"\2"),
    ("links", r"!?\[([^\]]*)\]\([^)]*\)", r"\1"),
    ("links", r"<((?:https?://|mailto:)?[^<>\s]+[@/][^<>\s]+)>", r"\1"),
    ("emphasis", r"(?<![\w*])(\*{1,3})(?=[^\s*])(.+?)(?<=\S)\1(?![\w*])", r"\2"),
    ("emphasis", r"(?<![\w_])_(?=[^\s_])(.+?)(?<=[^\s_])_(?![\w_])", r"\1"),
)


class Mark(NamedTuple):
    """A stroke through or below words of a paragraph.

    Attributes:
        kind: `~` through them, `_` below them.
        start, end: places in the paragraph, in words: 2.5 is the middle of the third.
    """

    kind: str
    start: float
    end: float


class Paragraph(NamedTuple):
    """Words that flow into lines, and how they look.

    Attributes:
        text: line feeds in it end lines.
        marks: what is struck out or underlined.
        heading: its level, 1 is the highest; 0: it is none.
        align: of its lines; None: as the others.
        bullet: of a list: `-`, or a number, which is the first word of the text, too.
        depth: the number of lists that it is in.
        blanks: empty lines before it; the first is a gap between paragraphs.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    heading: int = 0
    align: str | None = None
    bullet: str = ""
    depth: int = 0
    blanks: int = 1


def read_paragraphs(
    text: str, fit: Callable[[str], str], keep_lines=False, markdown=False
) -> tuple[list[Paragraph], list[str]]:
    """The paragraphs of a text, and notes on what became of it.

    Args:
        text: any.
        fit: brings a text into the characters that can be written, see `fit_text`.
        keep_lines: keep the line ends, for verses and addresses.
        markdown: whether the text is Markdown.

    Raises:
        ValueError: of `fit`, which sees all of the text first.
    """

    def read(keep_lines: bool) -> tuple[list[Paragraph], list[str]]:
        if markdown:
            return _read_markdown(text, fit, keep_lines)
        return [Paragraph(part) for part in split_paragraphs(fit(text), keep_lines)], []

    paragraphs, notes = read(keep_lines)
    if not keep_lines:
        pairs = zip(paragraphs, read(True)[0], strict=True)
        if any(one != other and _has_short_lines(other.text) for one, other in pairs):
            notes.append(
                "short lines in a row were joined; --keep-lines keeps them apart "
                "(keep_lines in Python)"
            )
    return paragraphs, notes


def _has_short_lines(text: str) -> bool:
    """Whether two short lines in a row look like a verse or an address."""
    lengths = map(len, text.split("\n"))
    return any(max(two) <= SHORT_LINE for two in pairwise(lengths))


def _read_markdown(
    text: str, fit: Callable[[str], str], keep_lines: bool
) -> tuple[list[Paragraph], list[str]]:
    found: dict[str, None] = {}
    blocks = _blocks(text, keep_lines, found)
    parts = [
        list(_marked(_plain(words, found), "_" if "heading" in style else ""))
        for words, style in blocks
    ]
    fit("\n".join(words for part in parts for words, _ in part))
    paragraphs = [
        _fitted(part, fit)._replace(**style)
        for part, (_, style) in zip(parts, blocks, strict=True)
    ]
    notes = [f"Markdown written as plain text: {', '.join(found)}"] if found else []
    return [paragraph for paragraph in paragraphs if paragraph.text], notes


def _blocks(
    text: str, keep_lines: bool, found: dict[str, None]
) -> list[tuple[str, dict[str, Any]]]:
    """Headings, items and paragraphs, each with its style."""
    text = ESCAPED.sub(lambda sign: chr(ord(sign[1]) + HIDDEN), text)
    blocks: list[tuple[str, dict[str, Any]]] = []
    indents: list[int] = []  # of the lists around the line
    blanks, is_open, joint = 1, False, " "
    for line in LINE_END.sub("\n", text).expandtabs(4).split("\n"):
        if FENCE.fullmatch(line):
            found["code"] = None
            continue
        if QUOTE.match(line):
            found["quotes"] = None
            line = QUOTE.sub("", line, count=1)
        if DIVISION.fullmatch(line):
            found["dividing lines (left out)"] = None
            line = ""
        if not line.strip():
            blanks, is_open = blanks + 1, False
            continue
        heading, aligned = HEADING.fullmatch(line), ALIGNED.fullmatch(line)
        item = ITEM.fullmatch(line)
        is_number = bool(item and item[2][0].isdigit())
        if is_open and is_number and not indents and item[2][:-1] != "1":
            item = None  # a number that happens to begin a line of prose
        ends = keep_lines or line.endswith(("  ", "\\"))
        line = line.removesuffix("\\")
        if is_open and not (heading or aligned or item):
            words, style = blocks.pop()
            blocks.append((words + joint + line, style))
        else:
            style = {"blanks": blanks}
            if heading:
                line, style["heading"] = heading[2], len(heading[1])
            elif aligned:
                line = aligned[1]
                style["align"] = "center" if aligned[2] == "<-" else "right"
            elif item:
                indent = len(item[1])
                indents = [one for one in indents if one < indent] + [indent]
                line = item[3] if not is_number else f"{item[2]} {item[3]}"
                style["bullet"] = item[2] if is_number else "-"
            if not item and not line.startswith("  "):
                indents = []
            style["depth"] = len(indents)
            blocks.append((line, style))
        is_open = not (heading or aligned)
        joint, blanks = "\n" if ends else " ", 0
    return blocks


def _plain(text: str, found: dict[str, None]) -> str:
    for name, pattern, kept in PLAIN:
        text, count = re.subn(pattern, kept, text, flags=re.DOTALL)
        if count:
            found[name] = None
    return text


def _marked(text: str, kinds: str) -> Iterator[tuple[str, str]]:
    """The parts of a text, and the kinds of marks on each."""
    end = 0
    for marked in MARKED.finditer(text):
        yield _shown(text[end : marked.start()]), kinds
        kind = marked[1][0]
        yield from _marked(marked[2], kinds.replace(kind, "") + kind)
        end = marked.end()
    yield _shown(text[end:]), kinds


def _fitted(parts: list[tuple[str, str]], fit: Callable[[str], str]) -> Paragraph:
    """A paragraph of parts and their marks."""
    text = ""
    begins: dict[tuple[str, int], int] = {}  # of marks, by their kinds and ends
    for part, kinds in parts:
        begin = len(text)
        text += re.sub(r"\S+", lambda word: fit(word[0]), part)
        for kind in kinds:  # what marks the part before goes on
            begins[kind, len(text)] = begins.pop((kind, begin), begin)
    marks = [
        Mark(kind, _in_words(text, begin), _in_words(text, end))
        for (kind, end), begin in begins.items()
    ]
    lines = split_paragraphs(text, keep_lines=True)
    return Paragraph("\n".join(lines), tuple(sorted(marks)))


def _in_words(text: str, place: int) -> float:
    """A place in a text, in words."""
    whole, before = text.split(), text[:place].split()
    if text[:place][-1:].isspace() or not before:
        return len(before)
    return len(before) - 1 + len(before[-1]) / len(whole[len(before) - 1])


def _shown(text: str) -> str:
    """The text with its escaped signs."""
    return "".join(chr(ord(c) - HIDDEN) if ord(c) > HIDDEN else c for c in text)

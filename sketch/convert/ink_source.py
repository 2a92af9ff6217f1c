"""Anybody's ink: files of InkML, SVG, JSON or Quick, Draw! as a database of lines.

A line is what the parsers of `sketch.ink.ink_files` call one; a drawing of Quick,
Draw! is
a line whose text is its word. Ids are `<place>-<number>`, the place being that of the
file in its source, without suffix; for Quick, Draw! `<file>/<key>-01`. Two files of the
same place, in two sources, are `<place>` and `<place>~2`. A file that several paths or
links lead to is read once, by the first of them.

Where a file does not say what its lines read, a text file beside it may: `mine.txt` is
for `mine.svg`, one line of text for each line of ink. What cannot be read is left out
and listed.
"""

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sketch.convert.database import Database
from sketch.convert.parallel import parse_all
from sketch.convert.quickdraw import parse_drawing
from sketch.convert.source_file import SourceFile, has_records
from sketch.convert.sources import files_of, open_sources
from sketch.corpus.corpus_line import Line, check_line
from sketch.ink import DamagedInk
from sketch.ink.alphabet import one_line
from sketch.ink.ink_files import read_ink
from sketch.ink.line_of_ink import MAX_TEXT, InkLine
from sketch.system.messages import counted, printable

SUFFIXES = {"inkml": ".inkml", "svg": ".svg", "json": ".json", "quickdraw": ".ndjson"}
MAX_INK_BYTES = 320 << 20  # IAM-OnDB has 80 MB; writing the corpus takes as much again
LINE_BYTES = 800  # what a line takes in memory, beside its strokes


@dataclass
class ParsedFile:
    """What a file holds.

    Attributes:
        lines: key ("" where a file has none), and the ink.
        problems: what is wrong with others, each beginning with their place.
    """

    lines: list[tuple[str, InkLine]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_ink_files(
    sources: Sequence[str | Path],
    form: str,
    processes: int | None = None,
    show_progress: bool = False,
    limit: int | None = None,
) -> Database:
    """Reads all files of one format in folders, archives and files.

    Args:
        sources: what to read.
        form: of `SUFFIXES`.
        processes: how many parse, as in `parse_all`.
        show_progress: whether to draw a bar on stderr.
        limit: so many drawings of each file of Quick, Draw!; None: all.

    Raises:
        FileNotFoundError: If a source is not there.
        DamagedInk: If an archive is damaged, or the sources hold no line at all.
        ValueError: If they hold more ink than the memory should.
    """
    reader = _Reader(form, limit)
    found: dict[tuple[str, str, int], ParsedFile] = {}
    num_bytes = 0
    files = reader.read(sources, show_progress)
    for file, parsed in parse_all(files, parse_file, processes):
        if isinstance(parsed, str):
            reader.leave_out(file.name, parsed)
            continue
        for problem in parsed.problems:
            reader.leave_out(file.name, problem)
        num_bytes += sum(line.strokes.nbytes + LINE_BYTES for _, line in parsed.lines)
        if num_bytes > MAX_INK_BYTES:
            remedy = "convert them in parts and train with several --data"
            if form == "quickdraw":
                remedy += ", or take the first drawings of each file by --limit"
            raise ValueError(
                f"the sources hold more than {MAX_INK_BYTES >> 20} MB of ink: {remedy}"
            )
        found[_place(file), file.name, file.first_line] = parsed
    lines = reader.name_lines(found)
    if not lines:
        what = "; ".join(f"{name}: {problem}" for name, problem in reader.left_out[:3])
        raise DamagedInk(
            f"no ink in {', '.join(map(str, sources))}: expected files "
            f"*{SUFFIXES[form]}{f' ({what})' if what else ''}"
        )
    in_doubt = sorted(reader.in_doubt)
    # A text beside its ink is dropped wherever it is in doubt.
    without_text = [name for name, _ in in_doubt]
    return Database(lines, {}, sorted(reader.left_out), in_doubt, without_text)


def parse_file(file: SourceFile) -> ParsedFile:
    """Reads the ink of a file, or of a piece of one.

    Raises:
        DamagedInk: If it is damaged as a whole.
        OSError: If it cannot be read.
    """
    parsed = ParsedFile()
    if not has_records(file.parts[-1]):
        for number, line in enumerate(read_ink(file.name, file.read()), start=1):
            if len(line.strokes):
                parsed.lines.append(("", line))
            else:
                parsed.problems.append(f"line {number}: no ink")
        return parsed
    for number, row in enumerate(file.read().splitlines(), start=file.first_line):
        if not row.strip():
            continue
        try:
            key, line = parse_drawing(row)
            if not len(line.strokes):
                raise DamagedInk("no ink")
        except DamagedInk as error:
            parsed.problems.append(f"line {number}: {error}")
            continue
        key = printable(key, "_") or f"line {number}"
        parsed.lines.append((key, line))
    return parsed


class _Reader:
    """Walks through the sources; keeps the texts beside the ink."""

    def __init__(self, form: str, limit: int | None):
        self.suffix = SUFFIXES[form]
        self.limit = limit
        # By the file's place without suffix; of one that is none, what is wrong.
        self.texts: dict[str, list[str] | str] = {}
        self.read_as: dict[str, tuple[str, tuple[str, ...]]] = {}  # by the real path
        self.left_out: list[tuple[str, str]] = []
        self.in_doubt: list[tuple[str, str]] = []

    def leave_out(self, name: str, reason: str) -> None:
        self.left_out.append((name, reason))

    def read(
        self, sources: Sequence[str | Path], show_progress: bool
    ) -> Iterator[SourceFile]:
        """Yields the files of ink; what is beside one that is a source itself, too."""
        named = [one for one in map(Path, sources) if one.suffix.lower() == self.suffix]
        beside = [path.with_suffix(".txt") for path in named]
        beside = [path for path in beside if path.is_file()]
        sources = [*sources, *([] if has_records(self.suffix) else beside)]
        opened = open_sources(sources, self._is_wanted, self.leave_out, self.limit)
        for file in files_of(opened, show_progress):
            if not file.parts[-1].lower().endswith(self.suffix):
                self._take_text(file)
            elif self._is_first(file):
                yield file

    def name_lines(self, found: dict[tuple[str, str, int], ParsedFile]) -> list[Line]:
        """Gives each line its id and, where its file has none, its text."""
        lines: dict[str, Line] = {}
        file_at: dict[str, tuple[str, str]] = {}  # by what its lines are called
        for (stem, name, _), parsed in sorted(found.items()):
            others = (f"{stem}~{number}" for number in itertools.count(2))
            place = next(
                place
                for place in itertools.chain([stem], others)
                if file_at.setdefault(place, (stem, name)) == (stem, name)
            )
            texts = [one_line(line.text) for _, line in parsed.lines]
            if not any(texts):
                texts = self._texts_beside(name, len(texts)) or texts
            rows = zip(parsed.lines, texts, strict=True)
            for number, ((key, line), text) in enumerate(rows, start=1):
                form = f"{place}/{key}" if key else place
                line_id = f"{form}-{1 if key else number:02d}"
                if line_id in lines:
                    self.leave_out(name, f"{key}: drawn twice")
                else:
                    writer = one_line(line.writer)
                    made = Line(line.strokes, text, line_id, writer)
                    try:
                        check_line(made)
                    except ValueError as error:
                        self.leave_out(name, str(error))
                    else:
                        lines[line_id] = made
        return list(lines.values())

    def _is_first(self, file: SourceFile) -> bool:
        """False for what another path has led to."""
        way = file.name, file.parts
        return self.read_as.setdefault(os.path.realpath(file.name), way) == way

    def _is_wanted(self, parts: tuple[str, ...]) -> bool:
        name = parts[-1].lower()
        has_suffix = name.endswith(self.suffix) or (
            name.endswith(".txt") and not has_records(self.suffix)
        )
        return has_suffix and is_visible(parts)

    def _take_text(self, file: SourceFile) -> None:
        try:
            rows = file.read().decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            texts = "the text beside it is not UTF-8: save it as such"
        except OSError as error:
            texts = f"the text beside it cannot be read ({error.strerror})"
        else:
            if max(map(len, rows), default=0) > MAX_TEXT:
                texts = f"the text beside it has a line of over {MAX_TEXT:,} characters"
            else:
                texts = [one_line(row) for row in rows if row.strip()]
        self.texts[_beside(file.name)] = texts

    def _texts_beside(self, name: str, num_lines: int) -> list[str] | None:
        behind = self.texts.get(_stem(os.path.realpath(name)))  # if it is a link
        texts = self.texts.get(_beside(name), behind)
        if isinstance(texts, list) and len(texts) != num_lines:
            ink = counted(num_lines, "line")
            texts = f"{ink} of ink, {len(texts)} of text beside it"
        if isinstance(texts, str):
            self.in_doubt.append((name, f"{texts}; ink kept, text left empty"))
            return None
        return texts


def is_visible(parts: tuple[str, ...]) -> bool:
    """False for what macOS and editors leave beside a file."""
    return not parts[-1].startswith(".") and "__MACOSX" not in parts


def _place(file: SourceFile) -> str:
    """Where a file is in its source, without suffix."""
    return printable(_stem("/".join(file.parts[1:] or file.parts)), "_")


def _stem(name: str) -> str:
    return name[: name.rfind(".")]


def _beside(name: str) -> str:
    """A file's place without suffix, the same by whatever path its folder is named."""
    folder, stem = os.path.split(_stem(name))
    return os.path.join(os.path.realpath(folder), stem)

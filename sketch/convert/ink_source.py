"""Collects anybody's ink: ink files, and the drawings of Quick, Draw! and sketch-rnn.

A line is what `sketch.ink.ink_files` takes for one, or a drawing; the text of a drawing
of Quick, Draw! is its word. Ids are `<place>-<number>`, where the place is that of the
file in its source, without suffix; of a drawing `<file>/<key>-01`. Two files of the
same place, in two sources, become `<place>` and `<place>~2`. A file that several paths
or links lead to is read once, by the first of them.

Where a file does not say what its lines read, a text file of the same name may:
`mine.txt` for `mine.svg`, one line of text for each line of ink.
"""

import itertools
import os
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sketch.convert import FORMATS, LIMITED
from sketch.convert.collector import Collector, Database
from sketch.convert.quickdraw import parse_drawing
from sketch.convert.sketchrnn import parse_drawings
from sketch.convert.source_file import SourceFile, decode_text
from sketch.corpus.corpus_line import Line, check_line
from sketch.ink import DamagedInk
from sketch.ink.alphabet import one_line
from sketch.ink.ink_files import parse_ink
from sketch.ink.line_of_ink import MAX_TEXT, InkLine
from sketch.system.messages import counted, printable

MAX_INK_BYTES = 320 << 20  # IAM-OnDB has 80 MB; writing the corpus takes as much again
LINE_BYTES = 800  # what a line takes in memory beside its strokes

KeyedLine = tuple[str, InkLine]  # the key is "" where a format has none


class InkCollector(Collector):
    """Collects ink files of one format, and the texts beside them.

    Args:
        file_format: the format, of `FORMATS`, but not "iam".
        limit: how many drawings of each file are read (see `LIMITED`); None: all.
        join: whether to join pieces of one pen stroke, as in `parse_ink`.
    """

    def __init__(self, file_format: str, limit: int | None = None, join: bool = True):
        super().__init__(file_format, limit)
        self.join = join
        self.suffix = FORMATS[file_format][1]
        # By the file's place in its source, its name, and the number of the first line.
        self.found: dict[tuple[str, str, int], list[KeyedLine]] = {}
        self.num_bytes = 0
        # By `_text_key`: the text file, and its lines or what is wrong with it.
        self.texts: dict[str, tuple[str, list[str] | str]] = {}
        self.used_texts: set[str] = set()
        self.read_as: dict[str, tuple[str, tuple[str, ...]]] = {}  # by the real path

    def collect(
        self, sources: Sequence[str | Path], show_progress: bool = False
    ) -> Database:
        """As in `Collector`; the text beside a file that is named is read, too."""
        named = [Path(one) for one in sources if _has_suffix(str(one), self.suffix)]
        beside = [] if self.file_format in LIMITED else _texts_of(named)
        return super().collect([*sources, *beside], show_progress)

    def is_wanted(self, parts: tuple[str, ...]) -> bool:
        return _has_suffix(parts[-1], self.suffix) or (
            _has_suffix(parts[-1], ".txt") and self.file_format not in LIMITED
        )

    def take(self, file: SourceFile) -> None:
        if not _has_suffix(file.parts[-1], self.suffix):
            text = file.name, _parse_text(file)
            first, _ = self.texts.setdefault(_text_key(file.name), text)
            if first[-4:] != file.name[-4:]:  # .txt and .TXT
                raise DamagedInk(f"the text of this name is read from {first}")
            return
        way = file.name, file.parts
        if self.read_as.setdefault(os.path.realpath(file.name), way) != way:
            return  # another path has led to it
        if self.file_format == "quickdraw":
            lines = self._parse_records(file)
        elif self.file_format == "sketchrnn":
            lines = [*parse_drawings(file.data, self.limit)]
        else:
            lines = self._parse_file(file)
        self.num_bytes += sum(line.strokes.nbytes + LINE_BYTES for _, line in lines)
        if self.num_bytes > MAX_INK_BYTES:
            remedy = "convert them in parts and train with several --data"
            if self.file_format in LIMITED:
                remedy += ", or take the first drawings of each file by --limit"
            raise ValueError(
                f"the sources hold more than {MAX_INK_BYTES >> 20} MB of ink: {remedy}"
            )
        self.found[_place(file), file.name, file.first_line] = lines

    def finish(self) -> None:
        self.database.lines = self._name_lines()
        self.database.without_text = [name for name, _ in self.database.in_doubt]
        strays = self.texts.keys() - self.used_texts
        self.database.strays = sorted(self.texts[key][0] for key in strays)

    def _parse_file(self, file: SourceFile) -> list[KeyedLine]:
        parsed = parse_ink(file.name, file.data, self.join)
        self.database.num_joined += parsed.num_joined
        self.database.passed_over.update(parsed.passed_over)
        lines = []
        for number, line in enumerate(parsed.lines, start=1):
            if len(line.strokes):
                lines.append(("", line))
            else:
                self.leave_out(file.name, f"line {number}: no ink", is_file=False)
        return lines

    def _parse_records(self, file: SourceFile) -> list[KeyedLine]:
        lines = []
        for number, row in enumerate(file.data.splitlines(), start=file.first_line):
            if not row.strip():
                continue
            try:
                key, line = parse_drawing(row)
            except DamagedInk as error:
                self.leave_out(file.name, f"line {number}: {error}", is_file=False)
            else:
                lines.append((printable(key, "_") or f"line {number}", line))
        return lines

    def _name_lines(self) -> list[Line]:
        """Gives each line its id and, where its file has none, its text."""
        lines: dict[str, Line] = {}
        files: dict[str, tuple[str, str]] = {}  # by the place that stands in its ids
        for (stem, name, _), found in sorted(self.found.items()):
            others = (f"{stem}~{number}" for number in itertools.count(2))
            place = next(
                place
                for place in itertools.chain([stem], others)
                if files.setdefault(place, (stem, name)) == (stem, name)
            )
            texts = [one_line(line.text) for _, line in found]
            if not any(texts):
                texts = self._texts_beside(name, len(texts))
            rows = zip(found, texts, strict=True)
            for number, ((key, line), text) in enumerate(rows, start=1):
                form = f"{place}/{key}" if key else place
                line_id = f"{form}-{1 if key else number:02d}"
                if line_id in lines:
                    self.leave_out(name, f"{key}: drawn twice", is_file=False)
                    continue
                made = Line(line.strokes, text, line_id, one_line(line.writer))
                try:
                    check_line(made)
                except ValueError as error:
                    self.leave_out(name, str(error), is_file=False)
                else:
                    lines[line_id] = made
        return list(lines.values())

    def _texts_beside(self, name: str, num_lines: int) -> list[str]:
        """The texts of an ink file's lines out of its text file; all "" without one."""
        nothing = [""] * num_lines
        # The second: of a link to another file.
        keys = _text_key(name), _text_key(os.path.realpath(name))
        key = next((key for key in keys if key in self.texts), None)
        if key is None:
            return nothing
        self.used_texts.add(key)
        texts = self.texts[key][1]
        if isinstance(texts, list) and len(texts) == num_lines:
            return texts
        if isinstance(texts, list):
            ink = counted(num_lines, "line")
            texts = f"{ink} of ink, {len(texts)} of text beside it"
        self.database.in_doubt.append((name, f"{texts}; ink kept, text left empty"))
        return nothing


def _parse_text(file: SourceFile) -> list[str] | str:
    """The lines of a text file; or the reason why they cannot be read."""
    try:
        rows = decode_text(file.data).splitlines()
    except DamagedInk as error:
        return f"the text beside it cannot be read: {error}"
    if max(map(len, rows), default=0) > MAX_TEXT:
        return f"the text beside it has a line of over {MAX_TEXT:,} characters"
    return [one_line(row) for row in rows if row.strip()]


def _has_suffix(name: str, suffix: str) -> bool:
    return name.lower().endswith(suffix)


def _texts_of(files: Sequence[Path]) -> list[Path]:
    """The text files beside these files, by `_text_key`."""
    keys = {_text_key(str(file)) for file in files}
    found = []
    for folder in {file.parent for file in files}:
        with suppress(OSError):  # opening the ink file will say what is wrong
            found += [
                path
                for path in folder.iterdir()
                if _has_suffix(path.name, ".txt") and _text_key(str(path)) in keys
            ]
    return sorted(filter(Path.is_file, found))


def _place(file: SourceFile) -> str:
    """Where a file is in its source, without suffix."""
    place = unicodedata.normalize("NFC", "/".join(file.parts[1:] or file.parts))
    return printable(_stem(place), "_")


def _stem(name: str) -> str:
    return name[: name.rfind(".")]


def _text_key(name: str) -> str:
    """A file's place without suffix, by which a text and its ink find each other.

    It is the same for all paths to the folder, and for both normal forms of Unicode:
    macOS decomposes the letters of names.
    """
    folder, stem = os.path.split(_stem(name))
    return unicodedata.normalize("NFC", os.path.join(os.path.realpath(folder), stem))

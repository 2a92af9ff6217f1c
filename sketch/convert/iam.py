"""Collects IAM-OnDB: pen XML, transcripts, split lists and writers.

The database (Liwicki and Bunke 2005) is a set of *forms*: each is one text that one
writer wrote on a whiteboard, cut into lines. Of what its site offers, this reads

- `lineStrokes/…/FORM-NN.xml`: the pen's points on line NN of a form;
- `ascii/…/FORM.txt`: the text, a line for each line of ink, after `CSR:`;
- `trainset.txt`, `testset_v.txt`, `testset_t.txt`, `testset_f.txt`: the forms of the
  sets of the benchmark task IAM-OnDB-t1;
- `original/…/FOLDER/strokesX.xml`: only for the name of the writer of form FOLDERX;

from folders or archives, in any number and at any depth. Of several copies the first is
read. The others are listed as left out, unless they are small files and say the same.
"""

import html
import re
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from sketch.convert.collector import Collector
from sketch.convert.source_file import SourceFile, decode_text
from sketch.convert.splits import SPLIT_LISTS, form_of
from sketch.convert.whiteboard import parse_whiteboard
from sketch.corpus.corpus_line import Line
from sketch.ink import DamagedInk
from sketch.ink.alphabet import one_line
from sketch.system.messages import counted

LINE_FILE = re.compile(r"(\w[\w.-]*)-(\d{2,3})\.xml")
TRANSCRIPT_FILE = re.compile(r"([a-z]\d\d-\d\d\d[a-z]?)\.txt")
WRITER_FILE = re.compile(r"strokes([a-z]?)\.xml")
WRITER_ID = re.compile(rb"""writerID\s*=\s*["']([^"'<>&]{1,40})["']""")
WRITER_HEAD_BYTES = 1 << 16  # the writer is named at the top of an original file
MAX_ROW = 1000  # characters of a line of text; the longest has 74
LOST_LINE_END = re.compile(r"\s*%{10,}\s*")  # in a08-551z, whose ink shows a new line


class IamCollector(Collector):
    """Collects the parts of IAM-OnDB."""

    def __init__(self):
        super().__init__("iam")
        self.strokes: dict[str, np.ndarray] = {}  # by line id
        self.line_files: dict[str, str] = {}  # by line id, also of damaged files
        self.transcripts: dict[str, list[str]] = {}  # by form
        self.writers: dict[str, str] = {}  # by form
        self.small_files: dict[tuple[str, str], str] = {}  # by suffix and key

    def is_wanted(self, parts: tuple[str, ...]) -> bool:
        name = parts[-1]
        return (
            is_pen_file(parts)
            or name.removesuffix(".txt") in SPLIT_LISTS
            or bool(WRITER_FILE.fullmatch(name) or TRANSCRIPT_FILE.fullmatch(name))
            or (name.endswith(".txt") and _is_within(parts, "ascii"))
        )

    def take(self, file: SourceFile) -> None:
        name = file.parts[-1]
        stem = name.removesuffix(".txt")
        if is_pen_file(file.parts):
            self._take_line(file)
        elif stem in SPLIT_LISTS:
            forms = frozenset(decode_text(file.data).split())
            self._keep(self.database.split_lists, stem, forms, file)
        elif writer_file := WRITER_FILE.fullmatch(name):
            if writer := WRITER_ID.search(file.data[:WRITER_HEAD_BYTES]):
                form = _folder(file) + writer_file[1]
                self._keep(
                    self.writers, form, writer[1].decode("utf-8", "replace"), file
                )
        else:
            self._keep(self.transcripts, stem, parse_transcript(file.data), file)

    def finish(self) -> None:
        transcripts, in_doubt = _match(self.transcripts, self.line_files)
        matched = {form for form, _ in transcripts}
        self.database.in_doubt = in_doubt
        self.database.without_text = [f for f, _ in in_doubt if f not in matched]
        self.database.lines = [
            Line(
                self.strokes[line_id],
                transcript=transcripts.get(_place(line_id), ""),
                line_id=line_id,
                writer=self.writers.get(form_of(line_id), ""),
            )
            for line_id in sorted(self.strokes)
        ]

    def _take_line(self, file: SourceFile) -> None:
        line_id = file.parts[-1].removesuffix(".xml")
        if not LINE_FILE.fullmatch(file.parts[-1]):
            raise DamagedInk("its name is not FORM-NN.xml, NN the line")
        if line_id in self.line_files:
            raise DamagedInk(f"already read as {self.line_files[line_id]}")
        self.line_files[line_id] = file.name
        self.strokes[line_id] = parse_whiteboard(file.data)

    def _keep(
        self, known: dict[str, Any], key: str, value: Any, file: SourceFile
    ) -> None:
        suffix = PurePath(file.parts[-1]).suffix  # a form's text and writer share a key
        first = self.small_files.setdefault((suffix, key), file.name)
        if known.setdefault(key, value) != value:
            raise DamagedInk(f"already read as {first}, and it differs")


def parse_transcript(data: bytes) -> list[str]:
    """Parses the lines of text after `CSR:` in a file of `ascii/`.

    HTML entities become characters; empty lines, outer and repeated blanks go.

    Raises:
        DamagedInk: There is no such block, or no encoding fits.
    """
    try:
        text = decode_text(data)
    except DamagedInk:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise DamagedInk("it is neither UTF-8 nor Windows-1252") from None
    rows = text.splitlines()
    longest = max(map(len, rows), default=0)
    if longest > MAX_ROW:  # normalising Unicode takes time quadratic in the length
        raise DamagedInk(f"it has a line of {longest:,} characters, over {MAX_ROW:,}")
    lines = [one_line(html.unescape(row)) for row in rows]
    if "CSR:" not in lines:
        raise DamagedInk("it has no block 'CSR:'")
    return [line for line in lines[lines.index("CSR:") + 1 :] if line]


def is_pen_file(parts: tuple[str, ...]) -> bool:
    """Whether a file of a source is a line of ink, by its place."""
    if parts[-1].startswith(".") or WRITER_FILE.fullmatch(parts[-1]):
        return False
    return bool(LINE_FILE.fullmatch(parts[-1])) or (
        parts[-1].endswith(".xml") and _is_within(parts, "linestrokes")
    )


def _is_within(parts: tuple[str, ...], beginning: str) -> bool:
    return any(part.lower().startswith(beginning) for part in parts)


def _folder(file: SourceFile) -> str:
    """The name of the folder that a file is in, even if the file alone is a source."""
    is_alone = len(file.parts) == 1
    return Path(file.name).resolve().parent.name if is_alone else file.parts[-2]


def _place(line_id: str) -> tuple[str, int]:
    form, _, number = line_id.rpartition("-")
    return form, int(number)


def _match(
    transcripts: dict[str, list[str]], line_ids: Iterable[str]
) -> tuple[dict[tuple[str, int], str], list[tuple[str, str]]]:
    """Gives line N of a form's transcript to its pen file -NN.

    Where the number of the last pen file is not the number of lines of text, any line
    may have the wrong text, and a wrong transcript teaches worse than none.

    Returns:
        The transcript of line N of a form, by (form, N); and the forms in doubt, with
        what was done.
    """
    last_lines: dict[str, int] = {}
    for line_id in line_ids:
        form, number = _place(line_id)
        last_lines[form] = max(number, last_lines.get(form, 0))
    matched: dict[tuple[str, int], str] = {}
    in_doubt: list[tuple[str, str]] = []
    for form, last in last_lines.items():
        texts = transcripts.get(form)
        if texts is None:
            continue
        misfit = f"{counted(last, 'line')} of ink, {len(texts)} of text"
        if len(texts) != last:
            texts = [part for text in texts for part in LOST_LINE_END.split(text)]
            if len(texts) == last:
                done = "a row of % signs was read as a line end, and they fit"
                in_doubt.append((form, f"{misfit}; {done}"))
        if len(texts) == last:
            for number, text in enumerate(texts, start=1):
                matched[form, number] = text
        else:
            in_doubt.append((form, f"{misfit}; ink kept, text left empty"))
    return matched, in_doubt

"""Reads IAM-OnDB: pen XML, transcripts, split lists and writers.

The database (Liwicki and Bunke 2005) is a set of *forms*, each one text written on a
whiteboard by one writer, cut into lines. Of what its site offers, this reads

- `lineStrokes/…/FORM-NN.xml`: the pen's points on line NN of a form;
- `ascii/…/FORM.txt`: what was written, one line of text a line, after `CSR:`;
- `trainset.txt`, `testset_v.txt`, `testset_t.txt`, `testset_f.txt`: the forms of the
  sets of the benchmark task IAM-OnDB-t1;
- `original/…/FOLDER/strokesX.xml`: only for the name of the writer of form FOLDERX;

from folders or archives, in any number and at any depth. What cannot be read is left
out and listed, never passed over in silence. Of several copies the first is read; of
small files that say the same, the others are no news.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from sketch.convert.database import Database, form_of
from sketch.convert.parallel import parse_all
from sketch.convert.source_file import SourceFile
from sketch.convert.sources import files_of, open_sources
from sketch.convert.whiteboard import parse_file
from sketch.corpus.corpus_line import Line
from sketch.ink import DamagedInk
from sketch.ink.alphabet import one_line
from sketch.system.messages import counted

SPLIT_LISTS = ("trainset", "testset_v", "testset_t", "testset_f")
LINE_FILE = re.compile(r"(\w[\w.-]*)-(\d{2,3})\.xml")
TRANSCRIPT_FILE = re.compile(r"([a-z]\d\d-\d\d\d[a-z]?)\.txt")
WRITER_FILE = re.compile(r"strokes([a-z]?)\.xml")
WRITER_ID = re.compile(rb"""writerID\s*=\s*["']([^"'<>&]{1,40})["']""")
WRITER_HEAD_BYTES = 1 << 16  # the writer is named at the top of an original file
MAX_ROW = 1000  # characters of a line of text; the longest has 74
LOST_LINE_END = re.compile(r"\s*%{10,}\s*")  # in a08-551z, whose ink shows a new line


def read_database(
    sources: Sequence[str | Path],
    processes: int | None = None,
    show_progress: bool = False,
) -> Database:
    """Reads all that is IAM-OnDB's in folders and archives.

    With more than a few files, XML is parsed by other processes; these import the
    calling program's main module, which must therefore be safe to import.

    Args:
        sources: folders and tar archives.
        processes: how many parse; None: one a core, 1: this one.
        show_progress: whether to draw a bar on stderr.

    Raises:
        FileNotFoundError: If a source is not there.
        DamagedInk: If an archive is damaged, or the sources hold no line at all.
    """
    reader = _Reader()
    strokes: dict[str, np.ndarray] = {}
    files = reader.read(sources, show_progress)
    for file, result in parse_all(files, parse_file, processes):
        if isinstance(result, str):
            reader.leave_out(file.name, result)
        else:
            strokes[_line_id(file)] = result
    if not strokes:
        what = "; ".join(f"{name}: {problem}" for name, problem in reader.left_out[:3])
        raise DamagedInk(
            f"no pen data in {', '.join(map(str, sources))}: expected files "
            f"lineStrokes/…/FORM-NN.xml{f' ({what})' if what else ''}; name the folder "
            "or archive that holds them"
        )
    transcripts, in_doubt = _match(reader.transcripts, reader.line_names)
    matched = {form for form, _ in transcripts}
    return Database(
        lines=[
            Line(
                strokes[line_id],
                transcript=transcripts.get(_place(line_id), ""),
                line_id=line_id,
                writer=reader.writers.get(form_of(line_id), ""),
            )
            for line_id in sorted(strokes)
        ],
        split_lists=reader.split_lists,
        left_out=sorted(reader.left_out),
        in_doubt=sorted(in_doubt),
        without_text=sorted(form for form, _ in in_doubt if form not in matched),
    )


def _place(line_id: str) -> tuple[str, int]:
    form, _, number = line_id.rpartition("-")
    return form, int(number)


def parse_transcript(data: bytes) -> list[str]:
    """Reads the lines of text after `CSR:` in a file of `ascii/`.

    Windows line ends, HTML entities, empty lines, outer and repeated blanks are undone.

    Raises:
        DamagedInk: If there is no such block.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    rows = re.split(r"\r\n?|\n", text)
    longest = max(map(len, rows))
    if longest > MAX_ROW:  # Unicode's forms take the square of it
        raise DamagedInk(f"it has a line of {longest:,} characters, over {MAX_ROW:,}")
    lines = [one_line(html.unescape(row)) for row in rows]
    if "CSR:" not in lines:
        raise DamagedInk("it has no block 'CSR:'")
    return [line for line in lines[lines.index("CSR:") + 1 :] if line]


class _Reader:
    """Walks through the sources; keeps the small files, hands the pen files on."""

    def __init__(self):
        self.line_names: dict[str, str] = {}  # line id -> the file that it is in
        self.transcripts: dict[str, list[str]] = {}  # of each form
        self.writers: dict[str, str] = {}  # of each form
        self.split_lists: dict[str, frozenset[str]] = {}
        self.small_names: dict[tuple[str, str], str] = {}  # of files, by suffix and key
        self.left_out: list[tuple[str, str]] = []

    def leave_out(self, name: str, reason: str) -> None:
        self.left_out.append((name, reason))

    def read(
        self, sources: Sequence[str | Path], show_progress: bool
    ) -> Iterator[SourceFile]:
        """Yields the pen files; everything else is taken in on the way."""
        opened = open_sources(sources, _is_ours, self.leave_out)
        for file in files_of(opened, show_progress):
            if not is_pen_file(file.parts):
                self._take_in(file)
            elif self._is_first(file):
                yield file

    def _is_first(self, file: SourceFile) -> bool:
        line_id = _line_id(file)
        if not LINE_FILE.fullmatch(file.parts[-1]):
            self.leave_out(file.name, "its name is not FORM-NN.xml, NN the line")
        elif line_id in self.line_names:
            self.leave_out(file.name, f"already read as {self.line_names[line_id]}")
        else:
            self.line_names[line_id] = file.name
            return True
        return False

    def _take_in(self, file: SourceFile) -> None:
        name = file.parts[-1]
        stem = name.removesuffix(".txt")
        try:
            data = file.read()
            if stem in SPLIT_LISTS:
                forms = data.decode("utf-8", "replace").split()
                self._keep(self.split_lists, stem, frozenset(forms), file)
            elif writer_file := WRITER_FILE.fullmatch(name):
                if writer := WRITER_ID.search(data[:WRITER_HEAD_BYTES]):
                    form = _folder(file) + writer_file[1]
                    name = writer[1].decode("utf-8", "replace")
                    self._keep(self.writers, form, name, file)
            else:
                self._keep(self.transcripts, stem, parse_transcript(data), file)
        except OSError as error:
            self.leave_out(file.name, f"cannot be read ({error.strerror})")
        except DamagedInk as error:
            self.leave_out(file.name, str(error))

    def _keep(
        self, known: dict[str, Any], key: str, value: Any, file: SourceFile
    ) -> None:
        suffix = PurePath(file.parts[-1]).suffix  # a form's text and writer share a key
        first = self.small_names.setdefault((suffix, key), file.name)
        if known.setdefault(key, value) != value:
            self.leave_out(file.name, f"already read as {first}, and it differs")


def is_pen_file(parts: tuple[str, ...]) -> bool:
    """Whether a file of a source is a line of ink, by its place."""
    if parts[-1].startswith(".") or WRITER_FILE.fullmatch(parts[-1]):
        return False
    is_among_them = any(part.lower().startswith("linestrokes") for part in parts)
    return bool(LINE_FILE.fullmatch(parts[-1])) or (
        is_among_them and parts[-1].endswith(".xml")
    )


def _is_ours(parts: tuple[str, ...]) -> bool:
    name = parts[-1]
    if name.startswith("."):  # what macOS and editors leave beside a file
        return False
    return (
        is_pen_file(parts)
        or name.removesuffix(".txt") in SPLIT_LISTS
        or bool(WRITER_FILE.fullmatch(name) or TRANSCRIPT_FILE.fullmatch(name))
        or (name.endswith(".txt") and any(p.lower().startswith("ascii") for p in parts))
    )


def _folder(file: SourceFile) -> str:
    """The name of the folder that a file is in, even if the file alone is a source."""
    alone = len(file.parts) == 1
    return Path(file.name).resolve().parent.name if alone else file.parts[-2]


def _line_id(file: SourceFile) -> str:
    return file.parts[-1].removesuffix(".xml")


def _match(
    transcripts: dict[str, list[str]], line_ids: Iterable[str]
) -> tuple[dict[tuple[str, int], str], list[tuple[str, str]]]:
    """Gives line N of a form's transcript to its pen file -NN.

    Where the last pen file has another number than the last line of text, any of them
    may be the wrong one, and a wrong transcript teaches worse than none.

    Returns:
        The transcript of line N of a form, by (form, N), and the forms in doubt with
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
                done = "fit when a row of % signs is read as the line end it stands for"
                in_doubt.append((form, f"{misfit}; they {done}: kept so"))
        if len(texts) == last:
            for number, text in enumerate(texts, start=1):
                matched[form, number] = text
        else:
            in_doubt.append((form, f"{misfit}; ink kept, text left empty"))
    return matched, in_doubt

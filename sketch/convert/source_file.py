"""One file of a source, its text, and how large it may be."""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sketch.ink import DamagedInk
from sketch.ink.xml import MAX_BYTES

MAX_FILE_BYTES = MAX_BYTES  # the largest pen file of IAM-OnDB has 0.14 MB
MAX_DATA_SET_BYTES = 64 << 20  # of a `.npz`; 75,000 drawings have about 20 MB
MAX_ARCHIVE_BYTES = 8 << 30  # unpacked; all parts of IAM-OnDB have under 2 GB together
MAX_RATIO = 100  # of unpacked to packed bytes, beyond the first; pen data: about 15
FIRST_BYTES = 64 << 20
RECORDS = ".ndjson"  # these files may be large: they are read in pieces
PIECE_BYTES = 1 << 19
ARCHIVES = {".tar", ".tgz", ".tbz2", ".txz", ".zip"}  # the usual names; others work

Wanted = Callable[[tuple[str, ...]], bool]  # by a file's `parts`
# Called with a file's name, what is wrong, and whether that is all of the file.
LeaveOut = Callable[[str, str, bool], None]


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, or some whole lines of one.

    Attributes:
        name: for messages: the source and the place in it.
        parts: the source's own name, then the place in it, folder by folder.
        data: the content; None: it is to be read from the file `name`.
        progress: bytes of the source up to the end of this file.
        first_line: of a piece: the number of its first line in the file, from 1 on.
    """

    name: str
    parts: tuple[str, ...]
    data: bytes | None
    progress: int
    first_line: int = 1

    def read(self) -> bytes:
        """The content.

        Raises:
            OSError: The file cannot be read.
        """
        if self.data is not None:
            return self.data
        with open(self.name, "rb", buffering=0) as file:
            return file.read(MAX_DATA_SET_BYTES)


def decode_text(data: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 with a byte-order mark.

    Raises:
        DamagedInk: It is in another encoding.
    """
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # UTF-16 without its mark passes for UTF-8 with these
        raise DamagedInk("it is not UTF-8: save it as such")
    return text


def has_records(name: str) -> bool:
    """Whether a file of this name has one record a line and is read in pieces."""
    return name.lower().endswith(RECORDS)


def pieces(
    file: BinaryIO,
    name: str,
    parts: tuple[str, ...],
    progress: Callable[[], int],
    leave_out: LeaveOut,
    limit: int | None,
) -> Iterator[SourceFile]:
    """Cuts a file into pieces of whole lines, so that it is never in memory as a whole.

    Args:
        file: open at its beginning.
        name, parts: as in `SourceFile`.
        progress: returns how many bytes of the source have been read.
        leave_out: told of each line that is too long; the lines after it are read.
        limit: the greatest number of lines, with those too long; None: all.
    """
    line = 1
    while limit is None or line <= limit:
        data = file.read(PIECE_BYTES)
        if not data:
            return
        rest = file.readline(MAX_FILE_BYTES)
        lines = (data + rest).splitlines(keepends=True)
        if limit is not None:
            lines = lines[: limit - line + 1]
        is_too_long = len(lines[-1]) >= MAX_FILE_BYTES
        good = lines[:-1] if is_too_long else lines
        if good:
            yield SourceFile(name, parts, b"".join(good), progress(), line)
        line += len(lines)
        if is_too_long:
            problem = (
                f"line {line - 1}: {MAX_FILE_BYTES:,} bytes or more, not a drawing"
            )
            leave_out(name, problem, False)
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(PIECE_BYTES)


def check_unpacked(archive: Path, unpacked: int, packed: int) -> None:
    """Refuses to go on unpacking a decompression bomb.

    Args:
        archive: its path.
        unpacked: bytes that it has unpacked to, until now.
        packed: how many of its own bytes these were.

    Raises:
        DamagedInk: They are more than pen data unpacks to.
    """
    for limit, words in (
        (MAX_ARCHIVE_BYTES, f"{MAX_ARCHIVE_BYTES >> 30} GiB"),
        (max(FIRST_BYTES, MAX_RATIO * packed), f"{MAX_RATIO} times its size"),
    ):
        if unpacked > limit:
            raise DamagedInk(
                f"{archive}: unpacks to more than {words}, which no pen data does; "
                "name a smaller archive"
            )


def find_excess(name: str, size: int) -> str | None:
    """Why a file of this name and size is not read; None if it is."""
    limit = MAX_DATA_SET_BYTES if name.lower().endswith(".npz") else MAX_FILE_BYTES
    if size <= limit or has_records(name):
        return None
    return f"{size:,} bytes are too many for a pen file"

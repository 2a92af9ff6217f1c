"""One file of a source: what its reader is handed, and how large it may be."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sketch.ink import DamagedInk

MAX_FILE_BYTES = 8 << 20  # the largest pen file of IAM-OnDB has 0.14 MB
MAX_ARCHIVE_BYTES = (
    8 << 30
)  # unpacked; all of IAM-OnDB's parts together have under 2 GB
MAX_RATIO = 100  # of unpacked to packed bytes, beyond the first; pen data: about 15
FIRST_BYTES = 64 << 20
RECORDS = ".ndjson"  # files of one drawing a line may be large: they come in pieces
PIECE_BYTES = 1 << 19
ARCHIVES = {".tar", ".tgz", ".tbz2", ".txz", ".zip"}  # other names do as well

Wanted = Callable[[tuple[str, ...]], bool]
Report = Callable[[str, str], None]  # called with a file's name and what is wrong


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, or some whole lines of one.

    Attributes:
        name: for messages: the source and the place in it.
        parts: the source's own name, then the place in it, folder by folder.
        data: the content; None if it is to be read from the file `name`.
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
            OSError: If the file cannot be read.
        """
        if self.data is not None:
            return self.data
        with open(self.name, "rb", buffering=0) as file:
            return file.read(MAX_FILE_BYTES)


def has_records(name: str) -> bool:
    """Whether a file of this name comes in pieces of whole lines."""
    return name.lower().endswith(RECORDS)


def pieces(
    file: BinaryIO,
    name: str,
    parts: tuple[str, ...],
    progress: Callable[[], int],
    report: Report,
    limit: int | None,
) -> Iterator[SourceFile]:
    """Cuts a file into pieces of whole lines, so that none of it need be in memory.

    Args:
        file: about to be read.
        name, parts: as of a SourceFile.
        progress: tells the bytes of the source that are read.
        report: told of each line that is too long; the lines after it are read on.
        limit: so many lines at the most, those too long among them; None: all.
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
            report(
                name, f"line {line - 1}: {MAX_FILE_BYTES:,} bytes or more, no drawing"
            )
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(PIECE_BYTES)


def check_unpacked(archive: Path, unpacked: int, packed: int) -> None:
    """Refuses to go on unpacking what is no pen data, but a bomb.

    Args:
        archive: its path.
        unpacked: bytes that it has unpacked to, so far.
        packed: bytes of it that these were.

    Raises:
        DamagedInk: If they are too many.
    """
    for most, words in (
        (MAX_ARCHIVE_BYTES, f"{MAX_ARCHIVE_BYTES >> 30} GiB"),
        (max(FIRST_BYTES, MAX_RATIO * packed), f"{MAX_RATIO} times its size"),
    ):
        if unpacked > most:
            raise DamagedInk(
                f"{archive}: unpacks to more than {words}, which no pen data does; "
                "name a smaller archive"
            )


def too_large(size: int) -> str:
    """Why a file of so many bytes is not read."""
    return f"{size:,} bytes are too many for a pen file"

"""The files of a source, how each is read, and how large it may be."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
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
    """The content of one file of a source, or some whole lines of it."""

    name: str  # as in `Member`
    parts: tuple[str, ...]
    data: bytes  # the content
    progress: int  # bytes of the source up to the end of this file
    # Of a piece: the number of its first line in the file, from 1 on.
    first_line: int = 1


@dataclass(frozen=True)
class Member:
    """A file of a source, before it is read."""

    name: str  # for messages: the source and the place in it
    # The source's own name, then the place in it, folder by folder.
    parts: tuple[str, ...]
    size: int  # in bytes, as the source claims
    open: Callable[[], BinaryIO]  # opens the file
    # Tells how many bytes of the source are read, given the open file.
    progress: Callable[[BinaryIO], int]
    problem: str | None = None  # why it must not be read, if anything

    @classmethod
    def packed(cls, archive: Path, place: PurePosixPath, **fields) -> "Member":
        """A file at a place in an archive."""
        if place.is_absolute() or ".." in place.parts:
            fields["problem"] = "its name leads out of the archive"
        return cls(f"{archive}: {place}", (archive.name, *place.parts), **fields)


def read_members(
    members: Iterable[Member], wanted: Wanted, leave_out: LeaveOut, limit: int | None
) -> Iterator[SourceFile]:
    """Reads files, in pieces of whole lines where they have one record a line.

    Args:
        members: the files.
        wanted: takes the `parts` of a file, returns whether to read it.
        leave_out: told if it has a problem, is too large, or has a line that is.
        limit: how many records of each file are read; None: all.

    Raises:
        EOFError: A file is shorter than the source claims.
    """
    for member in members:
        if not wanted(member.parts):
            continue
        if problem := member.problem or find_excess(member.parts[-1], member.size):
            leave_out(member.name, problem, True)
            continue
        with member.open() as file:
            if has_records(member.parts[-1]):
                yield from _pieces(file, member, leave_out, limit)
                num_bytes = file.tell() if limit is None else member.size
            else:
                # With a size, no more than that is unpacked, whatever follows.
                data = file.read(member.size)
                file.read(1)  # at the end of a file, zipfile compares its check sum
                if (num_bytes := len(data)) == member.size:
                    place = member.progress(file)
                    yield SourceFile(member.name, member.parts, data, place)
            if num_bytes < member.size:
                raise EOFError(f"cut off inside {member.name}")


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


def _pieces(
    file: BinaryIO, member: Member, leave_out: LeaveOut, limit: int | None
) -> Iterator[SourceFile]:
    """Cuts a file into pieces of whole lines, so that it is never in memory as a whole.

    Lines that are too long are left out; they count for `limit`.
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
        good = b"".join(lines[:-1] if is_too_long else lines)
        if good:
            place = member.progress(file)
            yield SourceFile(member.name, member.parts, good, place, line)
        line += len(lines)
        if is_too_long:
            problem = (
                f"line {line - 1}: {MAX_FILE_BYTES:,} bytes or more, not a drawing"
            )
            leave_out(member.name, problem, False)
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(PIECE_BYTES)


def check_unpacked(archive: Path, unpacked: int, packed: int) -> None:
    """Refuses to go on unpacking a decompression bomb.

    `packed` bytes of the archive have become `unpacked` ones until now.

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

"""Files out of zip archives, nothing unpacked to disk."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from sketch.convert.source_file import (
    LeaveOut,
    Member,
    SourceFile,
    Wanted,
    check_unpacked,
    find_excess,
    read_member,
)
from sketch.ink import DamagedInk

SIGNATURES = (b"PK\3\4", b"PK\5\6")  # of a file in it, and of an empty archive
BROKEN = (  # raised by zipfile for a damaged archive
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
)
# Of files packed otherwise, zipfile unpacks a whole block at once, however large.
BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
END_SIGNATURE = b"PK\5\6"
LARGE_END_SIGNATURE = b"PK\6\6"  # zip64's, which goes before it and is believed first
LARGE_END_BYTES = 56 + 20  # of zip64's record, and of its locator
END_BYTES = LARGE_END_BYTES + 22 + 0xFFFF  # of all, with the longest comment
MAX_LIST_BYTES = 32 << 20  # of the list of files: some 300,000 of them


def read_zip(
    archive: Path, wanted: Wanted, leave_out: LeaveOut, limit: int | None
) -> Iterator[SourceFile]:
    """The wanted files of a zip archive; arguments as in `open_source`.

    Raises:
        DamagedInk: It is invalid, cut off, or a decompression bomb.
    """
    _check_list(archive)
    unpacked, progress, size = 0, 0, archive.stat().st_size
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                progress = min(progress + member.compress_size, size)
                # Some programs of Windows part folders by backslashes.
                place = PurePosixPath(member.filename.replace("\\", "/"))
                parts = (archive.name, *place.parts)
                if member.is_dir() or not wanted(parts):
                    continue
                if member.compress_size > size:  # zipfile would allocate all of it
                    raise EOFError(f"cut off inside {member.filename}")
                name = f"{archive}: {place}"
                if problem := _find_problem(member, place):
                    leave_out(name, problem, True)
                    continue
                if not find_excess(place.name, member.file_size):
                    unpacked += member.file_size
                    check_unpacked(archive, unpacked, progress)
                file = Member(
                    name,
                    parts,
                    member.file_size,
                    partial(packed.open, member),
                    lambda _, progress=progress: progress,
                )
                yield from read_member(file, leave_out, limit)
    except DamagedInk:
        raise
    except BROKEN as error:
        raise DamagedInk(
            f"{archive}: not a whole zip archive ({error}); download it again"
        ) from error


def _check_list(archive: Path) -> None:
    """Refuses a list of files that would fill the memory."""
    with open(archive, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - END_BYTES, 0))
        if list_bytes(file.read()) > MAX_LIST_BYTES:
            raise DamagedInk(
                f"{archive}: lists more files than pen data has; unpack it"
            )


def list_bytes(end: bytes) -> int:
    """The size of the list of files, by the end of the archive; 0 if it has none."""
    place = end.rfind(END_SIGNATURE)
    if place < 0:
        return 0
    large = max(place - LARGE_END_BYTES, 0)
    if end.startswith(LARGE_END_SIGNATURE, large):
        return int.from_bytes(end[large + 40 : large + 48], "little")
    return int.from_bytes(end[place + 12 : place + 16], "little")


def _find_problem(member: zipfile.ZipInfo, place: PurePosixPath) -> str | None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if place.is_absolute() or ".." in place.parts:
        return "its name leads out of the archive"
    if kind not in (0, stat.S_IFREG):
        return "a link or device, not a plain file"
    if member.flag_bits & 1:
        return "it is encrypted"
    if member.compress_type not in BOUNDED:
        return "only stored and deflated files are read; pack it again, or unpack it"
    return None

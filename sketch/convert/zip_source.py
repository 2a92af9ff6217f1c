"""Files out of zip archives, nothing unpacked to disk."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sketch.convert.source_file import (
    LeaveOut,
    Member,
    SourceFile,
    Wanted,
    check_unpacked,
    read_members,
)
from sketch.ink import DamagedInk

SIGNATURES = (b"PK\3\4", b"PK\5\6")  # of a file in it, and of an empty archive
# Raised by zipfile and tarfile for forged headers, beside errors of their own.
FORGED = (EOFError, OSError, ValueError, LookupError, TypeError, ArithmeticError)
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, *FORGED)
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
    with open(archive, "rb") as file:
        file.seek(max(file.seek(0, 2) - END_BYTES, 0))
        if list_bytes(file.read()) > MAX_LIST_BYTES:
            raise DamagedInk(
                f"{archive}: lists more files than pen data has; unpack it"
            )
    try:
        with zipfile.ZipFile(archive) as packed:
            members = _list_zip(packed, archive)
            yield from read_members(members, wanted, leave_out, limit)
    except DamagedInk:
        raise
    except BROKEN as error:
        raise DamagedInk(
            f"{archive}: not a whole zip archive ({error}); download it again"
        ) from error


def _list_zip(packed: zipfile.ZipFile, archive: Path) -> Iterator[Member]:
    unpacked, progress, size = 0, 0, archive.stat().st_size

    def open_member(info: zipfile.ZipInfo) -> BinaryIO:
        nonlocal unpacked
        if info.compress_size > size:  # zipfile would allocate all of it
            raise EOFError(f"cut off inside {info.filename}")
        unpacked += info.file_size
        check_unpacked(archive, unpacked, progress)
        return packed.open(info)

    for info in packed.infolist():
        progress = min(progress + info.compress_size, size)
        if not info.is_dir():
            yield Member.packed(
                archive,
                # Some programs of Windows part folders by backslashes.
                PurePosixPath(info.filename.replace("\\", "/")),
                size=info.file_size,
                open=partial(open_member, info),
                progress=lambda _, progress=progress: progress,
                problem=_find_problem(info),
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


def _find_problem(info: zipfile.ZipInfo) -> str | None:
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        return "a link or device, not a plain file"
    if info.flag_bits & 1:
        return "it is encrypted"
    if info.compress_type not in BOUNDED:
        return "only stored and deflated files are read; pack it again, or unpack it"
    return None

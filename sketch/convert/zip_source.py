"""Files out of zip archives, nothing unpacked to disk."""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sketch.convert.source_file import (
    MAX_FILE_BYTES,
    Report,
    SourceFile,
    Wanted,
    check_unpacked,
    has_records,
    pieces,
    too_large,
)
from sketch.ink import DamagedInk

SIGNATURES = (b"PK\3\4", b"PK\5\6")  # of a file in it, and of an empty archive
BROKEN = (  # what zipfile answers with to a damaged archive
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
)
END_SIGNATURE = b"PK\5\6"
LARGE_END_SIGNATURE = b"PK\6\6"  # zip64's, which goes before it and is believed first
LARGE_END_BYTES = 56 + 20  # of zip64's record, and of what says where it is
END_BYTES = LARGE_END_BYTES + 22 + 0xFFFF  # of all, with the longest comment
MAX_LIST_BYTES = 32 << 20  # of the list of files: some 300,000 of them


def read_zip(
    archive: Path, wanted: Wanted, report: Report, limit: int | None
) -> Iterator[SourceFile]:
    """The wanted files of a zip archive; arguments as of `open_source`.

    Raises:
        DamagedInk: If it is none, is cut off, or unpacks without end.
    """
    _check_list(archive)
    unpacked, progress, size = 0, 0, archive.stat().st_size
    try:
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                progress = min(progress + member.compress_size, size)
                place = PurePosixPath(member.filename)
                parts = (archive.name, *place.parts)
                if member.is_dir() or not wanted(parts):
                    continue
                if member.compress_size > size:  # `zipfile` asks the memory for it all
                    raise EOFError(f"cut off inside {member.filename}")
                name = f"{archive}: {member.filename}"
                if problem := _find_problem(member, place):
                    report(name, problem)
                    continue
                unpacked += member.file_size
                check_unpacked(archive, unpacked, progress)
                with packed.open(member) as file:
                    if has_records(member.filename):
                        done = progress
                        yield from pieces(
                            file, name, parts, lambda done=done: done, report, limit
                        )
                    else:
                        yield SourceFile(name, parts, file.read(), progress)
    except DamagedInk:
        raise
    except BROKEN as error:
        raise DamagedInk(
            f"{archive}: not a whole zip archive ({error}); download it again"
        ) from error


def _check_list(archive: Path) -> None:
    """Refuses a list of files that `zipfile` would fill the memory with."""
    with open(archive, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - END_BYTES, 0))
        if _list_bytes(file.read()) > MAX_LIST_BYTES:
            raise DamagedInk(
                f"{archive}: lists more files than pen data has; unpack it"
            )


def _list_bytes(end: bytes) -> int:
    """The size of the list of files, as an archive's end tells it, else 0."""
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
    if member.compress_type not in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
        zipfile.ZIP_BZIP2,
        zipfile.ZIP_LZMA,
    ):
        return "it is compressed in a way that is not known here"
    if member.file_size > MAX_FILE_BYTES and not has_records(member.filename):
        return too_large(member.file_size)
    return None

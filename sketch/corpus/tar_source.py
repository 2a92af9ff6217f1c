"""Files out of tar archives, plain or compressed, read once from front to back."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sketch.corpus.source_file import (
    MAX_ARCHIVE_BYTES,
    MAX_FILE_BYTES,
    Report,
    SourceFile,
    Wanted,
    has_records,
    pieces,
    too_large,
)
from sketch.ink import DamagedInk

MAX_HEADER_BYTES = 1 << 20  # of a tar member's extended header; real ones: under 1 kB
BLOCK_BYTES = 1 << 18
END_BYTES = 2 * tarfile.BLOCKSIZE  # of zeros close every tar


def read_tar(
    archive: Path, wanted: Wanted, report: Report, limit: int | None
) -> Iterator[SourceFile]:
    """The wanted files of a tar archive; arguments as of `open_source`.

    Raises:
        DamagedInk: If it is none, is cut off, or unpacks without end.
    """
    with open(archive, "rb") as packed:
        try:
            with _unpacked(packed) as unpacked:
                stream = _Limited(unpacked, archive)
                with tarfile.open(
                    fileobj=stream,
                    mode="r|",
                    bufsize=BLOCK_BYTES,
                    tarinfo=_CarefulTarInfo,
                ) as tar:
                    yield from _read_members(
                        tar, archive, packed, wanted, report, limit
                    )
                stream.read_to_end()
        except DamagedInk:
            raise
        except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as e:
            raise DamagedInk(
                f"{archive}: not a whole tar archive ({e or type(e).__name__}); "
                "download it again (.tar, .tar.gz, .tar.bz2 and .tar.xz are read)"
            ) from e


def _read_members(
    tar: tarfile.TarFile,
    archive: Path,
    packed: BinaryIO,
    wanted: Wanted,
    report: Report,
    limit: int | None,
) -> Iterator[SourceFile]:
    while (member := tar.next()) is not None:
        tar.members = []  # else it keeps every header it has seen
        place = PurePosixPath(member.name)
        parts = (archive.name, *place.parts)
        if member.isdir() or not wanted(parts):
            continue
        name = f"{archive}: {member.name}"
        if place.is_absolute() or ".." in parts:
            report(name, "its name leads out of the archive")
        elif not member.isreg() or member.issparse():
            report(name, "a link or device, not a plain file")
        elif has_records(member.name):
            file = tar.extractfile(member)
            yield from pieces(file, name, parts, packed.tell, report, limit)
            if limit is None and file.tell() != member.size:
                raise EOFError(f"cut off inside {member.name}")
        elif member.size > MAX_FILE_BYTES:
            report(name, too_large(member.size))
        else:
            data = tar.extractfile(member).read()
            if len(data) != member.size:
                raise EOFError(f"cut off inside {member.name}")
            yield SourceFile(name, parts, data, packed.tell())


def _unpacked(packed: BinaryIO) -> BinaryIO:
    """The archive's bytes; each of these unpacks no more at a time than it is asked."""
    magic = packed.read(6)
    packed.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.open(packed)
    if magic.startswith(b"\xfd7zXZ\x00"):
        return lzma.open(packed)
    if magic.startswith(b"BZh"):
        return bz2.open(packed)
    return packed


class _Limited:
    """A stream that refuses to go on for ever, as a decompression bomb does.

    It also knows whether the archive was whole: a tar ends with two blocks of zeros,
    but `tarfile` takes any end between two members for the end.
    """

    def __init__(self, stream: BinaryIO, archive: Path):
        self._stream = stream
        self._archive = archive
        self._left = MAX_ARCHIVE_BYTES
        self._tail = b""

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        self._tail = (self._tail + data[-END_BYTES:])[-END_BYTES:]
        if self._left < 0:
            raise DamagedInk(
                f"{self._archive}: unpacks to more than {MAX_ARCHIVE_BYTES >> 30} GiB, "
                "which no pen data does; name a smaller archive"
            )
        return data

    def read_to_end(self) -> None:
        """Reads what is left, so that the unpacker checks its sums.

        Raises:
            EOFError: If the archive does not end as a tar does.
        """
        while self.read(BLOCK_BYTES):
            pass
        if self._tail != bytes(END_BYTES):
            raise EOFError("its end is missing")


class _CarefulTarInfo(tarfile.TarInfo):
    """Refuses extended headers that claim a size worth running out of memory for."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        is_plain = self.type in tarfile.SUPPORTED_TYPES and self.type not in (
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
        )
        if not is_plain and self.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {self.size:,} bytes")
        return super()._proc_member(tar)

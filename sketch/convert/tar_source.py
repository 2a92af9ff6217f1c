"""Files out of tar archives, plain or compressed, read once from front to back."""

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sketch.convert import FORMATS
from sketch.convert.source_file import (
    ARCHIVES,
    LeaveOut,
    Member,
    SourceFile,
    Wanted,
    check_unpacked,
    read_members,
)
from sketch.convert.zip_source import FORGED
from sketch.ink import DamagedInk

INK = ", ".join(f"{suffix} of {name}" for name, suffix in FORMATS.values())
MAX_HEADER_BYTES = 1 << 20  # of a tar member's extended header; real ones: under 1 kB
BROKEN = (tarfile.TarError, lzma.LZMAError, zlib.error, RecursionError, *FORGED)
BLOCK_BYTES = 1 << 18
END_BYTES = 2 * tarfile.BLOCKSIZE  # of zeros close every tar
# Python before 3.11.10 takes the square of its length to read it (CVE-2024-6232).
LONG_NUMBER = re.compile(rb"[0-9]{300}")


def read_tar(
    archive: Path, wanted: Wanted, leave_out: LeaveOut, limit: int | None
) -> Iterator[SourceFile]:
    """The wanted files of a tar archive; arguments as in `open_source`.

    Raises:
        DamagedInk: It is invalid, cut off, or a decompression bomb.
    """
    with open(archive, "rb") as packed:
        try:
            with _unpacked(packed) as unpacked:
                stream = _Limited(unpacked, packed, archive)
                with _CarefulTar(fileobj=stream) as tar:
                    members = _list_tar(tar, archive, packed)
                    yield from read_members(members, wanted, leave_out, limit)
                stream.read_to_end()
        except DamagedInk:
            raise
        except BROKEN as error:
            raise DamagedInk(_explain(archive, error)) from error


def _explain(archive: Path, error: Exception) -> str:
    """Says what a file that cannot be read as a tar archive was meant to be."""
    with open(archive, "rb") as packed:
        unpacked = _unpacked(packed)
        try:
            is_tar = unpacked.read(tarfile.BLOCKSIZE)[257:262] == b"ustar"
        except BROKEN:
            is_tar = True
        if is_tar or ARCHIVES & set(archive.suffixes):
            return (
                f"{archive}: not a whole tar archive ({error or type(error).__name__});"
                " download it again (.tar, .tar.gz, .tar.bz2 and .tar.xz are read)"
            )
        if unpacked is not packed:
            return f"{archive} is one packed file, not an archive: unpack it first"
    return (
        f"{archive} is neither ink ({INK}; with --format, that alone) nor an archive "
        "(.zip, .tar, .tar.gz, .tar.bz2, .tar.xz)"
    )


def _list_tar(
    tar: tarfile.TarFile, archive: Path, packed: BinaryIO
) -> Iterator[Member]:
    while (info := tar.next()) is not None:
        tar.members = []  # else it keeps every header it has seen
        is_plain = info.isreg() and not info.issparse()
        if not info.isdir():
            yield Member.packed(
                archive,
                PurePosixPath(info.name),
                size=info.size,
                open=partial(tar.extractfile, info),
                progress=lambda _: packed.tell(),
                problem=None if is_plain else "a link or device, not a plain file",
            )


def _unpacked(packed: BinaryIO) -> BinaryIO:
    """The archive's bytes; all four unpack no more at a time than `read` asks for."""
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
    """A stream, read forwards only, that stops a decompression bomb.

    It also checks that the archive is whole: a tar ends with two blocks of zeros, but
    `tarfile` accepts any end between two members.
    """

    def __init__(self, stream: BinaryIO, packed: BinaryIO, archive: Path):
        self._stream = stream
        self._packed = packed
        self._archive = archive
        self._place = 0
        self._ahead = b""  # peeked at, not read
        self._tail = b""

    def tell(self) -> int:
        return self._place

    def seek(self, place: int) -> None:
        if place < self._place:
            raise tarfile.StreamError("a header that leads backwards")
        while self._place < place:
            if not self.read(min(BLOCK_BYTES, place - self._place)):
                break  # a forged size leads anywhere

    def peek(self, size: int) -> bytes:
        self._ahead += self._stream.read(max(0, size - len(self._ahead)))
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        data += self._stream.read(size - len(data))
        self._place += len(data)
        self._tail = (self._tail + data[-END_BYTES:])[-END_BYTES:]
        check_unpacked(self._archive, self._place, self._packed.tell())
        return data

    def read_to_end(self) -> None:
        """Reads to the end, where the unpacker compares its check sums.

        Raises:
            EOFError: The archive does not end as a tar does.
        """
        while self.read(BLOCK_BYTES):
            pass
        if self._tail != bytes(END_BYTES):
            raise EOFError("its end is missing")


class _CarefulTarInfo(tarfile.TarInfo):
    """Refuses headers that would take endless memory or time."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        is_plain = self.type in tarfile.SUPPORTED_TYPES and self.type not in (
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
        )
        if not is_plain and self.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {self.size:,} bytes")
        if not is_plain and LONG_NUMBER.search(tar.fileobj.peek(self.size)):
            raise tarfile.ReadError("a header with an endless number")
        return super()._proc_member(tar)


class _CarefulTar(tarfile.TarFile):
    tarinfo = _CarefulTarInfo

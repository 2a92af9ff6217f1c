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
    read_member,
)
from sketch.ink import DamagedInk

INK = ", ".join(f"{suffix} of {name}" for name, suffix in FORMATS.values())
MAX_HEADER_BYTES = 1 << 20  # of a tar member's extended header; real ones: under 1 kB
BROKEN = (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError)
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
                    yield from _read_members(
                        tar, archive, packed, wanted, leave_out, limit
                    )
                stream.read_to_end()
        except DamagedInk:
            raise
        except (*BROKEN, ValueError) as e:  # of a size below 0
            if not _may_be_tar(archive):
                raise DamagedInk(
                    f"{archive} is neither ink ({INK}; with --format, that alone) nor "
                    "an archive (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz)"
                ) from e
            if _is_one_file(archive):
                raise DamagedInk(
                    f"{archive} is one packed file, not an archive: unpack it first"
                ) from e
            raise DamagedInk(
                f"{archive}: not a whole tar archive ({e or type(e).__name__}); "
                "download it again (.tar, .tar.gz, .tar.bz2 and .tar.xz are read)"
            ) from e


def _may_be_tar(path: Path) -> bool:
    """Whether a damaged file was meant as an archive, by its name or first bytes."""
    with open(path, "rb") as file:
        head = file.read(tarfile.BLOCKSIZE)
    is_packed = head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"))
    return is_packed or head[257:262] == b"ustar" or bool(ARCHIVES & set(path.suffixes))


def _is_one_file(path: Path) -> bool:
    """Whether one file was packed without tar, by its name and its first bytes."""
    if ARCHIVES & set(path.suffixes):
        return False
    with open(path, "rb") as packed:
        unpacked = _unpacked(packed)
        try:
            head = unpacked.read(tarfile.BLOCKSIZE)
        except BROKEN:
            return False
        return unpacked is not packed and head[257:262] != b"ustar"


def _read_members(
    tar: tarfile.TarFile,
    archive: Path,
    packed: BinaryIO,
    wanted: Wanted,
    leave_out: LeaveOut,
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
            leave_out(name, "its name leads out of the archive", True)
        elif not member.isreg() or member.issparse():
            leave_out(name, "a link or device, not a plain file", True)
        else:
            file = Member(
                name,
                parts,
                member.size,
                partial(tar.extractfile, member),
                lambda _: packed.tell(),
            )
            yield from read_member(file, leave_out, limit)


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
    """Raises `tarfile`'s own error for a forged header, whichever it ran into."""

    tarinfo = _CarefulTarInfo

    def next(self) -> tarfile.TarInfo | None:
        try:
            return super().next()
        except (
            ValueError,
            LookupError,
            TypeError,
            ArithmeticError,
            RecursionError,
        ) as error:
            if isinstance(error, DamagedInk):
                raise
            raise tarfile.ReadError(f"a spoilt header: {error}") from error

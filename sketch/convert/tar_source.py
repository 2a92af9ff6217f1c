"""Files out of tar archives, plain or compressed, read once from front to back."""

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sketch.convert.source_file import (
    ARCHIVES,
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

MAX_HEADER_BYTES = 1 << 20  # of a tar member's extended header; real ones: under 1 kB
BLOCK_BYTES = 1 << 18
END_BYTES = 2 * tarfile.BLOCKSIZE  # of zeros close every tar
# Python before 3.11.10 takes the square of its length to read it (CVE-2024-6232).
LONG_NUMBER = re.compile(rb"[0-9]{300}")


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
                stream = _Limited(unpacked, packed, archive)
                with _CarefulTar(fileobj=stream) as tar:
                    yield from _read_members(
                        tar, archive, packed, wanted, report, limit
                    )
                stream.read_to_end()
        except DamagedInk:
            raise
        except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as e:
            if not _may_be_tar(archive):
                raise DamagedInk(
                    f"{archive} is neither ink (.inkml, .svg, .json, .ndjson, or .xml "
                    "of IAM-OnDB; with --format, that alone) nor an archive (.zip, "
                    ".tar, .tar.gz, .tar.bz2, .tar.xz)"
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
    """Whether what is packed is no archive, by its name and its own first bytes."""
    if ARCHIVES & set(path.suffixes):
        return False
    with open(path, "rb") as packed:
        unpacked = _unpacked(packed)
        try:
            head = unpacked.read(tarfile.BLOCKSIZE)
        except (lzma.LZMAError, zlib.error, EOFError, OSError):
            return False
        return unpacked is not packed and head[257:262] != b"ustar"


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
    """A stream, read forwards, that refuses to go on as a decompression bomb does.

    It also knows whether the archive was whole: a tar ends with two blocks of zeros,
    but `tarfile` takes any end between two members for the end.
    """

    def __init__(self, stream: BinaryIO, packed: BinaryIO, archive: Path):
        self._stream = stream
        self._packed = packed
        self._archive = archive
        self._place = 0
        self._ahead = b""  # what was looked at, not read
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
        """Reads what is left, so that the unpacker checks its sums.

        Raises:
            EOFError: If the archive does not end as a tar does.
        """
        while self.read(BLOCK_BYTES):
            pass
        if self._tail != bytes(END_BYTES):
            raise EOFError("its end is missing")


class _CarefulTarInfo(tarfile.TarInfo):
    """Refuses headers that would take memory or time without end."""

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
    """Answers a forged header with an error of `tarfile`'s own, not with any other."""

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

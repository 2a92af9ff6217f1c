"""Files out of folders and archives, one after the other, nothing unpacked to disk.

A *source* is a folder, or a tar archive: plain, gzip, bzip2 or xz, told apart by its
first bytes. An archive is read once, from front to back, and its members are only ever
bytes in memory: no name in it becomes a path. What is no plain file (links, devices),
has a name that leads out of the archive, or is too large to be pen data is reported,
not read.
"""

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sketch.ink import DamagedInk

MAX_FILE_BYTES = 8 << 20  # the largest pen file of IAM-OnDB has 0.14 MB
MAX_ARCHIVE_BYTES = (
    8 << 30
)  # unpacked; all of IAM-OnDB's parts together have under 2 GB
MAX_HEADER_BYTES = 1 << 20  # of a tar member's extended header; real ones: under 1 kB
BLOCK_BYTES = 1 << 18
END_BYTES = 2 * tarfile.BLOCKSIZE  # of zeros close every tar

Wanted = Callable[[tuple[str, ...]], bool]
Report = Callable[[str, str], None]  # called with a file's name and what is wrong


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    Attributes:
        name: for messages: the source and the place in it.
        parts: the source's own name, then the place in it, folder by folder.
        data: the content; None if it is to be read from the file `name`.
        progress: bytes of the source up to the end of this file.
    """

    name: str
    parts: tuple[str, ...]
    data: bytes | None
    progress: int

    def read(self) -> bytes:
        """The content.

        Raises:
            OSError: If the file cannot be read.
        """
        if self.data is not None:
            return self.data
        with open(self.name, "rb", buffering=0) as file:
            return file.read(MAX_FILE_BYTES)


@dataclass(frozen=True)
class Source:
    """A folder or an archive that is about to be read.

    Attributes:
        size: bytes; what `SourceFile.progress` counts up to.
        files: its wanted files, once.
    """

    size: int
    files: Iterator[SourceFile]


def open_source(source: str | Path, wanted: Wanted, report: Report) -> Source:
    """Finds out what a source is; its files are read as they are asked for.

    Args:
        source: a folder, or a tar archive, compressed or not.
        wanted: told the `parts` of a file, says whether to read it.
        report: called for each wanted file that is left out.

    Returns:
        The source; its `files` raise DamagedInk if an archive is none, is cut off or
        unpacks without end.

    Raises:
        FileNotFoundError: If there is no such source.
        DamagedInk: If it is neither a folder nor a file.
    """
    source = Path(source)
    if source.is_dir():
        files = _list_folder(source, wanted, report)
        return Source(files[-1].progress if files else 0, iter(files))
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if not source.is_file():
        raise DamagedInk(f"{source} is neither a file nor a folder")
    return Source(source.stat().st_size, _read_archive(source, wanted, report))


def _list_folder(folder: Path, wanted: Wanted, report: Report) -> list[SourceFile]:
    """The wanted files of a folder at any depth; not read yet."""
    files: list[SourceFile] = []
    progress = 0
    waiting = [(str(folder), (folder.resolve().name,))]
    while waiting:
        path, parts = waiting.pop()
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            report(path, f"cannot be read ({error.strerror})")
            continue
        folders = []
        for entry in entries:
            place = (*parts, entry.name)
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, place))
            elif entry.is_symlink() and entry.is_dir():
                report(entry.path, "a link to a folder; name that folder as a SOURCE")
            elif wanted(place):
                problem, size = _check_entry(entry)
                if problem:
                    report(entry.path, problem)
                else:
                    progress += size
                    files.append(SourceFile(entry.path, place, None, progress))
        waiting += reversed(folders)
    return files


def _check_entry(entry: os.DirEntry) -> tuple[str | None, int]:
    """What is wrong with a file in a folder, if anything, and its size."""
    try:
        status = entry.stat()
    except OSError as error:
        return f"cannot be read ({error.strerror})", 0
    if not stat.S_ISREG(status.st_mode):
        return "not a plain file", 0
    if status.st_size > MAX_FILE_BYTES:
        return _too_large(status.st_size), 0
    return None, status.st_size


def _too_large(size: int) -> str:
    return f"{size:,} bytes are too many for a pen file"


def _read_archive(
    archive: Path, wanted: Wanted, report: Report
) -> Iterator[SourceFile]:
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
                    yield from _read_members(tar, archive, packed, wanted, report)
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
        elif member.size > MAX_FILE_BYTES:
            report(name, _too_large(member.size))
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

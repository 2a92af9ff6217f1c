"""Files out of folders and archives, one after the other, nothing unpacked to disk.

A *source* is a folder, a single file or an archive: zip, or tar (plain, gzip, bzip2 or
xz), told apart by their first bytes. The members of an archive stay bytes in memory: no
name in it becomes a path. Links, devices, names that lead out of the archive, and files
too large for pen data are not read, but told to `leave_out`.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sketch.convert.source_file import (
    ARCHIVES,
    LeaveOut,
    Member,
    SourceFile,
    Wanted,
    find_excess,
    read_members,
)
from sketch.convert.tar_source import read_tar
from sketch.convert.zip_source import SIGNATURES, read_zip
from sketch.ink import DamagedInk
from sketch.system.messages import progress_bar


@dataclass(frozen=True)
class Source:
    """A source that has not been read yet."""

    size: int  # in bytes; `SourceFile.progress` counts up to it
    files: Iterator[SourceFile]  # its wanted files; can be iterated once


def read_sources(
    sources: Sequence[str | Path],
    wanted: Wanted,
    leave_out: LeaveOut,
    limit: int | None,
    show_progress: bool,
) -> Iterator[SourceFile]:
    """The files of all sources, with a progress bar on stderr if asked.

    All are opened, as in `open_source`, before the first is read; one that is named
    twice is read once.
    """
    distinct: dict[str, str | Path] = {}
    for source in sources:
        distinct.setdefault(os.path.realpath(source), source)
    how = wanted, leave_out, limit
    opened = [open_source(source, *how) for source in distinct.values()]
    size = sum(source.size for source in opened)
    with progress_bar("reading", size, "B", show_progress) as bar:
        bar.unit_scale = True
        for source in opened:
            progress = 0
            for file in source.files:
                bar.update(file.progress - progress)
                progress = file.progress
                yield file


def open_source(
    source: str | Path, wanted: Wanted, leave_out: LeaveOut, limit: int | None = None
) -> Source:
    """Finds out what a source is; its files are read later, one by one.

    Args:
        source: a folder, a zip or tar archive, or a wanted file.
        wanted, leave_out, limit: as in `read_members`.

    Returns:
        The source. Iterating its `files` raises DamagedInk if an archive is invalid,
        cut off or a decompression bomb.

    Raises:
        FileNotFoundError: There is no such source.
        DamagedInk: It is neither a folder nor a file.
    """
    source = Path(source)
    if source.is_dir():
        members = _list_folder(source, wanted, leave_out)
        size = sum(member.size for member in members)
        return Source(size, _read_files(members, leave_out, limit))
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if not source.is_file():
        raise DamagedInk(f"{source} is neither a file nor a folder")
    size = source.stat().st_size
    if wanted((source.name,)) and not ARCHIVES & set(source.suffixes):
        if problem := find_excess(source.name, size):
            raise DamagedInk(f"{source}: {problem}")
        member = _member(str(source), (source.name,), size, 0)
        return Source(size, _read_files([member], leave_out, limit))
    with open(source, "rb") as file:
        is_zip = file.read(4) in SIGNATURES
    read = read_zip if is_zip else read_tar
    return Source(size, read(source, wanted, leave_out, limit))


def _member(path: str, parts: tuple[str, ...], size: int, start: int) -> Member:
    """A file on the disk; `start`: the bytes of its source before it."""
    return Member(
        path, parts, size, partial(open, path, "rb"), lambda file: start + file.tell()
    )


def _read_files(
    members: list[Member], leave_out: LeaveOut, limit: int | None
) -> Iterator[SourceFile]:
    for member in members:
        try:
            yield from read_members([member], lambda _: True, leave_out, limit)
        except (OSError, EOFError) as error:
            why = getattr(error, "strerror", None) or error
            leave_out(member.name, f"cannot be read ({why})", True)


def _list_folder(folder: Path, wanted: Wanted, leave_out: LeaveOut) -> list[Member]:
    """The wanted files of a folder at any depth."""
    members: list[Member] = []
    start = 0
    waiting = [(str(folder), (folder.resolve().name,))]
    while waiting:
        path, parts = waiting.pop()
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            leave_out(path, f"cannot be read ({error.strerror})", True)
            continue
        folders = []
        for entry in entries:
            place = (*parts, entry.name)
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append((entry.path, place))
                elif entry.is_dir():
                    raise OSError("a link to a folder; name that folder as a SOURCE")
                elif wanted(place):
                    status = entry.stat()
                    if not stat.S_ISREG(status.st_mode):
                        raise OSError("not a plain file")
                    members.append(_member(entry.path, place, status.st_size, start))
                    start += status.st_size
            except OSError as error:
                why = error.strerror and f"cannot be read ({error.strerror})"
                leave_out(entry.path, why or str(error), True)
        waiting += reversed(folders)
    return members

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
from pathlib import Path

from sketch.convert.source_file import (
    ARCHIVES,
    LeaveOut,
    SourceFile,
    Wanted,
    find_excess,
    has_records,
    pieces,
)
from sketch.convert.tar_source import read_tar
from sketch.convert.zip_source import SIGNATURES, read_zip
from sketch.ink import DamagedInk


@dataclass(frozen=True)
class Source:
    """A source that has not been read yet.

    Attributes:
        size: in bytes; `SourceFile.progress` counts up to it.
        files: its wanted files; can be iterated once.
    """

    size: int
    files: Iterator[SourceFile]


def files_of(sources: Sequence[Source], show_progress: bool) -> Iterator[SourceFile]:
    """The files of all sources, with a progress bar on stderr if asked."""
    from tqdm import tqdm

    bar = tqdm(
        desc="reading",
        total=sum(source.size for source in sources),
        unit="B",
        unit_scale=True,
        disable=not show_progress,
    )
    with bar:
        for source in sources:
            progress = 0
            for file in source.files:
                bar.update(file.progress - progress)
                progress = file.progress
                yield file


def open_sources(
    sources: Sequence[str | Path],
    wanted: Wanted,
    leave_out: LeaveOut,
    limit: int | None = None,
) -> list[Source]:
    """As `open_source`, for several; one that is named twice is opened once."""
    distinct: dict[str, str | Path] = {}
    for source in sources:
        distinct.setdefault(os.path.realpath(source), source)
    return [open_source(one, wanted, leave_out, limit) for one in distinct.values()]


def open_source(
    source: str | Path, wanted: Wanted, leave_out: LeaveOut, limit: int | None = None
) -> Source:
    """Finds out what a source is; its files are read later, one by one.

    Args:
        source: a folder, a zip or tar archive, or a wanted file.
        wanted: takes the `parts` of a file, returns whether to read it.
        leave_out: called for each wanted file that cannot be read, with the reason.
        limit: of the lines that are read of each file of records; None: all.

    Returns:
        The source. Iterating its `files` raises DamagedInk if an archive is invalid,
        cut off or a decompression bomb.

    Raises:
        FileNotFoundError: There is no such source.
        DamagedInk: It is neither a folder nor a file.
    """
    source = Path(source)
    if source.is_dir():
        listed = _list_folder(source, wanted, leave_out)
        size = listed[-1].progress if listed else 0
        return Source(size, _in_pieces(listed, leave_out, limit))
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if not source.is_file():
        raise DamagedInk(f"{source} is neither a file nor a folder")
    size = source.stat().st_size
    if wanted((source.name,)) and not ARCHIVES & set(source.suffixes):
        if problem := find_excess(source.name, size):
            raise DamagedInk(f"{source}: {problem}")
        file = SourceFile(str(source), (source.name,), None, size)
        return Source(size, _in_pieces([file], leave_out, limit))
    with open(source, "rb") as file:
        is_zip = file.read(4) in SIGNATURES
    read = read_zip if is_zip else read_tar
    return Source(size, read(source, wanted, leave_out, limit))


def _in_pieces(
    files: list[SourceFile], leave_out: LeaveOut, limit: int | None
) -> Iterator[SourceFile]:
    for whole in files:
        if not has_records(whole.name):
            yield whole
            continue
        try:
            with open(whole.name, "rb") as file:
                start = whole.progress - os.fstat(file.fileno()).st_size
                yield from pieces(
                    file,
                    whole.name,
                    whole.parts,
                    lambda start=start, file=file: max(start, 0) + file.tell(),
                    leave_out,
                    limit,
                )
        except OSError as error:
            leave_out(whole.name, f"cannot be read ({error.strerror})", True)


def _list_folder(folder: Path, wanted: Wanted, leave_out: LeaveOut) -> list[SourceFile]:
    """The wanted files of a folder at any depth; not read yet."""
    files: list[SourceFile] = []
    progress = 0
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
            if entry.is_dir(follow_symlinks=False):
                folders.append((entry.path, place))
            elif entry.is_symlink() and entry.is_dir():
                problem = "a link to a folder; name that folder as a SOURCE"
                leave_out(entry.path, problem, True)
            elif wanted(place):
                problem, size = _check_entry(entry)
                if problem:
                    leave_out(entry.path, problem, True)
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
    problem = find_excess(entry.name, status.st_size)
    return problem, 0 if problem else status.st_size

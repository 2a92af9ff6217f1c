"""Files out of folders and archives, one after the other, nothing unpacked to disk.

A *source* is a folder; an archive: zip, or tar (plain, gzip, bzip2 or xz), told apart
by their first bytes; or a single file. An archive's members are only ever bytes in
memory: no name in it becomes a path. What is no plain file (links, devices), has a name
that leads out of the archive, or is too large to be pen data is reported, not read.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sketch.convert.source_file import (
    ARCHIVES,
    MAX_FILE_BYTES,
    Report,
    SourceFile,
    Wanted,
    has_records,
    pieces,
    too_large,
)
from sketch.convert.tar_source import read_tar
from sketch.convert.zip_source import SIGNATURES, read_zip
from sketch.ink import DamagedInk


@dataclass(frozen=True)
class Source:
    """A folder or an archive that is about to be read.

    Attributes:
        size: bytes; what `SourceFile.progress` counts up to.
        files: its wanted files, once.
    """

    size: int
    files: Iterator[SourceFile]


def files_of(sources: Sequence[Source], show_progress: bool) -> Iterator[SourceFile]:
    """The files of all sources, with a bar on stderr for the bytes that are read."""
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
            seen = 0
            for file in source.files:
                bar.update(file.progress - seen)
                seen = file.progress
                yield file


def open_sources(
    sources: Sequence[str | Path],
    wanted: Wanted,
    report: Report,
    limit: int | None = None,
) -> list[Source]:
    """As `open_source`, each once, however often and by whatever path it is named."""
    distinct: dict[str, str | Path] = {}
    for source in sources:
        distinct.setdefault(os.path.realpath(source), source)
    return [open_source(one, wanted, report, limit) for one in distinct.values()]


def open_source(
    source: str | Path, wanted: Wanted, report: Report, limit: int | None = None
) -> Source:
    """Finds out what a source is; its files are read as they are asked for.

    Args:
        source: a folder, a zip or tar archive, or a wanted file.
        wanted: told the `parts` of a file, says whether to read it.
        report: called for each wanted file that is left out.
        limit: so many lines of a file of one record a line; None: all.

    Returns:
        The source; its `files` raise DamagedInk if an archive is none, is cut off or
        unpacks without end.

    Raises:
        FileNotFoundError: If there is no such source.
        DamagedInk: If it is neither a folder nor a file.
    """
    source = Path(source)
    if source.is_dir():
        listed = _list_folder(source, wanted, report)
        size = listed[-1].progress if listed else 0
        return Source(size, _in_pieces(listed, report, limit))
    if not source.exists():
        raise FileNotFoundError(f"there is no file or folder {source}")
    if not source.is_file():
        raise DamagedInk(f"{source} is neither a file nor a folder")
    size = source.stat().st_size
    if wanted((source.name,)) and not ARCHIVES & set(source.suffixes):
        if size > MAX_FILE_BYTES and not has_records(source.name):
            raise DamagedInk(f"{source}: {too_large(size)}")
        file = SourceFile(str(source), (source.name,), None, size)
        return Source(size, _in_pieces([file], report, limit))
    with open(source, "rb") as file:
        is_zip = file.read(4) in SIGNATURES
    read = read_zip if is_zip else read_tar
    return Source(size, read(source, wanted, report, limit))


def _in_pieces(
    files: list[SourceFile], report: Report, limit: int | None
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
                    report,
                    limit,
                )
        except OSError as error:
            report(whole.name, f"cannot be read ({error.strerror})")


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
    if status.st_size > MAX_FILE_BYTES and not has_records(entry.name):
        return too_large(status.st_size), 0
    return None, status.st_size

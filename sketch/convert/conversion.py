"""From sources of any format to the corpus file: read, cleaned, divided, written."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sketch.convert import FORMATS
from sketch.convert.collector import Database, first_three
from sketch.convert.formats import detect_format
from sketch.convert.iam import IamCollector
from sketch.convert.ink_source import InkCollector
from sketch.convert.report import Report
from sketch.convert.splits import SPLIT_LISTS, form_of, split_lines
from sketch.corpus.corpus_line import Line
from sketch.corpus.hdf5 import write_corpus
from sketch.ink import DamagedInk
from sketch.ink.fit import is_alike, resample
from sketch.ink.strokes import extent, find_jumps, offset_statistics, remove_jumps

REPORTED_JUMP = 1400.0  # units of IAM-OnDB; 1 % of its lines hold a longer step
FAR = 2.0  # other ink: times a line's larger side; IAM-OnDB's longest step is half
MANY_FORMS = 20  # from here on, 5 % of them is at least one
MAX_NOTE = 4000  # characters of the source and of the command that the file keeps


def convert(
    sources: Sequence[str | Path],
    output: str | Path,
    *,
    file_format: str | None = None,
    split: str | None = None,
    seed: int | None = None,
    max_jump: float | None = None,
    points_per_character: float | None = None,
    limit: int | None = None,
    join: bool = True,
    strict: bool = False,
    force: bool = False,
    command: str = "",
    show_progress: bool = False,
) -> Report:
    """Converts IAM-OnDB, or anybody's ink, to a corpus file.

    Args:
        sources: folders, archives and files; of IAM-OnDB, `lineStrokes/`, `ascii/` and
            the split lists, at any depth.
        output: the file to write.
        file_format: the format, of `FORMATS`; None: as `detect_format` finds.
        split: of `SPLITS`; None: "iam" if its lists are found, else "form", or "random"
            for own ink in few files.
        seed: of the splits "form" and "random", 0 if not given; the others have none.
        max_jump: takes out steps longer than this, in the ink's units; None: keeps all.
        points_per_character: resamples the ink to this; see `resample_lines`. None:
            does not.
        limit: how many drawings of each file are read (see `LIMITED`); None: all.
        join: whether a piece of a drawing that begins exactly where the last one ended
            goes on with its stroke.
        strict: whether ink or text that has to be left out is an error.
        force: whether to replace a file that holds anything else.
        command: the command line, kept in the file.
        show_progress: whether to draw a bar on stderr.

    Raises:
        FileExistsError: `output` holds anything but what would be written.
        FileNotFoundError: A source is not there.
        ValueError: The output is a source, the split cannot be made or has no use for
            a seed that was given, or `strict` and something is left out.
        DamagedInk: (a ValueError) Sources are damaged, or hold no ink.
    """
    output = Path(output)
    if output.suffix.lower() in {suffix for _, suffix in FORMATS.values()}:
        raise ValueError(f"--output is the corpus file, such as {output.stem}.hdf5")
    if output.is_dir():
        raise IsADirectoryError(f"{output} is a folder: --output is the file to make")
    if output.exists() and any(map(output.samefile, filter(os.path.exists, sources))):
        raise ValueError(f"{output} is a source itself: give another --output")
    file_format = file_format or detect_format(sources)
    is_iam = file_format == "iam"
    collector = IamCollector() if is_iam else InkCollector(file_format, limit, join)
    database = collector.collect(sources, show_progress)
    jump_limit = max_jump or REPORTED_JUMP
    if not is_iam and max_jump is None:
        sizes = [max(extent(line.strokes)) for line in database.lines]
        jump_limit = FAR * float(np.median(sizes))
    jumps = [int(find_jumps(line.strokes, jump_limit).sum()) for line in database.lines]
    if max_jump is not None:
        database = _without_jumps(database, max_jump)
    own_points = count_points_per_character(database.lines)
    if points_per_character is not None:
        lines = resample_lines(database.lines, points_per_character)
        database = replace(database, lines=lines)
    if strict and (database.left_out or database.without_text):
        lost = set(database.without_text)
        doubts = [(name, what) for name, what in database.in_doubt if name in lost]
        raise DamagedInk(
            "--strict, but this would be left out: "
            f"{first_three(database.left_out + doubts)}; mend the sources, or convert "
            "without --strict"
        )
    forms = sorted({form_of(line.line_id) for line in database.lines})
    if split is None and set(SPLIT_LISTS) <= set(database.split_lists):
        split = "iam"
    elif split is None:
        split = "form" if is_iam or len(forms) >= MANY_FORMS else "random"
    is_by_list = split in ("iam", "graves")
    if is_by_list and seed is not None:
        raise ValueError(
            f"--seed goes only with --split form and random; this is {split}, whose "
            "lists are in the sources: leave --seed out, or name another --split"
        )
    seed = seed or 0
    try:
        sets = split_lines(database.lines, database.split_lists, split, seed)
    except ValueError as error:
        if not database.left_out:
            raise
        lost = first_three(database.left_out)
        raise ValueError(f"{error}; left out was {lost}") from error
    names = sorted(path.name for path in {Path(one).resolve() for one in sources})
    corpus = write_corpus(
        output,
        sets,
        source=f"{FORMATS[file_format][0]}: {', '.join(names)}"[:MAX_NOTE],
        command=command[:MAX_NOTE],
        seed=seed,
        split=split,
        replace=force,
    )
    listed = frozenset().union(*(database.split_lists.values() if is_by_list else ()))
    return Report(
        corpus=corpus,
        database=database,
        file_format=file_format,
        split=split,
        seed=seed,
        points_per_character=(own_points, count_points_per_character(database.lines)),
        jumps=(sum(jumps), sum(map(bool, jumps))),
        jump_limit=jump_limit,
        are_jumps_removed=max_jump is not None,
        graves=_graves_statistics(database),
        unlisted=[name for name in forms if listed and name not in listed],
    )


def count_points_per_character(lines: Sequence[Line]) -> float:
    """Points per character; the end of a text counts as one. 0.0 without transcripts.

    A text model learns its window's speed from that, and tablets differ.
    """
    known = [line for line in lines if line.transcript]
    characters = sum(len(line.transcript) + 1 for line in known)
    return sum(len(line.strokes) for line in known) / max(characters, 1)


def resample_lines(lines: Sequence[Line], points_per_character: float) -> list[Line]:
    """Resamples all lines of a corpus if their points per character differ much.

    See `is_alike` for how much.

    Raises:
        ValueError: No line has a transcript.
    """
    own = count_points_per_character(lines)
    if not own:
        raise ValueError(
            "--like needs to know how many points the ink has for each character, but "
            "no line has a text: give the lines their texts, or leave --like out"
        )
    if is_alike(own, points_per_character):
        return list(lines)
    share = points_per_character / own
    return [
        replace(line, strokes=resample(line.strokes, share * (len(line.strokes) + 1)))
        for line in lines
    ]


def _without_jumps(database: Database, max_jump: float) -> Database:
    lines = []
    left_out = list(database.left_out)
    for line in database.lines:
        strokes = remove_jumps(line.strokes, max_jump)
        if len(strokes):
            lines.append(replace(line, strokes=strokes))
        else:
            left_out.append((line.line_id, f"all its steps exceed {max_jump:g} units"))
    return replace(database, lines=lines, left_out=sorted(left_out))


def _graves_statistics(
    database: Database,
) -> tuple[int, int, int, np.ndarray, np.ndarray] | None:
    if "testset_v" not in database.split_lists:
        return None
    forms = database.split_lists["testset_v"]
    valid = [x.strokes for x in database.lines if form_of(x.line_id) in forms]
    rest = [x.strokes for x in database.lines if form_of(x.line_id) not in forms]
    if not rest:
        return None
    return len(valid), sum(map(len, valid)), len(rest), *offset_statistics(rest)

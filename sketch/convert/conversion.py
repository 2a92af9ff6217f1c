"""From sources of any format to the corpus file: read, cleaned, divided, written."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sketch.convert.database import Database, form_of
from sketch.convert.formats import NAMES, detect_format, read_sources
from sketch.convert.iam import SPLIT_LISTS
from sketch.convert.points_per_character import match_pace, pace_of
from sketch.convert.report import Report
from sketch.convert.splits import split_lines
from sketch.corpus.corpus_line import Line
from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.ink import DamagedInk
from sketch.ink.strokes import extent, find_jumps, offset_statistics, remove_jumps

REPORTED_JUMP = 1400.0  # units of IAM-OnDB; 1 % of its lines hold a longer step
FAR = 2.0  # other ink: times a line's larger side; IAM-OnDB's longest step is half
MANY_FORMS = 20  # from so many on, 5 % of them is one at least
MAX_NOTE = 4000  # characters of the source and of the command, kept in the file


def convert(
    sources: Sequence[str | Path],
    output: str | Path,
    *,
    form: str | None = None,
    split: str | None = None,
    seed: int | None = None,
    max_jump: float | None = None,
    pace: float | None = None,
    limit: int | None = None,
    strict: bool = False,
    force: bool = False,
    command: str = "",
    processes: int | None = None,
    show_progress: bool = False,
) -> Report:
    """Converts IAM-OnDB, or anybody's ink, to a corpus file.

    Args:
        sources: folders, archives and files; of IAM-OnDB, `lineStrokes/`, `ascii/` and
            the split lists, at any depth.
        output: the file to write. One that was converted from the same sources in the
            same places is replaced; any other is not, unless `force`.
        form: the format, one of `FORMATS`; None: found out.
        split: one of `SPLITS`; None: "iam" where the lists are found, else "form",
            or "random" where ink of one's own is in few files.
        seed: of the splits "form" and "random", 0 if not given; the others have none.
        max_jump: steps longer than this, in the ink's units, are taken out of it; None
            keeps all.
        pace: points a character that the ink shall have; see `match_pace`. None: as
            it is.
        limit: so many drawings of each file of Quick, Draw!; None: all.
        strict: whether ink or text that has to be left out is an error.
        force: whether to replace any file.
        command: the command line, kept in the file.
        processes: how many parse, as in `parse_all`.
        show_progress: whether to draw a bar on stderr.

    Raises:
        FileExistsError: If another file is in the way.
        FileNotFoundError: If a source is not there.
        ValueError: If the output is a source, the split cannot be made or has no use
            for a seed that was given, or `strict` and something is left out.
        DamagedInk: (a ValueError) if sources are damaged, or hold no ink.
    """
    output = Path(output)
    if output.exists() and any(map(output.samefile, filter(os.path.exists, sources))):
        raise ValueError(f"{output} is a source itself: give another --output")
    form = form or detect_format(sources)
    names = sorted(path.name for path in {Path(one).resolve() for one in sources})
    origin = f"{NAMES[form]}: {', '.join(names)}"[:MAX_NOTE]
    sources_digest = _digest_places(sources)
    if not force:
        _refuse_other_file(output, origin, sources_digest)
    database = read_sources(sources, form, processes, show_progress, limit)
    jump = max_jump or (REPORTED_JUMP if form == "iam" else _far(database.lines))
    counts = [int(find_jumps(line.strokes, jump).sum()) for line in database.lines]
    if max_jump is not None:
        database = _without_jumps(database, max_jump)
    own_pace = pace_of(database.lines)
    if pace is not None:
        database = replace(database, lines=match_pace(database.lines, pace))
    if strict and (database.left_out or database.without_text):
        raise DamagedInk(_describe_losses(database))
    forms = sorted({form_of(line.line_id) for line in database.lines})
    if split is None and set(SPLIT_LISTS) <= set(database.split_lists):
        split = "iam"
    elif split is None:
        split = "form" if form == "iam" or len(forms) >= MANY_FORMS else "random"
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
        lost = _first_three(f"{name}: {why}" for name, why in database.left_out)
        raise ValueError(f"{error}; left out was {lost}") from error
    corpus = write_corpus(
        output,
        sets,
        source=origin,
        sources_digest=sources_digest,
        command=command[:MAX_NOTE],
        seed=seed,
        split=split,
    )
    listed = frozenset().union(*(database.split_lists.values() if is_by_list else ()))
    return Report(
        corpus=corpus,
        form=form,
        split=split,
        seed=seed,
        num_transcribed=sum(bool(line.transcript) for line in database.lines),
        paces=(own_pace, pace_of(database.lines)),
        jumps=(sum(counts), sum(map(bool, counts))),
        jump_limit=jump,
        are_jumps_removed=max_jump is not None,
        graves=_graves_statistics(database),
        in_doubt=database.in_doubt,
        unlisted=[name for name in forms if listed and name not in listed],
        left_out=database.left_out,
    )


def _digest_places(sources: Sequence[str | Path]) -> str:
    """Tells the same sources from others of the same names, and no path to anybody."""
    places = sorted({os.path.realpath(source) for source in sources})
    return hashlib.sha256(b"\0".join(map(os.fsencode, places))).hexdigest()


def _refuse_other_file(output: Path, origin: str, sources_digest: str) -> None:
    if not output.exists():
        return
    if output.is_dir():
        raise IsADirectoryError(f"{output} is a folder: --output is the file to make")
    try:
        with Corpus.open(output) as corpus:
            found, digest = corpus.source, corpus.sources_digest
    except DamagedInk:
        found, digest = "", ""
    if not found:
        what = "is another file"
    elif found != origin:
        what = f"comes from {found}"
    elif digest != sources_digest:
        what = f"comes from {found}, but not from those here"
    else:
        return
    raise FileExistsError(
        f"{output} is there and {what}; give another --output, or replace it with "
        "--force"
    )


def _far(lines: Sequence[Line]) -> float:
    """A step that no pen makes in lines of this size."""
    return FAR * float(np.median([max(extent(line.strokes)) for line in lines]))


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


def _describe_losses(database: Database) -> str:
    losses = [f"{name}: {reason}" for name, reason in database.left_out]
    without_text = set(database.without_text)
    losses += [
        f"{form}: {what}" for form, what in database.in_doubt if form in without_text
    ]
    return (
        f"--strict, but this would be left out: {_first_three(losses)}; mend the "
        "sources, or convert without --strict"
    )


def _first_three(losses: Iterable[str]) -> str:
    first, others = (losses := list(losses))[:3], len(losses) - 3
    return "; ".join(first) + (f"; and {others:,} more" if others > 0 else "")


def _graves_statistics(
    database: Database,
) -> tuple[int, int, int, np.ndarray, np.ndarray] | None:
    if "testset_v" not in database.split_lists:
        return None
    valid_forms = database.split_lists["testset_v"]
    valid, rest = [], []
    for line in database.lines:
        is_valid = form_of(line.line_id) in valid_forms
        (valid if is_valid else rest).append(line.strokes)
    if not rest:
        return None
    return len(valid), sum(map(len, valid)), len(rest), *offset_statistics(rest)

"""From a database of pen files to the corpus file: splits, cleaning, the report.

The sets of a split are `train`, `valid`, `test`; lines in a set are sorted by id:

`iam`
    The benchmark task IAM-OnDB-t1 (no writer is in two sets): train = the lists
    trainset and testset_t, valid = testset_v, test = testset_f.
`graves`
    As in Graves 2013 (arXiv:1308.0850): valid = test = testset_v, the rest is train.
`form`
    90 % of the forms, 5 %, 5 %: no page is in two sets, but a writer may be.
`random`
    90 % of the lines are train, the others valid = test, as in udibr/sketch.

Lines of forms that no list names belong to train in the first two. The last two are
pure functions of the line ids and the seed; the first two need no seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sketch.corpus import SPLITS
from sketch.corpus.hdf5 import Corpus, CorpusSummary, write_corpus
from sketch.corpus.iam import SPLIT_LISTS, Database, form_of, read_database
from sketch.corpus.line import SETS, Line
from sketch.ink import DamagedInk
from sketch.ink.strokes import find_jumps, offset_statistics, remove_jumps

REPORTED_JUMP = 1400.0  # tablet units; 1 % of IAM-OnDB's lines hold a longer step
HELD_OUT_FORMS = 0.05  # of the forms, for valid and again for test
HELD_OUT_LINES = 0.10
MAX_NOTE = 4000  # characters of the source and of the command, kept in the file
LISTED = 20  # so many files the report names before it only counts


@dataclass(frozen=True)
class Report:
    """What a conversion read, wrote and left out; `str()` of it is for people.

    Attributes:
        corpus: what was written.
        split, seed: how the lines were divided.
        num_transcribed: lines with a transcript.
        jumps: steps longer than `jump_limit`, and the number of lines with one.
        jump_limit: `max_jump`, or `REPORTED_JUMP` if none was given.
        are_jumps_removed: whether `max_jump` was given.
        graves: for the published checksums: lines and offsets of testset_v, lines of
            the rest, and the rest's offset mean and std; None without that list.
        in_doubt: transcripts that do not fit, and what was done.
        unlisted: forms in no split list.
        left_out: files and lines that could not be used, and why.
    """

    corpus: CorpusSummary
    split: str
    seed: int
    num_transcribed: int
    jumps: tuple[int, int]
    jump_limit: float
    are_jumps_removed: bool
    graves: tuple[int, int, int, np.ndarray, np.ndarray] | None
    in_doubt: list[tuple[str, str]]
    unlisted: list[str]
    left_out: list[tuple[str, str]]

    def __str__(self) -> str:
        corpus = self.corpus
        num_lines = sum(corpus.num_lines.values())
        if corpus.num_lines["test"] and self.split in ("graves", "random"):
            num_lines -= corpus.num_lines["test"]  # the same lines as valid
        size = corpus.path.stat().st_size / 1e6
        seed = f", seed {self.seed}" if self.split in ("form", "random") else ""
        rows = [f"{num_lines:,} lines, split {self.split}{seed}:"]
        for name in SETS:
            rows.append(
                f"  {name:5} {corpus.num_lines[name]:7,} lines "
                f"{corpus.num_offsets[name]:11,} offsets"
            )
        mean, std = _pair(corpus.offset_mean), _pair(corpus.offset_std)
        rows.append(
            f"offsets of train: mean {mean}, std {std}, in tablet units, y downwards"
        )
        if self.graves:
            lines, offsets, rest, mean, std = self.graves
            rows.append(
                f"to compare: testset_v {lines:,} lines = {offsets:,} offsets; all "
                f"other lines {rest:,}, mean {_pair(mean)}, std {_pair(std)}"
            )
        characters = corpus.alphabet.characters
        rows.append(
            f"transcripts: {self.num_transcribed:,} lines, {len(characters)} "
            f"characters: {''.join(characters).strip()}"
        )
        rows += [f"  {form}: {what}" for form, what in self.in_doubt]
        steps, lines = self.jumps
        rows.append(
            f"jumps: {steps:,} steps of more than {self.jump_limit:,g} units in "
            f"{lines:,} lines, "
            + ("removed" if self.are_jumps_removed else "kept (--max-jump N removes)")
        )
        if self.unlisted:
            rows.append(
                f"in no split list, so in train: {', '.join(self.unlisted[:LISTED])}"
                + (" …" if len(self.unlisted) > LISTED else "")
            )
        rows.append(f"left out: {len(self.left_out):,}")
        rows += [f"  {name}: {reason}" for name, reason in self.left_out[:LISTED]]
        if len(self.left_out) > LISTED:
            rows.append(f"  … and {len(self.left_out) - LISTED:,} more")
        rows.append(f"digest {corpus.digest}")
        rows.append(f"{corpus.path} ({size:.1f} MB)")
        return "\n".join(map(_printable, rows))


def convert(
    sources: Sequence[str | Path],
    output: str | Path,
    *,
    split: str | None = None,
    seed: int = 0,
    max_jump: float | None = None,
    strict: bool = False,
    force: bool = False,
    command: str = "",
    processes: int | None = None,
    show_progress: bool = False,
) -> Report:
    """Converts IAM-OnDB, or data in its form, to a corpus file.

    Args:
        sources: folders and tar archives that hold `lineStrokes/`, `ascii/` and the
            split lists, at any depth.
        output: the file to write. One that was converted from sources of the same
            names is replaced; any other is not, unless `force`.
        split: one of `SPLITS`; None: "iam" where the lists are found, else "form".
        seed: of the splits "form" and "random".
        max_jump: steps longer than this many tablet units are taken out of the ink;
            None keeps all.
        strict: whether ink or text that has to be left out is an error.
        force: whether to replace any file.
        command: the command line, kept in the file.
        processes: how many parse, as in `read_database`.
        show_progress: whether to draw a bar on stderr.

    Raises:
        FileExistsError: If another file is in the way.
        FileNotFoundError: If a source is not there.
        ValueError: If the split cannot be made, or `strict` and something is left out.
        DamagedInk: (a ValueError) if sources are damaged, or hold no ink.
    """
    output = Path(output)
    names = sorted(Path(source).resolve().name for source in sources)
    origin = f"IAM-OnDB: {', '.join(names)}"[:MAX_NOTE]
    if not force:
        _refuse_other_file(output, origin)
    database = read_database(sources, processes, show_progress)
    split = split or (
        "iam" if set(SPLIT_LISTS) <= set(database.split_lists) else "form"
    )
    limit = REPORTED_JUMP if max_jump is None else max_jump
    counts = [int(find_jumps(line.strokes, limit).sum()) for line in database.lines]
    if max_jump is not None:
        database = _without_jumps(database, max_jump)
    without_text = [form for form, what in database.in_doubt if "left empty" in what]
    if strict and (database.left_out or without_text):
        raise DamagedInk(_describe_losses(database, without_text))
    sets = split_lines(database.lines, database.split_lists, split, seed)
    corpus = write_corpus(
        output, sets, source=origin, command=command[:MAX_NOTE], seed=seed, split=split
    )
    listed = frozenset().union(*database.split_lists.values())
    forms = sorted({form_of(line.line_id) for line in database.lines})
    return Report(
        corpus=corpus,
        split=split,
        seed=seed,
        num_transcribed=sum(bool(line.transcript) for line in database.lines),
        jumps=(sum(counts), sum(map(bool, counts))),
        jump_limit=limit,
        are_jumps_removed=max_jump is not None,
        graves=_graves_statistics(database),
        in_doubt=database.in_doubt,
        unlisted=[form for form in forms if listed and form not in listed],
        left_out=database.left_out,
    )


def split_lines(
    lines: Sequence[Line],
    split_lists: Mapping[str, frozenset[str]],
    split: str,
    seed: int,
) -> dict[str, list[Line]]:
    """Divides lines into `train`, `valid` and `test`; the module says how.

    Raises:
        ValueError: If the split is unknown, needs a list that there is not, or there
            is too little ink for it.
    """
    lines = sorted(lines, key=lambda line: line.line_id)
    if split not in SPLITS:
        raise ValueError(f"split {split!r} is none of {', '.join(SPLITS)}")
    if split == "random":
        order = np.random.default_rng(seed).permutation(len(lines))
        num_held_out = max(1, round(HELD_OUT_LINES * len(lines)))
        held_out = {lines[place].line_id for place in order[:num_held_out]}
        valid = [line for line in lines if line.line_id in held_out]
        train = [line for line in lines if line.line_id not in held_out]
        return _checked({"train": train, "valid": valid, "test": valid}, split)
    if split == "form":
        forms = sorted({form_of(line.line_id) for line in lines})
        order = np.random.default_rng(seed).permutation(len(forms))
        num_held_out = max(1, round(HELD_OUT_FORMS * len(forms)))
        shuffled = [forms[place] for place in order]
        valid_forms = set(shuffled[:num_held_out])
        test_forms = set(shuffled[num_held_out : 2 * num_held_out])
    else:
        needed = ("testset_v",) if split == "graves" else SPLIT_LISTS
        missing = [f"{name}.txt" for name in needed if name not in split_lists]
        if missing:
            raise ValueError(
                f"--split {split} needs the list{'s' * (len(missing) > 1)} "
                f"{', '.join(missing)}, which no source holds; name the folder or "
                "archive that does, or choose --split form"
            )
        valid_forms = split_lists["testset_v"]
        test_forms = valid_forms if split == "graves" else split_lists["testset_f"]
    held_out_forms = valid_forms | test_forms
    return _checked(
        {
            "train": [x for x in lines if form_of(x.line_id) not in held_out_forms],
            "valid": [x for x in lines if form_of(x.line_id) in valid_forms],
            "test": [x for x in lines if form_of(x.line_id) in test_forms],
        },
        split,
    )


def _checked(sets: dict[str, list[Line]], split: str) -> dict[str, list[Line]]:
    empty = [name for name in SETS if not sets[name]]
    if empty:
        raise ValueError(
            f"--split {split} leaves no line for {', '.join(empty)}: give more ink, or "
            "choose --split random, which takes two lines at least"
        )
    return sets


def _refuse_other_file(output: Path, origin: str) -> None:
    if not output.exists():
        return
    try:
        with Corpus.open(output) as corpus:
            found = corpus.source
    except DamagedInk:
        found = None
    if found != origin:
        what = f"comes from {found}" if found else "is another file"
        raise FileExistsError(
            f"{output} is there and {what}; give another --output, or replace it with "
            "--force"
        )


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


def _describe_losses(database: Database, without_text: list[str]) -> str:
    losses = [f"{name}: {reason}" for name, reason in database.left_out]
    losses += [f"{form}: its transcript does not fit its ink" for form in without_text]
    more = f"; and {len(losses) - 3:,} more" if len(losses) > 3 else ""
    return (
        "--strict, but this would be left out: "
        + "; ".join(losses[:3])
        + more
        + "; mend the sources, or convert without --strict"
    )


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


def _printable(row: str) -> str:
    """Without what a file's name could make a terminal do."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in row)


def _pair(values: np.ndarray) -> str:
    return f"({values[0]:.3f}, {values[1]:.3f})"

"""The report of a conversion."""

from dataclasses import dataclass

import numpy as np

from sketch.convert import FORMATS
from sketch.convert.collector import Database
from sketch.corpus.corpus_line import SETS
from sketch.corpus.hdf5 import CorpusSummary
from sketch.system.messages import counted, printable

MAX_LISTED = 20  # files and lines that the report names before it only counts


@dataclass(frozen=True)
class Report:
    """What a conversion read, wrote and left out; `str()` of it is for people."""

    corpus: CorpusSummary  # what was written
    database: Database  # the lines, and what was left out of them
    file_format: str  # the format of the sources
    split: str  # how the lines were divided
    seed: int
    points_per_character: tuple[float, float]  # as read and as written; 0.0 if unknown
    # Steps longer than `jump_limit`, and the number of lines with one.
    jumps: tuple[int, int]
    jump_limit: float  # `max_jump`, or the least that is reported
    are_jumps_removed: bool  # whether `max_jump` was given
    # For the published checksums: lines and offsets of testset_v, lines of the rest,
    # and the rest's offset mean and std; None without that list.
    graves: tuple[int, int, int, np.ndarray, np.ndarray] | None
    unlisted: list[str]  # forms in no split list

    def __str__(self) -> str:
        corpus, database = self.corpus, self.database
        num_lines = len(database.lines)
        size = corpus.path.stat().st_size / 1e3
        seed = f", seed {self.seed}" if self.split in ("form", "random") else ""
        rows = [
            f"{counted(num_lines, 'line')} of {FORMATS[self.file_format][0]}, "
            f"split {self.split}{seed}:"
        ]
        is_shared = num_lines < sum(corpus.num_lines.values())
        for name in SETS:
            rows.append(
                f"  {name:5} {corpus.num_lines[name]:7,} lines "
                f"{corpus.num_offsets[name]:11,} offsets"
                + (", those of valid" if is_shared and name == "test" else "")
            )
        mean, std = _pair(corpus.offset_mean), _pair(corpus.offset_std)
        rows.append(
            f"offsets of train: mean {mean}, std {std}, in the ink's units, y downwards"
        )
        if self.graves:
            lines, offsets, rest, mean, std = self.graves
            rows.append(
                f"to compare: testset_v {lines:,} lines = {offsets:,} offsets; all "
                f"other lines {rest:,}, mean {_pair(mean)}, std {_pair(std)}"
            )
        num_texts = sum(bool(line.transcript) for line in database.lines)
        characters = corpus.alphabet.characters
        without = f" ({num_lines - num_texts:,} have none)" * (num_texts < num_lines)
        rows.append(
            f"transcripts: {counted(num_texts, 'line')}{without}, "
            f"{counted(len(characters), 'character')}: {''.join(characters).strip()}"
        )
        rows += _listed(database.in_doubt)
        if strays := database.strays:
            rows.append(f"texts that have the name of no ink file: {_named(strays)}")
        before, after = self.points_per_character
        if before:
            to = f", brought to {after:.1f}" if after != before else ""
            rows.append(f"points per character: {before:.1f}{to}")
        steps, lines = self.jumps
        if steps or self.are_jumps_removed:
            kept = "kept (--max-jump N removes)"
            rows.append(
                f"jumps: {counted(steps, 'step')} of more than "
                f"{self.jump_limit:,g} units in {counted(lines, 'line')}, "
                f"{'removed' if self.are_jumps_removed else kept}"
            )
        if database.num_joined:
            pieces = counted(database.num_joined, "piece")
            rows.append(
                f"joined: {pieces} of pen strokes, each to the piece that ended where "
                "it begins (--no-join keeps them apart)"
            )
        if database.passed_over:
            kinds = sorted(database.passed_over.items())
            words = ", ".join(f"{kind}: {number:,}" for kind, number in kinds)
            rows.append(f"passed over in the files: {words}")
        if self.unlisted:
            rows.append(f"in no split list, so in train: {_named(self.unlisted)}")
        num_files_left_out = database.num_files_left_out
        num_lines_left_out = len(database.left_out) - num_files_left_out
        rows.append(
            f"files: {database.num_files:,} read, {num_files_left_out:,} left out, "
            f"{database.num_other:,} of other kinds; lines: {num_lines:,} read, "
            f"{num_lines_left_out:,} left out"
        )
        rows += _listed(database.left_out)
        rows.append(f"digest {corpus.digest}")
        rows.append(f"{corpus.path} ({size:,.0f} kB)")
        return "\n".join(map(printable, rows))


def _listed(found: list[tuple[str, str]]) -> list[str]:
    rows = [f"  {name}: {what}" for name, what in found[:MAX_LISTED]]
    if len(found) > MAX_LISTED:
        rows.append(f"  … and {len(found) - MAX_LISTED:,} more")
    return rows


def _named(names: list[str]) -> str:
    more = f" … and {len(names) - MAX_LISTED:,} more" * (len(names) > MAX_LISTED)
    return ", ".join(names[:MAX_LISTED]) + more


def _pair(values: np.ndarray) -> str:
    return f"({values[0]:.3f}, {values[1]:.3f})"

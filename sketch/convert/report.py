"""What a conversion has to tell."""

from dataclasses import dataclass

import numpy as np

from sketch.convert.formats import NAMES
from sketch.corpus.corpus_line import SETS
from sketch.corpus.hdf5 import CorpusSummary
from sketch.system.messages import counted, printable

LISTED = 20  # so many files the report names before it only counts


@dataclass(frozen=True)
class Report:
    """What a conversion read, wrote and left out; `str()` of it is for people.

    Attributes:
        corpus: what was written.
        form: the format of the sources.
        split, seed: how the lines were divided.
        num_transcribed: lines with a transcript.
        paces: points a character, as read and as written; 0.0 where nobody knows.
        jumps: steps longer than `jump_limit`, and the number of lines with one.
        jump_limit: `max_jump`, or what is worth a report.
        are_jumps_removed: whether `max_jump` was given.
        graves: for the published checksums: lines and offsets of testset_v, lines of
            the rest, and the rest's offset mean and std; None without that list.
        in_doubt: transcripts that do not fit, and what was done.
        unlisted: forms in no split list.
        left_out: files and lines that could not be used, and why.
    """

    corpus: CorpusSummary
    form: str
    split: str
    seed: int
    num_transcribed: int
    paces: tuple[float, float]
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
        rows = [
            f"{counted(num_lines, 'line')} of {NAMES[self.form]}, "
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
        characters = corpus.alphabet.characters
        rows.append(
            f"transcripts: {counted(self.num_transcribed, 'line')}, "
            f"{counted(len(characters), 'character')}: {''.join(characters).strip()}"
        )
        rows += _listed(self.in_doubt)
        before, after = self.paces
        if before:
            to = f", brought to {after:.1f}" if after != before else ""
            rows.append(f"pace: {before:.1f} points a character{to}")
        steps, lines = self.jumps
        if steps or self.are_jumps_removed:
            done = (
                "removed" if self.are_jumps_removed else "kept (--max-jump N removes)"
            )
            rows.append(
                f"jumps: {counted(steps, 'step')} of more than "
                f"{self.jump_limit:,g} units in {counted(lines, 'line')}, {done}"
            )
        if self.unlisted:
            rows.append(
                f"in no split list, so in train: {', '.join(self.unlisted[:LISTED])}"
                + (" …" if len(self.unlisted) > LISTED else "")
            )
        rows.append(f"left out: {len(self.left_out):,}")
        rows += _listed(self.left_out)
        rows.append(f"digest {corpus.digest}")
        rows.append(f"{corpus.path} ({size:.1f} MB)")
        return "\n".join(map(printable, rows))


def _listed(found: list[tuple[str, str]]) -> list[str]:
    rows = [f"  {name}: {what}" for name, what in found[:LISTED]]
    if len(found) > LISTED:
        rows.append(f"  … and {len(found) - LISTED:,} more")
    return rows


def _pair(values: np.ndarray) -> str:
    return f"({values[0]:.3f}, {values[1]:.3f})"

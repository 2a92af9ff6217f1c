"""What the reader of any format makes of its sources: a database of lines."""

from dataclasses import dataclass

from sketch.corpus.corpus_line import Line


@dataclass(frozen=True)
class Database:
    """Lines, and what else is known of them.

    Attributes:
        lines: all lines, in an order that no run changes.
        split_lists: forms of each split list that was found; only IAM-OnDB has some.
        left_out: `(file, reason)` of ink that could not be read.
        in_doubt: `(form, what was done)` of transcripts that do not fit their ink.
        without_text: of these forms, those whose lines were left without a text.
    """

    lines: list[Line]
    split_lists: dict[str, frozenset[str]]
    left_out: list[tuple[str, str]]
    in_doubt: list[tuple[str, str]]
    without_text: list[str]


def form_of(line_id: str) -> str:
    """The form (page, file, drawing) of a line: `a01-000u` of `a01-000u-01`."""
    return line_id.rpartition("-")[0]

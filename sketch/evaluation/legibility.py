"""The figures of legibility: what a reader gets wrong, and what else is not as real.

The reader's own errors on real lines that nobody learned are the floor: of what a pen
writes, it cannot be expected to read more.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sketch.evaluation.distances import STATISTICS
from sketch.evaluation.results import COVERED, Estimate, resample_sums
from sketch.model.edits import edit_distance
from sketch.system.messages import printable

FORMAT = "sketch legibility 1"
OWN, VALID = "new sentences", "validation texts"


@dataclass(frozen=True)
class Reading:
    """How a set of lines was read.

    Attributes:
        num_lines, num_characters: of the texts.
        error_rate: edits a character, with its 95 % interval over the lines.
    """

    num_lines: int
    num_characters: int
    error_rate: Estimate


@dataclass(frozen=True)
class Writing:
    """How a pen wrote a set of texts.

    Attributes:
        texts: `VALID` or `OWN`.
        bias: with which it wrote.
        reading: how that was read, failures included.
        failures: lines that the pen itself knew to have gone wrong.
        characters_per_second: the pen's speed.
        distances: by statistic, see `distances`; None for texts without real lines.
    """

    texts: str
    bias: float
    reading: Reading
    failures: int
    characters_per_second: float
    distances: dict[str, float | None] | None


@dataclass(frozen=True)
class Legibility:
    """The report; `str()` of it is for people.

    Attributes:
        pen: `name`, `checkpoint` (`kind`, `epoch`, `step`).
        reader: `name`, `epoch`, `step`.
        corpus: `path`, `source`, `digest`.
        tries: how often a text was written at the most.
        real: the floor.
        written: by texts and bias.
        notes: what a reader of the figures must know.
    """

    pen: dict[str, Any]
    reader: dict[str, Any]
    corpus: dict[str, str]
    tries: int
    real: Reading
    written: list[Writing]
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`; docs/evaluation.md explains them."""
        return {
            "format": FORMAT,
            "model": self.pen["name"],
            "checkpoint": self.pen["checkpoint"],
            "reader": self.reader,
            "corpus": self.corpus,
            "tries": self.tries,
            "real": asdict(self.real),
            "written": [
                {
                    "texts": one.texts,
                    "bias": one.bias,
                    **asdict(one.reading),
                    "failures": one.failures,
                    "characters_per_second": one.characters_per_second,
                    "distances": one.distances,
                }
                for one in self.written
            ],
            "notes": self.notes,
        }

    def __str__(self) -> str:
        checkpoint = self.pen["checkpoint"]
        rows = [
            f"{self.pen['name']}, {checkpoint['kind']} checkpoint: epoch "
            f"{checkpoint['epoch']}, step {checkpoint['step']}",
            f"read by {self.reader['name']}: epoch {self.reader['epoch']}, step "
            f"{self.reader['step']}",
            f"{self.corpus['path']}: {self.corpus['source']}, digest "
            f"{self.corpus['digest'][:12]}",
            "",
            f"{'':26}{'lines':>6}{'wrong':>8}  {'95 % interval':18}{'failed':>6}"
            f"{'characters/s':>14}",
            _row("real lines, the floor", self.real),
        ]
        for one in self.written:
            rows.append(
                _row(f"{one.texts}, bias {one.bias:g}", one.reading)
                + f"{one.failures:>6}{one.characters_per_second:>14,.1f}"
            )
        compared = [one for one in self.written if one.distances]
        if compared:
            rows += ["", "distance from real lines (1: as these from each other)"]
            biases = "".join(f"{f'bias {one.bias:g}':>10}" for one in compared)
            rows.append(f"{'':26}{biases}")
            for name, what in STATISTICS.items():
                cells = (_cell(one.distances[name]) for one in compared)
                rows.append(f"{name:26}{''.join(cells)}  {what}")
        rows += [f"note: {note}" for note in self.notes]
        return "\n".join(map(printable, rows))


def summarise_reading(texts: Sequence[str], readings: Sequence[str]) -> Reading:
    """Errors over all characters, and their bootstrap interval.

    Args:
        texts: what the lines say; not empty.
        readings: what was read.
    """
    table = np.array(
        [
            [edit_distance(reading, text), len(text)]
            for text, reading in zip(texts, readings, strict=True)
        ],
        np.float64,
    )
    edits, characters = table.sum(axis=0)
    drawn = resample_sums(table)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], COVERED)
    rate = Estimate(float(edits / characters), float(low), float(high))
    return Reading(len(texts), int(characters), rate)


def _row(name: str, reading: Reading) -> str:
    rate = reading.error_rate
    interval = f"({rate.low:.1%} to {rate.high:.1%})"
    return f"{name:26}{reading.num_lines:>6,}{rate.value:>8.1%}  {interval:18}"


def _cell(distance: float | None) -> str:
    return f"{'-':>10}" if distance is None else f"{distance:>10.2f}"

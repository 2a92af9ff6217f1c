"""The figures of legibility: how much a recogniser misreads, and other statistics.

The recogniser's own errors on real lines that it was not trained on are the floor: it
cannot be expected to read written lines better.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sketch.evaluation.bootstrap import Estimate, estimate_quotients
from sketch.evaluation.distances import STATISTICS
from sketch.evaluation.subject import Subject
from sketch.model.edits import edit_distance
from sketch.system.messages import printable

FORMAT = "sketch legibility 1"
OWN, VALID = "new sentences", "validation texts"


@dataclass(frozen=True)
class Reading:
    """How a set of lines was read.

    Attributes:
        num_lines, num_characters: of the texts.
        error_rate: edits per character, with its interval.
    """

    num_lines: int
    num_characters: int
    error_rate: Estimate


@dataclass(frozen=True)
class Writing:
    """How a model wrote a set of texts.

    Attributes:
        texts: `VALID` or `OWN`.
        bias: the `--bias` of the writing.
        reading: how it was read, failures included.
        failures: lines that the model itself found to have gone wrong.
        characters_per_second: the speed of writing.
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
        subject: the model that wrote, and the corpus.
        recogniser: `name`, `epoch`, `step`.
        tries: how often a text was written at most.
        real: how real lines were read: the floor.
        written: by texts and bias.
        notes: what must be known with the figures.
    """

    subject: Subject
    recogniser: dict[str, Any]
    tries: int
    real: Reading
    written: list[Writing]
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`; docs/evaluation.md explains them."""
        return {
            "format": FORMAT,
            **self.subject.to_json(),
            "recogniser": self.recogniser,
            "tries": self.tries,
            "real": asdict(self.real),
            "written": [
                # The keys of the reading stand among the others.
                {name: v for name, v in asdict(one).items() if name != "reading"}
                | asdict(one.reading)
                for one in self.written
            ],
            "notes": self.notes,
        }

    def __str__(self) -> str:
        name, epoch, step = (self.recogniser[key] for key in ("name", "epoch", "step"))
        rows = [
            printable(f"read by {name}: epoch {epoch}, step {step}"),
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
            for name, explanation in STATISTICS.items():
                cells = (_cell(one.distances[name]) for one in compared)
                rows.append(f"{name:26}{''.join(cells)}  {explanation}")
        rows += [printable(f"note: {note}") for note in self.notes]
        return "\n".join([str(self.subject), *rows])


def summarise_reading(
    texts: Sequence[str], readings: Sequence[str], forms: Sequence[str] | None = None
) -> Reading:
    """Errors over all characters, and their bootstrap interval.

    Args:
        texts: of the lines; not empty.
        readings: what the recogniser read.
        forms: of the lines, drawn whole by the bootstrap; None draws lines.
    """
    pairs = list(zip(texts, readings, strict=True))
    edits = np.array([[edit_distance(reading, text)] for text, reading in pairs])
    lengths = np.array([[len(text)] for text in texts])
    [rate] = estimate_quotients(edits, lengths, forms)
    return Reading(len(texts), int(lengths.sum()), rate)


def _row(name: str, reading: Reading) -> str:
    rate = reading.error_rate
    interval = f"({rate.low:.1%} to {rate.high:.1%})"
    return f"{name:26}{reading.num_lines:>6,}{rate.value:>8.1%}  {interval:18}"


def _cell(distance: float | None) -> str:
    return f"{'-':>10}" if distance is None else f"{distance:>10.2f}"

"""A reader that looks at what a pen writes, before anybody else does."""

from collections.abc import Sequence

import numpy as np

from sketch.evaluation import MAX_ERROR_RATE
from sketch.evaluation.edits import error_rate
from sketch.experiment.reader import LoadedReader
from sketch.generation.pieces import Check, Verdict
from sketch.ink.strokes import denormalise

WEAK_READER = 0.3  # of the characters of real lines misread


class ReadingCheck:
    """The fewer characters a reader misreads the better; too many are a fault.

    Args:
        reader: with its weights.
        max_error_rate: the share of a piece's characters that may be misread. A piece
            with fewer errors is better for it, but has no fault.
    """

    def __init__(self, reader: LoadedReader, max_error_rate: float = MAX_ERROR_RATE):
        self.reader = reader
        self.max_error_rate = max_error_rate

    def require_known(self, texts: Sequence[str]) -> None:
        """Refuses texts that the reader could not spell.

        Raises:
            ValueError: names the character.
        """
        for text in texts:
            try:
                self.reader.reader.alphabet.encode(text)
            except ValueError as error:
                raise ValueError(
                    f"the reader {self.reader.reader.name} cannot check it: {error}"
                ) from error

    def describe_reader(self) -> list[str]:
        """What a user should know of the reader, in words; often nothing."""
        rate = self.reader.error_rate
        name = self.reader.reader.name
        if not self.reader.state.get("epoch"):
            return [
                f"the reader {name} has finished no epoch: it cannot read yet, and "
                "what it objects to or passes means nothing"
            ]
        if not rate > WEAK_READER:  # NaN: nobody knows
            return []
        return [
            f"the reader {name} itself misreads {rate:.0%} of the characters of real "
            "lines: what it objects to may well be right, and what it passes wrong"
        ]

    def of_pen(self, offset_mean: np.ndarray, offset_std: np.ndarray) -> Check:
        """The check of a pen with these units, for `generation.pieces`."""

        def check(texts: Sequence[str], strokes: Sequence[np.ndarray]) -> list[Verdict]:
            ink = [denormalise(line, offset_mean, offset_std) for line in strokes]
            return list(map(self._judge, texts, self.reader.read(ink, offset_std)))

        return check

    def _judge(self, text: str, reading: str) -> Verdict:
        rate = error_rate(text, reading)
        is_legible = rate <= self.max_error_rate
        return Verdict(rate, None if is_legible else f"it reads as {reading!r}")

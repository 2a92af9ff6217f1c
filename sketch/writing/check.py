"""A reader that looks at what a pen writes, before anybody else does."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sketch.experiment.experiment import Experiment
from sketch.experiment.places import RECOGNISER_NAME, find_pretrained
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.generation.terms import Check, CheckResult
from sketch.ink.strokes import denormalise
from sketch.model.edits import error_rate
from sketch.writing import MAX_ERROR_RATE
from sketch.writing.loaded_recogniser import LoadedRecogniser

WEAK_READER = 0.3  # of the characters of real lines misread


class ReadingCheck:
    """The fewer characters a reader misreads the better; too many are a fault.

    Args:
        reader: with its weights.
        max_error_rate: the share of a piece's characters that may be misread. A piece
            with fewer errors is better for it, but has no fault.
    """

    def __init__(
        self, reader: LoadedRecogniser, max_error_rate: float = MAX_ERROR_RATE
    ):
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

    def describe_recogniser(self) -> list[str]:
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

        def check(
            texts: Sequence[str], strokes: Sequence[np.ndarray]
        ) -> list[CheckResult]:
            ink = [denormalise(line, offset_mean, offset_std) for line in strokes]
            return list(map(self._judge, texts, self.reader.read(ink, offset_std)))

        return check

    def _judge(self, text: str, reading: str) -> CheckResult:
        rate = error_rate(text, reading)
        is_legible = rate <= self.max_error_rate
        return CheckResult(rate, None if is_legible else f"it reads as {reading!r}")


def find_recogniser_of(experiment: Experiment) -> Path | None:
    """A pretrained recogniser of the experiment's corpus and characters, or None."""
    characters = set(experiment.alphabet.characters)
    for path in find_pretrained(RECOGNISER_NAME).values():
        try:
            recogniser = RecogniserDirectory.load(path, path.parent)
        except (ValueError, OSError):  # damaged: another one may do
            continue
        is_of_corpus = recogniser.data_digest == experiment.data_digest
        if is_of_corpus and characters <= set(recogniser.alphabet.characters):
            return path
    return None

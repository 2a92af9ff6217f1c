"""Checks generated lines with a recogniser before they are returned."""

import difflib
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

WEAK_RECOGNISER = 0.3  # of the characters of real lines misread
MAX_WORDS = 3  # named in a message; more are the whole piece


class ReadingCheck:
    """The fewer characters a recogniser misreads the better; too many are a fault.

    So is a misread word with a digit: it may be another number. A letter in the wrong
    case is an error, but no fault: many capitals differ from small letters by size
    alone, and the recogniser saw few words in capitals.

    Args:
        recogniser: with its weights.
        max_error_rate: the share of a piece's characters that may be misread. A piece
            with fewer errors is better for it, but has no fault.
    """

    def __init__(
        self, recogniser: LoadedRecogniser, max_error_rate: float = MAX_ERROR_RATE
    ):
        self.recogniser = recogniser
        self.max_error_rate = max_error_rate

    def require_known(self, texts: Sequence[str]) -> None:
        """Refuses texts that the recogniser could not spell.

        Raises:
            ValueError: names the character.
        """
        directory = self.recogniser.directory
        for text in texts:
            try:
                directory.alphabet.encode(text)
            except ValueError as error:
                raise ValueError(
                    f"the recogniser {directory.name} cannot check it: {error}"
                ) from error

    def describe_recogniser(self) -> list[str]:
        """What a user should know of the recogniser, in words; often nothing."""
        rate = self.recogniser.error_rate
        name = self.recogniser.directory.name
        if not self.recogniser.state.get("epoch"):
            return [
                f"the recogniser {name} has finished no epoch: it cannot read yet, and "
                "what it objects to or passes means nothing"
            ]
        if not rate > WEAK_RECOGNISER:  # NaN: nobody knows
            return []
        return [
            f"the recogniser {name} itself misreads {rate:.0%} of the characters of "
            "real lines: what it objects to may well be right, and what it passes wrong"
        ]

    def of_pen(self, offset_mean: np.ndarray, offset_std: np.ndarray) -> Check:
        """The check of a pen with these units, for `generation.pieces`."""

        def check(
            texts: Sequence[str], strokes: Sequence[np.ndarray]
        ) -> list[CheckResult]:
            ink = [denormalise(line, offset_mean, offset_std) for line in strokes]
            return list(map(self._judge, texts, self.recogniser.read(ink, offset_std)))

        return check

    def _judge(self, text: str, reading: str) -> CheckResult:
        rate = error_rate(text, reading)
        words = misread_words(text, reading)
        is_number_wrong = any(c.isdigit() for word in words for c in word)
        folded_rate = error_rate(text.casefold(), reading.casefold())
        if folded_rate <= self.max_error_rate and not (is_number_wrong and rate):
            return CheckResult(rate, None)
        named = words if 0 < len(words) <= MAX_WORDS else [text]
        return CheckResult(rate, f"{', '.join(map(repr, named))} may not be legible")


def misread_words(text: str, reading: str) -> list[str]:
    """The words of a text that are missing in its reading, in any case."""
    words = text.split()
    folded = text.casefold().split(), reading.casefold().split()
    matcher = difflib.SequenceMatcher(None, *folded, autojunk=False)
    return [
        word
        for kind, start, end, _, _ in matcher.get_opcodes()
        if kind != "equal"
        for word in words[start:end]
    ]


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

"""The lines of a run: read from its corpus, checked against its experiment."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sketch.corpus.batches import Batches
from sketch.corpus.hdf5 import SETS, Corpus, Line
from sketch.experiment.hyperparameters import Hyperparameters
from sketch.ink.text import Alphabet


@dataclass(frozen=True)
class RunLines:
    """Batches of the three sets, and what belongs to them.

    Attributes:
        batches: by set name; `test` is the object of `valid` where the sets are equal.
        line_ids: by set name, to say which lines a batch held.
        texts: the transcripts of the validation lines that have one.
        num_without_text: lines left out of a text model, their transcript being in
            doubt.
    """

    batches: dict[str, Batches]
    line_ids: dict[str, list[str]]
    texts: list[str]
    num_without_text: int

    def summary(self) -> str:
        """What is trained on, and how much of it is padding, in a line."""
        train = self.batches["train"]
        without = (
            f"; {self.num_without_text} lines without a transcript are left out"
            if self.num_without_text
            else ""
        )
        return (
            f"{len(train.strokes):,} lines, {train.num_points:,} points, in "
            f"{train.num_batches} batches of {len(train.padded_lengths)} lengths, "
            f"{train.padding():.1%} of it padding{without}"
        )


def load_lines(
    path: Path,
    settings: Hyperparameters,
    alphabet: Alphabet,
    offset_mean: np.ndarray,
    offset_std: np.ndarray,
) -> RunLines:
    """Read a corpus for training.

    Args:
        path: the HDF5 file.
        settings: batch size, seed, whether with text, and so on.
        alphabet, offset_mean, offset_std: of the experiment, which for a derived one
            are its parent's, not this corpus'.

    Raises:
        ValueError: a set has no lines, or a transcript has a character that the
            alphabet lacks; names the file.
    """
    with Corpus.open(path) as corpus:
        sets = {name: corpus.read_set(name) for name in SETS}
    batches, line_ids, num_without_text = {}, {}, 0
    padded_lengths = None
    for name, lines in sets.items():
        kept = [line for line in lines if line.transcript or not settings.text]
        num_without_text += len(lines) - len(kept)
        if not kept:
            missing = " with a transcript" if settings.text else ""
            raise ValueError(f"{path}: the set {name} has no lines{missing}")
        line_ids[name] = [line.line_id for line in kept]
        if name == "test" and line_ids["test"] == line_ids["valid"]:
            batches["test"] = batches["valid"]
            continue
        texts = _encode(kept, alphabet, path) if settings.text else None
        is_training = name == "train"
        batches[name] = Batches(
            [line.strokes for line in kept],
            offset_mean,
            offset_std,
            settings.batch_size,
            texts=texts,
            seed=settings.seed,
            max_length=settings.max_length if is_training else None,
            augment=settings.augment if is_training else 0.0,
            padded_lengths=padded_lengths,
        )
        if is_training:
            padded_lengths = batches[name].padded_lengths
    shown = [line.transcript for line in sets["valid"] if line.transcript]
    return RunLines(batches, line_ids, shown, num_without_text)


def measure_texts(corpus: Corpus) -> dict[str, float]:
    """What a text model must know of the training set's transcripts.

    Returns:
        `text_length` and `points_per_character`, see Experiment; zeros without
        transcripts.
    """
    texts = corpus.transcripts("train")
    lengths = np.array([len(text) for text in texts])
    known = lengths > 0
    if not known.any():
        return {"text_length": 0, "points_per_character": 0.0}
    num_points = int(corpus.lengths("train")[known].sum())
    return {
        "text_length": int(np.quantile(lengths[known], 0.99)),
        "points_per_character": num_points / int((lengths[known] + 1).sum()),
    }


def _encode(lines: list[Line], alphabet: Alphabet, path: Path) -> list[np.ndarray]:
    codes = []
    for line in lines:
        try:
            codes.append(alphabet.encode(line.transcript))
        except ValueError as error:
            raise ValueError(f"{path}, line {line.line_id}: {error}") from error
    return codes

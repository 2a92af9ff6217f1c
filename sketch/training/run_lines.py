"""The lines of a run: read from its corpus, checked against its experiment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from sketch.backend.processes import Processes
from sketch.convert.splits import form_of
from sketch.corpus.batches import Batches
from sketch.corpus.corpus_line import SETS, Line
from sketch.corpus.recombine import NewLines
from sketch.corpus.rows import Rows, RowsOnDisk
from sketch.corpus.shards import Shards, open_shards
from sketch.experiment.settings_file import MAX_LENGTH, MAX_POINTS_PER_CHARACTER
from sketch.generation.terms import FIRST_SPEED, SLOW_SPEEDS, SPEED_MEMORY
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import DX, DY
from sketch.settings.hyperparameters import Hyperparameters
from sketch.system.messages import counted

SPEED_LINES = 1000  # training lines of which the pen's speed is measured
TEXTS = 64  # transcripts kept for sketch.png, which has as many lines
BESIDE_INK = 360  # bytes that a line in memory takes beyond its points, id included


@dataclass(frozen=True)
class RunLines:
    """Batches of the three sets, with ids and texts.

    Attributes:
        batches: by set name; `test` is the object of `valid` where the sets are equal.
        line_ids: of the training lines, for errors that name the lines of a batch.
        texts: some transcripts of the validation lines; empty where it has none.
        num_without_text: lines without a transcript, left out of a text model.
        num_cut: training lines of a text model that --max-length cuts.
        is_held: whether the lines are in memory, or read as they are needed.
    """

    batches: dict[str, Batches]
    line_ids: Rows
    texts: list[str]
    num_without_text: int
    num_cut: int
    is_held: bool

    def summary(self) -> str:
        """The size of the training set and its share of padding, in a line."""
        train = self.batches["train"]
        parts = [f"{train.size()}, {train.padding():.1%} of it padding"]
        if self.num_without_text:
            without = counted(self.num_without_text, "line")
            parts.append(f"{without} without a transcript left out")
        if self.num_cut:
            parts.append(
                f"{counted(self.num_cut, 'line')} cut by --max-length: the model does "
                "not learn where their texts end"
            )
        if not self.is_held:
            parts.append("they are read from disk as they are needed")
        return "; ".join(parts)


def corpus_facts(corpus: Shards) -> dict[str, Any]:
    """The facts of a corpus that every run keeps: alphabet, units, digest."""
    return {
        "alphabet": corpus.alphabet,
        "offset_mean": corpus.offset_mean,
        "offset_std": corpus.offset_std,
        "data_digest": corpus.digest,
    }


def load_lines(
    paths: Sequence[Path],
    settings: Hyperparameters,
    alphabet: Alphabet,
    offset_mean: np.ndarray,
    offset_std: np.ndarray,
    memory: float,
    processes: Processes,
) -> RunLines:
    """Read a corpus for training.

    Args:
        paths: the HDF5 files.
        settings: batch size, seed, whether with text, and so on.
        alphabet, offset_mean, offset_std: of the experiment; a derived one has its
            parent's, not those of this corpus.
        memory: bytes that the lines may take; if they take more, each is read when its
            batch is made. The words of `--recombine` are always in memory.
        processes: those of the run, each of which takes its rows of every batch.

    Raises:
        ValueError: a set has no lines, or a transcript has a character that the
            alphabet lacks; names the file.
    """
    with open_shards(paths) as corpus:
        if settings.text:
            _require_known(corpus, alphabet)
        is_shared = corpus.is_same_set("test", "valid")
        names = [name for name in SETS if not (is_shared and name == "test")]
        kept = {name: _choose(corpus, name, settings.text) for name in names}
        strokes = {n: corpus.strokes(n).chosen(kept[n]) for n in names}
        lengths = np.concatenate([rows.lengths for rows in strokes.values()])
        is_held = lengths.sum() * 12 + len(lengths) * BESIDE_INK <= memory
        new_lines = None
        if settings.recombine:
            new_lines = make_new_lines(corpus.read_set("train"), alphabet)
        batches: dict[str, Batches] = {}
        num_without_text = 0
        for name in names:
            num_without_text += len(corpus.lengths(name)) - len(kept[name])
            texts = None
            if settings.text:
                texts = _codes(corpus, name, kept[name], alphabet)
            is_training = name == "train"
            batches[name] = Batches(
                strokes[name].held() if is_held else strokes[name],
                offset_mean,
                offset_std,
                settings.batch_size,
                texts=texts.held() if is_held and texts else texts,
                seed=settings.seed,
                max_length=settings.max_length if is_training else None,
                augment=settings.augment if is_training else 0.0,
                recombine=settings.recombine,
                new_lines=new_lines if is_training else None,
                fills_up=is_training,
                padded_lengths=None if is_training else batches["train"].padded_lengths,
                process=processes.index,
                num_processes=processes.count,
            )
        batches.setdefault("test", batches["valid"])
        is_cut = strokes["train"].lengths > (settings.max_length or np.inf)
        line_ids = corpus.texts("train", "line_ids").chosen(kept["train"])
        return RunLines(
            batches,
            line_ids.held() if is_held else line_ids,
            _first_texts(corpus),
            num_without_text,
            int(is_cut.sum()) if settings.text else 0,
            is_held,
        )


def make_new_lines(
    lines: Sequence[Line], alphabet: Alphabet, end: bool = True, min_points: int = 1
) -> NewLines:
    """Makes new training lines out of the words of these.

    Args:
        lines: the training set.
        alphabet, end: of their codes.
        min_points: a character, see `NewLines`.
    """
    return NewLines(
        lines,
        [f"{line.writer} {form_of(line.line_id)}" for line in lines],
        lambda text: alphabet.encode(text, end=end),
        min_points,
    )


def _choose(corpus: Shards, name: str, with_text: bool) -> np.ndarray:
    """The numbers of a set's lines that a run can use."""
    if not with_text:
        return np.arange(len(corpus.lengths(name)))
    known = np.flatnonzero(corpus.text_lengths(name))
    if not known.size:
        raise ValueError(
            f"{corpus.path}: the set {name} has no lines with a transcript"
        )
    return known


def _codes(
    corpus: Shards, name: str, numbers: np.ndarray, alphabet: Alphabet
) -> RowsOnDisk:
    texts = corpus.texts(name).chosen(
        numbers, decode=lambda data: alphabet.encode(data.decode("utf-8"))
    )
    return texts.measured()


def _first_texts(corpus: Shards) -> list[str]:
    texts = corpus.texts("valid")
    known = np.flatnonzero(texts.lengths)[:TEXTS]
    return texts.take(known)


def _require_known(corpus: Shards, alphabet: Alphabet) -> None:
    for file in corpus.files:
        unknown = sorted(set(file.alphabet.characters) - set(alphabet.characters))
        if unknown:
            raise ValueError(
                f"{file.path}: the alphabet of the experiment lacks "
                f"{' '.join(map(repr, unknown))}"
            )


def measure_texts(corpus: Shards) -> dict[str, Any]:
    """Facts of the training set's transcripts that a text model needs.

    Returns:
        `text_length`, `points_per_character` and `character_counts`, see Experiment,
        no more than its file may say; zeros without transcripts.
    """
    lengths = corpus.text_lengths("train")
    known = lengths > 0
    if not known.any():
        return {"text_length": 0, "points_per_character": 0.0, "character_counts": {}}
    num_points = int(corpus.lengths("train")[known].sum())
    return {
        "text_length": min(int(np.quantile(lengths[known], 0.99)), MAX_LENGTH),
        "points_per_character": min(
            num_points / int((lengths[known] + 1).sum()), MAX_POINTS_PER_CHARACTER
        ),
        "character_counts": dict(
            Counter(chain.from_iterable(corpus.transcripts("train")))
        ),
    }


def measure_speeds(corpus: Shards) -> tuple[float, float]:
    """How slow the pen of the training set is when it is slow, see `Experiment`.

    Returns:
        The 1 % and 4 % quantiles of its running speed, in units of the offsets'
        standard deviation; IAM-OnDB's where the ink has no two such speeds.
    """
    strokes = corpus.strokes("train")
    count = len(corpus.lengths("train"))
    numbers = np.linspace(0, count - 1, min(count, SPEED_LINES)).astype(int)
    speeds = []
    for line in strokes.take(numbers):
        steps = line[:, DX : DY + 1] / corpus.offset_std
        # 0.9^100 is nothing: long drawings take no longer than their length.
        weights = SPEED_MEMORY ** np.arange(100)
        speed = (1 - SPEED_MEMORY) * np.convolve(np.hypot(*steps.T), weights)
        speed[:100] += FIRST_SPEED * SPEED_MEMORY * weights
        speeds.append(speed[: len(line)])
    slow, moving = np.quantile(np.concatenate(speeds), [0.01, 0.04]).tolist()
    return (slow, moving) if slow < moving else SLOW_SPEEDS

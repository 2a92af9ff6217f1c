"""Training a reader: the score of an epoch is the share of characters that are wrong
when the validation lines are read.
"""

import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
from tqdm import tqdm

from sketch.backend import machine
from sketch.corpus.batches import Batch, Batches, choose_lengths
from sketch.corpus.corpus_line import Line
from sketch.corpus.shards import open_shards
from sketch.experiment.corpora import require_own_corpus, resume_command, say_files
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import build_recogniser, load_weights
from sketch.ink.alphabet import Alphabet
from sketch.model.edits import edit_distance
from sketch.model.recogniser import POOL, frames_needed, read_lines
from sketch.settings.recogniser_settings import RecogniserOptions, RecogniserSettings
from sketch.system.lock import require_locks
from sketch.system.messages import counted
from sketch.training.listeners import listeners_may_leave
from sketch.training.loop import TrainingLoop
from sketch.training.optimizer import OneCycle, limited
from sketch.training.position import Position, RecogniserTotals
from sketch.training.record import RecogniserRecord
from sketch.training.stop import Interrupts

NUM_SHAPES = 6  # lengths of batches: each takes a compilation
MUTE, SHORT = "without a transcript", "with too few points for the transcript"
MAX_GRAD = 1.0  # of the gradient of nats a character: begins near 10, soon below 1


class RecogniserTraining(TrainingLoop):
    """One process' work on one reader; see `TrainingLoop`.

    Args:
        reader: its directory, locked by the caller.
        train: batches to learn from.
        valid: lines to read after each epoch.
        options: how long, on what; settled.
        progress: whether to show a bar on stderr.
    """

    def __init__(
        self,
        reader: RecogniserDirectory,
        train: Batches,
        valid: Sequence[Line],
        options: RecogniserOptions,
        progress: bool,
    ):
        self.reader = reader
        self.valid = valid
        self.random = ("dropout",) if reader.settings.dropout else ()
        recogniser = build_recogniser(reader)
        rate = OneCycle(
            reader.settings.learning_rate, options.epochs * train.num_batches
        )
        # The loss is a mean already: the limit is on it as it is.
        optimizer = limited(keras.optimizers.Adam)(
            MAX_GRAD, points_per_line=1.0, learning_rate=rate
        )
        position = Position(totals=RecogniserTotals())
        record = RecogniserRecord(reader, recogniser)
        super().__init__(
            recogniser, optimizer, train, position, record, options, progress
        )

    def begin(self) -> None:
        """Start from the latest checkpoint, or anew."""
        self.model.compile(optimizer=self.optimizer)
        self.optimizer.build(self.model.trainable_variables)
        found = self.record.latest()
        if found is not None:
            weights_path, state = found
            load_weights(self.model, weights_path)
            self._restore(state, weights_path.parent / "state.json")
        if found is None or weights_path.parent.name != "latest":
            self._save("latest")  # killed before the first epoch, it can go on too
        self.record.begin(self.position.epoch)

    def _score(self, interrupts: Interrupts) -> float:
        """Edits a character over all validation lines."""
        reader = self.reader
        texts = read_lines(
            self.model,
            [line.strokes for line in self.valid],
            reader.offset_mean,
            reader.offset_std,
            reader.alphabet,
        )
        edits = sum(
            edit_distance(text, line.transcript)
            for text, line in zip(texts, self.valid, strict=True)
        )
        return edits / sum(len(line.transcript) for line in self.valid)

    def _row(self, scores: float) -> dict[str, float]:
        nats = self.position.totals.per_character
        return {"train_nats_per_character": nats, "valid_error_rate": scores}

    def _grade(self, row: Mapping[str, float]) -> float:
        return -row["valid_error_rate"]

    def _require_sound(
        self, sums: Mapping[str, Any], norm: float, batch: Batch
    ) -> None:
        loss = float(sums["loss"])
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise FloatingPointError(
                f"{self._place()}: loss {loss}, gradient norm {norm}; {self._remedy()}"
            )


def prepare(
    settings: RecogniserSettings,
    reader: RecogniserDirectory | None,
    data: Sequence[str],
    root: str | Path,
) -> tuple[RecogniserDirectory, Batches, list[Line], str]:
    """The lines of a training and its directory; nothing is made unless all fits.

    Args:
        settings: of the reader.
        reader: the one to go on with, or None to make one.
        data: the files of the corpus.
        root: the folder of all experiments.

    Returns:
        The reader, batches of the training lines, the validation lines; what is left
        out of them, in words.

    Raises:
        ValueError: the corpus has nothing to read, or is not the reader's, or its files
            do not fit each other.
        FileExistsError: there is a reader of this name.
    """
    with open_shards(data) as corpus:
        if reader is None:
            corpus.require_fit()
        facts = {
            "alphabet": corpus.alphabet,
            "offset_mean": corpus.offset_mean,
            "offset_std": corpus.offset_std,
            "data_digest": corpus.digest,
        }
        sets = {name: corpus.read_set(name) for name in ("train", "valid")}
    if reader is not None and reader.load_checkpoint("latest") is None:
        best = reader.load_checkpoint("best")
        if best is not None and best[1].get("inference_only"):
            raise ValueError(
                f"{reader.name} is published: it has its weights, but not the state of "
                "the optimizer, so it cannot go on; begin another, without --recogniser"
            )
    if reader is not None:
        require_own_corpus(reader, data, facts["data_digest"])
    left_out: Counter[str] = Counter()
    for name, lines in sets.items():
        sets[name] = [line for line in lines if is_readable(line, facts["alphabet"])]
        num_mute = sum(not line.transcript for line in lines)
        num_short = len(lines) - len(sets[name]) - num_mute
        counts = Counter({MUTE: num_mute, SHORT: num_short})
        if not sets[name]:
            raise ValueError(
                f"{corpus.path}: the set {name} has no lines to learn from"
                f"{_in_words(counts)}"
            )
        left_out += counts
    train = sets["train"]
    batches = Batches(
        [line.strokes for line in train],
        facts["offset_mean"],
        facts["offset_std"],
        settings.batch_size,
        texts=[facts["alphabet"].encode(line.transcript, end=False) for line in train],
        seed=settings.seed,
        augment=settings.augment,
        padded_lengths=choose_lengths(
            [len(line.strokes) for line in train], NUM_SHAPES
        ),
    )
    reader = reader or RecogniserDirectory.create(root, settings, facts)
    return reader, batches, sets["valid"], _in_words(left_out)


def _in_words(left_out: Counter[str]) -> str:
    """The end of a sentence."""
    counts = [(counted(count, "line"), why) for why, count in left_out.items() if count]
    return "".join(f"; {lines} {why} left out" for lines, why in counts)


def is_readable(line: Line, alphabet: Alphabet) -> bool:
    """Whether a line has a text, and frames enough to spell it."""
    if not line.transcript:
        return False
    needed = frames_needed(alphabet.encode(line.transcript, end=False))
    return -(-len(line.strokes) // POOL) >= needed


@listeners_may_leave()
def train_recogniser(
    settings: RecogniserSettings,
    reader: RecogniserDirectory | None,
    options: RecogniserOptions,
    root: str | Path,
    progress: bool = False,
) -> RecogniserDirectory:
    """Make a reader, or go on with one.

    Args:
        settings: of the reader.
        reader: the one to go on with, or None.
        options: with the corpus as `data`.
        root: the folder of all experiments.
        progress: whether to show a bar on stderr.

    Returns:
        The reader, trained.

    Raises:
        SystemExit: 128 + the signal's number, after a signal; everything is saved.
        ValueError, FloatingPointError: see `prepare` and `RecogniserTraining`.
        RuntimeError: the system has no file locks, or another process trains there.
    """
    require_locks()
    options = options.settled(reader.kept_options() if reader else {})
    reader, train, valid, left_out = prepare(settings, reader, options.data, root)
    with reader.lock(), Interrupts() as interrupts:
        reader.write_environment(machine.describe(), options.data)
        tqdm.write(
            f"{say_files(options.data)}: {train.size()}; "
            f"{counted(len(valid), 'line')} to check{left_out}",
            file=sys.stderr,
        )
        training = RecogniserTraining(reader, train, valid, options, progress)
        training.begin()
        training.run(interrupts)
    if interrupts.signal_number:
        tqdm.write(
            f"stopped at step {training.position.step}, all saved; to go on: "
            f"{resume_command(reader, options.data)}"
        )
        raise SystemExit(128 + interrupts.signal_number)
    return reader

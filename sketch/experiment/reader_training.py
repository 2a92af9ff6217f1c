"""Training a reader: fetch a batch, take a step; after an epoch read, save.

As a writer's training (`training.py`), it goes on exactly where it was stopped or
killed, and ends at the first number that is not finite, before that can reach a
checkpoint. The score of an epoch is the share of characters that are wrong when the
validation lines are read.
"""

import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
from keras import ops
from tqdm import tqdm

from sketch.corpus.batches import Batches, choose_lengths
from sketch.corpus.hdf5 import Corpus, Line
from sketch.evaluation.edits import edit_distance
from sketch.evaluation.recogniser import POOL, frames_needed, read_lines
from sketch.experiment import devices
from sketch.experiment.building import OneCycle, limited, load_weights
from sketch.experiment.interrupts import Interrupts
from sketch.experiment.reader import Reader
from sketch.experiment.reader_settings import ReaderOptions, ReaderSettings
from sketch.ink.text import Alphabet

NUM_SHAPES = 6  # lengths of batches: each takes a compilation
MAX_GRAD = 1.0  # of the gradient of nats a character: begins near 10, soon below 1


@dataclass
class ReaderPosition:
    """Where a run stands; goes into `state.json`."""

    epoch: int = 0  # epochs that have ended
    batch: int = 0  # batches done of the running one
    step: int = 0  # optimizer updates in all
    seconds: float = 0.0  # of training in all, without reading
    epoch_seconds: float = 0.0
    nats: float = 0.0  # sums over the running epoch
    characters: float = 0.0
    points: float = 0.0
    gradient_norm: float = 0.0
    best: float | None = None  # the lowest error rate on the validation lines
    best_epoch: int = 0

    def end_epoch(self) -> None:
        """Count an epoch; the sums begin anew."""
        self.epoch += 1
        self.batch, self.epoch_seconds, self.gradient_norm = 0, 0.0, 0.0
        self.nats, self.characters, self.points = 0.0, 0.0, 0.0


class ReaderTraining:
    """One process' work on one reader.

    Args:
        reader: its directory, locked by the caller.
        train: batches to learn from.
        valid: lines to read after each epoch.
        options: how long, on what.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: settings and checkpoint do not fit each other; names the file.
        FloatingPointError: a loss or gradient is not finite; the last checkpoint is
            from before.
    """

    def __init__(
        self,
        reader: Reader,
        train: Batches,
        valid: Sequence[Line],
        options: ReaderOptions,
        progress: bool,
    ):
        self.reader = reader
        self.train = train
        self.valid = valid
        self.options = options
        self.progress = progress
        self.position = ReaderPosition()
        self.saved_at = time.monotonic()
        self.recogniser = reader.build_recogniser()
        rate = OneCycle(
            reader.settings.learning_rate, options.epochs * train.num_batches
        )
        # The loss is a mean already: the limit is on it as it is.
        self.optimizer = limited(keras.optimizers.Adam)(
            MAX_GRAD, points_per_line=1.0, learning_rate=rate
        )

    def begin(self) -> None:
        """Start from the latest checkpoint, or anew."""
        self.recogniser.compile(optimizer=self.optimizer)
        self.optimizer.build(self.recogniser.trainable_variables)
        latest = self.reader.load_checkpoint("latest")
        if latest is not None:
            weights_path, state = latest
            load_weights(self.recogniser, weights_path)
            self._restore(state, weights_path.parent / "state.json")
        else:
            self._save("latest")  # killed before the first epoch, it can go on too
        self.reader.truncate_history(self.position.epoch)

    def run(self, interrupts: Interrupts) -> None:
        """Train until `--epochs` or `--patience` is reached, or a signal comes."""
        while self.position.epoch < self.options.epochs and not self._out_of_patience():
            self._train_epoch(interrupts)
            if interrupts.signal_number:
                self._save("latest")
                return
            self._end_epoch()

    def _train_epoch(self, interrupts: Interrupts) -> None:
        position = self.position
        with tqdm(
            total=self.train.num_batches,
            initial=position.batch,
            desc=f"epoch {position.epoch + 1}",
            unit="batch",
            disable=not self.progress,
            leave=False,
            dynamic_ncols=True,
        ) as bar:
            for batch in self.train.epoch(position.epoch, first=position.batch):
                started = time.perf_counter()
                sums = self.recogniser.train_on_batch(batch.inputs, return_dict=True)
                norm = float(ops.convert_to_numpy(self.optimizer.gradient_norm))
                seconds = time.perf_counter() - started
                self._require_finite(float(sums["loss"]), norm)
                for name in ("nats", "characters", "points"):
                    setattr(position, name, getattr(position, name) + float(sums[name]))
                position.gradient_norm += norm
                position.batch += 1
                position.step += 1
                position.seconds += seconds
                position.epoch_seconds += seconds
                bar.update()
                bar.set_postfix_str(
                    f"{position.nats / position.characters:.2f} nats/character"
                )
                if interrupts.check():
                    break
                minutes = (time.monotonic() - self.saved_at) / 60
                if minutes >= self.options.checkpoint_minutes:
                    self._save("latest")

    def _end_epoch(self) -> None:
        position = self.position
        row = {
            "epoch": position.epoch + 1,
            "step": position.step,
            "seconds": position.seconds,
            "points_per_second": position.points / position.epoch_seconds,
            "learning_rate": float(ops.convert_to_numpy(self.optimizer.learning_rate)),
            "train_nats_per_character": position.nats / position.characters,
            "valid_error_rate": self._read(),
            "gradient_norm": position.gradient_norm / position.batch,
        }
        position.end_epoch()
        errors = row["valid_error_rate"]
        is_best = position.best is None or errors < position.best
        if is_best:
            position.best, position.best_epoch = errors, position.epoch
        self.reader.append_history(row)
        if is_best:
            self._save("best")
        self._save("latest")
        tqdm.write(  # to stdout: it is a result
            f"epoch {row['epoch']}, step {row['step']}: "
            f"train {row['train_nats_per_character']:.3f} nats/character, "
            f"valid {errors:.1%} of the characters wrong, "
            f"{row['points_per_second']:,.0f} points/s"
        )

    def _read(self) -> float:
        """Edits a character over all validation lines."""
        reader = self.reader
        texts = read_lines(
            self.recogniser,
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

    def _out_of_patience(self) -> bool:
        patience = self.options.patience
        waited = self.position.epoch - self.position.best_epoch
        return patience is not None and waited >= patience

    def _save(self, kind: str) -> None:
        state = asdict(self.position)
        state["seeds"] = [
            ops.convert_to_numpy(variable).tolist()
            for variable in self.recogniser.non_trainable_variables
        ]
        self.reader.save_checkpoint(kind, self.recogniser.save_weights, state)
        self.saved_at = time.monotonic()

    def _restore(self, state: dict, path: Path) -> None:
        state = dict(state)
        seeds = state.pop("seeds", None)
        variables = self.recogniser.non_trainable_variables
        try:
            self.position = ReaderPosition(**state)
            for variable, seed in zip(variables, seeds, strict=True):
                variable.assign(seed)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{path} does not hold the state of this training ({error}); restore "
                "it together with its weights"
            ) from error

    def _require_finite(self, loss: float, norm: float) -> None:
        if math.isfinite(loss) and math.isfinite(norm):
            return
        raise FloatingPointError(
            f"step {self.position.step + 1} (epoch {self.position.epoch + 1}, batch "
            f"{self.position.batch + 1}): loss {loss}, gradient norm {norm}; the last "
            "good checkpoint is kept; try a lower --lr"
        )


def prepare(
    settings: ReaderSettings, reader: Reader | None, data: Path, root: str | Path
) -> tuple[Reader, Batches, list[Line]]:
    """The lines of a training and its directory; nothing is made unless all fits.

    Args:
        settings: of the reader.
        reader: the one to go on with, or None to make one.
        data: the corpus.
        root: the folder of all experiments.

    Returns:
        The reader, batches of the training lines, the validation lines.

    Raises:
        ValueError: the corpus has no transcripts, or is not the reader's.
        FileExistsError: there is a reader of this name.
    """
    with Corpus.open(data) as corpus:
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
                "the optimizer, so it cannot go on; begin another, without --reader"
            )
    if reader is not None and reader.data_digest != facts["data_digest"]:
        raise ValueError(
            f"{reader.name} learned from other data (digest "
            f"{reader.data_digest[:12]}) than {data} holds "
            f"({facts['data_digest'][:12]}): name its corpus by --data, or begin "
            "another reader with another --name"
        )
    for name, lines in sets.items():
        sets[name] = [line for line in lines if is_readable(line, facts["alphabet"])]
        if not sets[name]:
            raise ValueError(
                f"{data}: the set {name} has no lines with a transcript to learn from"
            )
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
    return reader or Reader.create(root, settings, facts), batches, sets["valid"]


def is_readable(line: Line, alphabet: Alphabet) -> bool:
    """Whether a line has a text, and frames enough to spell it."""
    if not line.transcript:
        return False
    needed = frames_needed(alphabet.encode(line.transcript, end=False))
    return -(-len(line.strokes) // POOL) >= needed


def train_reader(
    given: Mapping[str, Any],
    reader: Reader | None,
    options: ReaderOptions,
    root: str | Path,
    progress: bool = False,
) -> Reader:
    """Make a reader, or go on with one.

    Args:
        given: the fields of `ReaderSettings` that the user set.
        reader: the one to go on with, or None.
        options: with the corpus as `data`.
        root: the folder of all experiments.
        progress: whether to show a bar on stderr.

    Returns:
        The reader, trained.

    Raises:
        SystemExit: 128 + the signal's number, after a signal; everything is saved.
        ValueError, FloatingPointError: see `prepare` and `ReaderTraining`.
    """
    settings = reader.settings if reader else ReaderSettings(**given)
    reader, train, valid = prepare(settings, reader, Path(options.data), root)
    with reader.lock(), Interrupts() as interrupts:
        reader.write_environment(devices.describe())
        tqdm.write(
            f"{train.num_lines:,} lines, {train.num_points:,} points, in "
            f"{train.num_batches} batches of {len(train.padded_lengths)} lengths; "
            f"{len(valid):,} lines to check",
            file=sys.stderr,
        )
        training = ReaderTraining(reader, train, valid, options, progress)
        training.begin()
        training.run(interrupts)
    if interrupts.signal_number:
        tqdm.write(
            f"stopped at step {training.position.step}, all saved; "
            f"go on with --reader {reader.name}"
        )
        raise SystemExit(128 + interrupts.signal_number)
    return reader

"""A run of `sketch train-recogniser`.

The score of an epoch is the share of the validation lines' characters that are misread.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
from tqdm import tqdm

from sketch.backend import machine
from sketch.corpus.batches import Batch, Batches, choose_lengths
from sketch.corpus.corpus_line import Line
from sketch.corpus.shards import open_shards
from sketch.experiment.corpora import require_own_corpus, say_files
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import build_recogniser, load_weights
from sketch.ink.alphabet import Alphabet
from sketch.model.edits import edit_distance
from sketch.model.recogniser import POOL, frames_needed, read_lines
from sketch.settings.recogniser_settings import RecogniserOptions, RecogniserSettings
from sketch.system.lock import require_locks
from sketch.system.messages import counted
from sketch.training.loop import RunEnd, TrainingLoop, per
from sketch.training.optimizer import OneCycle, limited
from sketch.training.plan import find_latest
from sketch.training.run_lines import corpus_facts, make_new_lines
from sketch.training.stop import Interrupts, output_may_be_lost

NUM_SHAPES = 6  # lengths of batches: each takes a compilation
UNREADABLE = "without a transcript, or with too few points for it"
MAX_GRAD = 1.0  # of the gradient of nats a character: begins near 10, soon below 1


class RecogniserRun(TrainingLoop):
    """The training of one recogniser; see `TrainingLoop`.

    Args:
        directory: of the recogniser, locked by the caller.
        train: batches to learn from.
        valid: lines to read after each epoch.
        options: how long, on what; settled.
        progress: whether to show a bar on stderr.
    """

    counted = ("nats", "characters", "points")  # CTC's: lower is better
    unit = "character"

    def __init__(
        self,
        directory: RecogniserDirectory,
        train: Batches,
        valid: Sequence[Line],
        options: RecogniserOptions,
        progress: bool,
    ):
        self.valid = valid
        settings = directory.settings
        self.random = ("dropout",) if settings.dropout else ()
        recogniser = build_recogniser(directory)
        rate = OneCycle(settings.learning_rate, options.epochs * train.num_batches)
        # The loss is a mean already, so the limit is on its gradient as it is.
        optimizer = limited(keras.optimizers.Adam)(
            MAX_GRAD, points_per_line=1.0, learning_rate=rate
        )
        super().__init__(directory, recogniser, optimizer, train, options, progress)

    def begin(self, parent: RecogniserDirectory | None = None) -> None:
        """Start from the latest checkpoint, a parent's best weights, or anew.

        Raises:
            ValueError: it was to start from a parent's weights, and is resumed before
                it saved them.
        """
        if parent is not None:
            load_weights(self.model, parent.load_checkpoint("best")[0])
        found = self._load(self.model, self.optimizer)
        if parent is None and found is None and self.directory.lineage:
            raise ValueError(
                f"{self.directory.name} has not begun: remove {self.directory.path}, "
                f"and start again from {self.directory.lineage.parent}"
            )
        self._start(found)

    def _score(self, interrupts: Interrupts) -> float:
        """Edits a character over all validation lines."""
        texts = read_lines(
            self.model,
            [line.strokes for line in self.valid],
            self.directory.offset_mean,
            self.directory.offset_std,
            self.directory.alphabet,
        )
        edits = sum(
            edit_distance(text, line.transcript)
            for text, line in zip(texts, self.valid, strict=True)
        )
        return edits / sum(len(line.transcript) for line in self.valid)

    def _row(self, scores: float) -> dict[str, float]:
        nats = per(self.position.totals, "nats", "characters")
        return {"train_nats_per_character": nats, "valid_error_rate": scores}

    def _in_words(self, row: Mapping[str, float]) -> str:
        return (
            f"epoch {row['epoch']}, step {row['step']}: "
            f"train {row['train_nats_per_character']:.3f} nats/character, "
            f"valid {row['valid_error_rate']:.1%} of the characters wrong, "
            f"{row['points_per_second']:,.0f} points/s"
        )

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
    directory: RecogniserDirectory | None,
    data: Sequence[str],
    root: str | Path,
) -> tuple[RecogniserDirectory, Batches, list[Line], str]:
    """The lines of a run and its directory, which is made last, when all fits.

    Args:
        settings: of the recogniser.
        directory: of the recogniser to go on with, or with other settings to start
            from; None to make a new one.
        data: the files of the corpus.
        root: the folder of all experiments.

    Returns:
        The directory, batches of the training lines, the validation lines; how many
        lines are left out and why, as the end of a sentence.

    Raises:
        ValueError: the corpus has no line to learn from, or is not the one that the
            recogniser learned from, or its files do not fit each other.
        FileExistsError: the directory of a new recogniser exists already.
    """
    with open_shards(data) as corpus:
        if directory is None:
            corpus.require_fit()
        facts = corpus_facts(corpus)
        sets = {name: corpus.read_set(name) for name in ("train", "valid")}
    if directory is not None:
        require_own_corpus(directory, data, facts["data_digest"])
        if directory.settings == settings:
            find_latest(directory, "start another one from it: add --lr or --seed")
        else:
            facts["lineage"], directory = directory.as_lineage(), None
    num_left_out = 0
    for name, lines in sets.items():
        sets[name] = [line for line in lines if is_readable(line, facts["alphabet"])]
        num_left_out += len(lines) - len(sets[name])
        if not sets[name]:
            raise ValueError(
                f"{corpus.path}: the set {name} has no lines to learn from: each of "
                f"{counted(len(lines), 'line')} is {UNREADABLE}"
            )
    left_out = ""
    if num_left_out:
        left_out = f"; left out: {counted(num_left_out, 'line')} {UNREADABLE}"
    train = sets["train"]
    new_lines = None
    if settings.recombine:
        # CTC needs a frame for each character, and for each blank between equal ones.
        new_lines = make_new_lines(train, facts["alphabet"], False, 2 * POOL)
    batches = Batches(
        [line.strokes for line in train],
        facts["offset_mean"],
        facts["offset_std"],
        settings.batch_size,
        texts=[facts["alphabet"].encode(line.transcript, end=False) for line in train],
        seed=settings.seed,
        augment=settings.augment,
        recombine=settings.recombine,
        new_lines=new_lines,
        fills_up=True,
        padded_lengths=choose_lengths(
            [len(line.strokes) for line in train], NUM_SHAPES
        ),
    )
    directory = directory or RecogniserDirectory.create(root, settings, facts)
    return directory, batches, sets["valid"], left_out


def is_readable(line: Line, alphabet: Alphabet) -> bool:
    """Whether a line has a text, and enough frames to spell it."""
    if not line.transcript:
        return False
    needed = frames_needed(alphabet.encode(line.transcript, end=False))
    return -(-len(line.strokes) // POOL) >= needed


@output_may_be_lost()
def train_recogniser(
    settings: RecogniserSettings,
    directory: RecogniserDirectory | None,
    options: RecogniserOptions,
    root: str | Path,
    progress: bool = False,
) -> RunEnd:
    """Trains a new recogniser, or goes on with one.

    Args:
        settings: of the recogniser.
        directory: of the one to go on with, or with other settings to start from; or
            None.
        options: with the corpus as `data`.
        root: the folder of all experiments.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError, FloatingPointError: see `prepare` and `TrainingLoop`.
        RuntimeError: the system has no file locks, or another process trains there.
    """
    require_locks()
    options = options.settled(directory.kept_options() if directory else {})
    parent = directory if directory and directory.settings != settings else None
    directory, train, valid, left_out = prepare(settings, directory, options.data, root)
    with directory.lock(), Interrupts() as interrupts:
        directory.write_environment(machine.describe(), options.data)
        tqdm.write(
            f"{say_files(options.data)}: {train.size()}; "
            f"{counted(len(valid), 'line')} to check{left_out}",
            file=sys.stderr,
        )
        run = RecogniserRun(directory, train, valid, options, progress)
        run.begin(parent)
        run.run(interrupts)
    return RunEnd(directory, run.position.step, interrupts.signal_number)

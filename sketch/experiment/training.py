"""A training run: fetch a batch, take a step; after an epoch score, save, draw.

What Keras does, Keras does here: the gradient, the update, the compiled step
(`train_on_batch`). Ours is what it lacks: sums over real points in place of means over
padding, a position from which a killed run goes on exactly, and a stop at the first
number that is not finite, before it can reach a checkpoint.
"""

import math
import sys
import time
from pathlib import Path

import keras
import numpy as np
from keras import ops
from tqdm import tqdm

from sketch.corpus.batches import Batch, Batches
from sketch.corpus.hdf5 import Corpus
from sketch.experiment import devices
from sketch.experiment.board_tensorflow import Board, require_tensorboard
from sketch.experiment.building import build_network, build_optimizer, load_weights
from sketch.experiment.directory import Experiment
from sketch.experiment.hyperparameters import RunOptions
from sketch.experiment.interrupts import Interrupts
from sketch.experiment.lines import RunLines, load_lines, measure_texts
from sketch.experiment.pen import free_lines, in_units, write_experiment
from sketch.experiment.plan import RunPlan
from sketch.experiment.position import Position, Totals
from sketch.experiment.units import inherit_facts
from sketch.generation.sampling import SamplingLoop
from sketch.ink import DamagedInk
from sketch.ink.figures import draw_history, draw_pen, draw_sketch

SAMPLES = 64  # lines of sketch.png
SAMPLE_STEPS = 700  # points of each: about a line of IAM-OnDB
LINES_NAMED = 3  # line ids that an error names
# Nats a point that no ink costs: a whole batch at 10,000 standard deviations has fewer,
# and weights that exploded have far more, without ever being infinite.
LOST = 1e9


class TrainingRun:
    """One process' work on one experiment.

    Args:
        experiment: its directory, locked by the caller.
        lines: what it learns.
        options: how long, on what.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: settings and checkpoint do not fit each other; names the file.
        FloatingPointError: a loss or gradient is not finite; the last checkpoint is
            from before.
    """

    def __init__(
        self,
        experiment: Experiment,
        lines: RunLines,
        options: RunOptions,
        progress: bool,
    ):
        self.experiment = experiment
        self.lines = lines
        self.options = options
        self.progress = progress
        self.network = build_network(experiment)
        self.loop = SamplingLoop(self.network)
        self.optimizer = build_optimizer(
            experiment.hyperparameters,
            options.epochs * self.train_batches.num_batches,
            self.train_batches.num_points / len(self.train_batches.strokes),
        )
        self.position = Position()
        self.board: Board | None = None
        self.saved_at = time.monotonic()

    @property
    def train_batches(self) -> Batches:
        return self.lines.batches["train"]

    def begin(self, parent: Experiment | None) -> None:
        """Start from the latest checkpoint, a parent's best weights, or anew."""
        load = self.experiment.load_checkpoint
        latest = load("latest") or load("best")
        if latest is None and parent is not None:
            weights_path, _ = parent.load_checkpoint("best")
            load_weights(self.network, weights_path)
        self.network.compile(optimizer=self.optimizer)
        self.optimizer.build(self.network.trainable_variables)
        if latest is not None:
            weights_path, state = latest
            load_weights(self.network, weights_path)
            self._restore(state, weights_path.parent / "state.json")
        else:
            self._save("latest")  # killed before the first epoch, it can go on too
        if self.options.tensorboard:
            self.board = Board(self.experiment.path / "tensorboard", self.network)
        self.experiment.truncate_history(self.position.epoch)

    def run(self, interrupts: Interrupts) -> None:
        """Train until `--epochs` or `--patience` is reached, or a signal comes."""
        while self.position.epoch < self.options.epochs and not self._out_of_patience():
            self._train_epoch(interrupts)
            scores = {} if interrupts.signal_number else self._score(interrupts)
            if interrupts.signal_number:
                self._save("latest")
                return
            self._end_epoch(scores)

    # -- an epoch --------------------------------------------------------------------

    def _train_epoch(self, interrupts: Interrupts) -> None:
        position = self.position
        batches = self.train_batches
        bar = self._bar(f"epoch {position.epoch + 1}", batches, position.batch)
        for batch in batches.epoch(position.epoch, first=position.batch):
            started = time.perf_counter()
            sums = self.network.train_on_batch(batch.inputs, return_dict=True)
            norm = float(ops.convert_to_numpy(self.optimizer.gradient_norm))
            seconds = time.perf_counter() - started
            self._require_finite(sums, norm, batch)
            position.totals.add(sums)
            position.gradient_norm += norm
            position.batch += 1
            position.step += 1
            position.seconds += seconds
            position.epoch_seconds += seconds
            bar.update()
            bar.set_postfix_str(
                f"{position.totals.per_line:.1f} nats/line, "
                f"{position.totals.points / position.epoch_seconds:,.0f} points/s"
            )
            if interrupts.signal_number:
                break
            minutes = (time.monotonic() - self.saved_at) / 60
            if minutes >= self.options.checkpoint_minutes:
                self._save("latest")
        bar.close()

    def _score(self, interrupts: Interrupts) -> dict[str, Totals]:
        """Totals of the sets that are held out."""
        scores = {"train": self.position.totals}
        for name in ("valid", "test"):
            batches = self.lines.batches[name]
            if name == "test" and batches is self.lines.batches["valid"]:
                scores[name] = scores["valid"]
                continue
            totals = Totals()
            bar = self._bar(name, batches)
            for batch in batches.epoch(0):
                totals.add(self.network.test_on_batch(batch.inputs, return_dict=True))
                bar.update()
                if interrupts.signal_number:
                    break
            bar.close()
            scores[name] = totals
        return scores

    def _end_epoch(self, scores: dict[str, Totals]) -> None:
        position = self.position
        valid = scores["valid"].per_line
        if not math.isfinite(valid) or scores["valid"].per_point < -LOST:
            raise FloatingPointError(
                f"after step {position.step} the log-likelihood of the validation "
                f"lines is {valid}; {self._remedy()}"
            )
        row = {
            "epoch": position.epoch + 1,
            "step": position.step,
            "seconds": position.seconds,
            "points_per_second": position.totals.points / position.epoch_seconds,
            "learning_rate": float(ops.convert_to_numpy(self.optimizer.learning_rate)),
            "gradient_norm": position.gradient_norm / position.batch,
        }
        for name, totals in scores.items():
            row[f"{name}_log_likelihood"] = totals.per_line
            row[f"{name}_log_likelihood_per_point"] = totals.per_point
        position.end_epoch()
        is_best = position.best is None or valid > position.best
        if is_best:
            position.best, position.best_epoch = valid, position.epoch
        self.experiment.append_history(row)
        if self.board is not None:
            self.board.write(row)
        if is_best:
            self._save("best")
        self._save("latest")
        tqdm.write(_epoch_line(row))  # to stdout: it is a result
        self._draw()

    def _out_of_patience(self) -> bool:
        patience = self.options.patience
        waited = self.position.epoch - self.position.best_epoch
        return patience is not None and waited >= patience

    def _draw(self) -> None:
        draw_history(self.experiment.history_png, self.experiment.history())
        lines = self._sample()
        name = f"sketch-{self.position.epoch:03d}.png"
        try:
            draw_sketch(self.experiment.samples_dir / name, lines)
            draw_sketch(self.experiment.sketch_path, lines)
            draw_pen(self.experiment.pen_path, lines)
        except DamagedInk as error:  # weights at the edge of what float32 holds
            tqdm.write(f"no sketch.png of this epoch: {error}")

    def _sample(self) -> list[np.ndarray]:
        """64 lines: free ones, or the first texts of the validation set."""
        if not self.network.has_text:
            return free_lines(self.loop, self.experiment, SAMPLES, SAMPLE_STEPS)
        texts = [self.lines.texts[k % len(self.lines.texts)] for k in range(SAMPLES)]
        written = write_experiment(self.experiment, texts, max_tries=1, loop=self.loop)
        return [in_units(self.experiment, line.trace.strokes) for line in written]

    # -- what a checkpoint holds -----------------------------------------------------

    def _save(self, kind: str) -> None:
        state = self.position.to_state()
        state["seeds"] = [
            ops.convert_to_numpy(variable).tolist()
            for variable in self.network.non_trainable_variables
        ]
        state["backend"] = keras.backend.backend()
        self.experiment.save_checkpoint(kind, self.network.save_weights, state)
        self.saved_at = time.monotonic()

    def _restore(self, state: dict, path: Path) -> None:
        state = dict(state)
        seeds = state.pop("seeds", None)
        backend = state.pop("backend", None)
        variables = self.network.non_trainable_variables
        try:
            self.position = Position.from_state(state)
            for variable, seed in zip(variables, seeds, strict=True):
                variable.assign(seed)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"{path} does not hold the state of this run ({error}); restore it "
                "together with its weights"
            ) from error
        if backend not in (None, keras.backend.backend()):
            self._tell_of_change_from(backend)

    # -- what is shown ---------------------------------------------------------------

    def _tell_of_change_from(self, backend: str) -> None:
        settings = self.experiment.hyperparameters
        drawn = {
            "dropout": settings.dropout,
            "weight noise": settings.weight_noise,
        }
        names = " and ".join(name for name, size in drawn.items() if size)
        tqdm.write(
            f"begun under {backend}, goes on under {keras.backend.backend()}: the same "
            "weights, optimizer and order of lines"
            + (f"; other random numbers in {names}" if names else ""),
            file=sys.stderr,
        )

    def _bar(self, name: str, batches: Batches, done: int = 0) -> tqdm:
        return tqdm(
            total=batches.num_batches,
            initial=done,
            desc=name,
            unit="batch",
            disable=not self.progress,
            leave=False,
            dynamic_ncols=True,
        )

    def _require_finite(self, sums: dict, norm: float, batch: Batch) -> None:
        loss = float(sums["loss"])
        nats = float(sums["log_likelihood"])
        is_lost = not nats >= -LOST * float(sums["points"])
        if math.isfinite(loss) and math.isfinite(norm) and not is_lost:
            return
        ids = [self.lines.line_ids["train"][line] for line in batch.lines if line >= 0]
        named = ", ".join(ids[:LINES_NAMED])
        raise FloatingPointError(
            f"step {self.position.step + 1} (epoch {self.position.epoch + 1}, batch "
            f"{self.position.batch + 1}): loss {loss}, gradient norm {norm}, on lines "
            f"{named} and {max(len(ids) - LINES_NAMED, 0)} more; {self._remedy()}"
        )

    def _remedy(self) -> str:
        _, state = self.experiment.load_checkpoint("latest")
        return (
            f"the last good checkpoint, of step {state.get('step')}, is kept; try a "
            "lower --lr or --max-grad"
        )


def _epoch_line(row: dict[str, float]) -> str:
    return (
        f"epoch {row['epoch']}, step {row['step']}: "
        f"train {row['train_log_likelihood']:.1f}, "
        f"valid {row['valid_log_likelihood']:.1f}, "
        f"test {row['test_log_likelihood']:.1f} nats/line "
        f"({row['valid_log_likelihood_per_point']:.3f} valid nats/point), "
        f"{row['points_per_second']:,.0f} points/s"
    )


def prepare(plan: RunPlan, data: Path, root: Path) -> tuple[Experiment, RunLines]:
    """The lines of a run and its directory; nothing is made unless all of it fits.

    Args:
        plan: what is trained.
        data: the corpus.
        root: the folder of all experiments.

    Raises:
        ValueError: a resumed experiment was trained on another corpus; the corpus
            lacks what the settings need.
        FileExistsError: there is a directory of a new experiment's name.
    """
    with Corpus.open(data) as corpus:
        facts = {
            "alphabet": corpus.alphabet,
            "offset_mean": corpus.offset_mean,
            "offset_std": corpus.offset_std,
            **measure_texts(corpus),
            "data_digest": corpus.digest,
        }
        digest = corpus.digest
    if plan.action == "resume" and plan.parent.data_digest != digest:
        raise ValueError(
            f"{plan.parent.name} was trained on other data (digest "
            f"{plan.parent.data_digest[:12]}) than {data} holds ({digest[:12]}): name "
            "its corpus by --data, or begin a new experiment on this one with another "
            "--name"
        )
    if plan.parent is not None:
        facts, notes = inherit_facts(plan.parent, facts, plan.hyperparameters.text)
        for note in notes:
            tqdm.write(note, file=sys.stderr)
    lines = load_lines(
        data,
        plan.hyperparameters,
        facts["alphabet"],
        facts["offset_mean"],
        facts["offset_std"],
    )
    if plan.action == "resume":
        return plan.parent, lines
    facts["lineage"] = plan.lineage
    return Experiment.create(root, plan.hyperparameters, facts), lines


def train(
    plan: RunPlan, options: RunOptions, root: str | Path, progress: bool = False
) -> Experiment:
    """Do what `plan` says.

    Args:
        plan: from `plan_run`.
        options: with the corpus as `data`.
        root: the folder of all experiments.
        progress: whether to show a bar on stderr.

    Returns:
        The experiment, trained.

    Raises:
        SystemExit: 128 + the signal's number, after a signal; everything is saved.
        ValueError, FloatingPointError: see TrainingRun.
        ImportError: `options` wants TensorBoard, and its package is missing.
    """
    if options.tensorboard:
        require_tensorboard()
    experiment, lines = prepare(plan, Path(options.data), Path(root))
    with experiment.lock(), Interrupts() as interrupts:
        experiment.write_environment(devices.describe())
        tqdm.write(lines.summary(), file=sys.stderr)
        run = TrainingRun(experiment, lines, options, progress)
        run.begin(plan.parent if plan.action == "derive" else None)
        run.run(interrupts)
        if run.board is not None:
            run.board.close()
    if interrupts.signal_number:
        tqdm.write(
            f"stopped at step {run.position.step}, all saved; "
            f"go on with --model {experiment.name}"
        )
        raise SystemExit(128 + interrupts.signal_number)
    return experiment

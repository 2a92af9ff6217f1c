"""A training run: fetch a batch, take a step; after an epoch score, save, draw.

On several processes each does the same with its own rows of every batch; what they
read of a step, sums and norms, is that of the whole batch.

What Keras does, Keras does here: the gradient, the update, the compiled step
(`train_on_batch`). Ours is what it lacks: sums over real points in place of means over
padding, a position from which a killed run goes on exactly, and a stop at the first
number that is not finite, before it can reach a checkpoint.
"""

import contextlib
import math
import sys
import time
from pathlib import Path

import keras
from keras import ops
from keras.optimizers import Optimizer
from tqdm import tqdm

from sketch.corpus.batches import Batch, Batches
from sketch.experiment import devices
from sketch.experiment.board_tensorflow import require_tensorboard
from sketch.experiment.building import build_network, build_optimizer, load_weights
from sketch.experiment.directory import Experiment
from sketch.experiment.hyperparameters import RunOptions
from sketch.experiment.interrupts import Interrupts
from sketch.experiment.lines import RunLines
from sketch.experiment.plan import RunPlan
from sketch.experiment.position import Position, Totals
from sketch.experiment.preparing import prepare
from sketch.experiment.processes import ALONE, Processes
from sketch.experiment.record import NoRecord, Record
from sketch.model.network import Network

LINES_NAMED = 3  # line ids that an error names
# Nats a point that no ink costs: a whole batch at 10,000 standard deviations has fewer,
# and weights that exploded have far more, without ever being infinite.
LOST = 1e9


class TrainingRun:
    """One process' work on one experiment.

    Args:
        experiment: its directory, locked by the caller in process 0, and there alone.
        lines: what it learns.
        options: how long, on what.
        progress: whether to show a bar on stderr.
        processes: those of the run.

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
        processes: Processes,
    ):
        self.experiment = experiment
        self.lines = lines
        self.options = options
        self.progress = progress
        self.processes = processes
        self.network, self.optimizer = self._build()
        self.position = Position()
        self.record = (
            Record(experiment, self.network, lines.texts, options.tensorboard)
            if processes.is_first
            else NoRecord()
        )

    @property
    def train_batches(self) -> Batches:
        return self.lines.batches["train"]

    def begin(self, parent: Experiment | None) -> None:
        """Start from the latest checkpoint, a parent's best weights, or anew."""
        if self.processes.count == 1:
            found = self._load(self.network, self.optimizer, parent)
        else:
            found = self._load_for_all(parent)
        if found is None:
            self._save("latest")  # killed before the first epoch, it can go on too
        else:
            self._restore(found["state"], Path(found["path"]))
        self.record.begin(self.position.epoch)

    def _build(self) -> tuple[Network, Optimizer]:
        """Network and optimizer, on the devices that are shared just now."""
        return build_network(self.experiment), build_optimizer(
            self.experiment.hyperparameters,
            self.options.epochs * self.train_batches.num_batches,
            self.train_batches.num_points / self.train_batches.num_lines,
        )

    def _load(
        self, network: Network, optimizer: Optimizer, parent: Experiment | None
    ) -> dict | None:
        """Weights from the directory; `state`, if there is one, and its `path`."""
        latest = self.record.latest()
        if latest is None and parent is not None:
            weights_path, _ = parent.load_checkpoint("best")
            load_weights(network, weights_path)
        network.compile(optimizer=optimizer)
        optimizer.build(network.trainable_variables)
        if latest is None:
            return None
        weights_path, state = latest
        load_weights(network, weights_path)
        return {"state": state, "path": str(weights_path.parent / "state.json")}

    def _load_for_all(self, parent: Experiment | None) -> dict | None:
        """The same in process 0, and by a twin: to set variables that all processes
        share is something that they can only do together."""
        with devices.on_one_device():
            twin = self._build()
            found = self._load(*twin, parent if self.processes.is_first else None)
        found = self.processes.share(lambda: found)
        self.network.compile(optimizer=self.optimizer)
        self.optimizer.build(self.network.trainable_variables)
        values = [ops.convert_to_numpy(variable) for variable in _variables(*twin)]
        for variable, value in zip(
            _variables(self.network, self.optimizer),
            self.processes.share_arrays(values),
            strict=True,
        ):
            variable.assign(value)
        return found

    def run(self, interrupts: Interrupts) -> None:
        """Train until `--epochs` or `--patience` is reached, or a signal comes."""
        while self.position.epoch < self.options.epochs and not self._out_of_patience():
            self._train_epoch(interrupts)
            scores = {} if interrupts.signal_number else self._score(interrupts)
            if interrupts.signal_number:
                self._save("latest")
                return
            self._end_epoch(scores)
            self.processes.wait()  # for process 0, which draws
            if interrupts.check():
                return

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
            if interrupts.check():
                break
            if self.record.age >= self.options.checkpoint_minutes:
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
                if interrupts.check():
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
        self.record.append(row)
        if is_best:
            self._save("best")
        self._save("latest")
        self.record.draw(position.epoch)

    def _out_of_patience(self) -> bool:
        patience = self.options.patience
        waited = self.position.epoch - self.position.best_epoch
        return patience is not None and waited >= patience

    # -- what a checkpoint holds -----------------------------------------------------

    def _save(self, kind: str) -> None:
        state = self.position.to_state()
        state["seeds"] = [
            ops.convert_to_numpy(variable).tolist()
            for variable in self.network.non_trainable_variables
        ]
        state["backend"] = keras.backend.backend()
        self.record.save(kind, state)

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
        nats = float(sums["log_likelihood"])
        is_lost = not nats >= -LOST * float(sums["points"])
        if math.isfinite(nats) and math.isfinite(norm) and not is_lost:
            return
        ids = self.lines.line_ids.take(batch.lines[batch.lines >= 0])
        named = ", ".join(ids[:LINES_NAMED])
        raise FloatingPointError(
            f"step {self.position.step + 1} (epoch {self.position.epoch + 1}, batch "
            f"{self.position.batch + 1}): log-likelihood {nats}, gradient norm "
            f"{norm}, on lines {named} and {max(len(ids) - LINES_NAMED, 0)} more; "
            f"{self._remedy()}"
        )

    def _remedy(self) -> str:
        latest = self.record.latest()
        step = f", of step {latest[1].get('step')}," if latest else ""
        return f"the last good checkpoint{step} is kept; try a lower --lr or --max-grad"


def _variables(network: Network, optimizer: Optimizer) -> list:
    """All that a run changes, as shapes and types say in every process alike."""
    return [
        *network.trainable_variables,
        *network.non_trainable_variables,
        *optimizer.variables,
    ]


def train(
    plan: RunPlan,
    options: RunOptions,
    root: str | Path,
    progress: bool = False,
    processes: Processes = ALONE,
) -> Experiment:
    """Do what `plan` says.

    Args:
        plan: from `plan_run`.
        options: with the corpus as `data`.
        root: the folder of all experiments.
        progress: whether to show a bar on stderr.
        processes: those of the run.

    Returns:
        The experiment, trained.

    Raises:
        SystemExit: 128 + the signal's number, after a signal; everything is saved.
        ValueError, FloatingPointError: see TrainingRun.
        ImportError: `options` wants TensorBoard, and its package is missing.
    """
    if options.tensorboard:
        require_tensorboard()
    experiment, lines = prepare(plan, options, Path(root), processes)
    shared = devices.sharing_batches(options.devices, plan.hyperparameters.batch_size)
    locked = experiment.lock() if processes.is_first else contextlib.nullcontext()
    with locked, Interrupts(processes) as interrupts, shared:
        if processes.is_first:
            experiment.write_environment(devices.describe())
            tqdm.write(lines.summary(), file=sys.stderr)
        run = TrainingRun(experiment, lines, options, progress, processes)
        run.begin(plan.parent if plan.action == "derive" else None)
        run.run(interrupts)
        run.record.close()
        processes.finish()
    if interrupts.signal_number:
        if processes.is_first:
            tqdm.write(
                f"stopped at step {run.position.step}, all saved; "
                f"go on with --model {experiment.name}"
            )
        raise SystemExit(128 + interrupts.signal_number)
    return experiment

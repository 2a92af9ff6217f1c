"""A run of `sketch train`: its network, the weights it starts from, its scores.

Each process of several does the same with its own rows of every batch. The sums and
norms of a step that they read are those of the whole batch.
"""

import contextlib
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras import ops
from keras.optimizers import Optimizer
from tqdm import tqdm

from sketch.backend import devices, machine
from sketch.backend.processes import ALONE, Processes
from sketch.corpus.batches import Batch
from sketch.experiment import checkpoint
from sketch.experiment.corpora import say_files
from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import begin_with, build_network
from sketch.ink import DamagedInk
from sketch.model.network import Network
from sketch.settings.run_options import RunOptions
from sketch.system.lock import require_locks
from sketch.training.board_tensorflow import Board, require_tensorboard
from sketch.training.epoch_pictures import EpochPictures
from sketch.training.loop import RunEnd, TrainingLoop, per
from sketch.training.optimizer import build_optimizer
from sketch.training.plan import RunPlan
from sketch.training.position import add_to
from sketch.training.prepare import prepare
from sketch.training.run_lines import RunLines
from sketch.training.stop import Interrupts, output_may_be_lost

LINES_NAMED = 3  # line ids that an error names
# Nats a point: a whole batch at 10,000 standard deviations costs fewer, and weights
# that exploded cost far more, without ever being infinite.
LOST = 1e9
# Of the README, for a machine without a GPU.
RECIPE = (
    "--dim 400 --depth 1 --bs 16 --lr 5e-3 -G 20 --step-method muon "
    "--schedule one-cycle --epochs 4"
)


class TrainingRun(TrainingLoop):
    """One process' work on one experiment; see `TrainingLoop`.

    Args:
        experiment: its directory, which the caller has locked in process 0 alone.
        lines: to learn from, and to score.
        options: how long, on what; settled.
        progress: whether to show a bar on stderr.
        processes: those of the run.
    """

    counted = ("log_likelihood", "lines", "points")
    unit = "line"
    remedies = ("--lr", "--max-grad")

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
        self.processes = processes
        settings = experiment.hyperparameters
        drawn = {"dropout": settings.dropout, "weight noise": settings.weight_noise}
        self.random = tuple(name for name, size in drawn.items() if size)
        self.has_cycle = settings.schedule == "one-cycle"
        if settings.dim > 400 or settings.depth > 1 or options.epochs > 4:
            self.recipe = f"{'--text ' * settings.text}{RECIPE}"
        batches = lines.batches["train"]
        self.points_per_line = batches.num_points / batches.num_lines
        self.num_steps = options.epochs * batches.num_batches
        network, optimizer = self._build()
        self.pictures = EpochPictures(experiment, network, lines.texts)
        self.board: Board | None = None
        is_first = processes.is_first
        super().__init__(
            experiment, network, optimizer, batches, options, progress, is_first
        )

    def begin(self, parent: Experiment | None = None) -> None:
        """Start from the latest checkpoint, a parent's best weights, or anew.

        Args:
            parent: the experiment of the lineage, in process 0; only used where
                nothing was saved yet.

        Raises:
            ValueError: the best weights of `parent` are not those of the lineage.
        """
        if self.processes.count == 1:
            found = self._load(self.model, self.optimizer, parent)
        else:
            found = self._load_for_all(parent)
        self._start(found)
        if self.is_first and self.options.tensorboard:
            with devices.on_one_device():
                self.board = Board(self.experiment.path / "tensorboard", self.model)
        # Within an epoch, the weights are not those of the last one any more.
        if self.position.epoch and not self.position.batch:
            if self.is_first:
                self.pictures.draw_missing(self.position.epoch)
            self.processes.wait()  # for process 0, which draws

    def _build(self) -> tuple[Network, Optimizer]:
        """Network and optimizer, on the devices that share batches now."""
        return build_network(self.experiment), build_optimizer(
            self.experiment.hyperparameters, self.num_steps, self.points_per_line
        )

    def _load(
        self, network: Network, optimizer: Optimizer, parent: Experiment | None = None
    ) -> dict | None:
        """As in TrainingLoop; the parent's weights where nothing was saved."""
        if parent is not None and self._latest() is None:
            self._begin_with(network, parent)
        return super()._load(network, optimizer)

    def _begin_with(self, network: Network, parent: Experiment) -> None:
        found = checkpoint.read_weights(
            parent.load_checkpoint,
            ["best"],
            lambda path: begin_with(network, self.experiment.alphabet, parent, path),
        )
        step, due = found and found[2].get("step"), self.experiment.lineage.step
        if step != due:
            raise ValueError(
                f"{parent.name} has learned on: its best weights are of step {step}, "
                f"but {self.experiment.name} was to begin with those of step {due}; "
                f"remove {self.experiment.path} and begin again"
            )
        self.tell(f"begins with the best weights of {parent.name}, step {step:,}")

    def _load_for_all(self, parent: Experiment | None) -> dict | None:
        """Loads in process 0, into a twin, and shares the values.

        Variables that all processes share can only be set by all of them together.
        """
        with devices.on_one_device():
            twin = self._build()
            found = self._load(*twin, parent)
        found = self.processes.share(lambda: found)
        self.model.compile(optimizer=self.optimizer)
        self.optimizer.build(self.model.trainable_variables)
        values = [ops.convert_to_numpy(variable) for variable in _variables(*twin)]
        for variable, value in zip(
            _variables(self.model, self.optimizer),
            self.processes.share_arrays(values),
            strict=True,
        ):
            variable.assign(value)
        return found

    def _score(self, interrupts: Interrupts) -> dict[str, dict[str, float]]:
        """Totals of the validation, test and training lines."""
        scores = {"train": self.position.totals}
        for name in ("valid", "test"):
            batches = self.lines.batches[name]
            if name == "test" and batches is self.lines.batches["valid"]:
                scores[name] = scores["valid"]
                continue
            totals = dict.fromkeys(self.counted, 0.0)
            bar = self._bar(name, batches)
            for batch in batches.epoch(0):
                add_to(totals, self.model.test_on_batch(batch.inputs, return_dict=True))
                bar.update()
                if interrupts.check():
                    break
            bar.close()
            scores[name] = totals
        return scores

    def _row(self, scores: Mapping[str, dict[str, float]]) -> dict[str, float]:
        row = {}
        for name, totals in scores.items():
            row[f"{name}_log_likelihood"] = per(totals, "log_likelihood", "lines")
            row[f"{name}_log_likelihood_per_point"] = per(
                totals, "log_likelihood", "points"
            )
        valid = row["valid_log_likelihood"]
        if not math.isfinite(valid) or row["valid_log_likelihood_per_point"] < -LOST:
            raise FloatingPointError(
                f"after step {self.position.step} the log-likelihood of the validation "
                f"lines is {valid}; {self._remedy()}"
            )
        return row

    def _grade(self, row: Mapping[str, float]) -> float:
        return row["valid_log_likelihood"]

    def _in_words(self, row: Mapping[str, float]) -> str:
        return (
            f"epoch {row['epoch']}, step {row['step']}: "
            f"train {row['train_log_likelihood']:.1f}, "
            f"valid {row['valid_log_likelihood']:.1f}, "
            f"test {row['test_log_likelihood']:.1f} nats/line "
            f"({row['valid_log_likelihood_per_point']:.3f} valid nats/point), "
            f"{row['points_per_second']:,.0f} points/s"
        )

    def _show(self, row: Mapping[str, float]) -> None:
        super()._show(row)
        if self.board is not None:
            self.board.write(row)
        self.pictures.draw(row["epoch"])

    def _end_epoch(self, scores: Mapping[str, dict[str, float]]) -> None:
        super()._end_epoch(scores)
        self.processes.wait()  # for process 0, which draws

    def _require_sound(
        self, sums: Mapping[str, Any], norm: float, batch: Batch
    ) -> None:
        nats = float(sums["log_likelihood"])
        is_lost = not nats >= -LOST * float(sums["points"])
        if math.isfinite(nats) and math.isfinite(norm) and not is_lost:
            return
        numbers = batch.lines[batch.lines >= 0]
        try:
            ids = self.lines.line_ids.take(numbers[:LINES_NAMED])
        except DamagedInk:  # replaced since: that the run diverged is what matters
            ids = [f"number {number}" for number in numbers[:LINES_NAMED]]
        raise FloatingPointError(
            f"{self._place()}: log-likelihood {nats}, gradient norm {norm}, on lines "
            f"{', '.join(ids)} and {len(numbers) - len(ids)} more; {self._remedy()}"
        )


def _variables(network: Network, optimizer: Optimizer) -> list:
    """All variables that a run changes, in the same order in every process."""
    return [
        *network.trainable_variables,
        *network.non_trainable_variables,
        *optimizer.variables,
    ]


@output_may_be_lost()
def train(
    plan: RunPlan,
    options: RunOptions,
    root: str | Path,
    progress: bool = False,
    processes: Processes = ALONE,
) -> RunEnd:
    """Trains until the end of the epochs, or a signal.

    Args:
        plan: from `plan_run`.
        options: with the corpus as `data`.
        root: the folder of all experiments.
        progress: whether to show a bar on stderr.
        processes: those of the run.

    Raises:
        ValueError, FloatingPointError: see TrainingRun.
        ImportError: `options` asks for TensorBoard, and its package is missing.
        RuntimeError: the system has no file locks, or another process trains there.
    """
    require_locks()
    options = options.settled(plan.kept)
    if options.tensorboard:
        require_tensorboard()
    batch_size = plan.hyperparameters.batch_size
    with contextlib.ExitStack() as stack:
        stack.enter_context(devices.sharing_batches(options.devices, batch_size))
        if plan.action == "resume" and processes.is_first:
            stack.enter_context(plan.parent.lock())  # before its corpus is read
        experiment, lines = prepare(plan, options, Path(root), processes)
        if plan.action != "resume" and processes.is_first:
            stack.enter_context(experiment.lock())
        interrupts = stack.enter_context(Interrupts(processes))
        if processes.is_first:
            experiment.write_environment(machine.describe(), options.data)
            tqdm.write(f"{say_files(options.data)}: {lines.summary()}", file=sys.stderr)
        run = TrainingRun(experiment, lines, options, progress, processes)
        run.begin(plan.origin)
        if plan.action == "resume" and not run.position.step:
            run.tell(f"no step of {experiment.name} was saved: begins at step 0")
        run.run(interrupts)
        if run.board is not None:
            run.board.close()
        processes.finish()
    return RunEnd(experiment, run.position.step, interrupts.signal_number)

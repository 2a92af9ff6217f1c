"""The loop of a training: fetch a batch, take a step; after an epoch score and save.

What Keras does, Keras does here: the gradient, the update, the compiled step
(`train_on_batch`). Ours is what it lacks: sums over what is real in place of means over
padding, a position from which a killed run goes on exactly, and a stop at the first
number that is not finite, before it can reach a checkpoint.

`training.py` trains those that write, `reader_training.py` those that read.
"""

import time
from pathlib import Path
from typing import Any

import keras
from keras import ops
from keras.optimizers import Optimizer
from tqdm import tqdm

from sketch.corpus.batches import Batch, Batches
from sketch.settings.run_options import CommonOptions
from sketch.training.position import Position
from sketch.training.record import NoRecord, Record
from sketch.training.stop import Interrupts


class TrainingLoop:
    """One process' work on one directory.

    Args:
        model: what learns, with its initial weights.
        optimizer: keeps the `gradient_norm` of its last step.
        batches: to learn from.
        position: where a run begins, with empty sums of what `model` counts.
        record: what is left in the directory.
        options: how long, on what; settled.
        progress: whether to show a bar on stderr.

    Raises:
        ValueError: settings and checkpoint do not fit each other; names the file.
        FloatingPointError: a loss or gradient is not finite; the last checkpoint is
            from before.
    """

    random: tuple[str, ...] = ()  # settings that draw from the backend's own streams
    remedies = ("--lr",)  # what may keep the weights from exploding
    has_cycle = True  # the learning rate depends on how many epochs there will be

    def __init__(
        self,
        model: keras.Model,
        optimizer: Optimizer,
        batches: Batches,
        position: Position,
        record: Record | NoRecord,
        options: CommonOptions,
        progress: bool,
    ):
        self.model = model
        self.optimizer = optimizer
        self.batches = batches
        self.position = position
        self.record = record
        self.options = options
        self.progress = progress

    def run(self, interrupts: Interrupts) -> None:
        """Train until `--epochs` or `--patience` is reached, or a signal comes."""
        if self.position.epoch >= self.options.epochs:
            self.record.tell(
                f"--epochs {self.options.epochs} is reached; with a greater one "
                "it goes on"
            )
        if interrupts.check():  # before the first batch, which compiles
            return
        while self.position.epoch < self.options.epochs and not self._out_of_patience():
            self._train_epoch(interrupts)
            scores = None if interrupts.signal_number else self._score(interrupts)
            if interrupts.signal_number:
                self._save("latest")
                return
            self._end_epoch(scores)
            if interrupts.check():
                return
        if self.position.epoch < self.options.epochs:
            self.record.tell(
                f"no better validation since epoch {self.position.best_epoch}: with a "
                "greater --patience, or 0, it goes on"
            )

    # -- what depends on what is trained ---------------------------------------------

    def _score(self, interrupts: Interrupts) -> Any:
        """How good it is on the lines that are held out."""
        raise NotImplementedError

    def _row(self, scores: Any) -> dict[str, float]:
        """`_score`'s result, by columns of the history."""
        raise NotImplementedError

    def _grade(self, row: dict[str, float]) -> float:
        """What the best epoch is chosen by: higher is better."""
        raise NotImplementedError

    def _require_sound(self, sums: dict, norm: float, batch: Batch) -> None:
        """Refuses to go on from a step that lost the weights."""
        raise NotImplementedError

    # -- an epoch --------------------------------------------------------------------

    def _train_epoch(self, interrupts: Interrupts) -> None:
        position = self.position
        bar = self._bar(f"epoch {position.epoch + 1}", self.batches, position.batch)
        started = time.perf_counter()
        for batch in self.batches.epoch(position.epoch, first=position.batch):
            sums = self.model.train_on_batch(batch.inputs, return_dict=True)
            norm = float(ops.convert_to_numpy(self.optimizer.gradient_norm))
            self._require_sound(sums, norm, batch)
            position.add(sums, norm, time.perf_counter() - started)
            bar.update()
            speed = position.totals.points / position.epoch_seconds
            bar.set_postfix_str(f"{position.totals}, {speed:,.0f} points/s")
            if interrupts.check():
                break
            if self.record.age >= self.options.checkpoint_minutes:
                self._save("latest")
            started = time.perf_counter()  # to make a batch is part of its step
        bar.close()

    def _end_epoch(self, scores: Any) -> None:
        position = self.position
        row = {
            "epoch": position.epoch + 1,
            "step": position.step,
            "seconds": position.seconds,
            "points_per_second": position.totals.points / position.epoch_seconds,
            "learning_rate": float(ops.convert_to_numpy(self.optimizer.learning_rate)),
            "gradient_norm": position.gradient_norm / position.batch,
            **self._row(scores),
        }
        grade = self._grade(row)
        position.end_epoch()
        is_best = position.best is None or grade > position.best
        if is_best:
            position.best, position.best_epoch = grade, position.epoch
        self.record.append(row)
        if is_best:
            self._save("best")
        self._save("latest")
        self.record.tell_epoch(row)  # a pipe that nobody empties may hold it up
        self.record.draw(position.epoch)

    def _out_of_patience(self) -> bool:
        waited = self.position.epoch - self.position.best_epoch
        return 0 < self.options.patience <= waited

    # -- what a checkpoint holds -----------------------------------------------------

    def _save(self, kind: str) -> None:
        state = self.position.to_state()
        state["seeds"] = [
            ops.convert_to_numpy(variable).tolist()
            for variable in self.model.non_trainable_variables
        ]
        state["backend"] = keras.backend.backend()
        state["options"] = self.options.to_keep()
        self.record.save(kind, state)

    def _restore(self, state: dict, path: Path) -> None:
        state = dict(state)
        seeds = state.pop("seeds", None)
        backend = state.pop("backend", None)
        before = state.pop("options", {})
        variables = self.model.non_trainable_variables
        try:
            self.position = self.position.from_state(state)
            for variable, seed in zip(variables, seeds, strict=True):
                variable.assign(seed)
            epochs = before.get("epochs")
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
            OverflowError,
        ) as error:
            raise ValueError(
                f"{path} does not hold the state of this run ({error}); restore it "
                "together with its weights"
            ) from error
        if backend not in (None, keras.backend.backend()):
            others = " and ".join(self.random)
            self.record.tell(
                f"begun under {backend}, goes on under {keras.backend.backend()}: the "
                "same weights, optimizer and order of lines"
                + (f"; other random numbers in {others}" if others else "")
            )
        if self.has_cycle and epochs not in (None, self.options.epochs):
            self.record.tell(
                f"begun for --epochs {epochs}, goes on for {self.options.epochs}: the "
                "learning rate rises and falls once over all of them"
            )

    # -- what is shown ---------------------------------------------------------------

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

    def _place(self) -> str:
        """Where the run stands, in words."""
        position = self.position
        return (
            f"step {position.step + 1} (epoch {position.epoch + 1}, batch "
            f"{position.batch + 1})"
        )

    def _remedy(self) -> str:
        latest = self.record.latest()
        step = f", of step {latest[1].get('step')}," if latest else ""
        ways = " or ".join(self.remedies)
        return f"the last checkpoint{step} is kept; try a lower {ways}"

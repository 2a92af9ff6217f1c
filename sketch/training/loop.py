"""The loop of a run: fetch a batch, take a step; after an epoch score and save.

Keras computes the gradient and the update, in its compiled step (`train_on_batch`). The
loop adds what Keras lacks: sums over real points in place of means over padding, a
position from which a killed run goes on exactly, and a stop at the first number that is
not finite, before it can reach a checkpoint.

`network_run.py` trains networks that write, `recogniser_run.py` those that read.
"""

import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.optimizers import Optimizer
from tqdm import tqdm

from sketch.backend import devices
from sketch.corpus.batches import Batch, Batches
from sketch.experiment.run_directory import RunDirectory
from sketch.experiment.weights import load_weights
from sketch.settings.run_options import CommonOptions
from sketch.system.messages import progress_bar
from sketch.training.forecast import DAY, MINUTE, Forecast, in_words
from sketch.training.position import Position
from sketch.training.stop import Interrupts


@dataclass(frozen=True)
class RunEnd:
    """How a run ended; everything is saved.

    Attributes:
        directory: the experiment or the recogniser.
        step: optimizer updates in all.
        signal_number: of the signal that stopped it, or 0.
    """

    directory: RunDirectory
    step: int
    signal_number: int = 0


class TrainingLoop:
    """One process' work on one directory.

    Args:
        directory: of the run; the first process alone has locked it, and writes it.
        model: what learns, with its initial weights.
        optimizer: has the `gradient_norm` of its last step.
        batches: to learn from.
        options: how long, on what; settled.
        progress: whether to show a bar on stderr.
        is_first: whether this process writes the directory.

    Raises:
        ValueError: settings and checkpoint do not fit each other; names the file.
        FloatingPointError: a loss, a gradient, a weight or the optimizer's state is not
            finite; the last checkpoint is from before.
    """

    counted: tuple[str, str, str]  # by `model`: nats, what they are of, points
    unit: str  # what the nats are of
    random: tuple[str, ...] = ()  # settings that draw from the backend's own streams
    remedies = ("--lr",)  # options whose lower values may keep the weights finite
    has_cycle = True  # the learning rate depends on how many epochs there will be
    recipe = ""  # options of a run that takes less time, where there is one

    def __init__(
        self,
        directory: RunDirectory,
        model: keras.Model,
        optimizer: Optimizer,
        batches: Batches,
        options: CommonOptions,
        progress: bool,
        is_first: bool = True,
    ):
        self.directory = directory
        self.model = model
        self.optimizer = optimizer
        self.batches = batches
        self.options = options
        self.progress = progress
        self.is_first = is_first
        self.position = Position(totals=dict.fromkeys(self.counted, 0.0))
        self.forecast = Forecast(batches)
        self._saved_at = time.monotonic()

    def run(self, interrupts: Interrupts) -> None:
        """Trains until `--epochs` or `--patience` is reached, or a signal comes."""
        position, epochs = self.position, self.options.epochs
        if position.epoch >= epochs:
            self.tell(f"--epochs {epochs} is reached; with a greater one it goes on")
        elif position.step:
            self.tell(
                f"goes on at epoch {position.epoch + 1}, step {position.step + 1}"
            )
        if interrupts.check():  # before the first batch, which compiles
            return
        while position.epoch < epochs and not self._out_of_patience():
            self._train_epoch(interrupts)
            scores = None if interrupts.signal_number else self._score(interrupts)
            if interrupts.signal_number:
                self._save("latest")
                return
            self._end_epoch(scores)
            if interrupts.check():
                return
        if position.epoch < epochs:
            self.tell(
                f"no better validation since epoch {position.best_epoch}: with a "
                "greater --patience, or 0, it goes on"
            )

    # -- of networks and recognisers each ---------------------------------------------

    def _score(self, interrupts: Interrupts) -> Any:
        """Scores the lines that are held out."""
        raise NotImplementedError

    def _row(self, scores: Any) -> dict[str, float]:
        """`_score`'s result, by columns of the history."""
        raise NotImplementedError

    def _grade(self, row: dict[str, float]) -> float:
        """The number that chooses the best epoch: higher is better."""
        raise NotImplementedError

    def _require_sound(self, sums: dict, norm: float, batch: Batch) -> None:
        """Refuses to go on from a step that lost the weights."""
        raise NotImplementedError

    def _in_words(self, row: dict[str, float]) -> str:
        """An epoch in a line, which is printed as a result."""
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
            seconds = time.perf_counter() - started
            position.add(sums, norm, seconds)
            bar.update()
            speed = position.totals["points"] / position.epoch_seconds
            nats = per(position.totals, *self.counted[:2])
            bar.set_postfix_str(f"{nats:.4g} nats/{self.unit}, {speed:,.0f} points/s")
            if self.forecast.add(batch, seconds):
                self._tell_forecast()
            if interrupts.check():
                break
            age = (time.monotonic() - self._saved_at) / 60
            if age >= self.options.checkpoint_minutes:
                self._save("latest")
            started = time.perf_counter()  # making a batch is part of its step
        bar.close()

    def _tell_forecast(self) -> None:
        done = self.position.epoch + self.position.batch / self.batches.num_batches
        seconds = self.forecast.seconds(self.options.epochs - done)
        if seconds < MINUTE:
            return
        words = f"about {in_words(seconds)} to the end of epoch {self.options.epochs}"
        if seconds > DAY and self.recipe:
            words += f"; meant for a machine like this one: {self.recipe}"
        self.tell(words)

    def _end_epoch(self, scores: Any) -> None:
        position = self.position
        row = {
            "epoch": position.epoch + 1,
            "step": position.step,
            "seconds": position.seconds,
            "points_per_second": position.totals["points"] / position.epoch_seconds,
            "learning_rate": float(ops.convert_to_numpy(self.optimizer.learning_rate)),
            "gradient_norm": position.gradient_norm / position.batch,
            **self._row(scores),
        }
        grade = self._grade(row)
        position.end_epoch()
        is_best = position.best is None or grade > position.best
        if is_best:
            position.best, position.best_epoch = grade, position.epoch
        if self.is_first:
            self.directory.append_history(row)
        if is_best:
            self._save("best")
        self._save("latest")
        if self.is_first:
            self._show(row)

    def _show(self, row: dict[str, float]) -> None:
        """Tells an epoch, when all is saved: a pipe that nobody empties may wait."""
        tqdm.write(self._in_words(row))

    def _out_of_patience(self) -> bool:
        waited = self.position.epoch - self.position.best_epoch
        return 0 < self.options.patience <= waited

    # -- checkpoints -----------------------------------------------------------------

    def _load(self, model: keras.Model, optimizer: Optimizer) -> dict | None:
        """Reads the latest checkpoint; its `state` and `path`, or None."""
        model.compile(optimizer=optimizer)
        optimizer.build(model.trainable_variables)
        latest = self._latest()
        if latest is None:
            return None
        weights_path, state = latest
        load_weights(model, weights_path)
        return {"state": state, "path": str(weights_path.parent / "state.json")}

    def _start(self, found: dict | None) -> None:
        """Takes up the state that `_load` found, or saves the start of a new run."""
        if found is not None:
            self._restore(found["state"], Path(found["path"]))
        if found is None or Path(found["path"]).parent.name != "latest":
            self._save("latest")  # killed before the first epoch, it can go on too
        if self.is_first:  # rows of epochs that are done again
            self.directory.truncate_history(self.position.epoch)

    def _latest(self) -> tuple[Path, dict[str, Any]] | None:
        return self.directory.latest_or_best() if self.is_first else None

    def _save(self, kind: str) -> None:
        self._saved_at = time.monotonic()
        if not self.is_first:
            return
        self._require_finite()
        state = self.position.to_state()
        state["seeds"] = [
            ops.convert_to_numpy(variable).tolist()
            for variable in self.model.non_trainable_variables
        ]
        state["backend"] = keras.backend.backend()
        state["options"] = self.options.to_keep()
        with devices.on_one_device():  # Keras makes a variable or two to save others
            self.directory.save_checkpoint(kind, self.model.save_weights, state)

    def _require_finite(self) -> None:
        """Loss and norm of a step are of before its update; weights are of after it."""
        for owner, variables in (
            ("the network's", self.model.weights),
            ("the optimizer's", self.optimizer.variables),
        ):
            for variable in variables:
                if not np.isfinite(ops.convert_to_numpy(variable)).all():
                    raise FloatingPointError(
                        f"step {self.position.step} left {owner} {variable.name} not "
                        f"finite; {self._remedy()}"
                    )

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
            self.tell(
                f"begun under {backend}, goes on under {keras.backend.backend()}: the "
                "same weights, optimizer and order of lines"
                + (f"; other random numbers in {others}" if others else "")
            )
        if self.has_cycle and epochs not in (None, self.options.epochs):
            self.tell(
                f"begun for --epochs {epochs}, goes on for {self.options.epochs}: the "
                "learning rate rises and falls once over all of them"
            )

    # -- messages --------------------------------------------------------------------

    def _bar(self, name: str, batches: Batches, done: int = 0):
        return progress_bar(name, batches.num_batches, "batch", self.progress, done)

    def _place(self) -> str:
        """The step that is being done."""
        position = self.position
        return (
            f"step {position.step + 1} (epoch {position.epoch + 1}, batch "
            f"{position.batch + 1})"
        )

    def _remedy(self) -> str:
        remedy = f"try a lower {' or '.join(self.remedies)}"
        if not self.is_first:
            return remedy
        latest, kept = self._latest(), "no checkpoint was saved yet"
        if latest is not None:
            kept = f"the last checkpoint, of step {latest[1].get('step')}, is kept"
        return f"{kept}; {remedy}"

    def tell(self, words: str) -> None:
        """Prints a line on stderr, in the first process."""
        if self.is_first:
            tqdm.write(words, file=sys.stderr)


def per(totals: dict[str, float], above: str, below: str) -> float:
    """One total over another: nats a line, say; NaN of nothing."""
    return totals[above] / totals[below] if totals[below] else math.nan

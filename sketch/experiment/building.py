"""An experiment's settings made into a network and an optimizer.

The builders read the settings; layers get plain arguments.
"""

import math
from pathlib import Path
from typing import Any

import keras
from keras import ops

from sketch.experiment import checkpoint
from sketch.experiment.directory import Experiment
from sketch.experiment.hyperparameters import Hyperparameters
from sketch.experiment.run_directory import RunDirectory
from sketch.experiment.weights_file import check_weights_file, require_size, unfit
from sketch.model.network import Network, first_input

LEAST_BYTES = 2  # of a weight: published experiments are in half precision
WARM_UP = 0.3  # share of a one-cycle schedule in which the rate rises
START = 1 / 25  # the rate a one-cycle schedule begins with, as a share of its peak


def build_network(experiment: Experiment) -> Network:
    """The experiment's network with its initial weights.

    Args:
        experiment: for settings, alphabet, offset statistics and pace.

    Raises:
        ValueError: the experiment has weights, and they are too few for its settings.
    """
    settings = experiment.hyperparameters
    require_weights(experiment, _least_weights(experiment))
    return Network(
        dim=settings.dim,
        depth=settings.depth,
        num_mixtures=settings.mixtures,
        first_input=first_input(experiment.offset_mean, experiment.offset_std),
        scale_floor=settings.epsilon,
        cell="gru" if settings.gru else "lstm",
        peepholes=settings.peepholes,
        skip=settings.skip,
        top=settings.top,
        dropout=settings.dropout,
        uniform=settings.uniform,
        weight_noise=settings.weight_noise,
        num_symbols=experiment.alphabet.size if settings.text else None,
        window_mixtures=settings.window_mixtures,
        advance=1.0 / experiment.pace,
        seed=settings.seed,
    )


def _least_weights(experiment: Experiment) -> int:
    """How many weights the network has at the least: gates, window and output."""
    settings = experiment.hyperparameters
    symbols = experiment.alphabet.size if settings.text else 0
    a_state = 3 * (settings.dim + symbols) * settings.depth + 6 * settings.mixtures
    return settings.dim * (a_state + settings.window_mixtures * settings.text)


def require_weights(directory: RunDirectory, num_weights: int) -> None:
    """Refuses checkpoints with fewer weights than a network has at the least.

    Settings from a stranger could ask for a network that fills the memory: its weights
    must be there before it is built.

    Raises:
        ValueError: names the file.
    """
    for kind in checkpoint.KINDS:
        path = directory.checkpoints_dir / kind / checkpoint.WEIGHTS_NAME
        if path.is_file():
            require_size(path, num_weights * LEAST_BYTES)


def load_network(experiment: Experiment) -> Network:
    """The experiment's network with its best weights; see `load_trained`."""
    return load_trained(experiment)[0]


def load_trained(
    experiment: Experiment, kind: str = "best"
) -> tuple[Network, dict[str, Any]]:
    """The experiment's network with its weights, and which these are.

    Args:
        experiment: which.
        kind: "best" or "latest" checkpoint, or the other where there is no such: before
            the first epoch has ended, or of a published experiment.

    Returns:
        The network; `kind`, `epoch` and `step` of its weights, for reports.

    Raises:
        ValueError: there is no checkpoint yet, or it does not fit the settings.
    """
    network = build_network(experiment)
    found = checkpoint.read_weights(
        experiment.load_checkpoint,
        dict.fromkeys((kind, *checkpoint.KINDS)),
        lambda path: load_weights(network, path),
    )
    if found is None:
        raise ValueError(
            f"{experiment.name} has no checkpoint yet: train it with --model "
            f"{experiment.name}"
        )
    kind, _, state = found
    return network, {
        "kind": kind,
        "epoch": state.get("epoch"),
        "step": state.get("step"),
    }


def load_weights(network: Network, path: Path) -> None:
    """Read `model.weights.h5`; with a compiled network, the optimizer's state too.

    Raises:
        ValueError: the file does not fit the network; names it and the remedy.
    """
    check_weights_file(path)
    try:
        network.load_weights(path)
    except MemoryError:
        raise
    except Exception as error:  # whatever h5py and Keras raise on a damaged file
        raise unfit(path, error) from error


def begin_with(network: Network, parent: Experiment, path: Path) -> None:
    """Gives a new experiment's network the weights of its parent.

    Args:
        network: as its parent's, but for text, which one of the two may lack.
        parent: whose weights.
        path: of the weights.

    Raises:
        ValueError: the file is damaged.
    """
    if network.has_text == parent.hyperparameters.text:
        load_weights(network, path)
        return
    theirs = build_network(parent)
    load_weights(theirs, path)
    network.take_weights(theirs)


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """One rise and one fall of the learning rate, both half cosines (Smith 2018).

    Rises from `peak` / 25 over the first 30 % of the steps, then falls to 0.

    Args:
        peak: the greatest rate.
        num_steps: optimizer updates in all; the rate stays 0 after them.
    """

    def __init__(self, peak: float, num_steps: int):
        self.peak = peak
        self.num_steps = num_steps

    def __call__(self, step):
        done = ops.minimum(ops.cast(step, "float32") / self.num_steps, 1.0)
        rise = 0.5 - 0.5 * ops.cos(math.pi * ops.minimum(done / WARM_UP, 1.0))
        fall = ops.maximum((done - WARM_UP) / (1.0 - WARM_UP), 0.0)
        rate = START + (1.0 - START) * rise
        return self.peak * rate * (0.5 + 0.5 * ops.cos(math.pi * fall))

    def get_config(self):
        return {"peak": self.peak, "num_steps": self.num_steps}


def limited(optimizer_class: type) -> type:
    """An optimizer that limits the gradient's global norm, and remembers the norm.

    The norm is that of nats a point: the loss, nats a line, is a sum over hundreds of
    points. A limit of 10 on the sum's gradient would bind in every step, and weigh a
    batch of scribbles like one of good hands: 67 nats/line over the first epoch of a
    1x400 network where the limit on the mean left 140.
    """

    class Limited(optimizer_class):
        """`max_grad` 0 sets no limit; `gradient_norm` is that of the last batch."""

        def __init__(self, max_grad: float, points_per_line: float, **kwargs):
            super().__init__(**kwargs)
            self.max_grad = max_grad
            self.points_per_line = points_per_line

        def build(self, variables):
            super().build(variables)
            self.gradient_norm = self.add_variable(
                (), initializer="zeros", dtype="float32", name="gradient_norm"
            )

        def apply(self, grads, trainable_variables=None):
            # By the largest of all: squares of what exploded would be infinite.
            largest = ops.max(ops.stack([ops.max(ops.abs(grad)) for grad in grads]))
            unit = ops.where(largest > 0, largest, 1.0)
            norm = unit * ops.sqrt(
                sum(ops.sum(ops.square(grad / unit)) for grad in grads)
            )
            norm = norm / self.points_per_line
            self.gradient_norm.assign(norm)
            if self.max_grad:
                # A norm that is not finite makes all weights so: the run sees it.
                share = self.max_grad / ops.maximum(norm, self.max_grad)
                grads = [grad * share for grad in grads]
            return super().apply(grads, trainable_variables)

    return Limited


# What Muon leaves to Adam, by parts of paths: all but the kernels of upper layers and
# the recurrent ones.
NOT_WIDE = ["layer_1/kernel", "peephole", "bias", "window", "mixture"]

# `graves` is the paper's eqs 38-45 exactly: Keras has epsilon inside the square root,
# behind the subtraction of the squared mean. Its rate is --lr, 1e-4 in the paper.
STEP_METHODS = {
    "adam": (keras.optimizers.Adam, {}),
    "rmsprop": (keras.optimizers.RMSprop, {"rho": 0.95}),
    "graves": (
        keras.optimizers.RMSprop,
        {"rho": 0.95, "momentum": 0.9, "epsilon": 1e-4, "centered": True},
    ),
    "adagrad": (keras.optimizers.Adagrad, {}),
    "adadelta": (keras.optimizers.Adadelta, {}),
    "scale": (keras.optimizers.SGD, {}),
    # Matrices between wide layers step by orthogonal matrices (Jordan 2024), as large
    # as Adam's steps (Liu et al. 2025, arXiv:2502.16982), the rest as Adam would.
    "muon": (
        keras.optimizers.Muon,
        {"exclude_layers": NOT_WIDE, "weight_decay": None, "adam_weight_decay": None},
    ),
}


def build_optimizer(settings: Hyperparameters, num_steps: int, points_per_line: float):
    """The optimizer of `--step-method` with its schedule and gradient limit.

    Args:
        settings: step_method, learning_rate, schedule, max_grad.
        num_steps: updates of the whole run, for a one-cycle schedule.
        points_per_line: mean of the training lines; what turns the loss, nats a line,
            into nats a point for the limit.
    """
    make, arguments = STEP_METHODS[settings.step_method]
    rate = settings.learning_rate
    if settings.schedule == "one-cycle":
        rate = OneCycle(rate, num_steps)
    return limited(make)(
        settings.max_grad, points_per_line, learning_rate=rate, **arguments
    )

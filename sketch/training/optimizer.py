"""The optimizers of `--step-method`, with their schedule and limit of the gradient."""

import math

import keras
from keras import ops

from sketch.settings.hyperparameters import Hyperparameters

WARM_UP = 0.3  # share of a one-cycle schedule in which the rate rises
START = 1 / 25  # the rate a one-cycle schedule begins with, as a share of its peak


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


class GramMuon(keras.optimizers.Muon):
    """Muon whose iteration runs on a matrix' Gram matrix, which is smaller.

    Each step of Newton and Schulz multiplies `x` from the left by a polynomial of
    `x xᵀ`. Here these polynomials are multiplied, and `x` by them half-way and at the
    end: 30 products of square matrices in place of 45, for kernels that are four times
    as wide as high. A Gram matrix holds the squares of the singular values, and rounds
    what the small ones have; each step makes these errors twelve times as large. Over
    all steps at once they would be half of the result where products are rounded to
    10 bits, as GPUs do.
    """

    def zeropower_via_newtonschulz5(self, x, steps: int):
        is_tall = x.shape[0] > x.shape[1]
        if is_tall:
            x = ops.transpose(x)
        x = x / (ops.norm(x) + 1e-7)  # no singular value above 1
        for some in (steps - steps // 2, steps // 2):
            x = self._newton_schulz(x, some)
        return ops.transpose(x) if is_tall else x

    def _newton_schulz(self, x, steps: int):
        def factor_of(gram):
            square = ops.matmul(gram, gram)
            return self.muon_a * one + self.muon_b * gram + self.muon_c * square

        one = ops.eye(x.shape[0], dtype=x.dtype)
        gram = ops.matmul(x, ops.transpose(x))
        factor = product = factor_of(gram)
        for _ in range(steps - 1):
            gram = ops.matmul(factor, ops.matmul(gram, factor))
            factor = factor_of(gram)
            product = ops.matmul(factor, product)
        return ops.matmul(product, x)


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
        GramMuon,
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

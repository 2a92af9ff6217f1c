"""The optimizers of `--step-method`, with schedule and gradient limit."""

import math

import keras
from keras import ops

from sketch.settings.hyperparameters import Hyperparameters

WARM_UP = 0.3  # share of a one-cycle schedule in which the rate rises
START = 1 / 25  # of a one-cycle schedule: its first rate as a share of its peak


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
    """A subclass that limits the gradient's global norm and remembers the norm.

    The norm is that of nats a point. The loss is nats a line, a sum over hundreds of
    points: a limit of 10 on its gradient would bind in every step, and unusual ink
    would count as much as common ink. The first epoch of a 1x400 network gained 67
    nats/line with that limit, and 140 with the limit on nats a point.
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
            # Divided by the largest entry, or squares of large ones would overflow.
            largest = ops.max(ops.stack([ops.max(ops.abs(grad)) for grad in grads]))
            unit = ops.where(largest > 0, largest, 1.0)
            norm = unit * ops.sqrt(
                sum(ops.sum(ops.square(grad / unit)) for grad in grads)
            )
            norm = norm / self.points_per_line
            self.gradient_norm.assign(norm)
            if self.max_grad:
                # A norm that is not finite makes all weights so; the loop sees it.
                share = self.max_grad / ops.maximum(norm, self.max_grad)
                grads = [grad * share for grad in grads]
            return super().apply(grads, trainable_variables)

    return Limited


class GramMuon(keras.optimizers.Muon):
    """Muon with its iteration on the smaller Gram matrix of a kernel.

    Each Newton-Schulz step multiplies `x` from the left by a polynomial of `x xᵀ`. Here
    the polynomials are multiplied first, and `x` only half-way and at the end: 30
    products of square matrices in place of 45, for kernels four times as wide as high.

    Squaring loses small singular values to rounding, and each step multiplies that
    error by 12. Without the product half-way the error is half of the result where
    products are rounded to 10 bits, as on GPUs.
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


# Parts of paths of the variables that Muon leaves to Adam: all but the recurrent
# kernels and the kernels of upper layers.
NOT_WIDE = ["layer_1/kernel", "peephole", "bias", "window", "mixture"]

# `graves` is exactly eqs 38-45 of the paper: Keras adds epsilon inside the square root,
# after it subtracts the squared mean. Its rate is --lr, 1e-4 in the paper.
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
    # Steps of the wide matrices are orthogonal (Jordan 2024) and scaled to the size of
    # Adam's (Liu et al. 2025, arXiv:2502.16982); all others are Adam's.
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
        points_per_line: mean of the training lines; the loss, nats a line, is divided
            by it for the limit.
    """
    make, arguments = STEP_METHODS[settings.step_method]
    rate = settings.learning_rate
    if settings.schedule == "one-cycle":
        rate = OneCycle(rate, num_steps)
    return limited(make)(
        settings.max_grad, points_per_line, learning_rate=rate, **arguments
    )

"""JAX: a scan over time that makes the gradients of its weights after it.

Autodiff would add up the gradient of each weight step by step, and keep all that a step
computed. Here the results of a step's products are kept, and the carry. The way back
goes through time in pieces of `PIECE` steps: the rest of each step is made again, and
what a matrix gets from all steps of a piece is one large product after it.
"""

import contextlib
from contextvars import ContextVar
from functools import partial

import jax
import jax.numpy as jnp

from sketch.model.products_jax import multiplier, product, weights_gradient

PIECE = 128  # steps of the way back whose gradients are in memory at a time

# What multiplies in the step that is being traced.
_multiply = ContextVar("_multiply", default=product)


@contextlib.contextmanager
def _multiplying(by):
    token = _multiply.set(by)
    try:
        yield by
    finally:
        _multiply.reset(token)


def matmul(a, b, dtype):
    """See `fast.matmul`; a step of `scan` keeps the product for the way back."""
    return _multiply.get()(a, b, dtype)


class _Keeping:
    """Products of one step: those with a weight of the scan are kept, by its number."""

    def __init__(self, weights):
        self.weights = weights
        self.factors = [[] for _ in weights]
        self.results = [[] for _ in weights]

    def __call__(self, a, b, dtype):
        result = product(a, b, dtype)
        number = _number(b, self.weights)
        if number is not None:
            self.factors[number].append(a.astype(dtype))
            self.results[number].append(result)
        return result


class _Again:
    """Products of a step that is made again: what was kept, and a shift of 0.

    The gradient of the shift is that of the product.
    """

    def __init__(self, weights, results, shifts, back):
        self.weights, self.back = weights, back
        self.known = [
            iter(list(zip(*pair, strict=True)))
            for pair in zip(results, shifts, strict=True)
        ]

    def __call__(self, a, b, dtype):
        number = _number(b, self.weights)
        if number is None:
            return product(a, b, dtype)
        result, shift = next(self.known[number])
        return _known_product(a, result, shift, self.back[number])


def _number(matrix, weights):
    """Which of the weights it is, the very one; None: another tensor.

    The last, if it is among them twice: on the way back, too, it is found there.
    """
    found = [n for n, weight in enumerate(weights) if weight is matrix]
    return found[-1] if found else None


@jax.custom_vjp
def _known_product(a, result, shift, back):
    """`result + shift`, of which `back` makes the gradient of the left factor `a`."""
    return result + shift


_known_product.defvjp(
    lambda a, result, shift, back: (result + shift, back),
    lambda back, gradient: (back(gradient), None, gradient, None),
)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def scan(step, start, steps, rows, weights):
    """The carries after each step, `[time, batch, ...]`.

    Args:
        step: `step(carry, here, rows, weights) -> carry`; closes over no tensor.
        start: the first carry, tensors `[batch, ...]`.
        steps: tensors `[time, batch, ...]`.
        rows: what every step sees; has no gradient.
        weights: a list of tensors.
    """

    def body(carry, here):
        carry = step(carry, here, rows, weights)
        return carry, carry

    return jax.lax.scan(body, start, steps)[1]


def _forward(step, start, steps, rows, weights):
    def body(carry, here):
        with _multiplying(_Keeping(weights)) as kept:
            carry = step(carry, here, rows, weights)
        return carry, (carry, kept.factors, kept.results)

    carries, *kept = jax.lax.scan(body, start, steps)[1]
    return carries, (start, steps, rows, weights, carries, *kept)


def _backward(step, saved, d_carries):
    start, steps, rows, weights, carries, factors, results = saved
    batch_size = jax.tree.leaves(start)[0].shape[0]
    back = [
        multiplier(weight.T, batch_size, of_it[0].dtype) if of_it else None
        for weight, of_it in zip(weights, factors, strict=True)
    ]
    others = [None if of_it else w for w, of_it in zip(weights, factors, strict=True)]

    def go_back(gradients, at_step):
        d_carry, d_others = gradients
        before, here, results, d_after = at_step

        def again(before, here, others, shifts):
            now = [
                weight if other is None else other
                for weight, other in zip(weights, others, strict=True)
            ]
            with _multiplying(_Again(now, results, shifts, back)):
                return step(before, here, rows, now)

        shifts = jax.tree.map(jnp.zeros_like, results)
        _, pull = jax.vjp(again, before, here, others, shifts)
        d_carry, d_here, d_others_here, d_shifts = pull(
            jax.tree.map(jnp.add, d_carry, d_after)
        )
        d_others = jax.tree.map(jnp.add, d_others, d_others_here)
        return (d_carry, d_others), (d_here, d_shifts)

    def piece_back(gradients, piece, befores):
        d_carry, d_others, d_factored = gradients
        steps, factors, results, d_carries = piece
        (d_carry, d_others), (d_steps, d_shifts) = jax.lax.scan(
            go_back,
            (d_carry, d_others),
            (befores, steps, results, d_carries),
            reverse=True,
        )
        pairs = zip(factors, d_shifts, strict=True)
        d_here = [_weight_gradient(*of_it) for of_it in pairs]
        return (d_carry, d_others, jax.tree.map(jnp.add, d_factored, d_here)), d_steps

    factored = [w if of_it else None for w, of_it in zip(weights, factors, strict=True)]
    nothing = jax.tree.map(jnp.zeros_like, (start, others, factored))
    whole = steps, factors, results, d_carries
    gradients, d_steps = through_pieces(piece_back, nothing, whole, carries, start)
    d_start, d_others, d_factored = gradients
    d_weights = [
        other if mine is None else mine
        for mine, other in zip(d_factored, d_others, strict=True)
    ]
    return d_start, d_steps, None, d_weights


def _weight_gradient(factors, gradients):
    """From the left factors of a matrix' products and the products' gradients."""
    flat = [
        [values.reshape(-1, values.shape[-1]) for values in pair]
        for pair in zip(factors, gradients, strict=True)
    ]
    found = [weights_gradient(*pair, pair[0].dtype) for pair in flat]
    return sum(found[1:], found[0]) if found else None


def through_pieces(go_back, carry, whole, states, start):
    """Back through time in pieces of `PIECE` steps, last to first.

    Args:
        go_back: `go_back(carry, here, befores) -> (carry, gradients)`, for one piece.
        carry: behind the last step.
        whole: tensors `[time, ...]`, of which a piece sees its steps as `here`.
        states: likewise; as `befores` it sees those of one step earlier.
        start: the state before the first step, `[...]`.

    Returns:
        The carry before the first step, and the gradients, `[time, ...]`.
    """
    time = len(jax.tree.leaves(whole)[0])
    size = min(PIECE, time)
    first = 1 + (time - 1) % size  # steps of the one piece that may be shorter

    def cut(tree, begin):
        return jax.tree.map(
            lambda all: jax.lax.dynamic_slice_in_dim(all, begin, size), tree
        )

    def piece_back(carry, begin):
        return go_back(carry, cut(whole, begin), cut(states, begin - 1))

    carry, later = jax.lax.scan(
        piece_back, carry, jnp.arange(first, time, size), reverse=True
    )
    here = jax.tree.map(lambda all: all[:first], whole)
    befores = jax.tree.map(
        lambda initial, all: jnp.concatenate([initial[None], all[: first - 1]]),
        start,
        states,
    )
    carry, sooner = go_back(carry, here, befores)
    joined = jax.tree.map(
        lambda first, others: jnp.concatenate(
            [first, others.reshape(-1, *first.shape[1:])]
        ),
        sooner,
        later,
    )
    return carry, joined


scan.defvjp(_forward, _backward)

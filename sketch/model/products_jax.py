"""JAX: matrix products with factors of low precision, in the order a CPU likes best."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jax.experimental.layout import Layout, with_layout_constraint

MANY = 32  # rows from which on a CPU's float32 products want their matrix transposed


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def product(a, b, dtype):
    """`a @ b` for `a` `[..., inner]` and a matrix `b`; factors rounded, sums float32.

    The leading axes stay apart: joined, they could not be shared by devices.
    """
    return _contract(a, b, (a.ndim - 1,), (0,), dtype)


def _forward(a, b, dtype):
    return product(a, b, dtype), (a, b)


def _backward(dtype, saved, gradient):
    a, b = saved
    return product_back(gradient, b, dtype), weights_gradient(a, gradient, dtype)


product.defvjp(_forward, _backward)


def product_back(gradient, b, dtype):
    """That of `a`, from the gradient `[..., columns]` of `a @ b`.

    As a product with `b.T` it would take twice as long on a CPU in bfloat16.
    """
    return _contract(gradient, b, (gradient.ndim - 1,), (1,), dtype)


def weights_gradient(a, gradient, dtype):
    """That of `b`, from the gradient `[..., columns]` of `a @ b`, over all rows."""
    if a.ndim == 2:  # transposed in memory: bfloat16 would take twice as long
        return _contract(_in_order(a.T.astype(dtype)), gradient, (1,), (0,), dtype)
    leading = tuple(range(a.ndim - 1))
    return _contract(a, gradient, leading, leading, dtype)


@partial(jax.tree_util.register_dataclass, data_fields=["matrix"], meta_fields=["axis"])
@dataclass(frozen=True)
class Multiplier:
    """`a @ matrix` for one `a` `[batch, inner]` after the other; see `multiplier`."""

    matrix: jax.Array
    axis: int  # of the matrix, that is summed over

    def __call__(self, a):
        return _contract(a, self.matrix, (1,), (self.axis,), self.matrix.dtype)


def multiplier(matrix, batch_size, dtype):
    """Multiplies by a matrix again and again; what that needs is done once, here.

    Which order in memory is the quickest was measured: for wide layers it makes a third
    of the speed.
    """
    matrix = matrix.astype(dtype)
    if jnp.dtype(dtype) == jnp.float32 and batch_size < MANY:
        return Multiplier(_in_order(matrix), 0)
    return Multiplier(_in_order(matrix.T), 1)


def _in_order(matrix):
    """The matrix, its rows one after the other in memory; a CPU alone cares."""
    if jax.default_backend() != "cpu":
        return matrix
    return with_layout_constraint(jnp.asarray(matrix), Layout((0, 1)))


def _contract(a, b, a_axes, b_axes, dtype):
    return jax.lax.dot_general(
        a.astype(dtype),
        b.astype(dtype),
        ((a_axes, b_axes), ((), ())),
        preferred_element_type=jnp.float32,
    )

"""JAX: matrix products with factors of low precision, in the order a CPU likes best."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.experimental.layout import Layout, with_layout_constraint

MANY = 32  # rows from which a CPU's float32 product is faster with a transposed matrix


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def matmul(a, b, dtype):
    """See `fast.matmul`; the gradient's products round their factors likewise.

    The leading axes stay apart: joined, devices could not share them.
    """
    return _contract(a, b, (a.ndim - 1,), (0,), dtype)


def _forward(a, b, dtype):
    return matmul(a, b, dtype), (a, b)


def _backward(dtype, saved, gradient):
    a, b = saved
    return left_gradient(gradient, b, dtype), right_gradient(a, gradient, dtype)


matmul.defvjp(_forward, _backward)


def left_gradient(gradient, b, dtype):
    """Gradient with respect to `a`, given that of `a @ b`, `[..., columns]`.

    As a product with `b.T` it would take twice as long on a CPU in bfloat16.
    """
    return _contract(gradient, b, (gradient.ndim - 1,), (1,), dtype)


def right_gradient(a, gradient, dtype):
    """Gradient with respect to `b`, given that of `a @ b`, summed over all rows."""
    if a.ndim == 2:  # transposed in memory: else bfloat16 would take twice as long
        return _contract(_in_order(a.T.astype(dtype)), gradient, (1,), (0,), dtype)
    leading = tuple(range(a.ndim - 1))
    return _contract(a, gradient, leading, leading, dtype)


def multiplier(matrix, batch_size: int, dtype: str) -> Callable:
    """`a -> a @ matrix` for a loop: the matrix is rounded and laid out once, here.

    The faster layout was measured: for wide layers it makes a third of the speed.
    """
    matrix = matrix.astype(dtype)
    if dtype == "float32" and batch_size < MANY:
        ordered, axis = _in_order(matrix), 0
    else:
        ordered, axis = _in_order(matrix.T), 1
    return lambda a: _contract(a, ordered, (1,), (axis,), dtype)


def _in_order(matrix):
    """The matrix, its rows one after the other in memory; only a CPU cares."""
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

"""Losses and gradients by whichever backend runs, as one program where it has such."""

import keras
import numpy as np


def gradients(function, *arrays: np.ndarray) -> list[np.ndarray]:
    """d function(*arrays) / d array, for each of the arrays (float32)."""
    arrays = [np.asarray(array, np.float32) for array in arrays]
    if keras.backend.backend() == "jax":
        import jax

        found = jax.jit(jax.grad(function, argnums=tuple(range(len(arrays)))))(*arrays)
    elif keras.backend.backend() == "torch":
        import torch

        tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
        found = torch.autograd.grad(function(*tensors), tensors)
    else:
        import tensorflow

        tensors = [tensorflow.constant(array) for array in arrays]
        with tensorflow.GradientTape() as tape:
            for tensor in tensors:
                tape.watch(tensor)
            value = function(*tensors)
        found = tape.gradient(value, tensors)
    return [np.asarray(keras.ops.convert_to_numpy(gradient)) for gradient in found]


def loss_of(model: keras.Model, inputs: dict) -> float:
    """A model's own loss."""

    def loss():
        return model.compute_loss(x=inputs, y_pred=model(inputs))

    if keras.backend.backend() == "jax":
        import jax

        loss = jax.jit(loss)
    return float(keras.ops.convert_to_numpy(loss()))


def weight_gradients(model: keras.Model, inputs: dict, run=None) -> list[np.ndarray]:
    """Gradients of a model's own loss with respect to its trainable weights.

    Args:
        model: whose loss and weights.
        inputs: of the loss.
        run: from inputs to outputs; None: the model itself.
    """
    run = run or model
    variables = model.trainable_variables
    if keras.backend.backend() == "jax":
        import jax

        def loss(values):
            with keras.StatelessScope(list(zip(variables, values, strict=True))):
                return model.compute_loss(x=inputs, y_pred=run(inputs))

        found = jax.jit(jax.grad(loss))([variable.value for variable in variables])
    elif keras.backend.backend() == "torch":
        model.zero_grad()
        model.compute_loss(x=inputs, y_pred=run(inputs)).backward()
        found = [variable.value.grad for variable in variables]
    else:
        import tensorflow

        with tensorflow.GradientTape() as tape:
            value = model.compute_loss(x=inputs, y_pred=run(inputs))
        found = tape.gradient(value, [variable.value for variable in variables])
    return [np.asarray(keras.ops.convert_to_numpy(gradient)) for gradient in found]

"""What is learned: mixture density, attention window, recurrent stack.

`mixture` turns the network's outputs into a density over the next pen point, `window`
says which characters of a text are being written, `recurrent` holds the LSTM and GRU
layers and `network` puts them together. Only `keras.ops` here: the same code runs on
JAX, TensorFlow and PyTorch. `fast_jax`, `fast_tensorflow` and `fast_torch` hold quicker
ways to compute the same numbers; `fast` picks the one that fits the running backend.
"""

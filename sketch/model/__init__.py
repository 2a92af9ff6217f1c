"""What is learned, in keras.ops.

- `mixture`: mixture density: parameters, log-likelihood, draw, bias
- `window`: the attention window over the text
- `recurrent`: LSTM and GRU layers: a step, and a sequence
- `network`: the stack: one definition for a sequence and for a step
- `recogniser`: a small CTC network that reads ink
- `edits`: edit distance and error rate of a reading
- `seeds`: the seeds of a network's parts
- `cell`: a step of an LSTM and its gradient
- `window_step`: a step of the window and its gradient
- `fast`: the fastest path that the backend has
- `fast_jax`: the same under JAX
- `products_jax`: matrix products under JAX
- `fast_torch`: the same under PyTorch
"""

"""What is learned, in keras.ops.

- `mixture`: mixture density: parameters, log-likelihood, draw, bias
- `window`: the attention window over the text
- `recurrent`: LSTM and GRU layers: a step, and a sequence
- `network`: the stack: one definition for a sequence and for a step
- `recogniser`: a small CTC network that reads ink
- `edits`: how wrong a reading is
- `seeds`: the seeds of a network's parts
- `fast`: the fastest path that the backend has
- `fast_jax`: ... under JAX
- `scan_jax`: ... its loop over time
- `products_jax`: ... its products
- `fast_torch`: ... under PyTorch
- `fast_tensorflow`: ... under TensorFlow
"""

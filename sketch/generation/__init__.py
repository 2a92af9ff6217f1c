"""Ink out of a model: arrays in, arrays out.

- `terms`: primes, options and check results; no keras
- `sampling`: the compiled sampling loop: free or with text, bias
- `onnx_graph`: ONNX graphs made by formulas
- `onnx_step`: one step of that loop as an ONNX graph
- `attention`: how far the window is through the text
- `joins`: how one piece of ink goes behind another
- `pieces`: short texts in batches; a failed piece is written again
- `texts`: texts of any length, piece by piece
"""

"""How good a model is: what it gives to lines that it has not learned.

- `protocols`: which lines, in which units: the conventions of the published figures
- `likelihood`: log-likelihood of each line, ink and pen apart, as recorded and
  dequantised
- `results`: lines to figures: means, bootstrap intervals, the report, the JSON

A corpus and a network come in, figures go out; nothing here knows of experiments.
"""

PROTOCOL_NAMES = ("graves", "graves300", "vrnn", "udibr", "writer")
BATCH_SIZE = 64  # lines scored at a time

"""How good a model is: what it gives to lines that it has not learned.

- `protocols`: which lines, in which units: the conventions of the published figures
- `likelihood`: log-likelihood of each line, ink and pen apart, as recorded and
  dequantised
- `results`: lines to figures: means, bootstrap intervals, the report, the JSON
- `recogniser`, `edits`: a reader of ink, and how wrong a reading is
- `distances`, `sentences`, `legibility`: how written lines differ from real ones, what
  is written that no corpus holds, and the figures of it all

A corpus and a network come in, figures go out; nothing here knows of experiments.
"""

PROTOCOL_NAMES = ("graves", "graves300", "vrnn", "udibr", "writer")
BATCH_SIZE = 64  # lines scored at a time
# Share of a text's characters that a reader may get wrong of the best that was written,
# before it is a fault: of real lines of IAM-OnDB it gets 0.084 wrong.
MAX_ERROR_RATE = 0.1

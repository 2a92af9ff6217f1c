"""How good a model is.

Each evaluation returns its report as a dict of plain values, as `--json` prints it;
docs/evaluation.md explains the keys. The last one, `text`, is the report for people.

- `protocols`: which lines, in which units: those of the published figures
- `likelihood`: nats a line, ink and pen apart, as recorded and dequantised
- `bootstrap`: figures with 95 % intervals
- `subject`: which weights a report is about, and on which corpus
- `results`: means of scores, and the comparison of two reports
- `score`: an experiment scored by a protocol
- `distances`: how far written strokes are from real ones
- `sentences`: sentences that no corpus holds
- `batch_writing`: many texts written in batches
- `style`: how well the style of a prime is kept
- `legibility`: an experiment read back by a recogniser
"""

PROTOCOL_NAMES = ("graves", "graves300", "vrnn", "udibr", "writer")
BATCH_SIZE = 64  # lines scored at a time

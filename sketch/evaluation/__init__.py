"""How good a model is.

- `protocols`: which lines, in which units: those of the published figures
- `likelihood`: nats a line, ink and pen apart, as recorded and dequantised
- `bootstrap`: figures with 95 % intervals
- `subject`: which weights a report is about, and on which corpus
- `results`: means of scores, their report, the comparison of two reports
- `score`: an experiment scored by a protocol
- `distances`: how far written strokes are from real ones
- `sentences`: sentences that no corpus holds
- `batch_writing`: many texts written in batches
- `style`: how well the style of a prime is kept
- `legibility`: the figures of what a recogniser read
- `read_back`: an experiment read by a recogniser
"""

PROTOCOL_NAMES = ("graves", "graves300", "vrnn", "udibr", "writer")
BATCH_SIZE = 64  # lines scored at a time

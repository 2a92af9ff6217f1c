"""How good a model is.

- `protocols`: which lines, in which units: those of the published figures
- `likelihood`: nats a line, ink and pen apart, as recorded and dequantised
- `results`: means, bootstrap intervals, the report
- `distances`: how far written strokes are from real ones
- `sentences`: sentences that no corpus holds
- `legibility`: the figures of what a recogniser read
- `score`: an experiment scored by a protocol
- `read_back`: an experiment read by a recogniser
"""

PROTOCOL_NAMES = ("graves", "graves300", "vrnn", "udibr", "writer")
BATCH_SIZE = 64  # lines scored at a time

"""Pictures by matplotlib: ink, and a model at work.

- `canvas`: opens and writes a picture, draws strokes; colours
- `grid`: where each of many lines goes
- `pictures`: draws ink, pen lifts and history
- `model_figures`: draws the attention window and the mixture's weights
- `density`: draws the predicted density of the points
"""

import contextlib
import logging
import os
import sys

if "matplotlib" not in sys.modules:
    # matplotlib cannot be imported while MPLBACKEND names a backend that is missing, as
    # in a notebook or after an upgrade. Files need none; pyplot gets a valid one.
    _backend = os.environ.pop("MPLBACKEND", None)
    # Without a home it takes a temporary folder, and says so in two paragraphs.
    _logger = logging.getLogger("matplotlib")
    _logger.setLevel(logging.ERROR)
    import matplotlib

    _logger.setLevel(logging.NOTSET)
    if _backend is not None:
        os.environ["MPLBACKEND"] = _backend
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = _backend

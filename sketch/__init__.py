"""Models pen writing as it is made, point by point: learns it, scores it, writes it.

The house. A folder imports only itself and those above it, and its `__init__.py` has a
line for each file:

    settings/    every setting, declared once: plain data, no keras
    system/      the machine: files, locks, messages
    ink/         pen strokes as numpy arrays, and the files that hold them
    figures/     pictures by matplotlib: ink, and a model at work
    page/        lines on paper, and pages as files
    corpus/      the corpus file, the lines in it, and the built-in corpus
    convert/     sources of any format made into the corpus file
    backend/     backend, precision, devices, processes
    model/       what is learned, in keras.ops
    generation/  ink out of a model: arrays in, arrays out
    experiment/  an experiment on disk
    writing/     an experiment as a pen
    training/    a run
    evaluation/  how good a model is
    api.py       the same from Python: `load`, `Pen`, `Ink`
    web/         `sketch serve`: the page that writes, and records handwriting
    cli/         the commands: each parses, calls one function, prints

Data flows one way: pen XML -> corpus -> HDF5 -> batches -> experiment trains model
-> generation -> ink -> picture.

Importing this package imports no keras. It only chooses the default backend, JAX,
where `KERAS_BACKEND` does not name another and no keras runs already. `load`, `Pen`,
`Ink` and `Layout` come from `api.py` when they are first used.
"""

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sketch.api import Ink, Layout, Pen, load

__version__ = "0.1.0"
__all__ = ["Ink", "Layout", "Pen", "__version__", "load"]

if "keras" not in sys.modules:  # or else it has its backend for good
    os.environ.setdefault("KERAS_BACKEND", "jax")


def __getattr__(name: str) -> Any:
    if name in __all__:
        from sketch import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The packages that only some commands need, and how to install them.

They are named one by one: `pip install sketch-handwriting[web]` would ask a package
index for a project that is not there.
"""

from collections.abc import Iterator
from contextlib import contextmanager

# The extras of pyproject.toml; a test compares them.
PACKAGES = {
    "jax": ("jax",),
    "tensorflow": ("tensorflow",),
    "torch": ("torch",),
    "tensorboard": ("tensorflow", "tensorboard"),
    "web": ("starlette", "uvicorn"),
    "onnx": ("onnx", "onnxruntime"),
}


def how_to_install(extra: str) -> str:
    """The command that installs the packages of an extra."""
    return f"pip install {' '.join(PACKAGES[extra])}"


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Adds to an `ImportError` of the block how to install the packages of an extra.

    Raises:
        ImportError: one of them is missing; names it and the command.
    """
    try:
        yield
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in PACKAGES[extra]:
            raise
        command = how_to_install(extra)
        raise ImportError(f"{missing} is not installed: {command}") from error

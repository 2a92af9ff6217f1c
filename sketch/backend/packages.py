"""The packages that only some commands need, and how to install them.

They are named one by one: `pip install sketch-handwriting[web]` would ask a package
index for a project that is not there.
"""

# The extras of pyproject.toml; a test compares them.
PACKAGES = {
    "jax": ("jax",),
    "tensorflow": ("tensorflow",),
    "torch": ("torch",),
    "tensorboard": ("tensorflow", "tensorboard"),
    "web": ("starlette", "uvicorn"),
}


def how_to_install(extra: str) -> str:
    """The command that installs the packages of an extra."""
    return f"pip install {' '.join(PACKAGES[extra])}"

"""JAX's programs on disk."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from keras import backend

from sketch.backend import compile_cache, devices

if backend.backend() != "jax":
    pytest.skip("other backends keep no programs", allow_module_level=True)
import jax


def test_programs_that_compile_quickly_are_kept():
    """There are some thirty of them in every start."""
    devices.set_up("jax")

    def tiny_program(x):
        return x * 2 - 7

    jax.jit(tiny_program)(1.0)
    assert list(Path(jax.config.jax_compilation_cache_dir).glob("*tiny_program*"))


PROGRAM = (
    "from sketch.backend import devices; devices.set_up('jax'); import jax; "
    "[jax.jit(lambda x, k=k: x * k)(1.0) for k in range(3)]"
)


def test_damaged_programs_are_one_line_once(tmp_path):
    settings = os.environ | {"JAX_COMPILATION_CACHE_DIR": str(tmp_path)}
    del settings["TF_CPP_MIN_LOG_LEVEL"]  # what XLA logs is seen

    def start():
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=settings,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stderr.splitlines()

    assert start() == []
    entries = [path for path in tmp_path.iterdir() if path.name.endswith("-cache")]
    assert len(entries) > 2
    for path in entries:
        path.write_bytes(path.read_bytes()[:20])
    [line] = start()
    assert line == (
        f"compiled programs in {tmp_path} cannot be read; they are compiled again"
    )
    assert start() == []  # they were written anew


def test_other_warnings_are_shown_as_before(tmp_path, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(warnings, "showwarning", lambda *args: shown.append(args))
    compile_cache._mend(tmp_path / "elsewhere")
    warnings.showwarning("something else", UserWarning, "file", 1)
    assert shown == [("something else", UserWarning, "file", 1)]
    text = "Error writing persistent compilation cache entry for 'jit_f': OSError: full"
    for _ in range(2):
        warnings.showwarning(UserWarning(text), UserWarning, "file", 1)
    assert len(shown) == 1
    assert capsys.readouterr().err.count("cannot be written") == 1

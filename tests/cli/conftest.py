"""Runs `sketch` within the test process: quick, and open to monkeypatching."""

import signal
import sys
from typing import NamedTuple

import pytest

from sketch.cli.main import main


class Result(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def sketch(capsys, tmp_path, monkeypatch):
    """`sketch("train", "--dim", 9)` in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # main has its own
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}

    def run(*args) -> Result:
        with pytest.raises(SystemExit) as caught:
            main([str(arg) for arg in args])
        return Result(caught.value.code, *capsys.readouterr())

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)

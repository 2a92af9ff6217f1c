"""What all benchmarks print, on systems that count otherwise than Linux."""

import json
import os
import resource
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture
def report(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    import report

    return report


def test_processors_are_counted_where_none_are_kept_apart(report, monkeypatch, capsys):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS
    report.report("nothing", {})
    assert json.loads(capsys.readouterr().out)["processors"] == os.cpu_count()


@pytest.mark.parametrize(("platform", "peak"), [("linux", 3e6), ("darwin", 3e9)])
def test_memory_is_in_gigabytes_on_every_system(report, monkeypatch, platform, peak):
    used = {resource.RUSAGE_SELF: peak, resource.RUSAGE_CHILDREN: 2 * peak}
    monkeypatch.setattr(
        report.resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=used[who])
    )
    monkeypatch.setattr(sys, "platform", platform)
    assert report.peak_memory() == 3
    assert report.peak_memory(resource.RUSAGE_CHILDREN) == 6

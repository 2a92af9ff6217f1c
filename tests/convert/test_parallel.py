"""Files parsed by other processes: none is lost, none is waited for."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from whiteboards import random_pen_strokes, whiteboard_xml

from sketch.convert import parallel
from sketch.convert.parallel import parse_all
from sketch.convert.source_file import SourceFile
from sketch.convert.whiteboard import parse_file


def make_files(folder, count):
    rng = np.random.default_rng(1)
    for number in range(count):
        data = whiteboard_xml(random_pen_strokes(rng))
        name = f"x-{number:03d}.xml"
        if number % 100 == 7:
            data = b"<broken"
        if number % 2:
            (folder / name).write_bytes(data)
            yield SourceFile(str(folder / name), (name,), None, 0)
        else:
            yield SourceFile(name, (name,), data, 0)


def assert_same_results(results, expected):
    results = {file.name: result for file, result in results}
    assert len(results) == len(expected)
    for file, result in expected:
        np.testing.assert_array_equal(results[file.name], result)


@pytest.fixture
def many_files(tmp_path):
    return list(make_files(tmp_path, parallel.FEW_FILES + 100))


def test_other_processes_read_the_same(many_files):
    alone = list(parse_all(iter(many_files), parse_file, processes=1))
    assert [file for file, _ in alone] == many_files
    assert_same_results(parse_all(iter(many_files), parse_file, processes=2), alone)
    broken = [result for _, result in alone if isinstance(result, str)]
    assert len(broken) == 4 and "not whole XML" in broken[0]


@pytest.mark.parametrize("survivors", [0, 1])
def test_a_process_that_is_killed_loses_nothing(many_files, survivors, monkeypatch):
    start = parallel._Worker.start
    victims = []

    def start_and_kill(worker, chunk):
        if len(victims) < 2 - survivors and worker not in victims:
            worker.process.kill()
            victims.append(worker)
        start(worker, chunk)

    monkeypatch.setattr(parallel._Worker, "start", start_and_kill)
    alone = list(parse_all(iter(many_files), parse_file, processes=1))
    assert_same_results(parse_all(iter(many_files), parse_file, processes=2), alone)
    assert len(victims) == 2 - survivors


def test_processes_end_with_their_reader(many_files, monkeypatch):
    workers = []
    start = parallel._Worker.start
    monkeypatch.setattr(
        parallel._Worker,
        "start",
        lambda worker, chunk: workers.append(worker) or start(worker, chunk),
    )
    results = parse_all(iter(many_files), parse_file, processes=2)
    next(results)
    results.close()  # as an error or Ctrl-C in the loop over it does
    assert workers and not any(worker.process.is_alive() for worker in workers)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_ctrl_c_never_reaches_a_parsing_process():
    # It would print a traceback, from the first moment of its life.
    code = (
        "import time; from pathlib import Path; from sketch.corpus import parallel\n"
        "worker = parallel._Worker(print)\n"
        "print(Path(f'/proc/{worker.process.pid}/status').read_text())\n"
        "worker.stop()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    [blocked] = re.findall(r"^SigBlk:\s*([0-9a-f]+)$", done.stdout, re.MULTILINE)
    assert int(blocked, 16) & 1 << (signal.SIGINT - 1)


def test_a_file_that_is_gone_is_told(tmp_path):
    gone = SourceFile(str(tmp_path / "gone.xml"), ("gone.xml",), None, 0)
    [(_, problem)] = parse_all(iter([gone]), parse_file)
    assert problem == "cannot be read (No such file or directory)"

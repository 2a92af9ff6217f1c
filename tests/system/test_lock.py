"""Locks: who holds them, and that they end with their process."""

import errno
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from sketch.system import lock

HOLD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from sketch.system import lock\n"
    "with lock.hold(Path(sys.argv[1])):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
def other(path):
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_holder_is_named_while_the_lock_is_held(path):
    assert lock.holder(path) is None
    with lock.hold(path):
        text = lock.holder(path)
        start = rf"process {os.getpid()} on {re.escape(socket.gethostname())}, since "
        assert re.match(start + r"\d{4}-\d\d-\d\d \d\d:", text)
    assert lock.holder(path) is None


def test_hold_in_a_second_process_is_refused_and_names_the_first(path, other):
    message = f"is in use by process {other.pid} on {re.escape(socket.gethostname())}"
    with pytest.raises(RuntimeError, match=message):
        with lock.hold(path):
            raise KeyError("both held it")
    assert f"process {other.pid}" in lock.holder(path)


def test_hold_twice_in_one_process_is_refused(path):
    with lock.hold(path):
        with pytest.raises(RuntimeError, match=f"process {os.getpid()}"):
            with lock.hold(path):
                raise KeyError("both held it")
        assert lock.holder(path) is not None


def test_hold_after_the_holder_was_killed_succeeds(path, other):
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert "process" in path.read_text()  # it had no time to wipe it out
    assert lock.holder(path) is None
    with lock.hold(path):
        assert f"process {os.getpid()}" in lock.holder(path)


def test_hold_while_another_process_calls_holder_succeeds(path):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from sketch.system import lock\n"
        "print('looking', flush=True)\n"
        "while True: lock.holder(Path(sys.argv[1]))\n"
    )
    path.touch()
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        try:
            for _ in range(20):
                with lock.hold(path):
                    pass
            assert process.poll() is None  # it still looks
        finally:
            process.kill()


def test_hold_of_a_link_or_a_folder_is_an_error(path):
    path.symlink_to(path.parent / "elsewhere")
    with pytest.raises(OSError, match="cannot lock"):
        with lock.hold(path):
            pass
    assert not (path.parent / "elsewhere").exists()
    assert lock.holder(path) is None
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="cannot lock"):
        with lock.hold(path):
            pass


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_hold_without_locks_names_the_file_system(path, monkeypatch, code):
    def refuse(descriptor, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    message = f"file system of {re.escape(str(path.parents[1]))} has no file locks"
    with pytest.raises(OSError, match=message):
        with lock.hold(path):
            raise KeyError("held without a lock")
    assert lock.holder(path) is None


def test_holder_does_not_show_a_strangers_text(path):
    with lock.hold(path):
        path.write_text("\x1b[2Jpwned")
        assert lock.holder(path) == "another process"

"""Checkpoints: whole at every instant, and damage is told by name."""

import errno
import functools
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sketch.experiment import checkpoint

CRASHING = Path(__file__).parent.parent / "crashing.py"


def save(folder, kind="latest", content=b"weights", **state):
    checkpoint.save(folder, kind, lambda path: path.write_bytes(content), state)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "checkpoints"


def test_load_of_a_saved_checkpoint(folder):
    assert checkpoint.load(folder, "latest") is None
    save(folder, content=b"one", step=np.int64(1), seeds=np.arange(2), best=None)
    save(folder, "best", content=b"two", step=2)
    weights, state = checkpoint.load(folder, "latest")
    assert weights == folder / "latest" / "model.weights.h5"
    assert weights.read_bytes() == b"one"
    assert state == {"step": 1, "seeds": [0, 1], "best": None}
    content = json.loads((folder / "latest" / "state.json").read_text())
    assert content["format"] == 1 and content["state"] == state
    assert set(content["weights"]) == {"bytes", "sha256"}
    assert checkpoint.load(folder, "best")[1] == {"step": 2}


def test_save_replaces_the_former_checkpoint(folder):
    for step in range(3):
        save(folder, content=bytes([step]), step=step)
    assert checkpoint.load(folder, "latest")[1] == {"step": 2}
    assert sorted(path.name for path in folder.iterdir()) == ["latest"]
    assert sorted(path.name for path in (folder / "latest").iterdir()) == [
        "model.weights.h5",
        "state.json",
    ]


@pytest.mark.parametrize("scenario", ["checkpoints", "twice", "history", "creation"])
def test_death_at_any_system_call_loses_nothing(tmp_path, scenario):
    command = [sys.executable, str(CRASHING), str(tmp_path / "work"), scenario]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) >= 12  # deaths


def test_save_syncs_before_it_renames(folder, monkeypatch):
    # A power cut keeps only what was synced; a rename may reach the disk first.
    save(folder, step=1)
    events = []

    def fsync(descriptor, call=os.fsync):
        events.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        call(descriptor)

    def rename(source, target, call=os.rename):
        events.append((Path(source).name, Path(target).name))
        call(source, target)

    if not Path("/proc/self/fd").exists():
        pytest.skip("which file is synced is only known from /proc")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)
    save(folder, step=2)
    renames = [event for event in events if isinstance(event, tuple)]
    temporary = renames[0][0]
    assert renames == [
        (temporary, "latest.next"),
        ("latest", "latest.previous"),
        ("latest.next", "latest"),
    ]
    synced = [Path(event) for event in events[: events.index(renames[0])]]
    assert folder / temporary / "model.weights.h5" in synced
    assert folder / temporary in synced  # its two names
    assert any(path.name.startswith(".state.json") for path in synced)
    assert events.index(str(folder)) > events.index(renames[0])


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left"), ValueError("not JSON")]
)
def test_save_that_fails_leaves_the_former_checkpoint(folder, error):
    save(folder, content=b"good", step=1)

    def write(path):
        path.write_bytes(b"half")
        raise error

    with pytest.raises(type(error)) as caught:
        checkpoint.save(folder, "latest", write, {"step": 2})
    if isinstance(error, OSError):
        message = str(caught.value)
        assert message.startswith("the last checkpoint stands: cannot save to ")
        assert message.endswith("latest: No space left")
        assert caught.value.errno == errno.ENOSPC
    assert checkpoint.load(folder, "latest")[0].read_bytes() == b"good"
    assert [path.name for path in folder.iterdir()] == ["latest"]


def test_save_on_a_full_disk_leaves_the_former_checkpoint(folder):
    save(folder, content=b"good", step=1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="the last checkpoint stands"):
            save(folder, content=bytes(2000), step=2)
        with pytest.raises(OSError, match="the last checkpoint stands"):
            save(folder, step=2, seeds=list(range(2000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert checkpoint.load(folder, "latest")[0].read_bytes() == b"good"


def cut_weights(place):
    os.truncate(place / "model.weights.h5", 3)


def into_folder(path):
    path.unlink()
    path.mkdir()


def into_pipe(path):
    path.unlink()
    os.mkfifo(path)


def checkpoint_becomes_file(place):
    shutil.rmtree(place)
    place.write_text("x")


def state_is(content):
    return lambda place: (place / "state.json").write_bytes(content)


DAMAGE = {
    "cut weights": cut_weights,
    "other weights": lambda place: (place / "model.weights.h5").write_bytes(b"WEIGHTS"),
    "no weights": lambda place: (place / "model.weights.h5").unlink(),
    "weights are a folder": lambda place: into_folder(place / "model.weights.h5"),
    "no state": lambda place: (place / "state.json").unlink(),
    "state is a folder": lambda place: into_folder(place / "state.json"),
    "state is a pipe": lambda place: into_pipe(place / "state.json"),
    "cut state": lambda place: os.truncate(place / "state.json", 40),
    "empty state": state_is(b""),
    "deep state": state_is(b"[" * 1_000_000 + b"]" * 1_000_000),
    "list": state_is(b"[1, 2]"),
    "new format": state_is(b'{"format": 2}'),
    "parts of other types": state_is(b'{"format": 1, "state": 3, "weights": null}'),
    "bytes": state_is(b"\xff\xfe"),
    # Sparse: no disk, but 16 GB to read.
    "huge state": lambda place: os.truncate(place / "state.json", 2**34),
    "a file": checkpoint_becomes_file,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_load_of_damage_names_the_file_and_the_remedy(folder, damage):
    save(folder, step=1)
    save(folder, "best", step=1)
    place = folder / "latest"
    damage(place)
    with pytest.raises(ValueError) as caught:
        checkpoint.load(folder, "latest")
    message = str(caught.value)
    assert str(place) in message
    assert "To go on from the best checkpoint, move the folder" in message
    (folder / "best").rename(folder / "gone")
    with pytest.raises(ValueError, match="There is no best checkpoint.*at step 0$"):
        checkpoint.load(folder, "latest")
    (folder / "gone").rename(folder / "best.previous")  # a swap was cut off
    with pytest.raises(ValueError, match="To go on from the best checkpoint"):
        checkpoint.load(folder, "latest")
    # ... and the remedy works.
    place.rename(folder / "away")
    assert checkpoint.load(folder, "latest") is None
    assert checkpoint.load(folder, "best")[1] == {"step": 1}
    save(folder, step=2)
    assert checkpoint.load(folder, "latest")[1] == {"step": 2}


@pytest.mark.parametrize("damage", [cut_weights, checkpoint_becomes_file])
def test_save_over_a_damaged_checkpoint_succeeds(folder, damage):
    save(folder, step=1)
    damage(folder / "latest")
    for step in (2, 3):
        save(folder, step=step)
        assert checkpoint.load(folder, "latest")[1] == {"step": step}


@pytest.mark.parametrize("name", ["latest", "latest/state.json", "."])
def test_load_does_not_follow_links(tmp_path, name):
    mine, secret = tmp_path / "mine" / "checkpoints", tmp_path / "secret"
    mine.parent.mkdir()
    save(mine, step=1)
    save(secret, step=2)
    place = mine / name
    place.rename(tmp_path / "old")
    place.symlink_to(secret / name)
    with pytest.raises(ValueError, match="is a link, pipe or device"):
        checkpoint.load(mine, "latest")
    if name == ".":
        with pytest.raises(ValueError, match="is a link, pipe or device"):
            save(mine, step=3)
        with pytest.raises(ValueError, match="is a link, pipe or device"):
            checkpoint.clean(mine)
    assert checkpoint.load(secret, "latest")[1] == {"step": 2}


def test_load_while_another_process_saves_always_finds_one(folder):
    save(folder, step=0)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from sketch.experiment import checkpoint\n"
        "folder = Path(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "for step in range(1, 200):\n"
        "    content = step.to_bytes(4, 'big') * 10_000\n"
        "    write = lambda path: path.write_bytes(content)\n"
        "    checkpoint.save(folder, 'latest', write, {'step': step})\n"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        steps = [0]
        while writer.poll() is None:
            steps.append(checkpoint.load(folder, "latest")[1]["step"])
        assert writer.returncode == 0
    assert steps == sorted(steps)
    assert checkpoint.load(folder, "latest")[1]["step"] == 199


@pytest.mark.parametrize("moment", ["before", "after"])
def test_read_weights_returns_the_state_of_those_weights(folder, moment):
    save(folder, "best", content=b"1", step=1)
    reads = []

    def read(path):
        if not reads and moment == "before":
            save(folder, "best", content=b"2", step=2)
        content = path.read_bytes()
        if not reads and moment == "after":
            save(folder, "best", content=b"2", step=2)
        reads.append(content)
        return content

    load = functools.partial(checkpoint.load, folder)
    assert checkpoint.read_weights(load, ["best"], read) == ("best", b"2", {"step": 2})
    assert len(reads) == 2


def test_read_weights_that_are_replaced_meanwhile_reads_again(folder):
    save(folder, content=b"1", step=1)
    os.rename(folder / "latest", folder / "latest.next")  # a save, cut off

    def read(path):
        checkpoint.settle(folder, "latest")
        return path.read_bytes()

    load = functools.partial(checkpoint.load, folder)
    kinds = ("best", "latest")
    assert checkpoint.read_weights(load, kinds, read) == ("latest", b"1", {"step": 1})


def test_read_weights_that_are_saved_all_the_time_gives_up(folder):
    save(folder, step=0)
    load = functools.partial(checkpoint.load, folder)
    with pytest.raises(ValueError, match="latest is saved more often than"):
        checkpoint.read_weights(
            load,
            ["latest"],
            lambda path: save(folder, step=load("latest")[1]["step"] + 1),
        )


def test_read_weights_that_are_damaged_or_missing(folder):
    load = functools.partial(checkpoint.load, folder)
    assert checkpoint.read_weights(load, ["latest", "best"], Path.read_bytes) is None
    save(folder, step=1)

    def read(path):
        raise ValueError(f"{path} is of another network")

    with pytest.raises(ValueError, match="of another network"):
        checkpoint.read_weights(load, ["latest"], read)


def test_load_tries_again_while_another_process_saves(folder, monkeypatch):
    save(folder, step=0)
    usual, saved = checkpoint._load_once, iter(range(1, 7))

    def overtaken(*args):
        if (step := next(saved, None)) is None:
            return usual(*args)
        save(folder, step=step)
        raise FileNotFoundError("it was there a moment ago")

    monkeypatch.setattr(checkpoint, "_load_once", overtaken)
    assert checkpoint.load(folder, "latest")[1] == {"step": 6}

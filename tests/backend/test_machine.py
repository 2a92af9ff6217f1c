"""What is noted of the machine and the sources."""

import subprocess

import pytest

from sketch.backend import machine


def git(folder, *words):
    someone = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", "-C", str(folder), *someone, *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def sources(tmp_path, monkeypatch):
    root = tmp_path / "checkout" / "sources"
    (root / "sketch").mkdir(parents=True)
    path = root / "sketch" / "__init__.py"
    monkeypatch.setattr(machine.sketch, "__file__", str(path))
    return root


def test_source_commit_is_the_head_of_the_checkout(sources, monkeypatch):
    git(sources, "init", "-q")
    assert machine.source_commit() is None  # no commit yet
    git(sources, "commit", "-q", "--allow-empty", "-m", "a")
    head = machine.source_commit()
    assert head == git(sources, "rev-parse", "HEAD") and len(head) == 40
    monkeypatch.setenv("PATH", "")
    assert machine.source_commit() is None


def test_source_commit_of_an_installed_copy_is_not_that_of_its_surroundings(sources):
    git(sources.parent, "init", "-q")
    git(sources.parent, "commit", "-q", "--allow-empty", "-m", "a")
    assert machine.source_commit() is None


def test_memory_is_a_sane_number():
    assert 2**28 < machine.memory() < 2**50

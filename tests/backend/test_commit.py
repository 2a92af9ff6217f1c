"""The commit that is noted, beside what git itself says."""

import subprocess

import pytest

from sketch.backend import commit

NOBODY = ("-c", "user.name=x", "-c", "user.email=x@example.org")


def git(folder, *words):
    command = ["git", "-C", str(folder), *NOBODY, *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def sources(tmp_path, monkeypatch):
    root = tmp_path / "sources"
    (root / "sketch").mkdir(parents=True)
    run_from(root, monkeypatch)
    return root


def run_from(root, monkeypatch):
    monkeypatch.setattr(commit.sketch, "__file__", str(root / "sketch" / "__init__.py"))


@pytest.fixture
def checkout(sources):
    git(sources, "init", "-q", "-b", "work/here")
    for message in "ab":
        git(sources, "commit", "-q", "--allow-empty", "-m", message)
    return sources


def test_a_branch_a_packed_branch_and_no_branch(checkout):
    head = git(checkout, "rev-parse", "HEAD")
    assert commit.source_commit() == head
    git(checkout, "pack-refs", "--all")
    assert not (checkout / ".git" / "refs" / "heads" / "work" / "here").exists()
    assert commit.source_commit() == head
    git(checkout, "checkout", "-q", "--detach", "HEAD~1")
    assert commit.source_commit() == git(checkout, "rev-parse", "HEAD") != head


def test_a_worktree(checkout, tmp_path, monkeypatch):
    tree = tmp_path / "tree"
    git(checkout, "worktree", "add", "-q", "-b", "there", str(tree), "HEAD~1")
    run_from(tree, monkeypatch)
    assert commit.source_commit() == git(checkout, "rev-parse", "HEAD~1")


def test_without_a_checkout_or_a_commit_there_is_none(sources):
    assert commit.source_commit() is None
    git(sources, "init", "-q")
    assert commit.source_commit() is None
    for text in ("ref: refs/heads/gone", "half a com", "\0"):
        (sources / ".git" / "HEAD").write_text(text)
        assert commit.source_commit() is None
    (sources / ".git" / "HEAD").write_bytes(b"\xff")
    assert commit.source_commit() is None

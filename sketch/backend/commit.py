"""The git commit of the sources that sketch runs from, read without starting git."""

import re
from pathlib import Path

import sketch


def source_commit() -> str | None:
    """The commit that is checked out where sketch runs; changes since are not told.

    None where sketch was installed, or where git keeps its branches in another form.
    """
    root = Path(sketch.__file__).parents[1]
    try:
        return _head(root / ".git")
    except (OSError, ValueError):  # no checkout, or not ours to read
        return None


def _head(git: Path) -> str | None:
    if git.is_file():  # a worktree: `gitdir: ` and where its own part is
        git = git.parent / git.read_text().removeprefix("gitdir:").strip()
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref: "):
        return _checked(head)
    branch = head.removeprefix("ref: ")
    shared = git / "commondir"
    if shared.is_file():
        git = git / shared.read_text().strip()
    if (git / branch).is_file():
        return _checked((git / branch).read_text().strip())
    for line in (git / "packed-refs").read_text().splitlines():
        commit, _, name = line.partition(" ")
        if name == branch:
            return _checked(commit)
    return None


def _checked(text: str) -> str | None:
    return text if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", text) else None

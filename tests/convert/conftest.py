"""What several tests of sources need."""

import pytest


@pytest.fixture
def folder(tmp_path):
    """A folder of five files, one of them empty."""
    root = tmp_path / "data"
    for place in ("b/2.xml", "a/c/1.xml", "top.txt", "a/long" + 120 * "g" + ".xml"):
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(place.encode() * 50)
    (root / "none.xml").write_bytes(b"")
    return root

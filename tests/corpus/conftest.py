"""Where the tests of the real database find it."""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[3] / "shared" / "data" / "iam-ondb.tar.xz"


@pytest.fixture(scope="session")
def iam_source() -> Path:
    """IAM-OnDB: what `$SKETCH_IAM` names, or an archive beside the repository."""
    path = Path(os.environ.get("SKETCH_IAM") or BESIDE)
    if not path.exists():
        pytest.skip(f"IAM-OnDB is not here: neither $SKETCH_IAM nor {BESIDE}")
    return path

"""What several tests of the corpus file need."""

import pytest
from made_up_corpus import FACTS, make_sets

from sketch.corpus.hdf5 import write_corpus


@pytest.fixture
def path(tmp_path):
    """A corpus file of six lines."""
    write_corpus(tmp_path / "x.hdf5", make_sets(), **FACTS)
    return tmp_path / "x.hdf5"

"""A made-up pen writes all pieces."""

import pytest
from made_up_pen import Pen

from sketch.generation import pieces


@pytest.fixture
def pen(monkeypatch):
    pen = Pen()
    monkeypatch.setattr(pieces, "sample", pen)
    return pen

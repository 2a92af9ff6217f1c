"""Pages of made-up handwriting."""

import pytest
from made_up_ink import write

from sketch.page.layout import Piece, lay_out
from sketch.page.paper import Layout

TEXTS = ["a title, here", "the jug is full of milk", "and so it was, i say"]


@pytest.fixture
def pages():
    layout = Layout(paper=(70.0, 27.0), margin=5.0, size=2.0)
    return lay_out([[Piece(write(text), text)] for text in TEXTS], layout)

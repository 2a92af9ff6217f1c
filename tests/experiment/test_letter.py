"""A letter's pieces are as long as what writes them takes in one go."""

import numpy as np
import pytest

from sketch.experiment.letter import _piece_length
from sketch.generation.pieces import Manner
from sketch.generation.writing import Prime, _Line


@pytest.mark.parametrize("says", [None, "my own hand", "a" * 23])
def test_the_fullest_piece_is_written_whole(says):
    prime = says and Prime(np.zeros((9, 3), np.float32), says)
    manner = Manner(longest_text=47)
    length = _piece_length(manner.longest_text, prime)
    text = ("ab " * length)[: length - 1] + "c"
    assert len(text) == length
    assert _Line(text, prime, manner, (0.0, 0.0)).pieces == [text]

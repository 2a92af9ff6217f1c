"""A letter's pieces are as long as what writes them takes in one go."""

from concurrent.futures import CancelledError
from dataclasses import replace

import numpy as np
import pytest
from untrained import make_experiment

import sketch.api
from sketch.experiment import letter
from sketch.experiment.letter import _piece_length
from sketch.experiment.pen import as_prime
from sketch.generation.pieces import Manner
from sketch.generation.writing import Prime, _Line
from sketch.ink.text import Alphabet


@pytest.mark.parametrize("says", [None, "my own hand", "a" * 23])
def test_the_fullest_piece_is_written_whole(says):
    prime = says and Prime(np.zeros((9, 3), np.float32), says)
    manner = Manner(longest_text=47)
    length = _piece_length(manner.longest_text, prime)
    text = ("ab " * length)[: length - 1] + "c"
    assert len(text) == length
    assert _Line(text, prime, manner, (0.0, 0.0)).pieces == [text]


def test_a_hand_of_single_words_writes_pages_word_by_word(tmp_path, monkeypatch):
    experiment = make_experiment(tmp_path, with_weights=False)
    experiment = replace(experiment, alphabet=Alphabet(tuple("abc")))
    ink = np.float32([[1, 2, 0], [3, 1, 1]])
    prime = as_prime(experiment, ink, "ab")
    written = []

    def write_experiment(experiment, texts, *args):
        written.extend(texts)
        raise CancelledError

    monkeypatch.setattr(letter, "write_experiment", write_experiment)
    with pytest.raises(CancelledError):
        letter.write_letter(experiment, ["a bb c\nab", "cc"], None, prime, object())
    assert written == ["a", "bb", "c", "ab", "cc"]
    with pytest.raises(ValueError, match="words without blanks"):
        sketch.api.Pen(experiment).write("a bb")
    with pytest.raises(ValueError, match="'a b': the model has learned single words"):
        as_prime(experiment, ink, "a b")

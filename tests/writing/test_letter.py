"""A letter's pieces are as long as what writes them takes in one go."""

from concurrent.futures import CancelledError
from dataclasses import replace

import numpy as np
import pytest
from untrained import make_experiment

import sketch.api
from sketch.generation.terms import Prime, SamplingOptions
from sketch.generation.texts import _Line
from sketch.ink.alphabet import Alphabet
from sketch.writing import letter
from sketch.writing.letter import _piece_length
from sketch.writing.prime import as_prime


@pytest.mark.parametrize("says", [None, "my own hand", "a" * 23])
def test_longest_piece_is_not_split_again(says):
    prime = says and Prime(np.zeros((9, 3), np.float32), says)
    options = SamplingOptions(longest_text=47)
    length = _piece_length(options.longest_text, prime)
    text = ("ab " * length)[: length - 1] + "c"
    assert len(text) == length
    (part,) = _Line(text, prime, options, (0.0, 0.0)).parts
    assert part.text == text


class Bar:
    """A progress bar that records where it has been."""

    def __init__(self, what, total, *_):
        self.n, self.total, self.seen = 0, total, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        bars.append(self)

    def update(self, count):
        self.n += count
        self.seen.append((self.n, self.total))


bars = []


def test_progress_never_goes_back(tmp_path, monkeypatch):
    def write_experiment(experiment, texts, options, prime, loop, check, report):
        for count in (1, 2, 1, 2, 4):
            report(count)
        raise CancelledError

    experiment = make_experiment(tmp_path, with_weights=False)
    text = " ".join("ab" * experiment.text_length for _ in range(3))
    monkeypatch.setattr(letter, "write_experiment", write_experiment)
    monkeypatch.setattr(letter, "progress_bar", Bar)
    prime = as_prime(experiment, np.float32([[1, 2, 0], [3, 1, 1]]), "ab")
    with pytest.raises(CancelledError):
        letter.write_letter(experiment, [text], None, prime, object())
    assert bars.pop().seen == [(1, 3), (2, 3), (2, 3), (2, 3), (4, 4)]


def test_model_of_single_words_writes_pages_word_by_word(tmp_path, monkeypatch):
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

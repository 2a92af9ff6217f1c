"""A text written by a network: its ink, its attention, its compiled loops."""

import threading
from concurrent.futures import CancelledError

import numpy as np
import pytest
from made_up_ink import pens_of

from sketch.generation import pieces as generation
from sketch.generation.terms import CheckResult
from sketch.ink.ink_files import write_json
from sketch.ink.line_of_ink import line_from_pen_strokes
from sketch.web import answer as writing
from sketch.web.answer import break_lines, write
from sketch.web.models import OpenModel
from sketch.web.request import WriteRequest
from sketch.writing.letter import write_letter

TEXT = "a lake\nand all of the hill"


@pytest.fixture(scope="module", autouse=True)
def one_try():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "TRIES", 1)  # an untrained model fails at each
        yield


@pytest.fixture(scope="module")
def model(models, experiment):
    return models.open(experiment.name)


def events_of(model, text=TEXT, **options):
    events = []
    request = WriteRequest(text, model.experiment.name, **options)
    write(model, request, threading.Event(), events.append)
    return events


def written(model, text=TEXT, **options):
    """The end of the writing, with all lines."""
    *lines, end = events_of(model, text, **options)
    return end | {"lines": [event["line"] for event in lines]}


@pytest.fixture(scope="module")
def answer(model):
    return written(model, seed=3)


def test_write_tells_each_line_in_order_then_the_end(model):
    *lines, end = events_of(model, "a lake\n" * 6 + "end")
    assert [event["event"] for event in lines] == ["line"] * 7
    assert [event["line"]["text"] for event in lines] == ["a lake"] * 6 + ["end"]
    assert {event["of"] for event in lines} == {7}
    assert (end["event"], end["seed"]) == ("end", 0)
    strokes = [str(event["line"]["strokes"]) for event in lines]
    assert len(set(strokes)) == 7  # no group of lines repeats another's noise


def test_the_first_line_is_told_before_others_are_written(model, monkeypatch):
    told = []

    def write_one(experiment, paragraphs, options, prime, loop, check):
        if told:
            raise CancelledError
        return write_letter(experiment, paragraphs, options, prime, loop, check)

    monkeypatch.setattr(writing, "write_letter", write_one)
    request = WriteRequest("all of the hill\na lake", model.experiment.name)
    with pytest.raises(CancelledError):
        write(model, request, threading.Event(), told.append)
    assert [event["line"]["text"] for event in told] == ["all of the hill"]


@pytest.mark.parametrize(
    ("rows", "prime", "groups"),
    [
        (["a" * 20], None, [[0]]),
        (["Hi,", "a" * 20, "a"], None, [[1], [0, 2]]),  # two letters set no style
        (["Hi,", "a" * 20, "a"], "prime", [[0], [1, 2]]),
        (["Hi,", "a"], None, [[0], [1]]),
        (["a" * 24] * 9, None, [[0], [1, 2, 3, 4], [5, 6, 7, 8]]),
        (["a" * 999] * 3, None, [[0], [1], [2]]),
    ],
)
def test_rows_are_written_in_groups_of_a_batch(rows, prime, groups):
    assert list(writing._groups(rows, 12, prime)) == groups


def test_lines_after_the_first_go_on_from_its_ink(model, monkeypatch):
    primes = []

    def write_one(experiment, paragraphs, options, prime, loop, check):
        primes.append(prime)
        return write_letter(experiment, paragraphs, options, prime, loop, check)

    monkeypatch.setattr(writing, "write_letter", write_one)
    monkeypatch.setattr(generation, "find_end", lambda strokes, _: 20)
    monkeypatch.setattr(generation, "describe_fault", lambda *_: None)
    events_of(model, "a lake and\na hill")
    assert primes[0] is None and primes[1].text == "a lake and"


def test_write_with_one_seed_gives_the_same_ink(model, answer):
    assert written(model, seed=3) == answer
    assert written(model, seed=4)["lines"] != answer["lines"]


def test_accents_that_the_model_lacks_are_left_out_and_noted(model, answer):
    accented = written(model, TEXT.replace("lake", "laké"), seed=3)
    assert accented["lines"] == answer["lines"]
    assert accented["notes"] == ["accents left out: é written as e"]


class Recogniser:
    """Reads what it is told to."""

    def __init__(self, reading):
        self.reading = reading

    def read(self, ink, offset_std):
        return [self.reading] * len(ink)


def test_pieces_that_a_recogniser_misreads_are_named(model, monkeypatch):
    class Check:
        def __init__(self, recogniser):
            self.recogniser = recogniser

        def require_known(self, texts):
            pass

        def of_pen(self, offset_mean, offset_std):
            def check(texts, strokes):
                return [
                    CheckResult(float("lake" in t), "misread" if "lake" in t else None)
                    for t in texts
                ]

            return check

    monkeypatch.setattr(writing, "ReadingCheck", Check)
    monkeypatch.setattr(generation, "find_end", lambda strokes, _: 20)
    monkeypatch.setattr(generation, "describe_fault", lambda *_: None)
    end = events_of(model._replace(recogniser=Recogniser("")))[-1]
    assert end["faults"] == ["misread (1 try)"]


def test_own_ink_as_prime_changes_the_style(model, answer):
    pens = [np.array([(0, 0), (5, 9), (9, 2), (14, 9)]), np.array([(20, 0), (21, 9)])]
    prime = line_from_pen_strokes(pens, "my hand")
    own = written(model, seed=3, prime=prime)
    assert own["lines"] != answer["lines"]
    assert own["notes"] == [
        "a prime of 7 characters is short: it takes 10 to 30 to show a style"
    ]
    with pytest.raises(ValueError, match="cannot write þ"):
        written(model, prime=prime._replace(text="þ"))


def test_a_prime_that_says_other_words_is_noted(model):
    prime = line_from_pen_strokes(pens_of("the morning")[0], "the morning")
    for reading, count in [("the norning", 0), ("completely different", 1)]:
        notes = writing._prime(model._replace(recogniser=Recogniser(reading)), prime)[1]
        assert len(notes) == count and all(reading in note for note in notes)


def test_a_style_changes_the_ink(model, answer):
    path = model.experiment.path / "styles.json"
    pens, _ = pens_of("a lake")
    write_json(path, [line_from_pen_strokes(pens, "a lake", "wide")])
    try:
        wide = written(model, seed=3, prime="wide")
        with pytest.raises(ValueError, match="no style 'thin', but wide"):
            written(model, prime="thin")
    finally:
        path.unlink()
    assert wide["lines"] != answer["lines"]
    with pytest.raises(ValueError, match="no style 'wide', but none"):
        written(model, prime="wide")


@pytest.mark.parametrize(
    ("says", "kept"),
    [
        ("a hill is a lake at noon", "a hill is a"),
        ("hill", "hill"),
        ("inconceivable hills", "inconceivable"),
    ],
)
def test_a_long_prime_is_cut_to_its_first_words(model, monkeypatch, says, kept):
    assert model.experiment.longest_text // 2 == 12
    lines = []

    def write_letter(experiment, paragraphs, options, prime, loop, check):
        lines.append(prime)
        raise CancelledError

    monkeypatch.setattr(writing, "write_letter", write_letter)
    with pytest.raises(CancelledError):
        written(model, prime=line_from_pen_strokes(pens_of(says)[0], says))
    (prime,) = lines
    assert prime.text == kept
    assert prime.strokes[:, 2].sum() == len(pens_of(kept)[0])


@pytest.mark.parametrize("text", [" \n ", ""])
def test_write_without_text_is_refused(model, text):
    with pytest.raises(ValueError, match="no text"):
        written(model, text)


class Recorder:
    """Notes the shapes for which a loop is compiled."""

    def __init__(self, loop):
        self.network = loop.network
        self.loop = loop
        self.shapes = set()

    def predict_on_batch(self, inputs):
        self.shapes.add(inputs["characters"].shape[:2])
        return self.loop.predict_on_batch(inputs)


def test_texts_of_all_lengths_take_two_loops(model, monkeypatch):
    monkeypatch.setattr(generation, "find_end", lambda strokes, _: 20)
    monkeypatch.setattr(generation, "describe_fault", lambda *_: None)
    recorder = Recorder(model.loop)
    for text in ("a", "a lake", TEXT, "a lake and a hill. " * 10):
        written(OpenModel(model.experiment, recorder), text)
    # The piece that sets the style, and those that go on from it.
    lengths = {length for _, length in recorder.shapes}
    assert len(recorder.shapes) == 2 and lengths == {16, 32}


def test_writing_stops_when_told(model):
    stop = threading.Event()
    calls = []

    class Loop(Recorder):
        def predict_on_batch(self, inputs):
            calls.append(1)
            stop.set()
            return super().predict_on_batch(inputs)

    asked = WriteRequest(TEXT * 5, model.experiment.name)
    loop = Loop(model.loop)
    with pytest.raises(CancelledError):
        write(OpenModel(model.experiment, loop), asked, stop, calls.append)
    assert len(calls) == 1


def test_lines_are_broken_at_blanks():
    assert break_lines("one two  three\n\n four", 8) == ["one two", "three", "four"]
    assert break_lines("incomprehensibilities are long", 8) == [
        "incomprehensibilities",
        "are long",
    ]
    assert break_lines(" \n\n", 8) == []

"""A request written by a network: its ink, its attention, its compiled loops."""

import json
import threading
from concurrent.futures import CancelledError

import numpy as np
import pytest
from made_up_ink import pens_of

from sketch.generation import pieces as generation
from sketch.ink.ink_files import read_ink, write_json
from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes
from sketch.ink.strokes import split_pen_strokes
from sketch.web import answer as writing
from sketch.web.answer import MARGIN, break_lines, cut_to_ink, write
from sketch.web.models import MAX_OPEN, Hand, Models
from sketch.web.request import WriteRequest
from sketch.writing.letter import write_letter
from sketch.writing.pen import sampling_options

TEXT = "a lake\nand all of the hill"


@pytest.fixture(scope="module", autouse=True)
def once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "TRIES", 1)  # an untrained pen fails at each
        yield


@pytest.fixture(scope="module")
def hand(hands, experiment):
    return hands.open(experiment.name)


def written(hand, text=TEXT, **options):
    stop = threading.Event()
    return write(hand, WriteRequest(text, hand.experiment.name, **options), stop)


@pytest.fixture(scope="module")
def answer(hand):
    return written(hand, seed=3)


def test_the_answer_is_a_file_of_ink(answer, tmp_path):
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer, allow_nan=False))
    lines = read_ink(path)
    assert [line.text for line in lines] == TEXT.split("\n")
    for line in lines:
        pens = split_pen_strokes(line.strokes, line.start)
        x, y = np.concatenate(pens).T
        page = answer["page"]
        # Rounded to the thousandth of a millimetre, and added up in float32.
        assert x.min() > MARGIN - 0.05 and x.max() < page["width"] - MARGIN + 0.05
        assert y.min() > MARGIN - 0.05 and y.max() < page["height"] - MARGIN + 0.05


def test_each_point_has_its_attention(hand, answer):
    size = writing.BATCH_SIZE
    manner = sampling_options(
        hand.experiment, probability_bias=1.0, seed=3, max_tries=1, batch_size=size
    )
    letter = write_letter(hand.experiment, [TEXT], manner, loop=hand.loop)
    rows = [[], []]
    number = 0
    for piece, of_line in zip(letter.paragraphs[0], letter.written, strict=True):
        rows[number].append(of_line)
        number += piece.ends_line
    for line, pieces in zip(answer["lines"], rows, strict=True):
        points = [point for stroke in line["strokes"] for point in stroke]
        assert len(line["attention"]) == len(points)
        # Every weight where it belongs, by a dense map of them.
        length = len(line["text"]) + 1
        dense = np.zeros((len(points), length))
        for time, (first, *levels) in enumerate(line["attention"]):
            dense[time, first : first + len(levels)] = levels
        expected, column = [], 0
        for piece in pieces:
            phi = piece.trace.phi
            part = np.zeros((len(phi), length))
            part[:, column : column + phi.shape[1]] = phi
            expected += [part[:1], part]
            column += len(piece.text) + 1
        expected = np.concatenate(expected)
        dots = len(points) - len(expected)
        assert dots in (0, 1)
        np.testing.assert_allclose(
            dense[dots:] / 255, np.clip(expected, 0, 1), atol=0.51 / 255
        )
        assert len(line["tries"]) == len(pieces)


def test_the_same_seed_writes_the_same_ink(hand, answer):
    assert written(hand, seed=3) == answer
    assert written(hand, seed=4)["lines"] != answer["lines"]


def test_accents_that_the_hand_lacks_are_left_out_and_told(hand, answer):
    accented = written(hand, TEXT.replace("lake", "laké"), seed=3)
    assert accented["lines"] == answer["lines"]
    assert accented["faults"] == ["accents left out: é written as e", *answer["faults"]]


def test_own_ink_changes_the_hand(hand, answer):
    pens = [np.array([(0, 0), (5, 9), (9, 2), (14, 9)]), np.array([(20, 0), (21, 9)])]
    prime = line_from_pen_strokes(pens, "my “hand”".replace("“", "").replace("”", ""))
    own = written(hand, seed=3, prime=prime)
    assert own["lines"] != answer["lines"]
    with pytest.raises(ValueError, match="cannot write þ"):
        written(hand, prime=prime._replace(text="þ"))


def test_a_style_changes_the_hand(hand, answer):
    path = hand.experiment.path / "styles.json"
    pens, _ = pens_of("a lake")
    write_json(path, [line_from_pen_strokes(pens, "a lake", "wide")])
    try:
        wide = written(hand, seed=3, prime="wide")
        with pytest.raises(ValueError, match="no style 'thin', but wide"):
            written(hand, prime="thin")
    finally:
        path.unlink()
    assert wide["lines"] != answer["lines"]
    with pytest.raises(ValueError, match="no style 'wide', but none"):
        written(hand, prime="wide")


@pytest.mark.parametrize(
    ("says", "kept"),
    [
        ("a hill is a lake at noon", "a hill is a"),
        ("hill", "hill"),
        ("inconceivable hills", "inconceivable"),
    ],
)
def test_of_a_long_prime_the_first_words_are_kept(hand, monkeypatch, says, kept):
    assert hand.experiment.longest_text // 2 == 12
    lines = []

    def write_letter(experiment, paragraphs, manner, prime, loop):
        lines.append(prime)
        raise CancelledError

    monkeypatch.setattr(writing, "write_letter", write_letter)
    with pytest.raises(CancelledError):
        written(hand, prime=line_from_pen_strokes(pens_of(says)[0], says))
    (prime,) = lines
    assert prime.text == kept
    assert prime.strokes[:, 2].sum() == len(pens_of(kept)[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [("a\nbc þ", "cannot write þ"), (" \n ", "no text"), ("", "no text")],
)
def test_what_cannot_be_written(hand, text, words):
    with pytest.raises(ValueError, match=words) as caught:
        written(hand, text)
    assert "--" not in str(caught.value)  # no option of the command line


class Recorder:
    """Notes the shapes for which a loop is compiled."""

    def __init__(self, loop):
        self.network = loop.network
        self.loop = loop
        self.shapes = set()

    def predict_on_batch(self, inputs):
        self.shapes.add(inputs["characters"].shape[:2])
        return self.loop.predict_on_batch(inputs)


def test_texts_of_all_lengths_take_two_loops(hand, monkeypatch):
    monkeypatch.setattr(generation, "find_end", lambda strokes, _: 20)
    monkeypatch.setattr(generation, "describe_fault", lambda phi: None)
    recorder = Recorder(hand.loop)
    for text in ("a", "a lake", TEXT, "a lake and a hill. " * 10):
        written(Hand(hand.experiment, recorder), text)
    # The piece that sets the hand, and those that go on from it.
    assert recorder.shapes == {(1, 16), (writing.BATCH_SIZE, 32)}


def test_writing_stops_when_told(hand):
    stop = threading.Event()
    calls = []

    class Loop(Recorder):
        def predict_on_batch(self, inputs):
            calls.append(1)
            stop.set()
            return super().predict_on_batch(inputs)

    asked = WriteRequest(TEXT * 5, hand.experiment.name)
    with pytest.raises(CancelledError):
        write(Hand(hand.experiment, Loop(hand.loop)), asked, stop)
    assert len(calls) == 1


def test_lines_are_broken_at_blanks():
    assert break_lines("one two  three\n\n four", 8) == ["one two", "three", "four"]
    assert break_lines("incomprehensibilities are long", 8) == [
        "incomprehensibilities",
        "are long",
    ]
    assert break_lines(" \n\n", 8) == []


def test_a_sheet_is_cut_to_its_ink():
    strokes = np.array([[3, 4, 0], [0, -9, 1]], np.float32)
    page = cut_to_ink([InkLine(strokes, "a", (100.0, 50.0))])
    assert (page.width, page.height) == (3 + 2 * MARGIN, 9 + 2 * MARGIN)
    assert page.lines[0].start == (MARGIN, MARGIN + 5)


def test_few_hands_are_open_at_once(root, experiment, monkeypatch):
    hands = Models(root)
    names = [f"hand-{n}" for n in range(MAX_OPEN + 1)]
    hands.experiments = {name: experiment for name in names}
    opened = []

    def load_network(experiment):
        opened.append(experiment)
        return None

    monkeypatch.setattr("sketch.experiment.weights.load_network", load_network)
    monkeypatch.setattr("sketch.web.models.SamplingLoop", lambda network: object())
    first = hands.open(names[0])
    assert hands.open(names[0]) is first
    for name in names[1:]:
        hands.open(name)
    assert len(opened) == len(names)
    assert hands.open(names[-1]) and len(opened) == len(names)
    assert hands.open(names[0]) is not first  # it was the one longest not used

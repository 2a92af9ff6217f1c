"""Which lines, in which units; and what is said of a corpus that is another."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sketch.corpus.hdf5 import Corpus, Line, write_corpus
from sketch.evaluation import PROTOCOL_NAMES
from sketch.evaluation.protocols import (
    ALL,
    PROTOCOLS,
    UDIBR_REMARK,
    select_lines,
)
from sketch.ink.alphabet import Alphabet
from sketch.ink.strokes import offset_statistics


def make_lines(name, rows, writers=("w",), texts=("text",)):
    rng = np.random.default_rng(len(name))
    lines = []
    for number, length in enumerate(rows):
        strokes = rng.normal(len(name), 10 * len(name), (length, 3)).round()
        strokes[:, 2] = strokes[:, 2] > 0
        lines.append(
            Line(
                strokes.astype(np.float32),
                texts[number % len(texts)],
                f"{name}-{number:02d}",
                writers[number % len(writers)],
            )
        )
    return lines


@pytest.fixture
def corpus_of(tmp_path):
    opened = []

    def make(train, valid, test):
        path = tmp_path / f"{len(opened)}.hdf5"
        sets = {"train": train, "valid": valid, "test": test}
        write_corpus(path, sets, source="made up", command="", seed=0, split="")
        opened.append(Corpus.open(path))
        return opened[-1]

    yield make
    for corpus in opened:
        corpus.close()


TRAIN = make_lines("train", [40, 60, 80], ("a", "b"))
VALID = make_lines("valid", [3, 298, 299, 300, 700, 1198, 1199, 1300], ("c",))
TEST = make_lines("unseen", [5, 50], ("d",))


def lengths(selection):
    return [len(line.strokes) for line in selection.lines]


def test_the_command_line_knows_all_protocols():
    assert tuple(PROTOCOLS) == PROTOCOL_NAMES


@pytest.mark.parametrize(
    ("name", "rows", "left_out"),
    # 299 rows are 300 points, and 1,198 the last fewer than 1,200.
    [
        ("graves", [3, 298, 299, 300, 700, 1198, 1199, 1300], (0, 0)),
        ("graves300", [299, 300, 700, 1198, 1199, 1300], (2, 0)),
        ("vrnn", [3, 298, 299, 300, 700, 1198, 1199, 1300], (0, 0)),
        ("udibr", [3, 298, 299, 300, 700, 1198], (0, 2)),
        ("writer", [5, 50], (0, 0)),
    ],
)
def test_which_lines(corpus_of, name, rows, left_out):
    selection = select_lines(corpus_of(TRAIN, VALID, TEST), PROTOCOLS[name])
    assert lengths(selection) == rows
    assert tuple(selection.left_out.values()) == (*left_out, 0, 0)
    assert selection.protocol.max_rows == (600 if name == "udibr" else None)


def std_of(*sets):
    return offset_statistics(line.strokes for lines in sets for line in lines)[1]


def test_units_are_of_the_other_lines_of_the_training_lines_or_given(corpus_of):
    three, two = corpus_of(TRAIN, VALID, TEST), corpus_of(TRAIN, VALID, VALID)

    def unit(corpus, name):
        return select_lines(corpus, PROTOCOLS[name]).std

    for name in ("graves", "graves300"):
        assert unit(three, name) == pytest.approx(std_of(TRAIN, TEST), rel=1e-12)
        assert unit(two, name) == pytest.approx(std_of(TRAIN), rel=1e-12)
    assert unit(three, "writer") == pytest.approx(std_of(TRAIN), rel=1e-12)
    for corpus in (two, three):
        assert unit(corpus, "vrnn").tolist() == [56.04462, 56.04462]
        assert unit(corpus, "udibr").tolist() == [42.490, 37.242]


def test_another_corpus_is_never_passed_over_in_silence(corpus_of):
    corpus = corpus_of(TRAIN, VALID, TEST)
    for name in PROTOCOLS:
        selection = select_lines(corpus, PROTOCOLS[name])
        assert not selection.is_its_corpus
        assert selection.notes[0].startswith(f"not the corpus of the protocol {name}")
    assert (
        "in valid 1,438 lines of 884,526 offsets expected, 8 of 5,297 found"
        in (select_lines(corpus, PROTOCOLS["graves"]).notes[0])
    )


def test_its_own_corpus_is_known_by_lines_and_offsets(corpus_of):
    corpus = corpus_of(TRAIN, VALID, VALID)  # test is valid, and counts once
    sums = {"valid": (8, 5297), ALL: (11, 5297 + 180)}
    protocol = replace(PROTOCOLS["graves"], checksums=sums)
    selection = select_lines(corpus, protocol)
    assert (selection.is_its_corpus, selection.notes) == (True, ())
    for name, (lines, offsets) in sums.items():
        for wrong in ((lines + 1, offsets), (lines, offsets - 1)):
            changed = replace(protocol, checksums=sums | {name: wrong})
            assert not select_lines(corpus, changed).is_its_corpus


@pytest.mark.parametrize(
    ("writers", "note"),
    [
        (("d",), None),
        (("d", "a"), "1 of the 2 writers of the test lines also wrote training"),
        (("c",), "1 of the 1 writers"),
        (("d", ""), "does not name its writers"),
    ],
)
def test_writer_notes_writers_of_training_lines(corpus_of, writers, note):
    with pytest.raises(ValueError, match="the test set is the validation set"):
        select_lines(corpus_of(TRAIN, VALID, VALID), PROTOCOLS["writer"])
    test = make_lines("unseen", [5, 50], writers)
    notes = select_lines(corpus_of(TRAIN, VALID, test), PROTOCOLS["writer"]).notes
    assert len(notes) == (1 if note is None else 2)  # the first: not IAM-OnDB
    assert note is None or note in notes[1]


@pytest.mark.parametrize("name", ["train", "valid"])
def test_writer_says_that_those_of_other_lines_are_not_known(corpus_of, name):
    sets = {"train": TRAIN, "valid": VALID, "test": TEST}
    sets[name] = make_lines(name, [40, 60], ("a", ""))
    notes = select_lines(corpus_of(**sets), PROTOCOLS["writer"]).notes
    assert "does not name its writers" in notes[1]
    # One who is known to have written both is the worse news.
    sets["test"] = make_lines("unseen", [5, 50], ("a", ""))
    notes = select_lines(corpus_of(**sets), PROTOCOLS["writer"]).notes
    assert len(notes) == 2 and "1 of the 2 writers of the test lines" in notes[1]


def test_lines_that_a_text_model_cannot_read_are_left_out(corpus_of):
    texts = ("text", "", "Text", " te\u0301xt")  # composed, the last one is known
    valid = make_lines("valid", [3, 4, 5, 6, 7], texts=texts)
    corpus = corpus_of(TRAIN, valid, valid)
    assert lengths(select_lines(corpus, PROTOCOLS["graves"])) == [3, 4, 5, 6, 7]
    alphabet = Alphabet(tuple("etx\u00e9"))
    selection = select_lines(corpus, PROTOCOLS["graves"], alphabet)
    assert lengths(selection) == [3, 6, 7]
    for line in selection.lines:
        alphabet.encode(line.transcript)
    assert selection.left_out["without_text"] == 1
    assert selection.left_out["with_unknown_characters"] == 1
    assert "left out: 1 line without known text" in selection.notes
    assert any("1 line with characters that the" in note for note in selection.notes)
    message = "leaves no line of .*3 short, .*2 with unknown characters"
    with pytest.raises(ValueError, match=message):
        less = replace(PROTOCOLS["graves"], min_points=7)
        select_lines(corpus, less, Alphabet(("x",)))


def test_what_udibr_s_figure_stood_for():
    """Its density of a padded step, (0, 0, 1), by its formula at its best."""
    epsilon, loss = 1e-5, -1607.1
    # 12,121 lines of fewer than 1,200 points keep 538.07 of their first 600 rows.
    padded = 600 - 538.07
    # All sigmas and 1 - rho^2 at 0, so that only epsilon is left of them.
    worth = [
        math.log(1 / (2 * math.pi * epsilon * math.sqrt(one))) for one in (1, epsilon)
    ]
    real = [loss + padded * nats for nats in worth]
    numbers = (f"{padded:.2f}", f"{worth[0]:.3f}", f"{worth[1]:.3f}")
    assert all(number in UDIBR_REMARK for number in numbers)
    assert all(f"{value:.0f}" in UDIBR_REMARK for value in real)
    assert PROTOCOLS["udibr"].references[0].nats_per_line == -round(real[0])

"""Lines of a text on paper, placed as they come."""

import numpy as np
import pytest
from made_up_ink import write as write_ink

from sketch.generation.sampling import Trace
from sketch.generation.texts import WrittenLine
from sketch.ink.ink_files import parse_line
from sketch.page.layout import Piece
from sketch.web.placement import MARGIN, ROOM, Paper
from sketch.writing.letter import Letter

ROWS = ["a lake", "and", "all of the hill"]


def letter_of(*rows, scale=1.0, faults=()):
    """Rows as a model would have written them, a piece a word."""
    pieces, lines = [], []
    for row in rows:
        words = row.split()
        for number, word in enumerate(words, 1):
            strokes = write_ink(word) * (scale, scale, 1)
            phi = np.zeros((len(strokes), len(word) + 1), np.float32)
            phi[np.arange(len(strokes)), np.arange(len(strokes)) % len(word)] = 1.0
            none = np.zeros((len(strokes), 0))
            trace = Trace(strokes, none, none, phi, none)
            bad = [f"{word}: misread"] if word in faults else []
            lines.append(WrittenLine(word, trace, [1], bad))
            pieces.append(Piece(strokes, word, None, number == len(words)))
    faults = [fault for line in lines for fault in line.faults]
    return Letter([pieces], faults, lines, 10.0)


def points_of(line):
    return np.concatenate([np.array(pen) for pen in line["strokes"]])


def test_lines_come_in_the_order_of_the_text_once_all_before_are_there():
    paper = Paper(ROWS)
    paper.add([2], letter_of(ROWS[2]))
    assert paper.take() == []
    paper.add([0, 1], letter_of(*ROWS[:2]))
    lines = paper.take()
    assert [line["text"] for line in lines] == ROWS
    assert paper.take() == []
    for line in lines:
        parse_line(line, "a line")  # it is one of the JSON format
        assert len(line["attention"]) == len(points_of(line))


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_lines_that_come_later_keep_scale_and_distance(scale):
    paper = Paper(["lake"] * 3)
    lines = []
    for number in range(3):
        paper.add([number], letter_of("lake", scale=scale))
        lines += paper.take()
    tops = [points_of(line)[:, 1].min() for line in lines]
    np.testing.assert_allclose(np.diff(tops), ROOM.line_spacing, atol=1.0)
    for line in lines:
        size = np.ptp(points_of(line), axis=0)
        np.testing.assert_allclose(size, np.ptp(points_of(lines[0]), axis=0), rtol=0.05)


def test_the_size_of_the_paper_is_an_estimate_then_that_of_the_ink():
    paper = Paper(ROWS)
    paper.add([0], letter_of(ROWS[0]))
    paper.take()
    early = paper.size
    paper.add([1, 2], letter_of(*ROWS[1:]))
    first, *_ = lines = paper.take()
    points = np.concatenate(list(map(points_of, lines)))
    final = paper.size
    right, bottom = points.max(axis=0)
    assert final["width"] == pytest.approx(right + MARGIN, abs=0.002)
    assert final["height"] == pytest.approx(bottom + MARGIN, abs=0.002)
    assert 1.0 <= early["width"] / final["width"] < 1.5
    assert 0.9 <= early["height"] / final["height"] < 1.5
    assert paper.seconds > 0.5


def test_faults_are_collected():
    paper = Paper(ROWS)
    paper.add([0, 1, 2], letter_of(*ROWS, faults=("lake", "hill")))
    assert paper.faults == ["lake: misread", "hill: misread"]


def test_attention_is_the_window_of_each_point_over_the_whole_line():
    letter = letter_of("on it")
    rng = np.random.default_rng(1)
    for written in letter.written:
        phi = written.trace.phi
        phi[:] = rng.uniform(0, 1.2, phi.shape) * (rng.uniform(size=phi.shape) < 0.5)
    paper = Paper(["on it"])
    paper.add([0], letter)
    (line,) = paper.take()
    dense = np.zeros((len(points_of(line)), len("on it") + 1))
    for time, (first, *levels) in enumerate(line["attention"]):
        dense[time, first : first + len(levels)] = levels
    expected, column = [], 0
    for written in letter.written:
        phi = written.trace.phi
        part = np.zeros((len(phi), dense.shape[1]))
        part[:, column : column + phi.shape[1]] = phi
        expected += [part[:1], part]  # the starting point takes the first row
        column += len(written.text) + 1
    expected = np.clip(np.concatenate(expected), 0, 1)
    np.testing.assert_allclose(dense / 255, expected, atol=0.51 / 255)
    assert line["tries"] == [1, 1]

"""Notes written again: their lines, their texts, their hand, and their places."""

from types import SimpleNamespace

import numpy as np
import pytest
from made_up_ink import GAP, WIDTH, X_HEIGHT, pens_of, turned, write
from untrained import make_experiment

from sketch.generation.terms import SamplingOptions
from sketch.ink.fit import resample_stroke
from sketch.ink.ink_files import read_ink, write_json
from sketch.ink.line_of_ink import InkLine, line_from_pen_strokes
from sketch.page.baseline import find_baseline
from sketch.page.layout import Piece
from sketch.page.paper import Layout
from sketch.writing import tidy
from sketch.writing.letter import Letter
from sketch.writing.tidy import cut_lines, read_notes, tidy_notes

TEXTS = ["a title, here", "the jug is full of milk", "i say", "and so. it is, jim"]
PLACES = [(40.0, 100.0), (0.0, 145.0), (90.0, 180.0), (3.0, 215.0)]  # 3.5 to 4.5 apart


def page(texts=TEXTS, slope=0.0, unit=1.0):
    """The strokes of each line, at its place."""
    return [
        [unit * (pen + (x, 0)) for pen in turned(pens_of(text)[0], slope, y)]
        for text, (x, y) in zip(texts, PLACES, strict=False)
    ]


@pytest.mark.parametrize("slope", [-0.06, 0.0, 0.06])
@pytest.mark.parametrize("unit", [0.01, 1.0, 30.0])
def test_lines_are_found_whatever_their_slope_and_unit(slope, unit):
    lines = page(slope=slope, unit=unit)
    found = cut_lines(
        line_from_pen_strokes([pen for line in lines for pen in line], "")
    )
    for line, pens in zip(found, lines, strict=True):
        due = line_from_pen_strokes(pens, "")
        np.testing.assert_allclose(line.strokes, due.strokes, atol=1e-3 * unit)
        assert line.start == pytest.approx(due.start, rel=1e-4, abs=1e-3 * unit)


def test_dots_that_were_made_last_go_to_their_lines():
    lines = page()
    body = [pen for line in lines for pen in line if len(pen) > 1]
    dots = [pen for line in lines for pen in line if len(pen) == 1]
    found = cut_lines(line_from_pen_strokes([*body, *dots[::-1]], ""))
    counts = [sorted(map(len, line.pens)) for line in found]
    assert counts == [sorted(map(len, line)) for line in lines]


def test_lines_that_begin_at_one_place_are_put_below_each_other(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, [InkLine(write(text), text) for text in TEXTS])  # as Pen.write's
    lines = read_notes(path)
    middles = [one.pens[0][:, 1].mean() for one in lines]
    assert np.diff(middles).min() > 2 * X_HEIGHT
    # Two pages of notes: none of their lines is taken for a part of another.
    pens = [pen for line in page() for pen in line]
    write_json(path, [line_from_pen_strokes(pens, ""), line_from_pen_strokes(pens, "")])
    assert len(read_notes(path)) == 8
    write_json(
        path, [line_from_pen_strokes(*one) for one in zip(page(), TEXTS, strict=True)]
    )
    starts = [line.start for line in read_notes(path)]
    assert starts == [line.start for line in read_ink(path)]


@pytest.fixture
def notes(tmp_path):
    """A file of ink without texts, as one line."""
    path = tmp_path / "notes.json"
    write_json(path, line_from_pen_strokes([p for pens in page() for p in pens], ""))
    return path


def texts_of(lines):
    return [line.text for line in lines]


def test_texts_come_from_whoever_is_asked_the_text_beside_or_the_file(notes, tmp_path):
    assert texts_of(read_notes(notes)) == [""] * 4
    notes.with_suffix(".txt").write_bytes("\ufeffa\r\nb\r\n\r\nc\r\nd\r\n".encode())
    assert texts_of(read_notes(notes)) == list("abcd")
    assert texts_of(read_notes(notes, "1\n2\n\n3\n4")) == list("1234")
    with pytest.raises(ValueError, match="4 lines of ink, the text 1: .* is read"):
        read_notes(notes, "only one")
    notes.with_suffix(".txt").write_text("a\nb")
    with pytest.raises(ValueError, match=r"4 lines of ink, .*notes.txt 2"):
        read_notes(notes)
    lines = [line_from_pen_strokes(*line) for line in zip(page(), TEXTS, strict=True)]
    write_json(notes, lines)
    assert texts_of(read_notes(notes)) == TEXTS


@pytest.fixture
def experiment(tmp_path):
    return make_experiment(tmp_path / "experiments", with_weights=False)


@pytest.fixture
def written(monkeypatch):
    """What is asked of `write_letter`, in place of writing: it is ink of another."""
    seen = []

    def write_letter(experiment, paragraphs, options, prime, *args):
        seen.append((list(paragraphs), prime.text))
        pieces = [
            [
                Piece(
                    line_from_pen_strokes(turned(pens_of(text)[0], 0.1, 7), "")[0], text
                )
            ]
            for text in paragraphs
        ]
        return Letter(pieces, ["a fault"], [], X_HEIGHT)

    monkeypatch.setattr(tidy, "write_letter", write_letter)
    return seen


def reads(*readings):
    """A check whose recogniser reads the ink first, and then the primes."""
    left = list(readings)
    recogniser = SimpleNamespace(read=lambda ink, std: [left.pop(0) for _ in ink])
    return SimpleNamespace(recogniser=recogniser, describe_recogniser=lambda: [])


def test_new_lines_stand_level_where_the_old_ones_stood(experiment, written, notes):
    pens = [pen for line in page(slope=0.05, unit=0.3) for pen in line]
    write_json(notes, line_from_pen_strokes(pens, ""))
    lines = read_notes(notes, "\n".join(TEXTS))
    layout = Layout(size=2.0, margin=5.0, jitter=0.0)
    options = SamplingOptions()
    ink = tidy_notes(experiment, lines, options, None, layout=layout)
    assert [line.text for line in ink.lines] == TEXTS == written[0][0]
    (sheet,) = ink.pages
    scale = 2.0 / X_HEIGHT
    new = [line.pens for line in ink.lines]
    corners = []
    for pens, text, (x, y) in zip(new, TEXTS, PLACES, strict=True):
        baseline = find_baseline(pens, text)
        assert baseline.slope == pytest.approx(0, abs=0.02)
        assert baseline.x_height == pytest.approx(2.0, rel=0.15)
        width = sum(GAP if c == " " else WIDTH + 2 for c in text)
        left = np.concatenate(pens)[:, 0].min()
        # In the middle of the line, the old one had come down by its slope.
        corners.append((left - scale * x, baseline.offset - scale * (y + width / 40)))
    assert np.ptp(np.array(corners), axis=0) == pytest.approx([0, 0], abs=0.6)
    points = np.concatenate([pen for pens in new for pen in pens])
    np.testing.assert_allclose(points.min(axis=0), 5.0, atol=1e-4)
    size = sheet.width, sheet.height
    np.testing.assert_allclose(points.max(axis=0) + 5.0, size, atol=1e-4)


def test_what_is_read_is_told_and_what_cannot_be_read_is_left_out(
    experiment, written, notes
):
    lines = read_notes(notes)
    with pytest.raises(ValueError, match="4 lines of the ink have no text"):
        tidy_notes(experiment, lines, SamplingOptions(), None)
    read = ["a title, here", "the jug if full", "", "and so"]
    ink = tidy_notes(
        experiment,
        lines,
        SamplingOptions(longest_text=60),
        None,
        reads(*read, "a tide, hex", "the jug if full", "and so", "the jug if full"),
    )
    assert written == [([*filter(None, read)], "the jug if")]
    assert [line.text for line in ink.lines] == [*filter(None, read)]
    assert ink.notes[:5] == [
        "line 1 is read as 'a title, here'",
        "line 2 is read as 'the jug if full'",
        "line 3 cannot be read, and is left out",
        "line 4 is read as 'and so'",
        "the hand is that of the words 'the jug if'",
    ]
    assert ink.faults == ["a fault"]
    with pytest.raises(ValueError, match="nothing was read in it"):
        tidy_notes(experiment, lines, SamplingOptions(), None, reads("", "", "", ""))


def test_characters_that_the_model_lacks_are_no_part_of_the_hand(
    experiment, written, notes
):
    lines = read_notes(notes, "a lake €\na hill\nso\n€")
    with pytest.raises(ValueError, match="cannot write €"):
        tidy_notes(experiment, lines, SamplingOptions(), None)
    tidy_notes(experiment, lines, SamplingOptions(), None, replace_unknown="")
    assert written == [(["a lake", "a hill", "so"], "a hill")]


def test_ink_of_any_unit_and_rate_is_read_at_that_of_the_corpus(experiment):
    seen = []
    for unit in (0.02, 1.0, 50.0):
        for rate in (1, 6):
            pens = [
                unit * (resample_stroke(pen, rate * len(pen)) if len(pen) > 1 else pen)
                for pen in page(TEXTS[1:2])[0]
            ]
            line = line_from_pen_strokes(pens, "")
            (strokes,) = tidy._at_scale(experiment, [line])
            seen.append((np.ptp(np.cumsum(strokes[:, 0])), len(strokes)))
    widths, counts = np.array(seen).T
    np.testing.assert_allclose(widths, widths[0], rtol=0.25)
    expected = widths / abs(experiment.offset_mean[0])
    assert (counts < 2.5 * expected).all() and (counts > 0.4 * expected).all()

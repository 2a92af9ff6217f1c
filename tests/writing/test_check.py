"""Lines that a recogniser checks before they are returned."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

import sketch
from sketch.experiment import places
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.ink.alphabet import Alphabet
from sketch.writing.check import ReadingCheck, find_recogniser_of, misread_words
from sketch.writing.loaded_recogniser import LoadedRecogniser
from sketch.writing.pen import write_experiment


class Eyes:
    """A recogniser that returns these readings in turn."""

    def __init__(self, recogniser, *readings):
        self.directory = recogniser
        self.readings = iter(readings)
        self.seen = []

    def read(self, strokes, offset_std):
        self.seen += list(strokes)
        return [next(self.readings) for _ in strokes]


def test_check_reads_ink_in_the_units_of_the_recordings(recogniser):
    eyes = Eyes(recogniser, "big", "xxg")
    check = ReadingCheck(eyes, 0.5).of_pen(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    normalised = np.float32([[0, 0, 0], [1, 1, 1]])
    good, bad = check(["big", "big"], [normalised, normalised])
    assert good == (0.0, None)
    assert bad == (2 / 3, "'big' may not be legible")
    assert eyes.seen[0].tolist() == [[1, 2, 0], [3, 5, 1]]


def test_recogniser_of_an_experiment_is_found_by_corpus_and_characters(
    recogniser, tmp_path, monkeypatch
):
    monkeypatch.setattr(places, "pretrained_dir", lambda: tmp_path)
    path = tmp_path / "toy"
    shutil.copytree(recogniser.path, path)
    (path / "README.md").touch()  # its card
    known = recogniser.alphabet.characters
    for digest, characters, found in (
        (recogniser.data_digest, known, path),
        (recogniser.data_digest, [*known, "ä"], None),
        ("another", known, None),
    ):
        writer = SimpleNamespace(data_digest=digest, alphabet=Alphabet(characters))
        assert find_recogniser_of(writer) == found
    damaged = tmp_path / "a-damaged-one"  # the first by name
    damaged.mkdir()
    (damaged / "README.md").touch()
    (damaged / "recogniser.json").write_text("{")
    writer = SimpleNamespace(
        data_digest=recogniser.data_digest, alphabet=Alphabet(known)
    )
    assert find_recogniser_of(writer) == path


def test_check_by_a_recogniser_that_misreads_real_lines_has_a_note(
    recogniser, pen, tmp_path, monkeypatch
):
    path = tmp_path / recogniser.name
    shutil.copytree(recogniser.path, path)
    eyes = LoadedRecogniser(RecogniserDirectory.load(path, tmp_path))
    lowest = min(row["valid_error_rate"] for row in recogniser.history())
    assert eyes.error_rate == lowest and eyes.state["epoch"] >= 1  # of its best
    header, *rows = (path / "history.csv").read_text("utf-8").splitlines()
    place = header.split(",").index("valid_error_rate")

    def note_at(rate):
        cells = [row.split(",") for row in rows]
        for row in cells:
            row[place] = rate
        text = "\n".join([header, *map(",".join, cells), ""])
        (path / "history.csv").write_text(text, "utf-8")
        return ReadingCheck(eyes).describe_recogniser()

    (note,) = note_at("0.85")
    assert recogniser.name in note and "misreads 85%" in note
    written_by = sketch.load(pen.path)
    assert written_by.write("big", check=path, tries=1).notes == [note]
    with monkeypatch.context() as patch:
        patch.setattr(
            LoadedRecogniser, "__init__", None
        )  # nothing is read from disk again
        more = written_by.write("big", check=path, max_error_rate=1.0, tries=1)
        assert more.notes == [note]
    assert note_at("0.3") == note_at("") == []
    eyes.state["epoch"] = 0
    (note,) = note_at("")
    assert "has finished no epoch: it cannot read yet" in note
    eyes.state["epoch"] = 1
    (path / "history.csv").write_text("damaged")
    assert ReadingCheck(eyes).describe_recogniser() == []


def test_text_that_the_recogniser_cannot_spell_is_refused_before_it_is_written(
    recogniser, pen
):
    check = ReadingCheck(Eyes(recogniser))
    with pytest.raises(ValueError, match="toy-recogniser.* cannot check it: .*'z'"):
        check.require_known(["zig"])
    with pytest.raises(ValueError, match="cannot check it"):
        write_experiment(pen, ["zig"], check=check)


def judge(text, reading, max_error_rate=0.2):
    check = ReadingCheck(Eyes(None, reading), max_error_rate)
    (result,) = check.of_pen(np.zeros(2), np.ones(2))([text], [np.zeros((2, 3))])
    return result.fault


@pytest.mark.parametrize(
    ("text", "reading", "fault"),
    [
        ("had guests, in all", "had guests, in all", None),
        ("had guests, in all", "had guests in all", None),  # one of 18 characters
        ("had guests, in all", "had qxxxtv, in all", "'guests,' may not be legible"),
        ("a bb ccc d", "x bb yyy d", "'a', 'ccc' may not be legible"),
        ("a b c d", "", "'a b c d' may not be legible"),
        ("ab", "a b x", "'ab' may not be legible"),
        ("a bb", "a bb xxxx", "'a bb' may not be legible"),  # every word is there
        ("we met at 10:35 then", "we met at 10:33 then", "'10:35' may not be legible"),
        ("in 2007", "in 2007", None),
        ("DO NOT", "Do Nax", "'NOT' may not be legible"),
        ("DO NOT", "Do NoT", None),
    ],
)
def test_fault_names_the_misread_words(text, reading, fault):
    assert judge(text, reading) == fault


def test_misread_words_are_those_missing_in_the_reading():
    assert misread_words("a lake and a hill", "a lake und a hall") == ["and", "hill"]
    assert misread_words("a lake", "a very wide lake") == []

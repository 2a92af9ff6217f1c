"""Legibility: a model writes, a recogniser reads it back."""

import json
from dataclasses import replace

import numpy as np
import pytest
from toy_recogniser import SMALL, make_corpus

from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.evaluation import legibility
from sketch.evaluation.legibility import evaluate_legibility, summarise_reading
from sketch.ink.alphabet import Alphabet
from sketch.settings.recogniser_settings import RecogniserSettings
from sketch.training.recogniser_run import prepare
from sketch.writing.loaded_recogniser import LoadedRecogniser

SETS = legibility.VALID, legibility.OWN, legibility.NUMBERS


def test_errors_are_counted_over_all_characters():
    reading = summarise_reading(["abcd", "ab"], ["abXd", "abcd"])
    assert reading["num_lines"] == 2 and reading["num_characters"] == 6
    # A draw is one line twice, or both.
    assert reading["error_rate"] == {"value": 3 / 6, "low": 1 / 4, "high": 1}


@pytest.fixture
def given(monkeypatch, toy_corpus):
    """The ink that a recogniser was given and the units of that, for each call.

    It knows the validation lines by heart.
    """
    with Corpus.open(toy_corpus) as opened:
        lines = opened.read_set("valid")
    texts = {line.strokes.tobytes(): line.transcript for line in lines}
    found = []
    usual = LoadedRecogniser.read

    def read(self, strokes, offset_std=None):
        found.append((strokes, offset_std))
        readings = usual(self, strokes, offset_std)
        pairs = zip(strokes, readings, strict=True)
        return [texts.get(ink.tobytes(), reading) for ink, reading in pairs]

    monkeypatch.setattr(LoadedRecogniser, "read", read)
    return found


def test_legibility_is_measured_on_validation_texts_and_new_sentences(
    pen, recogniser, toy_root, toy_corpus, given, monkeypatch
):
    monkeypatch.setattr(legibility, "unseen_sentences", lambda *_: ["biggib"])
    monkeypatch.setattr(legibility, "number_lines", lambda *_: ["bib"])
    usual, checks = legibility.write_all, []

    def write_all(*args, check, **options):
        checks.append(check.recogniser.directory.name)
        return usual(*args, **options)

    monkeypatch.setattr(legibility, "write_all", write_all)
    report = evaluate_legibility(
        pen,
        toy_root,
        recogniser,
        toy_corpus,
        biases=(0.0, 2.0),
        num_lines=3,
        check=recogniser,
    )
    assert checks == [recogniser.name] * 6 and report["check"] == recogniser.name
    assert len(given) == 7 and all(std is pen.offset_std for _, std in given)
    facts = json.loads(json.dumps(report, allow_nan=False))
    assert facts["model"] == pen.name and facts["is_trained_on_corpus"]
    assert facts["recogniser"] == {"name": recogniser.name, "epoch": 1, "step": 3}
    with Corpus.open(toy_corpus) as opened:
        lines = opened.read_set("valid")
    for ink, line in zip(given[0][0], [lines[k] for k in (0, 2, 3)], strict=True):
        np.testing.assert_array_equal(ink, line.strokes)
    assert facts["real"]["num_lines"] == 3
    assert facts["real"]["error_rate"]["value"] == 0.0  # each beside its own text
    assert [(one["texts"], one["bias"]) for one in facts["written"]] == [
        (texts, bias) for texts in SETS for bias in (0, 2)
    ]
    for one in facts["written"][:2]:
        assert one["num_characters"] == facts["real"]["num_characters"]
        assert 0 <= one["failures"] <= 3
        assert one["characters_per_second"] > 0
        assert one["distances"]["speed"] > 0
    assert facts["written"][2]["distances"] is None
    rows = report["text"].splitlines()
    assert rows[2] == f"read by {recogniser.name}: epoch 1, step 3"
    assert rows[3] == f"checked by {recogniser.name}"
    assert rows[6].split()[:6] == ["real", "lines,", "the", "floor", "3", "0.0%"]
    assert rows[7].startswith("validation texts, bias 0 ")
    assert any(row.startswith("speed ") for row in rows)
    # The corpus has three letters: hardly a sentence can be written.
    assert rows[-1].startswith("note: left out: 31 of the 32 new sentences")


def test_legibility_on_another_corpus_has_a_note(
    pen, recogniser, toy_root, tmp_path, given
):
    other = make_corpus(tmp_path / "other.hdf5", seed=1)
    report = evaluate_legibility(
        pen, toy_root, recogniser, other, biases=(), num_lines=2
    )
    assert report["written"] == []
    with Corpus.open(other) as opened:
        np.testing.assert_array_equal([std for _, std in given], [opened.offset_std])
    unknown = f"not trained on this corpus, as far as is known: {pen.name}, "
    assert unknown in report["notes"][-1]


def test_distances_from_the_ink_of_another_tablet_are_in_its_units(
    pen, recogniser, toy_root, toy_corpus, tmp_path
):
    """By a power of two: all quotients of lengths stay as they are, to the last bit."""
    path = tmp_path / "eightfold.hdf5"
    with Corpus.open(toy_corpus) as opened:
        sets = {
            name: [
                replace(line, strokes=line.strokes * np.float32([8, 8, 1]))
                for line in opened.read_set(name)
            ]
            for name in opened.sets
        }
    write_corpus(path, sets, source="made up", command="a test", seed=0, split="random")
    near, far = (
        evaluate_legibility(pen, toy_root, recogniser, data, biases=(1.0,))["written"]
        for data in (toy_corpus, path)
    )
    assert far[0]["distances"] == near[0]["distances"]
    assert near[0]["distances"]["speed"] is not None


def test_a_corpus_of_several_files_is_learned_and_read_as_one(
    pen, recogniser, toy_root, toy_corpus, tmp_path
):
    files = [str(toy_corpus), str(make_corpus(tmp_path / "other.hdf5", seed=1))]
    learned, train, valid, _ = prepare(
        RecogniserSettings(**SMALL), None, files, tmp_path
    )
    assert (train.num_lines, len(valid)) == (24, 8)
    of_both = replace(pen, data_digest=learned.data_digest)
    eyes = replace(recogniser, data_digest=learned.data_digest)
    report = evaluate_legibility(of_both, toy_root, eyes, files, biases=())
    assert report["real"]["num_lines"] == 8 and report["is_trained_on_corpus"]
    with pytest.raises(ValueError, match="learned from other data"):
        prepare(learned.settings, learned, files[::-1], tmp_path)


def test_legibility_without_text_is_refused(pen, recogniser, toy_root, tmp_path):
    settings = replace(pen.hyperparameters, text=False, window_mixtures=10)
    free = replace(pen, hyperparameters=settings)
    with pytest.raises(ValueError, match="cannot write a given text"):
        evaluate_legibility(free, toy_root, recogniser)
    strangers = replace(recogniser, alphabet=Alphabet(("z",)))
    with pytest.raises(ValueError, match="no line in the set valid"):
        evaluate_legibility(pen, toy_root, strangers, make_corpus(tmp_path / "x.hdf5"))

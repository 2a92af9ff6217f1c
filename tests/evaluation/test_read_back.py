"""Legibility: a model writes, a recogniser reads it back."""

from dataclasses import replace

import numpy as np
import pytest
from toy_recogniser import SMALL, make_corpus

from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.evaluation import read_back
from sketch.evaluation.read_back import evaluate_legibility
from sketch.ink.alphabet import Alphabet
from sketch.settings.recogniser_settings import RecogniserSettings
from sketch.training.recogniser_run import prepare
from sketch.writing.loaded_recogniser import LoadedRecogniser


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


def test_legibility_is_measured_on_the_validation_texts(
    pen, recogniser, toy_root, toy_corpus, given, monkeypatch
):
    biases = []
    usual = read_back.write_all

    def write(*args, bias, **options):
        biases.append(bias)
        return usual(*args, bias=bias, **options)

    monkeypatch.setattr(read_back, "write_all", write)
    report = evaluate_legibility(
        pen, toy_root, recogniser, toy_corpus, biases=(0.0, 2.0), num_lines=3
    )
    assert len(given) == 3 and all(std is pen.offset_std for _, std in given)
    facts = report.to_json()
    assert facts["model"] == pen.name
    assert facts["recogniser"] == {"name": recogniser.name, "epoch": 1, "step": 3}
    assert facts["real"]["num_lines"] == 3
    with Corpus.open(toy_corpus) as opened:
        lines = opened.read_set("valid")
    for ink, line in zip(given[0][0], [lines[k] for k in (0, 2, 3)], strict=True):
        np.testing.assert_array_equal(ink, line.strokes)
    assert facts["real"]["error_rate"]["value"] == 0.0  # each beside its own text
    assert [one["bias"] for one in facts["written"]] == biases == [0.0, 2.0]
    for one in facts["written"]:
        assert one["texts"] == "validation texts"
        assert one["num_characters"] == facts["real"]["num_characters"]
        assert 0 <= one["failures"] <= 3
        assert one["characters_per_second"] > 0
        assert one["distances"]["speed"] > 0
    # The corpus has three letters: none of the sentences can be written.
    assert "left out: 32 of the 32 new sentences" in facts["notes"][0]


def test_legibility_on_another_corpus_has_a_note(
    pen, recogniser, toy_root, tmp_path, given
):
    other = make_corpus(tmp_path / "other.hdf5", seed=1)
    report = evaluate_legibility(
        pen, toy_root, recogniser, other, biases=(), num_lines=2
    )
    assert report.written == []
    with Corpus.open(other) as opened:
        np.testing.assert_array_equal([std for _, std in given], [opened.offset_std])
    assert (
        f"not trained on this corpus, as far as is known: {pen.name}, "
        in (report.notes[-1])
    )


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
        evaluate_legibility(pen, toy_root, recogniser, data, biases=(1.0,))
        .written[0]
        .distances
        for data in (toy_corpus, path)
    )
    assert far == near and near["speed"] is not None


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
    assert report.real.num_lines == 8
    assert not any("not trained" in note for note in report.notes)
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

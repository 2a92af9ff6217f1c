"""Runs of `sketch train-recogniser`: exact resume, faults, lines left out."""

import shutil
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest
from made_up_ink import write
from toy_recogniser import SMALL, make_recogniser, recogniser_end
from toy_runs import assert_same_run
from unread import Unread

from sketch.corpus.hdf5 import Corpus, Line, write_corpus
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import build_recogniser, load_weights
from sketch.ink.alphabet import Alphabet
from sketch.model.recogniser import POOL, Recogniser, frames_needed
from sketch.settings.recogniser_settings import (
    RecogniserOptions,
    RecogniserSettings,
    recogniser_name,
)
from sketch.training.plan_data import plan_recogniser_with_data
from sketch.training.recogniser_run import (
    RecogniserRun,
    is_readable,
    prepare,
    train_recogniser,
)

NOISY = SMALL | {"dropout": 0.3, "augment": 0.2, "seed": 3}
SCORES = ("step", "train_nats_per_character", "valid_error_rate", "gradient_norm")


@pytest.fixture
def corpus(toy_corpus):
    return toy_corpus


def after_step(monkeypatch, number, act):
    """Calls `act` with the sums of the step of this number."""
    usual = Recogniser.train_on_batch
    count = 0

    def train_on_batch(self, *args, **kwargs):
        nonlocal count
        count += 1
        result = usual(self, *args, **kwargs)
        if count == number:
            act(result)
        return result

    monkeypatch.setattr(Recogniser, "train_on_batch", train_on_batch)


def test_run_stopped_within_an_epoch_resumes_exactly(
    corpus, tmp_path, monkeypatch, capsys
):
    unbroken = make_recogniser(corpus, tmp_path / "a", epochs=3, settings=NOISY)
    rates = [row["learning_rate"] for row in unbroken.history()]
    fallen = (np.arange(1, 4) / 3 - 0.3) / 0.7  # one cycle: up for 30 % of the whole
    due = RecogniserSettings().learning_rate * (0.5 + 0.5 * np.cos(np.pi * fallen))
    np.testing.assert_allclose(rates, due, rtol=1e-5, atol=1e-9)
    with monkeypatch.context() as patch:
        after_step(patch, 4, lambda _: signal.raise_signal(signal.SIGINT))
        end = recogniser_end(corpus, tmp_path / "b", epochs=3, settings=NOISY)
    assert (end.step, end.signal_number) == (4, signal.SIGINT)
    name = recogniser_name(RecogniserSettings(**NOISY))
    printed = capsys.readouterr()
    assert printed.err.startswith(f"{corpus}: 12 lines, ")
    assert printed.err.endswith("; 4 lines to check\n")
    stopped = RecogniserDirectory.load(name, tmp_path / "b")
    assert stopped.load_checkpoint("latest")[1]["step"] == 4
    resumed = make_recogniser(corpus, tmp_path / "b", epochs=None, directory=stopped)
    assert [row["epoch"] for row in resumed.history()] == [1, 2, 3]
    assert_same_run(unbroken, resumed, SCORES)


def test_other_settings_start_a_new_recogniser_from_the_best_weights(
    corpus, recogniser, tmp_path
):
    given = {"learning_rate": 1e-9, "recombine": 0.0}
    options = RecogniserOptions(epochs=1, data=str(corpus))
    settings, parent, options, _ = plan_recogniser_with_data(
        given, str(recogniser.path), options, tmp_path
    )
    end = train_recogniser(settings, parent, options, tmp_path)
    made = RecogniserDirectory.load(end.directory.path, tmp_path)
    assert made.lineage.parent == recogniser.name
    assert made.name.endswith(f"-lr1e-9-from-{made.lineage.digest}")
    found = []
    for one in (recogniser, made):
        reader = build_recogniser(one)
        load_weights(reader, one.load_checkpoint("best")[0])
        found.append(reader.get_weights())
    for old, new in zip(*found, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-6)
    with pytest.raises(FileExistsError, match="go on with it by --recogniser"):
        plan_recogniser_with_data(given, str(recogniser.path), options, tmp_path)
    shutil.rmtree(made.checkpoints_dir)
    with pytest.raises(ValueError, match="has not begun: remove"):
        make_recogniser(corpus, tmp_path, directory=made)


def test_a_recogniser_learns_from_new_lines_that_it_can_spell(tmp_path):
    """CTC needs a frame for each character and blank, or its loss is infinite."""
    texts = ["big pig", "gig pit", "it is a big pit"] * 6
    lines = [Line(write(text), text, f"a-{n:02}", "w") for n, text in enumerate(texts)]
    sets = {"train": lines, "valid": lines[:2], "test": lines[2:3]}
    sets = {
        name: [replace(line, line_id=f"{name}-{line.line_id}") for line in of]
        for name, of in sets.items()
    }
    write_corpus(
        tmp_path / "x.hdf5", sets, source="", command="", seed=0, split="random"
    )
    made = make_recogniser(
        tmp_path / "x.hdf5", tmp_path, settings=SMALL | {"recombine": 1.0}
    )
    assert made.name.endswith("-recombine1")
    _, train, _, _ = prepare(made.settings, made, [str(tmp_path / "x.hdf5")], tmp_path)
    for batch in train.epoch(0):
        points = batch.inputs["mask"].sum(axis=1)
        for length, codes in zip(points, batch.inputs["text"], strict=True):
            assert frames_needed(codes[codes >= 0]) <= -(-length // POOL)


def test_loss_that_is_not_finite_stops_a_run(corpus, tmp_path, monkeypatch):
    after_step(monkeypatch, 5, lambda result: result.update(loss=np.nan))
    with pytest.raises(FloatingPointError, match=r"step 5 \(epoch 2, batch 2\).*--lr"):
        make_recogniser(corpus, tmp_path, epochs=3)
    recogniser = RecogniserDirectory.load("toy-recogniser-depth1-dim4-bs4", tmp_path)
    assert recogniser.load_checkpoint("latest")[1]["step"] == 3


def test_best_epoch_misreads_least_and_patience_waits_for_a_better_one(
    corpus, tmp_path, monkeypatch
):
    """No batch is computed."""
    sums = dict.fromkeys(("loss", "nats", "characters", "points"), 1.0)
    monkeypatch.setattr(Recogniser, "train_on_batch", lambda *_, return_dict: sums)
    rates = iter([0.5, 0.2, 0.4])
    monkeypatch.setattr(RecogniserRun, "_score", lambda self, interrupts: next(rates))
    monkeypatch.setattr(sys, "stdout", Unread())
    recogniser = make_recogniser(corpus, tmp_path, epochs=50, patience=1)
    assert [row["valid_error_rate"] for row in recogniser.history()] == [0.5, 0.2, 0.4]
    assert recogniser.load_checkpoint("best")[1]["epoch"] == 2


@pytest.fixture
def lines(corpus):
    """The lines of the corpus, by set."""
    with Corpus.open(corpus) as opened:
        return {name: opened.read_set(name) for name in opened.sets}


def test_a_corpus_without_readable_lines_is_refused(lines, tmp_path):
    lines["train"] = [replace(line, transcript="") for line in lines["train"]]
    lines["train"][0] = replace(lines["train"][0], transcript="big" * 99)
    path = tmp_path / "mute.hdf5"
    write_corpus(path, lines, source="", command="", seed=0, split="random")
    why = "each of 12 lines is without a transcript, or with too few points for it"
    with pytest.raises(ValueError, match=f"mute.*train has no lines to learn f.*{why}"):
        make_recogniser(path, tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_lines_that_cannot_be_learned_are_left_out_and_told(
    lines, tmp_path, monkeypatch, capsys
):
    for name, number, text in (
        *(("train", 3, ""), ("train", 5, "big" * 99), ("valid", 1, "")),
        ("test", 0, ""),  # which it does not read
    ):
        lines[name][number] = replace(lines[name][number], transcript=text)
    path = tmp_path / "some.hdf5"
    write_corpus(path, lines, source="", command="", seed=0, split="random")
    monkeypatch.setattr(RecogniserRun, "run", lambda self, interrupts: None)
    make_recogniser(path, tmp_path)
    printed = capsys.readouterr().err
    assert printed.startswith(f"{path}: 10 lines, ")
    assert printed.endswith(
        "; 3 lines to check; left out: 3 lines without a transcript, or with too few "
        "points for it\n"
    )


def test_line_is_readable_if_it_has_frames_for_its_text():
    alphabet = Alphabet(("a", "b"))

    def line(text, length):
        return Line(np.ones((length, 3), np.float32), text, "x", "")

    assert is_readable(line("ab", 5), alphabet)
    assert not is_readable(line("aa", 8), alphabet)  # a blank between: 3 frames
    assert is_readable(line("aa", 9), alphabet)
    assert not is_readable(line("", 9), alphabet)

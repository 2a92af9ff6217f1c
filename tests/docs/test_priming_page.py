"""The commands of docs/priming.md, at toy size, with files as the page shows them."""

import re
import shlex
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sketch.corpus.demo import demo_sets
from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.corpus.shards import open_shards
from sketch.experiment.experiment import Experiment
from sketch.generation.sampling import Trace
from sketch.generation.texts import WrittenLine
from sketch.ink.alphabet import Alphabet
from sketch.ink.fit import fit_to_corpus
from sketch.ink.ink_files import read_ink, write_json
from sketch.ink.inkml import write_inkml
from sketch.ink.line_of_ink import InkLine
from sketch.page.svg_writer import write_svg
from sketch.settings.hyperparameters import Hyperparameters
from sketch.training.run_lines import measure_texts
from sketch.writing.prime import load_prime, own_prime

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "priming.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?m)^ {4,}(sketch sample .*)$", PAGE)


@pytest.fixture(scope="module")
def corpus_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "demo.hdf5"
    sets = demo_sets(24)
    write_corpus(path, sets, source="demo", command="a test", seed=0, split="random")
    return path


@pytest.fixture(scope="module")
def lines(corpus_path):
    with Corpus.open(corpus_path) as corpus:
        return {line.line_id: line for line in corpus.read_set("train")}


@pytest.fixture
def experiment(tmp_path, corpus_path, monkeypatch):
    """One on the built-in corpus, of whose weights there is no need."""
    monkeypatch.setattr("sketch.corpus.demo.demo_corpus", lambda: corpus_path)
    settings = Hyperparameters(name="demo", depth=1, dim=8, mixtures=2, text=True)
    with open_shards([corpus_path]) as corpus:
        facts = {
            "alphabet": Alphabet.from_texts(["a" + string.printable[:95] + "a"]),
            "offset_mean": corpus.offset_mean,
            "offset_std": corpus.offset_std,
            "data_digest": corpus.digest,
            **measure_texts(corpus),
        }
    experiment = Experiment.create(tmp_path / "experiments", settings, facts)
    experiment.save_checkpoint("best", lambda path: path.write_bytes(b"none"), {})
    return experiment


@pytest.fixture
def primes(monkeypatch):
    """What the page's commands prime with, in place of writing."""
    seen = []

    def write_texts(loop, alphabet, texts, manner, primes, *args):
        seen.extend(primes)
        strokes = np.float32([[1, 0, 0], [0, 1, 1]] * 20)
        trace = Trace(strokes, *(np.zeros((40, 0), np.float32) for _ in range(4)))
        return [WrittenLine(text, trace, [1]) for text in texts]

    monkeypatch.setattr("sketch.writing.pen.write_texts", write_texts)
    monkeypatch.setattr("sketch.api.Pen._loop", object())
    return seen


def test_the_page_has_commands():
    assert len(COMMANDS) >= 7
    assert sum("--prime " in command for command in COMMANDS) >= 6


def test_every_command_of_the_page_works(
    sketch, experiment, lines, primes, tmp_path, corpus_path
):
    own = next(iter(lines.values()))
    formats = (DOCS / "file-format.md").read_text("utf-8")
    page_json = re.search(r"```json\n(.*?)```", formats, re.DOTALL)[1]
    (tmp_path / "mine.json").write_text(page_json, encoding="utf-8")
    write_svg(tmp_path / "mine.svg", InkLine(own.strokes))
    for command in COMMANDS:
        words = shlex.split(command)[1:]
        for placeholder, value in (
            ("EXPERIMENT", experiment.name),
            ("LINE", own.line_id),
            ("FILE", "mine.json"),
            ("demo-0012", own.line_id),  # a few lines are all that there is here
        ):
            words = [value if word == placeholder else word for word in words]
        primes.clear()
        result = sketch(*words, "--force")
        assert result.code == 0, f"{command}: {result.err}"
        is_short = "mine.json" in words  # the page says so
        assert ("note: a prime of 2 characters is short" in result.err) == is_short
        count = int(words[words.index("--number") + 1]) if "--number" in words else 1
        assert len(primes) == count
        assert all((prime is not None) == ("--prime" in words) for prime in primes)
    assert (tmp_path / "hand.svg").exists()


def test_the_line_of_the_page_is_in_the_demo_corpus():
    ids = {line.line_id for lines in demo_sets(24).values() for line in lines}
    assert "demo-0012" in ids


def prime_of(sketch, experiment, primes, *words):
    primes.clear()
    result = sketch(
        "sample", "--model", experiment.name, "--text", "so", "--force", *words
    )
    assert result.code == 0, result.err
    (prime,) = primes
    return prime


@pytest.mark.parametrize("write", [write_svg, write_inkml, write_json])
def test_own_ink_is_fitted_and_read_with_its_text(
    sketch, experiment, lines, primes, tmp_path, write
):
    line = max(lines.values(), key=lambda line: len(line.transcript))
    path = tmp_path / f"mine.{write.__name__.removeprefix('write_')}"
    write(path, InkLine(line.strokes * np.float32([0.1, 0.1, 1]), line.transcript))
    prime = prime_of(sketch, experiment, primes, "--prime", path)
    assert prime.text == line.transcript
    raw = prime.strokes[:, :2] * experiment.offset_std + experiment.offset_mean
    length = len(line.transcript) + 1
    pace = experiment.points_per_character
    expected = length * pace * experiment.offset_mean[0]
    fitted = fit_to_corpus(read_ink(path)[0].strokes, length * pace, expected)
    np.testing.assert_allclose(raw, fitted[:, :2], atol=1e-2)
    # And what the file does not know, or has wrong, is told.
    prime = prime_of(
        sketch, experiment, primes, "--prime", path, "--prime-text", "other"
    )
    assert prime.text == "other"


def test_a_line_without_ink_is_passed_over(experiment, tmp_path):
    path = tmp_path / "mine.json"
    strokes = np.float32([[4, 3, 0], [5, -2, 0], [3, 1, 1]])
    write_json(path, [InkLine(strokes[:0], "none"), InkLine(strokes, "so")])
    assert load_prime(experiment, str(path)).text == "so"


def test_ink_is_not_turned_where_a_corpus_goes_from_right_to_left(experiment):
    mean = experiment.offset_mean * [-1, 1]
    strokes = np.float32([[-4, 3, 0], [-5, -2, 0], [-3, 1, 1]])
    prime = own_prime(replace(experiment, offset_mean=mean), strokes, "so")
    raw = prime.strokes[:, :2] * experiment.offset_std + mean
    way = raw.sum(axis=0)
    assert way[0] < 0 < way[1]
    np.testing.assert_allclose(way / strokes[:, :2].sum(axis=0), way[1] / 2, rtol=1e-4)


def test_a_line_of_the_corpus_is_taken_as_it_is(sketch, experiment, lines, primes):
    line = next(iter(lines.values()))
    prime = prime_of(sketch, experiment, primes, "--prime", line.line_id)
    assert prime.text == line.transcript
    raw = prime.strokes[:, :2] * experiment.offset_std + experiment.offset_mean
    np.testing.assert_allclose(raw, line.strokes[:, :2], atol=1e-2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--prime", "demo-9999"], "demo-9999"),
        (["--prime", "nothing.svg"], "nothing.svg"),
        (["--prime", "letter.txt"], "a file of ink ends in .svg"),
        (["--prime", "mine.svg"], "--prime-text"),
        (["--prime", "mine.svg", "--prime-text", "þ"], "cannot write þ"),
    ],
)
def test_a_prime_that_cannot_be_is_told_in_a_line(
    sketch, experiment, lines, primes, tmp_path, words, message
):
    write_svg(tmp_path / "mine.svg", InkLine(next(iter(lines.values())).strokes))
    (tmp_path / "letter.txt").write_text("so")
    result = sketch("sample", "--model", experiment.name, "--text", "so", *words)
    assert result.code == 1
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not primes


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--text", "so", "--data", "x"], "--data goes only with --prime"),
        (["--text", "so", "--prime", "a.svg", "--data", "x"], "goes only with --prime"),
    ],
)
def test_no_option_of_a_prime_is_silently_ignored(sketch, experiment, words, message):
    result = sketch("sample", "--model", experiment.name, *words)
    assert result.code == 2 and message in result.err


def test_a_prime_file_makes_no_one_look_for_a_corpus(
    sketch, experiment, lines, primes, tmp_path, monkeypatch
):
    def build():
        raise AssertionError("the demo corpus was asked for")

    monkeypatch.setattr("sketch.corpus.demo.demo_corpus", build)
    line = next(iter(lines.values()))
    write_json(tmp_path / "mine.json", InkLine(line.strokes, line.transcript))
    prime = prime_of(sketch, experiment, primes, "--prime", "mine.json")
    assert prime.text == line.transcript

"""`sketch sample` writes what it says, and overwrites nothing."""

import os
from pathlib import Path

import numpy as np
import pytest
from untrained import make_experiment

from sketch.cli.main import main
from sketch.experiment.experiment import Experiment
from sketch.experiment.places import find_pretrained
from sketch.ink.ink_files import read_ink
from sketch.ink.line_of_ink import InkLine
from sketch.page.written import Ink


@pytest.fixture
def experiment(root):
    return make_experiment(root, with_weights=False, text=False)


@pytest.fixture
def calls(monkeypatch):
    """What is asked of the sampler, in place of sampling."""
    calls = []

    def sample(self, count, *, steps, bias, seed):
        calls.append((self.name, count, steps, bias, seed))
        strokes = np.random.default_rng(seed).normal(size=(count, steps, 3))
        strokes[:, :, 2] = strokes[:, :, 2] > 1
        return Ink([InkLine(line) for line in strokes.astype(np.float32)], [])

    monkeypatch.setattr("sketch.api.Pen.sample", sample)
    return calls


def test_defaults_write_into_the_experiment(sketch, experiment, calls):
    result = sketch("sample", "--model", experiment.name, "-n", 4, "--steps", 9)
    assert result.code == 0, result.err
    assert calls == [(experiment.name, 4, 9, 0.0, 0)]
    picture = "experiments/" + experiment.name
    picture += "/samples/sample-n4-steps9-bias0-seed0"
    (line,) = result.out.splitlines()
    assert line.endswith(f"{picture}.png")
    assert Path(line).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert len(list(Path(line).parent.iterdir())) == 1  # nothing unasked


def test_defaults_write_here_if_the_experiment_is_read_only(
    sketch, experiment, calls, monkeypatch
):
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)  # even root
    before = sorted(experiment.path.rglob("*"))
    result = sketch("sample", "--model", experiment.name, "-n", 2, "--steps", 9)
    assert result.out == "sample-n2-steps9-bias0-seed0.png\n"
    assert sorted(experiment.path.rglob("*")) == before


def test_figures_of_free_lines_are_the_pen_states(sketch, experiment, calls, tmp_path):
    words = ("sample", "--model", experiment.name, "-n", 2, "-o", "a.svg", "--figures")
    assert sketch(*words).out == "a.svg\na-pen.png\n"
    assert (tmp_path / "a-pen.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "a.svg").unlink()
    result = sketch(*words)
    assert "a-pen.png is there already" in result.err and len(calls) == 1


@pytest.mark.parametrize(
    ("options", "begins"),
    [([], b"\x89PNG"), (["--format", "json"], b'{"format": "sketch-ink"')],
)
def test_output_dash_is_standard_output(
    experiment, calls, tmp_path, capfdbinary, options, begins
):
    words = ("--model", str(experiment.path), "-n", "2", "-o", "-", *options)
    with pytest.raises(SystemExit) as end:
        main(["sample", *words])
    assert end.value.code == 0
    assert capfdbinary.readouterr().out.startswith(begins)
    assert [path.name for path in tmp_path.iterdir()] == ["experiments"]


@pytest.mark.parametrize("output", ["/proc/x.png", "file/x.png"])
def test_an_unwritable_output_is_refused_before_sampling(
    sketch, experiment, calls, tmp_path, output
):
    (tmp_path / "file").touch()
    result = sketch("sample", "--model", experiment.name, "-n", 2, "-o", output)
    assert (result.code, calls) == (1, [])
    assert result.err.startswith(f"Error: cannot write {output}: ")


@pytest.mark.parametrize(
    ("options", "begins"),
    [
        (["-o", "a.svg"], b"<svg"),
        (["-o", "a.pdf"], b"%PDF"),
        (["-o", "a.inkml"], b"<?xml"),
        (["-o", "a.json"], b'{"format": "sketch-ink"'),
        (["-o", "a", "--format", "svg"], b"<svg"),
        (["-o", "a", "--format", "png"], b"\x89PNG"),
        (["-o", "a", "--format", "pdf"], b"%PDF"),
    ],
)
def test_formats(sketch, experiment, calls, tmp_path, options, begins):
    result = sketch("sample", "--model", experiment.name, "-n", 2, *options)
    assert result == (0, f"{options[1]}\n", "")
    assert calls == [(experiment.name, 2, 700, 0.0, 0)]
    path = tmp_path / options[1]
    assert path.read_bytes().startswith(begins)
    if path.suffix in (".svg", ".inkml", ".json"):
        assert len(read_ink(path)) == 2


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "a.svg", "--format", "png"],
        ["-o", "a.inkml", "--format", "png"],
        ["-o", "a.png", "--format", "json"],
        ["-o", "a.jpg", "--format", "png"],
        ["-o", "a"],
    ],
)
def test_an_ending_of_another_format(sketch, experiment, calls, tmp_path, options):
    result = sketch("sample", "--model", experiment.name, *options)
    assert result.code == 2 and "--output must end with ." in result.err
    assert calls == [] and not list(tmp_path.glob("a*"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--text", "a", "--steps", 9], "--steps does not go with --text"),
        (["--tries", 2], "--tries goes only with --text"),
        (
            ["--prime", "x.svg", "--check", "x"],
            "--prime, --check goes only with --text",
        ),
        (["--text", "a", "--max-error-rate", 0.1], "goes only with --check"),
    ],
)
def test_no_option_is_silently_ignored(sketch, experiment, calls, options, words):
    result = sketch("sample", "--model", experiment.name, *options)
    assert result.code == 2 and words in result.err
    assert calls == []


def test_without_text_and_model_the_pretrained_model_for_free_lines_writes(
    sketch, calls, monkeypatch, tmp_path
):
    result = sketch("sample", "-n", 2)
    assert result.code == 0, result.err
    ((name, *_),) = calls
    assert not Experiment.load(find_pretrained()[name], ".").hyperparameters.text
    assert result.err == f"the model is {name}\n"
    assert (tmp_path / "sample-n2-steps700-bias0-seed0.png").exists()
    assert "[default: (a pretrained model, " in " ".join(
        sketch("sample", "--help").out.split()
    )
    monkeypatch.setattr("sketch.experiment.places.find_pretrained", dict)
    result = sketch("sample", "-n", 2)
    assert result.code == 2 and "give it a --text" in result.err
    assert "`sketch list`" in result.err and len(calls) == 1


@pytest.fixture
def written(monkeypatch):
    """What is asked of the pen, in place of writing."""
    written = []

    def write(self, text, **options):
        written.append((text, options))
        strokes = np.float32([[1, 0, 0], [0, 1, 1]] * 20)
        lines = [InkLine(strokes, line) for line in text.split("\n")]
        faults = ["'so' may not be finished (5 tries)"]
        return Ink(lines, [], faults, tries=[1, 5, 2])

    monkeypatch.setattr("sketch.api.Pen.write", write)
    return written


def test_texts_are_lines_of_one_call(sketch, written, tmp_path, root):
    name = make_experiment(root, with_weights=False).name
    content = "\ufeffand on\n\nto that\n"  # begins with a mark, as Windows writes it
    (tmp_path / "more.txt").write_text(content, encoding="utf-8")
    options = ["--text", "so", "--text-file", "more.txt", "-n", 2, "--seed", 3]
    options += ["--check", "mine"]
    result = sketch("sample", "--model", name, *options, "-o", "a.svg", "--bias", 1)
    assert result.code == 0
    again, fault = result.err.splitlines()
    assert again == "3 pieces of text, 8 tries"
    assert fault == "'so' may not be finished (5 tries)"
    assert result.out == "a.svg\n"
    ((text, options),) = written
    assert text == "so\nand on\n\nto that\nso\nand on\n\nto that"  # places count
    assert (options["seed"], options["bias"], options["figures"]) == (3, 1.0, None)
    assert options["check"] == "mine"
    words = ("--text", "so", "-o", "b.svg", "--strict")
    result = sketch("sample", "--model", name, *words)
    assert (result.code, result.out) == (1, "b.svg\n")
    assert result.err.endswith("Error: --strict: 1 fault\n")


@pytest.mark.parametrize("length", [100, 101])
def test_a_text_that_is_long_for_one_row_is_noted(sketch, written, root, length):
    name = make_experiment(root, with_weights=False).name
    result = sketch("sample", "--model", name, "--text", "a" * length, "-o", "a.svg")
    assert result.code == 0
    assert ("`sketch write` breaks a text" in result.err) == (length == 101)


@pytest.mark.parametrize("there", ["a.png", "a-01-line.png", "a-02-density.png"])
def test_nothing_is_overwritten_without_force(sketch, written, tmp_path, root, there):
    name = make_experiment(root, with_weights=False).name
    (tmp_path / there).write_text("mine")
    texts = ("--text", "so", "--text", "on", "--figures", "--output", "a.png")
    result = sketch("sample", "--model", name, *texts)
    assert result == (1, "", f"Error: {there} is there already; --force overwrites\n")
    assert (tmp_path / there).read_text() == "mine" and not written
    result = sketch("sample", "--model", name, *texts, "--force")
    assert result.code == 0
    assert [str(options["figures"]) for _, options in written] == ["a"]
    assert len(result.out.split()) == 2 + 2 * 5


def test_figures_of_what_is_left_out_are_not_named(sketch, monkeypatch, root):
    """All of the second line is unknown, and replaced by nothing."""
    name = make_experiment(root, with_weights=False).name

    def write(self, text, **_):
        lines = [part.text for part in self.fit(text, True, "")[0]]
        return Ink([InkLine(np.float32([[1, 0, 1]]), line) for line in lines], [])

    monkeypatch.setattr("sketch.api.Pen.write", write)
    texts = ("--text", "so", "--text", "€", "--text", "on", "--figures", "-o", "a.png")
    result = sketch("sample", "--model", name, *texts, "--replace-unknown", "")
    assert result.code == 0
    assert "a-02-line.png" in result.out and "a-03-line.png" not in result.out


def test_one_that_knows_no_text_says_so(sketch, experiment, calls):
    result = sketch("sample", "--model", experiment.name, "--text", "hello")
    assert result.code == 2
    assert f"{experiment.name} writes no texts: leave out --text" in result.err
    assert not calls


def test_unknown_characters_of_a_file_are_told(sketch, tmp_path, root):
    name = make_experiment(root, with_weights=False).name
    (tmp_path / "text.txt").write_text("\n\na lake\n \n  a €\n")
    result = sketch("sample", "--model", name, "--text-file", "text.txt")
    assert result.code == 1 and "cannot write €" in result.err


def test_an_unknown_experiment_is_named(sketch, calls):
    result = sketch("sample", "--model", "nope")
    assert result.code == 1
    assert "there is no experiment 'nope'" in result.err

"""Help without waiting, and an exit code and one line for every end."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from untrained import make_experiment

from sketch.cli.main import COMMANDS, describe
from sketch.experiment.places import find_pretrained

# What takes long to import; numpy alone would be a third of the 0.3 s.
HEAVY = ("keras", "jax", "torch", "tensorflow", "h5py", "matplotlib", "numpy", "lxml")

# Runs commands, then tells of each its exit code and its first line, and the modules.
LIST_MODULES = """
import contextlib, io, json, sys
from sketch.cli.main import main
ends = []
for command in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            main(command)
        except SystemExit as end:
            ends.append([end.code, out.getvalue().partition("\\n")[0]])
print(json.dumps([ends, list(sys.modules)]))
"""


def python(*args, **kwargs):
    return subprocess.run(
        [sys.executable, *args], capture_output=True, text=True, timeout=60, **kwargs
    )


def test_help_imports_nothing_heavy():
    words = [["--help"], *([command, "--help"] for command in COMMANDS)]
    ends, modules = json.loads(python("-c", LIST_MODULES, json.dumps(words)).stdout)
    for (*command, _), (code, first) in zip(words, ends, strict=True):
        assert code == 0
        assert first.startswith(" ".join(["Usage: sketch", *command]))
    assert not set(HEAVY) & set(modules)


def test_list_and_show_import_neither_keras_nor_matplotlib():
    words = [["list"], ["list", "--json"], ["show", "iam-text"]]
    ends, modules = json.loads(python("-c", LIST_MODULES, json.dumps(words)).stdout)
    assert [code for code, _ in ends] == [0, 0, 0]
    assert not {"keras", "jax", "h5py", "matplotlib"} & set(modules)


def test_the_shell_completes_without_keras(tmp_path):
    program = "import atexit, sys; from sketch.cli.main import main; "
    program += "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    environment = os.environ | {
        "_SKETCH_COMPLETE": "bash_complete",
        "COMP_WORDS": "sketch write --model iam-text --prime ",
        "COMP_CWORD": "5",
    }
    result = python("-c", program, env=environment)
    assert "plain,slanted" in result.stdout
    assert not {"keras", "jax", "h5py", "matplotlib"} & set(result.stderr.split())


def test_commands_take_the_beginning_of_a_name(sketch, parent):
    shown = sketch("show", parent.name)
    assert sketch("show", parent.name[:-3]) == shown
    assert "name: iam\n" in sketch("show", "iam").out  # not iam-recogniser
    result = sketch("show", "iam-")
    assert result.code == 1
    assert "beginning of 2 names: iam-text, iam-recogniser;" in result.err
    assert sketch("plot", parent.name[:-3]).code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_in_house_style(sketch, command):
    text = sketch(command, "--help").out
    first = text.split("\n\n")[1].strip()
    assert first.split(".")[0].count("\n") == 0 and "." in first
    assert "--debug" in text


def test_the_commands_are_listed_in_the_order_of_work(sketch):
    text = sketch("--help").out.partition("Commands:")[2]
    assert [line.split()[0] for line in text.strip().splitlines()] == list(COMMANDS)
    assert "..." not in text  # each first sentence fits on its line


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nope"], "No such command 'nope'.\n"),
        (["trian"], "No such command 'trian'. Did you mean 'train'?\n"),
        (["list", "--nope"], "No such option"),
        (["show"], "name one experiment: MODEL, or --model MODEL"),
        (["train", "--dim", "0"], "0 is not in the range"),
        (["train", "--dim", "x"], "'x' is not a valid integer"),
        (["train", "--step-method", "sgd"], "is not one of"),
        (["train", "--lr", "nan"], "nan is not a finite number"),
        (["train", "--skip", "--depth", "1"], "--skip needs --depth of at least 2"),
        (["write", "a", "-o", "a.svg", "--bias", "nan"], "nan is not a finite number"),
        (["write", "a", "-o", "a.svg", "--jitter", "nan"], "is not a finite number"),
        (["write", "a", "-o", "a.svg", "--width", "nan"], "is not a finite number"),
        (["write", "a", "-o", "a.svg", "--margin", "nan"], "margin"),
        (["write", "a", "-o", "a.svg", "--size", "nan"], "size must be"),
        (["write", "a", "-o", "a.svg", "--line-spacing", "inf"], "spacing"),
        (["sample", "--text", "a", "--bias", "NaN"], "is not a finite number"),
        (["sample", "--check", "x", "--max-error-rate", "nan"], "not a finite number"),
        (["evaluate", "--model", "x", "--legibility", "--bias", "nan"], "not a finite"),
        (["convert", ".", "--max-jump", "inf"], "is not a finite number"),
        (["convert", ".", "--max-jump", "nan"], "is not a finite number"),
        (["train", "--name", "../x"], "--name must be"),
        (["train", "--model", "continue", "-K", "3"], "-K needs --text"),
        (["evaluate", "x", "--model", "x"], "name one experiment"),
        (["sample", "--model", "x", "--output", "x.bmp"], "must end with .png, .pdf"),
    ],
)
def test_wrong_usage_is_2(sketch, args, message):
    result = sketch(*args)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("Usage: sketch")
    assert message in result.err


@pytest.fixture
def failing(monkeypatch):
    """Has `sketch list` raise an error."""

    def fail_with(error):
        def fail(*_):
            raise error

        monkeypatch.setattr("sketch.experiment.places.find_own", fail)

    return fail_with


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("bad\n  thing"), "Error: bad thing"),
        (RuntimeError("in use"), "Error: in use"),
        (FloatingPointError("loss nan"), "Error: loss nan"),
        (ImportError("needs torch"), "Error: needs torch"),
        (OSError("cannot"), "Error: cannot"),
        (FileNotFoundError(2, "No such file", "a.txt"), "Error: a.txt: No such file"),
        (MemoryError(), "Error: out of memory"),
        (click.ClickException("told"), "Error: told"),
        (
            TypeError("oops"),
            "Error: TypeError: oops. This is a fault in sketch; --debug shows the "
            "traceback",
        ),
        (
            ValueError(),
            "Error: ValueError: . This is a fault in sketch; --debug shows the "
            "traceback",
        ),
    ],
)
def test_failures_are_1_and_one_line(sketch, failing, error, line):
    failing(error)
    assert sketch("list") == (1, "", f"{line}\n")
    result = sketch("list", "--debug")
    assert result.code == 1
    assert "Traceback" in result.err


def test_a_line_cannot_command_the_terminal_or_fill_it():
    assert describe(ValueError("\x1b[2J\x07\u202e")) == "\ufffd[2J\ufffd\ufffd"
    assert len(describe(ValueError("x" * 10**6))) == 1001


def test_a_recogniser_is_no_experiment_and_vice_versa(sketch, parent, recogniser):
    for words in (["sample"], ["evaluate"], ["train", "--bs", 3]):
        result = sketch(*words, "--model", recogniser.name)
        assert result.code == 1
        assert f"'{recogniser.name}' is a recogniser, not an experiment" in result.err
    result = sketch("train-recogniser", "--recogniser", parent.name)
    assert result.code == 1
    assert f"'{parent.name}' is an experiment, not a recogniser" in result.err


def test_interruption_is_130(sketch, failing):
    failing(KeyboardInterrupt())
    assert sketch("list") == (130, "", "\ninterrupted\n")  # the ^C has its line


@pytest.mark.parametrize(
    "command",
    [
        ["sample", "--text", "hi", "--model", ""],
        ["evaluate", "--legibility", "--model", "m", "--recogniser", ""],
        ["evaluate", "--model", "m", "--data", ""],
        ["train", "--name", "x", "--data", ""],
        ["train", "--model", ""],
        ["convert", ""],
        ["list", "--experiments", ""],
    ],
    ids=" ".join,
)
def test_an_empty_value_is_not_taken_for_none_given(sketch, tmp_path, command):
    """A shell variable that is not set would mean another model, or corpus."""
    make_experiment(tmp_path / "experiments", with_weights=False).path.rename(
        tmp_path / "experiments" / "m"
    )
    result = sketch(*command)
    assert result.code in (1, 2) and result.out == ""
    assert re.search(r"^Error: .*(empty|An empty path)", result.err, re.M)


def test_an_exit_code_of_a_command_is_kept(sketch, failing):
    failing(SystemExit(143))
    assert sketch("list").code == 143


PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from sketch.cli.main import main
import sketch.experiment.places as places

def strike(*_):
    try:
        %s
    finally:
        print("cleaned up")

number = int(sys.argv[1])
places.find_own = strike
sys.argv = ["sketch", "list"]
main()
"""
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_ends_a_command(number, code):
    program = PROGRAM % "import time; print('waiting', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", program, str(int(number))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, "cleaned up\n")
    assert err.strip() == ("interrupted" if code == 130 else "")


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_does_not_wait_for_threads(number, code):
    """JAX leaves a timer behind, or a compiler that Python's own end would crash."""
    late = "import atexit; atexit.register(print, 'late'); "
    lines = f"{late}import threading; threading.Timer(600, print).start()"
    result = python(
        "-c", PROGRAM % f"{lines}; signal.raise_signal(number)", str(int(number))
    )
    assert result.returncode == code
    assert result.stdout.splitlines() == ["cleaned up"]
    assert result.stderr.strip() == ("interrupted" if code == 130 else "")


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_within_a_destructor_ends_a_command(number, code):
    """Python drops what a destructor or a callback of C raises."""
    lines = "type('', (), {'__del__': lambda self: signal.raise_signal(number)})(); "
    lines += "import time; time.sleep(20); print('went on')"
    result = python("-c", PROGRAM % lines, str(int(number)))
    assert (result.returncode, result.stdout) == (code, "cleaned up\n")
    assert result.stderr.strip() == ("interrupted" if code == 130 else "")


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_within_an_import_ends_at_once(tmp_path, number, code):
    importing = "import __main__, signal\n"
    importing += "try: signal.raise_signal(__main__.number)\n"
    importing += "except BaseException: pass\n"  # as extension modules discard it
    (tmp_path / "importing.py").write_text(importing)
    result = python("-c", PROGRAM % "import importing", str(int(number)), cwd=tmp_path)
    assert result.stdout == ""
    assert result.returncode == code
    assert result.stderr.strip() == ("interrupted" if code == 130 else "")


@pytest.mark.parametrize(
    "words",
    [
        ("--experiments", "other", "list"),
        ("--experiments=other", "--debug", "list"),
        ("list", "--experiments", "other"),
        ("--experiments", "first", "list", "--experiments", "other"),
    ],
)
def test_common_options_may_stand_before_the_command(sketch, words):
    assert "no experiments in other;" in sketch(*words).out


def test_debug_before_the_command_shows_the_traceback(sketch, failing):
    failing(ValueError("bad"))
    assert "Traceback" in sketch("--debug", "list").err


def test_a_common_option_that_the_command_lacks_is_wrong_usage(sketch):
    assert sketch("--backend", "jax", "list").code == 2
    assert sketch("--debug").code == 2


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path):
    result = python("-m", "sketch", "--help", stdin=subprocess.DEVNULL)
    assert result.returncode == 0
    command = f"{sys.executable} -m sketch train --help | head -n 1"
    shell = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert shell.stdout.startswith("Usage")
    assert shell.stderr == ""


def test_what_the_output_cannot_encode_ends_no_command(sketch, monkeypatch):
    log = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(log, "cp1252"))
    assert sketch("list", "--experiments", "字").code == 0
    sys.stdout.flush()
    assert b"in ?" in log.getvalue()


def test_version(sketch):
    import sketch as package

    assert sketch("--version").out.strip().endswith(package.__version__)


@pytest.mark.parametrize(
    ("model", "found"),
    [("", "slanted"), ("--model nobody", ""), ("--model demo-text", "")],
)
def test_the_shell_completes_styles(tmp_path, model, found):
    """By click's own script, which forgets what it is told before a file."""
    words = ["sketch", "write", *model.split(), "--prime", "s"]
    script = f"""
eval "$(_SKETCH_COMPLETE=bash_source sketch)"
compopt() {{ :; }}
COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}
_sketch_completion sketch
echo "${{COMPREPLY[@]}}"
"""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": folders, "SKETCH_EXPERIMENTS": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.stderr) == (found, "")


def test_the_shell_completes_names_of_own_and_pretrained_models(tmp_path):
    for name in ("iam-2X8", "iam-text"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hyperparameters.json").touch()
    environment = os.environ | {
        "_SKETCH_COMPLETE": "bash_complete",
        "COMP_WORDS": "sketch evaluate iam",
        "COMP_CWORD": "2",
        "SKETCH_EXPERIMENTS": str(tmp_path),
    }
    program = "from sketch.cli.main import main; main()"
    result = python("-c", program, env=environment)
    names = ["iam-2X8", *find_pretrained()]
    names.remove("demo-text")
    assert sorted(result.stdout.split()) == sorted(f"plain,{name}" for name in names)

"""The house: who may import whom, what may not occur, and that its map is true."""

import ast
import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from parsed_names import parse_name

import sketch
from sketch.cli.main import COMMANDS
from sketch.experiment.hyperparameters import Hyperparameters

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sketch"
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in FILES]

# A folder imports only itself and those before it.
FOLDERS = [
    "ink",
    "corpus",
    "model",
    "generation",
    "evaluation",
    "experiment",
    "web",
    "cli",
]
BACKENDS = ("jax", "torch", "tensorflow")

each_file = pytest.mark.parametrize("path", FILES, ids=NAMES)


def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(path: Path) -> set[str]:
    """All modules that a file imports, anywhere in it."""
    modules = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            modules.add(node.module)
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


@each_file
def test_imports_go_one_way(path):
    folder = path.relative_to(PACKAGE).parts[0]
    if folder not in FOLDERS:
        assert path.parent == PACKAGE, f"{folder}/ has no place in the house"
        return
    allowed = FOLDERS[: FOLDERS.index(folder) + 1]
    for module in imported(path):
        head, _, rest = module.partition(".")
        other = rest.partition(".")[0]
        if head == "sketch" and other in FOLDERS:
            assert other in allowed, f"{path} imports {module}"


@each_file
def test_backends_are_imported_in_their_own_files_only(path):
    name = path.relative_to(PACKAGE)
    for module in imported(path):
        backend = module.partition(".")[0]
        if backend in BACKENDS and str(name) != "experiment/devices.py":
            assert name.stem.endswith(f"_{backend}"), f"{name} imports {module}"


@each_file
def test_nothing_heavy_is_imported_by_ink_corpus_or_the_top_of_the_command_line(path):
    folder = path.relative_to(PACKAGE).parts[0]
    if folder in ("ink", "corpus"):
        assert not {m for m in imported(path) if m.partition(".")[0] == "keras"}
    if folder == "ink":
        assert not {m for m in imported(path) if m.partition(".")[0] == "h5py"}
    if folder == "cli":  # within functions it may; see test_main.py for the rest
        top = [n for n in syntax(path).body if isinstance(n, ast.Import)]
        assert not {a.name for node in top for a in node.names} & {"keras", "numpy"}


@each_file
def test_nothing_that_runs_what_it_reads(path):
    # An experiment, a corpus or a weights file may come from anybody.
    forbidden = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}
    for module in imported(path):
        assert module.partition(".")[0] not in forbidden, f"{path} imports {module}"
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "compile", "__import__")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("load_model", "save_model", "full_load")
        if isinstance(node, ast.keyword):
            assert node.arg not in ("allow_pickle", "shell"), f"{path}: {node.arg}"


@each_file
def test_no_assert_and_no_bare_except(path):
    for node in ast.walk(syntax(path)):
        assert not isinstance(node, ast.Assert), f"{path}, line {node.lineno}"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{path}, line {node.lineno}: bare except"


@each_file
def test_a_file_says_what_it_is_for(path):
    docstring = ast.get_docstring(syntax(path))
    assert docstring, f"{path} has no docstring"
    assert path.name != "utils.py"


def test_the_map_shows_every_file_and_no_other():
    shown, folder = set(), ""
    for line in sketch.__doc__.splitlines():
        if match := re.match(r" {4}(\w+)/ ", line):
            folder = match[1]
        elif match := re.match(r" {6}(\w+\.py)\b", line):
            shown.add(f"{folder}/{match[1]}")
    there = {name for name in NAMES if "/" in name and "__init__" not in name}
    # One line for all the commands.
    commands = {module.removeprefix("sketch.") for module in COMMANDS.values()}
    assert shown == there - {f"{name.replace('.', '/')}.py" for name in commands}


def test_make_demo_finds_its_experiment_again():
    text = (ROOT / "Makefile").read_text()
    values = dict(re.findall(r"^(DEMO_\w+) := (.*)$", text, re.MULTILINE))
    words = shlex.split(values["DEMO_OPTIONS"])
    flags = {
        flag: field
        for field in Hyperparameters.__dataclass_fields__.values()
        for flag in field.metadata["option"].flags
    }
    given = {}
    for flag, value in zip(words, [*words[1:], ""], strict=True):
        if flag in flags:
            kind = flags[flag].metadata["option"].type
            given[flags[flag].name] = True if kind is bool else kind(value)
    settings = Hyperparameters(**given)
    assert parse_name(values["DEMO_NAME"]) == (settings, None)
    # Where make looks for it, wherever $SKETCH_EXPERIMENTS has the others.
    assert "sketch train --experiments experiments $(DEMO_OPTIONS)" in text


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [*PROJECT["dependencies"], *itertools.chain(*EXTRAS.values())]
BOUNDS = r"([\w-]+)(?:\[\w+\])?>=([\d.]+),<[\d.]+"
OURS = "sketch-handwriting["  # an extra that holds another one


@pytest.mark.parametrize("wanted", WANTED)
def test_every_dependency_has_both_bounds(wanted):
    assert re.fullmatch(BOUNDS, wanted) or wanted.startswith(OURS)


def test_the_oldest_dependencies_are_those_that_are_tested():
    command = [sys.executable, ROOT / ".ci" / "oldest.py", "web", "test"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wanted = [*PROJECT["dependencies"], *EXTRAS["web"], *EXTRAS["test"]]
    oldest = [re.match(BOUNDS, one).groups() for one in wanted if OURS not in one]
    assert done.stdout.splitlines() == ["==".join(pair) for pair in oldest]
    rules = (ROOT / "Makefile").read_text()
    for package, extra in (("torch", "torch"), ("tensorflow-cpu", "tensorflow")):
        [(_, version)] = [re.match(BOUNDS, one).groups() for one in EXTRAS[extra]]
        assert re.search(rf"'{package}[>=]=" + re.escape(version), rules)

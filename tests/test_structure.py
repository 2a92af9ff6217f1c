"""The house: who may import whom, what may not occur, and that its map is true."""

import ast
import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

from parsed_names import parse_name

import sketch
from sketch.settings.hyperparameters import Hyperparameters

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sketch"
FILES = sorted(PACKAGE.rglob("*.py"))

# A place imports only itself and those before it. A file of the package's own is a
# place like a folder.
PLACES = (
    "settings system ink figures page corpus convert backend model generation "
    "experiment writing training evaluation api web cli"
).split()
MAX_FILES = 15  # of a folder: more are not seen at a glance
BACKENDS = ("jax", "torch", "tensorflow")
# Tests of what is no file of the folder, with what they are of.
WITHOUT_FILE = {
    "cli/test_backends",  # one experiment under each backend, by its commands
    "cli/test_kill",  # runs that are killed
    "cli/test_long_run",
    "convert/test_iam_ondb",  # the real database
    "experiment/test_old",  # experiments of older versions
    "generation/test_learned_writing",
    "generation/test_primed_lines",
    "training/test_backends",
    "training/test_several_processes",
    "web/test_browser",  # the writing page
    "web/test_capture",  # the recording sheet
    "web/test_static",  # and what both are made of
}


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(path: Path) -> set[str]:
    """All modules that a file imports, within functions too."""
    modules = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(f"{'.' * node.level}{node.module}")
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


IMPORTED = {path: imported(path) for path in FILES}


def place_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_files(path: Path) -> set[Path]:
    """The files of the package that a file imports, but for those of its types."""
    typing_only = {
        id(inner)
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    files = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.ImportFrom) and id(node) not in typing_only:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in [node.module, *names]:
                file = ROOT / (name.replace(".", "/") + ".py")
                files |= {file} & set(FILES)
    return files - {path}


def test_imports_go_one_way():
    up = []
    for path, modules in IMPORTED.items():
        if path.stem in ("__init__", "__main__") and path.parent == PACKAGE:
            continue
        allowed = PLACES[: PLACES.index(place_of(path)) + 1]
        for module in modules:
            head, _, rest = module.partition(".")
            other = rest.partition(".")[0]
            if head == "sketch" and other in PLACES and other not in allowed:
                up.append(f"{path} imports {module}")
    assert not up


def test_no_circle_of_imports():
    left = {path: imported_files(path) for path in FILES}
    while free := {path for path, files in left.items() if not files & left.keys()}:
        for path in free:
            del left[path]
    assert not left


def test_no_folder_is_crowded_and_no_two_files_share_a_name():
    counts = Counter(path.parent for path in FILES if path.name != "__init__.py")
    crowded = {folder.name: n for folder, n in counts.items() if n > MAX_FILES}
    assert not crowded
    names = Counter(path.name for path in FILES if not path.name.startswith("__"))
    assert not [name for name, count in names.items() if count > 1]


def test_backends_are_imported_in_their_own_files_only():
    found = [
        f"{path} imports {module}"
        for path, modules in IMPORTED.items()
        for module in modules
        if (backend := module.partition(".")[0]) in BACKENDS
        and place_of(path) != "backend"
        and not path.stem.endswith(f"_{backend}")
    ]
    assert not found


def test_what_is_light_imports_nothing_heavy():
    heavy = {
        **dict.fromkeys(("settings", "system", "ink"), {"keras", "h5py", "matplotlib"}),
        **dict.fromkeys(("figures", "page"), {"keras", "h5py"}),
        **dict.fromkeys(("corpus", "convert"), {"keras"}),
    }
    found = [
        f"{path} imports {module}"
        for path, modules in IMPORTED.items()
        for module in modules
        if module.partition(".")[0] in heavy.get(place_of(path), ())
    ]
    for path in FILES:  # within functions a command may; see test_main.py
        if place_of(path) == "cli":
            top = [n for n in syntax(path).body if isinstance(n, ast.Import)]
            names = {a.name for node in top for a in node.names}
            found += [f"{path} imports {n}" for n in names & {"keras", "numpy"}]
    assert not found


def test_nothing_runs_what_it_reads():
    # An experiment, a corpus or a weights file may come from anybody.
    modules = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}
    names = {"eval", "exec", "compile", "__import__"}
    attributes = {"load_model", "save_model", "full_load"}
    keywords = {"allow_pickle", "shell"}
    found = [
        f"{path} imports {module}"
        for path in FILES
        for module in IMPORTED[path]
        if module.partition(".")[0] in modules
    ]
    for path in FILES:
        for node in ast.walk(syntax(path)):
            function = getattr(node, "func", None)
            is_call = (isinstance(function, ast.Name) and function.id in names) or (
                isinstance(function, ast.Attribute) and function.attr in attributes
            )
            is_switch = (
                isinstance(node, ast.keyword)
                and node.arg in keywords
                and ast.unparse(node.value) != "False"
            )
            if is_call or is_switch:
                found.append(f"{path}: {ast.unparse(node)}")
    assert not found


def test_one_function_prints():
    """`messages.echo` strips what commands a terminal; nothing else prints a line."""
    printing = "print click.echo click.secho sys.stdout.write sys.stderr.write".split()
    found = [
        f"{path}, line {node.lineno}"
        for path in FILES
        if path.stem != "messages"
        for node in ast.walk(syntax(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in printing
    ]
    assert not found


def test_every_file_says_what_it_is_for():
    assert not [path for path in FILES if not ast.get_docstring(syntax(path))]
    assert not [path for path in FILES if path.name == "utils.py"]


def test_the_map_has_a_line_for_each_folder_and_each_file():
    shown = re.findall(r"^    (\w+)(?:/|\.py) ", sketch.__doc__, re.MULTILINE)
    assert shown == PLACES
    for folder in {path.parent for path in FILES} - {PACKAGE}:
        docstring = ast.get_docstring(syntax(folder / "__init__.py"))
        lines = re.findall(r"^- `(\w+)`: ", docstring, re.MULTILINE)
        assert set(lines) == {p.stem for p in folder.glob("*.py")} - {"__init__"}
        assert len(lines) == len(set(lines)), folder


def test_tests_mirror_the_package():
    strays = [
        str(path.relative_to(ROOT / "tests"))
        for folder in PLACES
        for path in (ROOT / "tests" / folder).glob("test_*.py")
        if not (PACKAGE / folder / path.name.removeprefix("test_")).is_file()
    ]
    assert not [name for name in strays if name.removesuffix(".py") not in WITHOUT_FILE]


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


PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, TOOL = PYPROJECT["project"], PYPROJECT["tool"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [*PROJECT["dependencies"], *itertools.chain(*EXTRAS.values())]
BOUNDS = r"([\w-]+)(?:\[\w+\])?>=([\d.]+)(?:,!=[\d.]+)*,<[\d.]+(?:; .*)?"
OURS = "sketch-handwriting["  # an extra that holds another one


def test_every_dependency_has_both_bounds():
    others = [one for one in WANTED if not one.startswith(OURS)]
    assert not [one for one in others if not re.fullmatch(BOUNDS, one)]


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


def test_pretrained_models_are_kept_by_git_and_shipped_by_name():
    # A user's own runs lie beside them, and must be neither.
    there = {path.parent.name for path in (ROOT / "experiments").glob("*/README.md")}
    shipped = TOOL["setuptools"]["package-data"]["sketch.pretrained"]
    assert {name.removesuffix("/**") for name in shipped} - {"*.md"} == there
    ignored = (ROOT / ".gitignore").read_text()
    kept = set(re.findall(r"^!/experiments/([\w-]+)/$", ignored, re.MULTILINE))
    assert kept == there


def test_every_folder_is_a_package_of_the_wheel():
    folders = {f"sketch.{path.parent.name}" for path in PACKAGE.glob("*/__init__.py")}
    packages = set(TOOL["setuptools"]["packages"])
    assert packages == folders | {"sketch", "sketch.pretrained"}

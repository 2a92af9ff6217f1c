"""docs/file-format.md: its commands and its examples, at toy size."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from whiteboards import write_database

from sketch.ink.ink_files import read_ink
from sketch.ink.inkml import write_inkml
from sketch.page.svg_writer import write_svg

PAGE = (Path(__file__).parents[2] / "docs" / "file-format.md").read_text("utf-8")
COMMANDS = re.findall(r"(?m)^ {4}(sketch .*)$", PAGE)


def example(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture
def sources(tmp_path):
    """Everything that the commands name."""
    forms = {f"a01-{number:03d}u": ["line one", "line two"] for number in range(4)}
    write_database(tmp_path / "iam", forms)
    (tmp_path / "mine.json").write_text(example("json"), encoding="utf-8")
    lines = read_ink(tmp_path / "mine.json") * 3
    write_inkml(tmp_path / "mine.inkml", lines)
    for number in range(3):
        (tmp_path / "drawings").mkdir(exist_ok=True)
        write_svg(tmp_path / "drawings" / f"{number}.svg", lines)
    for word in ("cat", "dog"):
        drawing = {"word": word, "drawing": [[[0, 3, 5], [1, 2, 9]]]}
        rows = [json.dumps({**drawing, "key_id": str(k)}) for k in range(12)]
        (tmp_path / f"{word}.ndjson").write_text("\n".join(rows))


def test_every_command_of_the_page_works(sketch, sources, tmp_path):
    assert len(COMMANDS) == 4
    for command in COMMANDS:
        result = sketch(*shlex.split(command)[1:])
        assert result.code == 0, f"{command}: {result.err}"
    # And what the page prints of the first three lines.
    code = example("python").replace("data/", f"{tmp_path}/data/")
    printed = []
    exec(code, {"print": lambda *words: printed.append(words)})
    assert [words[0] for words in printed] == sorted(words[0] for words in printed)
    assert {words[2] for words in printed} == {"line one", "line two"}


def test_the_examples_of_json_and_inkml_are_the_same_ink(tmp_path):
    for language in ("json", "inkml"):
        text = example("xml" if language == "inkml" else language)
        (tmp_path / f"hi.{language}").write_text(text, encoding="utf-8")
    (one,), (other,) = (read_ink(tmp_path / f"hi.{name}") for name in ("json", "inkml"))
    assert (one.text, one.writer) == (other.text, other.writer) == ("hi", "karim")
    np.testing.assert_array_equal(one.strokes, other.strokes)
    write_inkml(tmp_path / "again.inkml", one)
    again = (tmp_path / "again.inkml").read_text("utf-8")
    assert re.sub(r"(?<=\d)\.0(?=[ ,<])", "", again) == example("xml")

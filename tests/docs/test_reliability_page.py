"""docs/reliability.md: every row is shown by tests that are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!when )(.+) \|$", PAGE, re.MULTILINE)


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_row_names_tests_that_are_there():
    assert len(ROWS) >= 10
    for row in ROWS:
        when, then, shown = row.split(" | ")
        assert when and then
        names = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
        assert names, f"no test shows: {when}"
        assert len(names) == shown.count("`") // 2, f"not all are tests: {shown}"
        for path, name in names:
            assert name.startswith("test_")
            assert name in functions_of(ROOT / path), f"{path} has no {name}"

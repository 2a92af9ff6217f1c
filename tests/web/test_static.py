"""What the pages are made of: complete, in the wheel, and of this house alone."""

import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from lxml import html

from sketch.web.site import ENGINE, STATIC

ROOT = Path(__file__).parents[2]
FILES = sorted([*STATIC.iterdir(), *ENGINE.iterdir()])
PAGES = [path for path in FILES if path.suffix == ".html"]
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
TESTS = Path(__file__).parent / "scripts.test.js"
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/2003/InkML"}

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


def test_all_files_are_in_the_wheel():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["sketch.web"]
    assert len(PAGES) == 2 and len(SCRIPTS) >= 9
    for path in FILES:
        name = path.relative_to(STATIC.parent).as_posix()
        assert path.is_file() and any(fnmatch(name, pattern) for pattern in patterns)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_loads_nothing_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\w+://[^\s\"'<]+", text)) <= NAMESPACES
    assert "@import" not in text and "url(" not in text


@each_page
def test_a_page_has_nothing_inline_and_relative_links_that_exist(path):
    page = html.parse(str(path)).getroot()
    assert not page.xpath("//style") and not page.xpath("//@style")
    assert not [name for e in page.iter() for name in e.attrib if name.startswith("on")]
    for script in page.xpath("//script"):
        assert script.get("type") == "module" and not (script.text or "").strip()
    links = page.xpath("//script/@src | //link/@href | //a/@href")
    for link in links:
        if link.startswith("static/"):
            assert STATIC / link.removeprefix("static/") in FILES
        elif link.startswith("#"):
            assert page.get_element_by_id(link[1:]) is not None
        else:
            assert link in ("./", "capture")


@each_page
def test_a_page_is_accessible(path):
    page = html.parse(str(path)).getroot()
    assert page.get("lang") == "en" and page.findtext(".//title")
    viewport = page.xpath("//meta[@name='viewport']/@content")[0]
    assert "user-scalable" not in viewport and "maximum-scale" not in viewport
    assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    named = set(page.xpath("//label/@for"))
    for control in page.xpath("//input | //select | //textarea"):
        assert control.get("id") in named or control.get("aria-label")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_runs_no_text_and_asks_for_ids_that_exist(path):
    text = path.read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "eval(",
        "document.write",
    ):
        assert word not in text
    assert not re.findall(r"""["'`]/(?:api|static|capture)""", text)  # see proxies
    for name in re.findall(r'from "\./([\w.]+)"', text):
        assert name in {script.name for script in SCRIPTS}
    page = STATIC / {"write.js": "index.html"}.get(path.name, "capture.html")
    if path.name in ("write.js", "capture.js"):
        known = set(html.parse(str(page)).getroot().xpath("//@id"))
        assert set(re.findall(r'\$\("([\w-]+)"\)', text)) <= known


def test_scripts_pass_their_own_tests(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, for the tests of the scripts")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for path in [*SCRIPTS, TESTS]:
        shutil.copy(path, tmp_path)
    command = [node, "--test", TESTS.name]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr

"""The commands of docs/writing.md: those of sketch with made-up ink, and vpype's."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_up_ink import write
from PIL import Image

from sketch.ink.ink_files import read_ink
from sketch.page.layout import Piece, lay_out
from sketch.page.written import Ink

PAGE = (Path(__file__).parents[2] / "docs" / "writing.md").read_text("utf-8")
LETTER = "Dear {name}, the boat leaves at noon. It is a long way."


def commands(program):
    return [
        shlex.split(row) for row in re.findall(rf"(?m)^ {{4}}({program} .*)$", PAGE)
    ]


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Ink in place of the model's, and the files that the commands name."""

    def write_page(self, *text, layout=None, **options):
        return Ink(
            [], lay_out([[Piece(write("a lake, i say"), "")]], layout), is_page=1
        )

    monkeypatch.setattr("sketch.api.Pen.write_page", write_page)
    monkeypatch.setattr("sketch.api.Pen.tidy", write_page)
    (tmp_path / "people.csv").write_text("name\nNora\nJim\n")
    (tmp_path / "notes.xopp").write_text("any")
    Image.new("RGB", (210, 297)).save(tmp_path / "form.png")


def test_every_command_of_the_page_writes_its_file(sketch, made_up, tmp_path):
    ran = commands("sketch write")
    assert len(ran) >= 8
    for command in ran:
        letter = LETTER if "--fields" in command else LETTER.format(name="all")
        (tmp_path / "letter.txt").write_text(letter)
        result = sketch(*command[1:], "--force")
        assert result.code == 0, f"{command}: {result.err}"
        written = command[command.index("-o") + 1].replace("{name}", "Jim")
        assert written in result.out.splitlines()
        assert (tmp_path / written).stat().st_size > 200


def test_vpype_draws_every_stroke_in_its_place(sketch, made_up, tmp_path):
    pytest.importorskip("vpype_gcode")
    assert sketch("write", "so", "-o", "letter.svg").code == 0
    config = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1]
    (tmp_path / "plotter.toml").write_text(config)
    for command in commands("vpype"):
        run = [sys.executable, "-m", "vpype_cli", *command[1:]]
        done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    (line,) = read_ink(tmp_path / "letter.svg")
    scale = 1 / float(re.search(r'units-per-mm="(.*?)"', read(tmp_path, "svg"))[1])
    pens = [pen * scale for pen in line.pens]
    # In G-code, a stroke is what stands between "Z0" and "Z5"; y grows upwards.
    code = read(tmp_path, "gcode").replace(" F3000", "").replace("G1 Z0 F1000\n", "")
    parts = [part.replace("G0", "G1") for part in code.split("G0 Z5\n")[1:-1]]
    drawn = [np.array(re.findall(r"G1 X(\S+) Y(\S+)", part), float) for part in parts]
    assert len(drawn) == len(pens)
    middles = np.array([(one[0] + one[-1]) / 2 for one in drawn])
    for pen in pens:  # some are drawn from their end
        middle = (pen[0] + pen[-1]) / 2 * (1, -1) + (0, 297)
        assert np.hypot(*(middles - middle).T).min() < 0.05
    assert way(drawn) == pytest.approx(way(pens), rel=0.01)
    # In HPGL, each is a pair of "pen down" and "pen up".
    assert read(tmp_path, "hpgl").count("PD") >= len(pens)


def way(pens):
    return sum(np.hypot(*np.diff(pen, axis=0).T).sum() for pen in pens)


def read(folder, suffix):
    return (folder / f"letter.{suffix}").read_text()

"""docs/hyperparameters.md is what docs/make_hyperparameters.py prints today."""

import subprocess
import sys
from pathlib import Path

from sketch.cli.train import command

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_up_to_date():
    made = subprocess.run(
        [sys.executable, DOCS / "make_hyperparameters.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (DOCS / "hyperparameters.md").read_text(encoding="utf-8") == made.stdout


def test_the_page_has_every_option_of_the_command_that_is_a_setting():
    page = (DOCS / "hyperparameters.md").read_text(encoding="utf-8")
    others = {"model", "experiments", "progress", "debug"}
    for parameter in command.params:
        for flag in (*parameter.opts, *parameter.secondary_opts):
            assert (f"`{flag}`" in page) == (parameter.name not in others), flag

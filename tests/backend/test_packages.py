"""The packages that are named are those of the extras."""

import re
import tomllib
from pathlib import Path

from sketch.backend.packages import PACKAGES


def test_packages_are_those_of_the_extras():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    for name, packages in PACKAGES.items():
        if name != "jax":  # a plain dependency
            wanted = [re.match(r"[\w-]+", each).group() for each in extras[name]]
            assert list(packages) == wanted

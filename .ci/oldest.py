"""Prints the oldest releases that pyproject.toml allows, as constraints for pip.

python .ci/oldest.py EXTRA… > constraints.txt
"""

import re
import sys
import tomllib
from pathlib import Path

path = Path(__file__).parents[1] / "pyproject.toml"
project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
wanted = project["dependencies"]
for extra in sys.argv[1:]:
    wanted = wanted + project["optional-dependencies"][extra]
for requirement in wanted:  # an extra that names another one has no bound
    if found := re.match(r"([\w-]+)(?:\[\w+\])?>=([\w.]+)", requirement):
        print("==".join(found.groups()))

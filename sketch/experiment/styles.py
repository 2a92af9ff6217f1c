"""Styles: primes that an experiment brings along, by name.

All of them are in one file of ink in its directory, `styles.json`, in the units of its
recordings: as `sketch sample` writes ink, or as a corpus holds it. The `writer` of a
line is the name.
"""

from sketch.experiment.experiment import Experiment
from sketch.ink.ink_files import is_ink_file, read_ink
from sketch.ink.line_of_ink import InkLine
from sketch.system.untrusted import read_text

STYLES_NAME = "styles.json"


def load_styles(experiment: Experiment) -> dict[str, InkLine]:
    """The styles that an experiment brings along, by name; often none.

    Raises:
        ValueError: their file is damaged, or a line of it has no name that can be
            typed, no text, no ink, or the name of another.
    """
    path = experiment.path / STYLES_NAME
    if not path.exists():
        return {}
    lines = read_ink(path, read_text(path, inside=experiment.path).encode())
    styles = {line.writer: line for line in lines}
    is_whole = all(line.text and len(line.strokes) for line in lines)
    if not is_whole or len(styles) < len(lines) or not all(map(_is_name, styles)):
        raise ValueError(
            f'{path}: each line needs strokes, a "text", and a "writer" of its own, '
            "which names the style, in letters and single blanks, not as a file"
        )
    return styles


def _is_name(name: str) -> bool:
    """Whether the command line, a page and a terminal can tell a style by it."""
    is_plain = name.isprintable() and name == " ".join(name.split())
    return bool(name) and is_plain and not is_ink_file(name)

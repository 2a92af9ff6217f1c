"""Styles: primes that an experiment brings along, by name.

They are in one ink file in its directory, `styles.json`, in the units of its
recordings, as `sketch sample` writes ink. The `writer` of a line is the style's name.
"""

from sketch.experiment.experiment import Experiment
from sketch.ink.ink_files import is_ink_file, read_ink
from sketch.ink.line_of_ink import InkLine
from sketch.system.untrusted import read_text

STYLES_NAME = "styles.json"


def load_styles(experiment: Experiment) -> dict[str, InkLine]:
    """The styles of an experiment, by name; often none.

    Raises:
        ValueError: the file is damaged, or a line of it has no text, no ink, or no name
            of its own that can be typed.
    """
    path = experiment.path / STYLES_NAME
    if not path.exists():
        return {}
    lines = read_ink(path, read_text(path, inside=experiment.path).encode())
    styles = {line.writer: line for line in lines}
    is_whole = all(line.text and len(line.strokes) for line in lines)
    if not is_whole or len(styles) < len(lines) or not all(map(_is_name, styles)):
        raise ValueError(
            f'{path}: each line needs strokes, a "text", and a "writer" of its own: '
            "the name of the style, in printable characters with single blanks, and "
            "not like that of an ink file"
        )
    return styles


def _is_name(name: str) -> bool:
    """Whether a style's name can be typed, shown, and told from a file's."""
    is_plain = name.isprintable() and name == " ".join(name.split())
    return bool(name) and is_plain and not is_ink_file(name)

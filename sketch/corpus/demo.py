"""The built-in demo corpus: made-up handwriting, for those who have no data yet.

The text is from `demo_text`, the ink from `hershey`; the same version, the same ink.
"""

import sys
from pathlib import Path

import numpy as np

from sketch.corpus.corpus_line import Line
from sketch.corpus.demo_text import demo_texts
from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.corpus.hershey import demo_writers, glyphs_of, write_text
from sketch.ink import DamagedInk
from sketch.system.atomic import user_cache
from sketch.system.messages import progress_bar

DEMO_VERSION = "3"  # raise it with every change of the ink or the text
NUM_LINES = 10_000
HELD_OUT_SHARE = 0.05  # of the lines, for valid and again for test


def demo_corpus() -> Path:
    """Path of the demo corpus in the user's cache; made first if missing (15 seconds).

    Raises:
        OSError: The cache cannot be written.
    """
    path = user_cache() / f"demo-{DEMO_VERSION}.hdf5"
    try:
        Corpus.open(path).close()
        return path
    except (FileNotFoundError, DamagedInk):
        pass  # missing or damaged: it is made again
    write_corpus(
        path,
        demo_sets(show_progress=True),
        source="demo corpus (Hershey faces)",
        command="sketch.corpus.demo.demo_corpus()",
        seed=0,
        split="random",
    )
    return path


def demo_sets(
    num_lines: int = NUM_LINES, show_progress: bool = False
) -> dict[str, list[Line]]:
    """The lines of the demo corpus in `train`, `valid`, `test`; all writers in each."""
    writers = demo_writers()
    glyphs = [glyphs_of(writer) for writer in writers]
    lines = []
    is_shown = show_progress and sys.stderr.isatty()
    with progress_bar("making the built-in corpus", num_lines, "line", is_shown) as bar:
        for number, text in enumerate(demo_texts(num_lines)):
            place = number % len(writers)
            rng = np.random.default_rng([1, number])
            strokes = write_text(text, writers[place], glyphs[place], rng)
            name = writers[place].name
            lines.append(Line(strokes, text, f"demo-{number:04d}", name))
            bar.update()
    order = np.random.default_rng(2).permutation(num_lines)
    held_out = max(1, round(HELD_OUT_SHARE * num_lines))
    parts = np.split(order, [held_out, 2 * held_out])
    return {
        name: [lines[number] for number in sorted(part)]
        for name, part in zip(("valid", "test", "train"), parts, strict=True)
    }

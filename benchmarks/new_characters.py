"""Does fine-tuning teach letters that a model lacks? docs/your-own-hand.md has the run.

    python benchmarks/new_characters.py make
    python benchmarks/new_characters.py read MODEL RECOGNISER

`make` writes lines of the built-in corpus: less.hdf5 without g, k and w, more.hdf5 with
them. `read` lets a model write the validation texts of more.hdf5, in one try at bias 1;
a recogniser reads them and the real lines.
"""

import difflib
import sys
from pathlib import Path

from report import report

from sketch.corpus.corpus_line import Line
from sketch.corpus.demo import demo_sets
from sketch.corpus.hdf5 import Corpus, write_corpus
from sketch.evaluation.batch_writing import spread, write_all
from sketch.experiment.experiment import Experiment
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import load_network
from sketch.generation.sampling import SamplingLoop
from sketch.writing.loaded_recogniser import LoadedRecogniser
from sketch.writing.pen import line_in_units

NEW = set("gkw")


def make() -> None:
    sets = demo_sets(30_000)
    without = {
        name: [line for line in lines if not NEW & set(line.transcript)]
        for name, lines in sets.items()
    }
    for path, some, count in (("less", without, 6000), ("more", sets, 3000)):
        counts = {"train": count, "valid": 300, "test": 300}
        parts = {name: some[name][:count] for name, count in counts.items()}
        of = {"source": "demo", "command": path, "seed": 0, "split": "random"}
        write_corpus(f"{path}.hdf5", parts, **of)


def misread(lines: list[Line], readings: list[str]) -> dict[str, float]:
    """Shares of the new and of the other small letters that are not read as written."""
    counts = {"new": [0, 0], "other": [0, 0]}
    for line, reading in zip(lines, readings, strict=True):
        matcher = difflib.SequenceMatcher(None, line.transcript, reading, False)
        right = {
            block.a + place
            for block in matcher.get_matching_blocks()
            for place in range(block.size)
        }
        for place, letter in enumerate(line.transcript):
            if letter.islower():
                count = counts["new" if letter in NEW else "other"]
                count[0] += 1
                count[1] += place not in right
    return {name: wrong / total for name, (total, wrong) in counts.items()}


def read(model: str, recogniser: str) -> None:
    root = Path("experiments")
    experiment = Experiment.load(model, root)
    judge = LoadedRecogniser(RecogniserDirectory.load(recogniser, root))
    with Corpus.open("more.hdf5") as corpus:
        lines = spread(corpus.read_set("valid"), 192)
    texts = [line.transcript for line in lines]
    loop = SamplingLoop(load_network(experiment))
    written, _ = write_all(experiment, loop, texts, bias=1.0, seed=0, max_tries=1)
    real, own = (
        misread(lines, judge.read(ink, experiment.offset_std))
        for ink in (
            [line.strokes for line in lines],
            [line_in_units(experiment, line) for line in written],
        )
    )
    report("new characters", {"model": model}, real=real, written=own)


if __name__ == "__main__":
    make() if sys.argv[1:] == ["make"] else read(*sys.argv[2:])

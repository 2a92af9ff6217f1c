"""How legible are everyday texts, and how many of those that are not are told?

    python benchmarks/everyday.py [--judge RECOGNISER]

The first model of the page writes dates, numbers, addresses and capitals as the page
does, with and without its check. A recogniser reads the ink. If it is the one of the
check, it judges its own choice, which flatters the check.
"""

import argparse
import threading
from pathlib import Path

from report import report

from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.model.edits import edit_distance
from sketch.page.typing import fit_text
from sketch.web import answer
from sketch.web.models import Models, OpenModel
from sketch.web.request import WriteRequest
from sketch.writing.loaded_recogniser import LoadedRecogniser
from sketch.writing.pen import line_in_units

TEXTS = (
    *("Monday, 3 May 2021", "12/05/1984", "Tel. 020 7946 0123", "Total: 45.90"),
    *("14 Baker Street, London", "Room 217, 3rd floor", "Meet me at 10:30."),
    *("See you on 24 December", "salt & pepper", "Marks & Spencer"),
    *("QUIZ: WHO FLEW TO ZURICH?", "PLEASE DO NOT TOUCH", "NEW YORK CITY"),
    *("Happy birthday, Anna!", "Dear Mr. Smith,", "Yours sincerely, K. West"),
    *("Thank you very much", "Milk, eggs, bread; tea", "It's five o'clock"),
    "The quick brown fox",
)
SEEDS = (0, 1)


def measure(model: OpenModel, judge: LoadedRecogniser) -> dict[str, float | int]:
    """What the judge misreads of all texts, and how many texts were told."""
    experiment = model.experiment
    counts = dict.fromkeys(("texts", "misread", "told", "misread_and_told"), 0)
    edits = characters = 0
    for seed in SEEDS:
        for text in TEXTS:
            request = WriteRequest(text, seed=seed)
            rows = answer.break_lines(
                fit_text(text, experiment.alphabet), request.columns
            )
            stop = threading.Event()
            letters = [
                letter
                for _, letter in answer._letters(model, request, rows, None, stop)
            ]
            lines = [line for letter in letters for line in letter.written]
            ink = [line_in_units(experiment, line) for line in lines]
            readings = judge.read(ink, experiment.offset_std)
            wrong = sum(
                edit_distance(reading, line.text)
                for reading, line in zip(readings, lines, strict=True)
            )
            is_told = any(letter.faults for letter in letters)
            edits, characters = edits + wrong, characters + len(text)
            found = (1, wrong > 0, is_told, wrong > 0 and is_told)
            for name, count in zip(counts, found, strict=True):
                counts[name] += count
    return {"characters": characters, "error_rate": edits / characters, **counts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--judge", type=Path, help="another recogniser's directory")
    judge_path = parser.parse_args().judge
    models = Models(Path())
    model = models.open(models.find(None).name)
    judge = model.recogniser
    if judge_path:
        directory = RecogniserDirectory.load(judge_path, judge_path.parent)
        judge = LoadedRecogniser(directory)
    figures = {
        "model": model.experiment.name,
        "judge": judge.directory.name,
        "without_check": measure(model._replace(recogniser=None), judge),
        "with_check": measure(model, judge),
    }
    report("everyday texts", figures)


if __name__ == "__main__":
    main()

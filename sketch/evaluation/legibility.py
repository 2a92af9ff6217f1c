"""Measures legibility: an experiment writes, a recogniser reads it back.

The recogniser's own errors on real lines that it was not trained on are the floor: it
cannot be expected to read written lines better.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from sketch.corpus.shards import open_shards
from sketch.evaluation.batch_writing import spellable_lines, spread, write_all
from sketch.evaluation.bootstrap import estimate_quotients, forms_of
from sketch.evaluation.distances import STATISTICS, compare, measure
from sketch.evaluation.sentences import SENTENCES, number_lines, unseen_sentences
from sketch.evaluation.subject import describe_subject, with_text
from sketch.experiment.corpora import require_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import load_trained
from sketch.generation.sampling import SamplingLoop
from sketch.ink.fit import unit_ratio
from sketch.model.edits import edit_distance
from sketch.system.messages import progress_bar
from sketch.writing.check import ReadingCheck
from sketch.writing.loaded_recogniser import LoadedRecogniser
from sketch.writing.pen import line_in_units

FORMAT = "sketch legibility 1"
OWN, VALID, NUMBERS = "new sentences", "validation texts", "dates, prices, numbers"


def evaluate_legibility(
    experiment: Experiment,
    root: str | Path,
    recogniser: RecogniserDirectory,
    data: str | Path | Sequence[str | Path] | None = None,
    kind: str = "best",
    biases: Sequence[float] = (0.0, 0.5, 1.0),
    num_lines: int = 192,
    max_tries: int = 1,
    seed: int = 0,
    progress: bool = False,
    check: RecogniserDirectory | None = None,
) -> dict[str, Any]:
    """Let an experiment write, and a recogniser read that and real lines.

    Args:
        experiment: the model that writes; with text.
        root: the folder of all experiments, where its ancestors are looked for.
        recogniser: the one that reads.
        data: the corpus, see `find_corpus_of`; None finds it.
        kind: "best" or "latest" checkpoint of the experiment.
        biases: all texts are written with each of them.
        num_lines: validation lines, evenly spread over all of them.
        max_tries: how often a faulty piece is written at most.
        seed: the same seed writes the same ink.
        progress: whether to show a bar on stderr.
        check: another recogniser, which chooses among tries.

    Returns:
        The report.

    Raises:
        FileNotFoundError: there is no corpus.
        ValueError: no checkpoint; a model without text; no validation line that both
            can spell.
    """
    experiment.require_text()
    alphabets = [one.alphabet for one in (experiment, recogniser, check) if one]
    with open_shards(require_corpus(experiment, data)) as corpus:
        lines, notes = spellable_lines(corpus, "valid", alphabets)
        sets = [corpus.transcripts(name) for name in corpus.sets]
    lines = spread(lines, num_lines)
    is_own = corpus.digest == experiment.data_digest
    std = experiment.offset_std if is_own else corpus.offset_std
    to_corpus = np.float32([unit_ratio(std, experiment.offset_std)] * 2 + [1])
    own = unseen_sentences(chain.from_iterable(sets), alphabets)
    if len(own) < len(SENTENCES):
        notes.append(
            f"left out: {len(SENTENCES) - len(own)} of the {len(SENTENCES)} new "
            "sentences, which are in the corpus or have unknown characters"
        )
    network, weights = load_trained(experiment, kind)
    others = [] if recogniser.data_digest == corpus.digest else [recogniser.name]
    subject, own_notes = describe_subject(experiment, root, weights, corpus, others)
    loop = SamplingLoop(network)
    loaded = LoadedRecogniser(recogniser)
    texts = [line.transcript for line in lines]
    forms = forms_of(line.line_id for line in lines)
    readings = loaded.read([line.strokes for line in lines], std)
    real = summarise_reading(texts, readings, forms)
    measured = [measure(line.strokes, line.transcript) for line in lines]
    written = []
    numbers = number_lines(alphabets)
    chooser = check and ReadingCheck(LoadedRecogniser(check))
    total = len(biases) * (len(texts) + len(own) + len(numbers))
    with progress_bar("writing", total, "line", progress) as bar:
        for name, these in ((VALID, texts), (OWN, own), (NUMBERS, numbers)):
            for bias in biases if these else ():
                done, seconds = write_all(
                    experiment,
                    loop,
                    these,
                    bias=bias,
                    seed=seed,
                    max_tries=max_tries,
                    check=chooser,
                    bar=bar,
                )
                ink = [line_in_units(experiment, line) for line in done]
                distances = None
                if name == VALID:
                    scaled = (strokes * to_corpus for strokes in ink)
                    distances = compare(measured, list(map(measure, scaled, these)))
                readings = loaded.read(ink, experiment.offset_std)
                written.append(
                    {
                        "texts": name,
                        "bias": float(bias),
                        "failures": sum(bool(line.faults) for line in done),
                        "characters_per_second": sum(map(len, these)) / seconds,
                        "distances": distances,
                        **summarise_reading(
                            these, readings, forms if name == VALID else None
                        ),
                    }
                )
    report = {
        "format": FORMAT,
        **subject,
        "recogniser": {
            "name": recogniser.name,
            "epoch": loaded.state.get("epoch"),
            "step": loaded.state.get("step"),
        },
        "tries": max_tries,
        "check": check and check.name,
        "real": real,
        "written": written,
        "notes": [*notes, *own_notes],
    }
    return with_text(report, _rows(report))


def summarise_reading(
    texts: Sequence[str], readings: Sequence[str], forms: Sequence[str] | None = None
) -> dict[str, Any]:
    """Errors over all characters, with their interval.

    Args:
        texts: of the lines; not empty.
        readings: what the recogniser read.
        forms: of the lines, drawn whole by the bootstrap; None draws lines.
    """
    pairs = list(zip(texts, readings, strict=True))
    edits = np.array([[edit_distance(reading, text)] for text, reading in pairs])
    lengths = np.array([[len(text)] for text in texts])
    [rate] = estimate_quotients(edits, lengths, forms)
    return {
        "num_lines": len(texts),
        "num_characters": int(lengths.sum()),
        "error_rate": rate,
    }


def _rows(report: Mapping[str, Any]) -> list[str]:
    rows = [
        "read by {name}: epoch {epoch}, step {step}".format(**report["recogniser"]),
        *([f"checked by {report['check']}"] if report["check"] else []),
        "",
        f"{'':32}{'lines':>6}{'wrong':>8}  {'95 % interval':18}{'failed':>6}"
        f"{'characters/s':>14}",
        _row("real lines, the floor", report["real"]),
    ]
    for one in report["written"]:
        rows.append(
            _row(f"{one['texts']}, bias {one['bias']:g}", one)
            + f"{one['failures']:>6}{one['characters_per_second']:>14,.1f}"
        )
    compared = [one for one in report["written"] if one["distances"]]
    if compared:
        rows += ["", "distance from real lines (1: as these from each other)"]
        biases = (f"bias {one['bias']:g}" for one in compared)
        rows.append(f"{'':26}" + "".join(f"{bias:>10}" for bias in biases))
        for name, explanation in STATISTICS.items():
            distances = (one["distances"][name] for one in compared)
            cells = ("-" if one is None else f"{one:.2f}" for one in distances)
            cells = "".join(f"{cell:>10}" for cell in cells)
            rows.append(f"{name:26}{cells}  {explanation}")
    return rows


def _row(name: str, reading: Mapping[str, Any]) -> str:
    rate = reading["error_rate"]
    interval = "({low:.1%} to {high:.1%})".format(**rate)
    return f"{name:32}{reading['num_lines']:>6,}{rate['value']:>8.1%}  {interval:18}"

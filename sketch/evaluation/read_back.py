"""Measures legibility: an experiment writes, a recogniser reads it back."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from sketch.corpus.shards import open_shards
from sketch.evaluation.batch_writing import spellable_lines, spread, write_all
from sketch.evaluation.bootstrap import forms_of
from sketch.evaluation.distances import compare, measure
from sketch.evaluation.legibility import (
    OWN,
    VALID,
    Legibility,
    Writing,
    summarise_reading,
)
from sketch.evaluation.sentences import SENTENCES, unseen_sentences
from sketch.evaluation.subject import Subject
from sketch.experiment.corpora import require_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import load_trained
from sketch.generation.sampling import SamplingLoop
from sketch.ink.fit import unit_ratio
from sketch.system.messages import progress_bar
from sketch.writing.loaded_recogniser import LoadedRecogniser
from sketch.writing.pen import line_in_units


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
) -> Legibility:
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

    Raises:
        FileNotFoundError: there is no corpus.
        ValueError: no checkpoint; a model without text; no validation line that both
            can spell.
    """
    experiment.require_text()
    files = require_corpus(experiment, data)
    alphabets = experiment.alphabet, recogniser.alphabet
    with open_shards(files) as corpus:
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
    subject = Subject.of(experiment, root, weights, corpus, others)
    loop = SamplingLoop(network)
    loaded = LoadedRecogniser(recogniser)
    texts = [line.transcript for line in lines]
    forms = forms_of(line.line_id for line in lines)
    readings = loaded.read([line.strokes for line in lines], std)
    real = summarise_reading(texts, readings, forms)
    measured = [measure(line.strokes, line.transcript) for line in lines]
    written = []
    total = len(biases) * (len(texts) + len(own))
    with progress_bar("writing", total, "line", progress) as bar:
        for name, these in ((VALID, texts), (OWN, own)):
            for bias in biases if these else ():
                done, seconds = write_all(
                    experiment,
                    loop,
                    these,
                    bias=bias,
                    seed=seed,
                    max_tries=max_tries,
                    bar=bar,
                )
                ink = [line_in_units(experiment, line) for line in done]
                distances = None
                if name == VALID:
                    scaled = (strokes * to_corpus for strokes in ink)
                    distances = compare(measured, list(map(measure, scaled, these)))
                readings = loaded.read(ink, experiment.offset_std)
                written.append(
                    Writing(
                        name,
                        float(bias),
                        summarise_reading(
                            these, readings, forms if name == VALID else None
                        ),
                        sum(bool(line.faults) for line in done),
                        sum(map(len, these)) / seconds,
                        distances,
                    )
                )
    state = loaded.state
    return Legibility(
        subject,
        {
            "name": recogniser.name,
            "epoch": state.get("epoch"),
            "step": state.get("step"),
        },
        max_tries,
        real,
        written,
        [*notes, *subject.notes()],
    )

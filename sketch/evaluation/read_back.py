"""An experiment put to the test of a reader: it writes, the reader reads."""

import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sketch.corpus.corpus_line import Line
from sketch.corpus.shards import Shards, open_shards
from sketch.evaluation.distances import compare, measure
from sketch.evaluation.legibility import (
    OWN,
    VALID,
    Legibility,
    Writing,
    summarise_reading,
)
from sketch.evaluation.sentences import SENTENCES, unseen_sentences
from sketch.experiment.corpora import require_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.lineage import trained_elsewhere
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import load_trained
from sketch.generation.sampling import SamplingLoop, one_hot, sample
from sketch.generation.texts import WrittenLine
from sketch.ink.fit import unit_ratio
from sketch.system.messages import counted, progress_bar
from sketch.writing.loaded_recogniser import LoadedRecogniser
from sketch.writing.pen import in_units, sampling_options, write_experiment

BATCH_SIZE = 64  # lines written at once


def evaluate_legibility(
    experiment: Experiment,
    root: str | Path,
    reader: RecogniserDirectory,
    data: str | Path | Sequence[str | Path] | None = None,
    kind: str = "best",
    biases: Sequence[float] = (0.0, 0.5, 1.0),
    num_lines: int = 192,
    max_tries: int = 1,
    seed: int = 0,
    progress: bool = False,
) -> Legibility:
    """Have an experiment write, and a reader read that, and real lines beside it.

    Args:
        experiment: which; with text.
        root: the folder of all experiments, where its ancestors are looked for.
        reader: which.
        data: the corpus, see `find_corpus_of`; None finds it.
        kind: "best" or "latest" checkpoint of the experiment.
        biases: with which all texts are written.
        num_lines: so many of the validation lines, spread over all of them.
        max_tries: how often a faulty piece is written at the most.
        seed: the same seed writes the same ink.
        progress: whether to show a bar on stderr.

    Raises:
        FileNotFoundError: there is no corpus.
        ValueError: no checkpoint; no text model; no validation line that both know.
    """
    experiment.require_text()
    files = require_corpus(experiment, data)
    alphabets = experiment.alphabet, reader.alphabet
    with open_shards(files) as corpus:
        lines, notes = _choose(corpus, alphabets, num_lines)
        sets = [corpus.transcripts(name) for name in corpus.sets]
    is_own = corpus.digest == experiment.data_digest
    std = experiment.offset_std if is_own else corpus.offset_std
    units = np.float32([unit_ratio(std, experiment.offset_std)] * 2 + [1])
    own = unseen_sentences(chain.from_iterable(sets), alphabets)
    if len(own) < len(SENTENCES):
        notes.append(
            f"{len(SENTENCES) - len(own)} of the {len(SENTENCES)} new sentences are "
            "left out: they are in the corpus, or have characters that are not"
        )
    strangers = trained_elsewhere(experiment, root, corpus.digest)
    if reader.data_digest != corpus.digest:
        strangers.append(reader.name)
    if strangers:
        notes.append(
            "not trained on this corpus, as far as is known: "
            f"{', '.join(strangers)}; the real lines may have been learned"
        )
    network, weights = load_trained(experiment, kind)
    loop = SamplingLoop(network)
    eyes = LoadedRecogniser(reader)
    texts = [line.transcript for line in lines]
    real = summarise_reading(texts, eyes.read([line.strokes for line in lines], std))
    measured = [measure(line.strokes, line.transcript) for line in lines]
    written = []
    total = len(biases) * (len(texts) + len(own))
    bar = progress_bar("writing", total, "line", progress)
    with bar:
        for name, these in ((VALID, texts), (OWN, own)):
            for bias in biases if these else ():
                done, seconds = _write(
                    experiment, loop, these, bias, seed, max_tries, bar
                )
                ink = [in_units(experiment, one.trace.strokes) for one in done]
                distances = None
                if name == VALID:
                    in_theirs = (strokes * units for strokes in ink)
                    distances = compare(measured, list(map(measure, in_theirs, these)))
                written.append(
                    Writing(
                        name,
                        float(bias),
                        summarise_reading(these, eyes.read(ink, experiment.offset_std)),
                        sum(bool(one.faults) for one in done),
                        sum(map(len, these)) / seconds,
                        distances,
                    )
                )
    return Legibility(
        pen={"name": experiment.name, "checkpoint": weights},
        reader={
            "name": reader.name,
            "epoch": eyes.state.get("epoch"),
            "step": eyes.state.get("step"),
        },
        corpus={
            "path": corpus.path,
            "source": corpus.source,
            "digest": corpus.digest,
        },
        tries=max_tries,
        real=real,
        written=written,
        notes=notes,
    )


def _choose(corpus: Shards, alphabets, num_lines: int) -> tuple[list[Line], list[str]]:
    """Validation lines spread evenly over those that pen and reader can spell."""
    known = set.intersection(*(set(alphabet.characters) for alphabet in alphabets))
    every = corpus.read_set("valid")
    lines = [line for line in every if line.transcript]
    lines = [line for line in lines if set(line.transcript) <= known]
    if not lines:
        raise ValueError(
            f"{corpus.path} has no validation line whose text both the model and the "
            "reader know"
        )
    notes = []
    if len(lines) < len(every):
        notes.append(
            f"left out: {counted(len(every) - len(lines), 'validation line')} whose "
            "text is not known, or has characters that are not"
        )
    places = np.linspace(0, len(lines) - 1, min(num_lines, len(lines)))
    return [lines[place] for place in places.round().astype(int)], notes


def _write(
    experiment: Experiment,
    loop: SamplingLoop,
    texts: Sequence[str],
    bias: float,
    seed: int,
    max_tries: int,
    bar: tqdm,
) -> tuple[list[WrittenLine], float]:
    """All texts, those of like length together, and the seconds that it took.

    All calls have the same rows; whatever their lengths, they are compiled before.
    """
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    num_rows = min(BATCH_SIZE, len(texts))
    compile_all(loop, num_rows, 1 + len(texts[order[-1]]))
    written: dict[int, WrittenLine] = {}
    started = time.perf_counter()
    for number, start in enumerate(range(0, len(order), BATCH_SIZE)):
        places = order[start : start + BATCH_SIZE]
        manner = sampling_options(
            experiment,
            probability_bias=bias,
            # Batches draw from seeds of their own, which no other seed of a user meets.
            seed=seed + (number << 32),
            max_tries=max_tries,
            batch_size=num_rows,
        )
        batch = [texts[place] for place in places]
        done = write_experiment(experiment, batch, manner, loop=loop)
        written |= zip(places, done, strict=True)
        bar.update(len(places))
    seconds = time.perf_counter() - started
    return [written[place] for place in range(len(texts))], seconds


def compile_all(loop: SamplingLoop, num_rows: int, max_codes: int) -> None:
    """Compiles the programs that write texts of so many rows and up to so many codes.

    What is written again may be shorter than the longest text of its batch, and the
    program for that length would be compiled when it is first needed.
    """
    known: set[int] = set()
    for num_codes in range(1, max_codes + 1):
        codes = np.zeros(num_codes, np.int32)
        width = one_hot([codes], loop.network.num_symbols).shape[1]
        if width not in known:
            known.add(width)
            sample(loop, num_rows, 1, texts=[codes] * num_rows)

"""Measures how well a model keeps a person's style.

Of each form (one person, one sitting) three lines are taken: the model continues the
first one, its *prime*, and writes the text of the second. What it writes is compared
with the third line, by six statistics of the ink. Two controls stand beside it:

- the ceiling: the person's own second line, of the same text as the written one;
- the floor: the second line of another form.

No text is shared with the third line, so nothing is gained by the text. A figure of
the model between floor and ceiling says how much of a style it takes over:

- the ratio to the third line (of slants, the difference in radians), as a median over
  the forms: 1 (or 0) if nothing shrinks, grows or leans;
- the correlation over the forms: whether large writing makes larger ink;
- how often, of 20 third lines of different forms, the right one is nearest.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sketch.convert.splits import form_of
from sketch.corpus.corpus_line import Line
from sketch.corpus.shards import open_shards
from sketch.evaluation.batch_writing import spellable_lines, spread, write_all
from sketch.evaluation.bootstrap import estimate_quotients
from sketch.evaluation.subject import describe_subject, with_text
from sketch.experiment.corpora import require_corpus
from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import load_trained
from sketch.generation.sampling import SamplingLoop
from sketch.ink.fit import unit_ratio
from sketch.ink.strokes import DX, DY, END_OF_STROKE
from sketch.system.messages import counted, progress_bar
from sketch.writing.pen import line_in_units
from sketch.writing.prime import as_prime

FORMAT = "sketch style 1"
LINES_OF_FORM = 3
MIN_FORMS = 3  # fewer have no correlation
NUM_CANDIDATES = 20
TINY = 1e-9  # below any size or spread of ink
SLANT = 0  # the one statistic that is an angle, not the logarithm of a size
STATISTICS = {
    "slant": "of downstrokes, radians, + to the right",
    "height": "spread around the line, up and down",
    "width": "per character",
    "strokes": "per character",
    "points": "per character",
    "speed": "median distance from point to point, pen on paper",
}


def measure_style(strokes: np.ndarray, text: str) -> np.ndarray:
    """`[statistic]` of a line, in the order of `STATISTICS`: slant, then logarithms.

    Args:
        strokes: `[time, 3]`, in the recording's units, y downwards.
        text: of the line; not empty.
    """
    strokes = np.asarray(strokes, np.float64)
    offsets, points = strokes[:, : DY + 1], np.cumsum(strokes[:, : DY + 1], axis=0)
    is_drawn = np.append(True, strokes[:-1, END_OF_STROKE] < 0.5)
    dx, dy = offsets[is_drawn].T
    is_down = dy > np.abs(dx)  # within 45 degrees of straight down
    slant = math.atan2(-dx[is_down].sum(), max(dy[is_down].sum(), TINY))
    x, y = points[is_drawn].T
    centred = x - x.mean()
    rise = (centred @ y) / max(centred @ centred, TINY)  # of the line as a whole
    sizes = [
        (y - rise * centred).std(),
        np.ptp(points[:, DX]) / len(text),
        max(strokes[:, END_OF_STROKE].sum(), 1.0) / len(text),
        len(strokes) / len(text),
        np.median(np.hypot(dx, dy)),
    ]
    return np.array([slant, *np.log(np.maximum(sizes, TINY))])


def summarise_style(
    lines: np.ndarray, references: np.ndarray, num_candidates: int = NUM_CANDIDATES
) -> dict[str, Any]:
    """Compares lines with the third lines of the same forms.

    Args:
        lines, references: `[form, statistic]` of `measure_style`.
        num_candidates: the right form is sought among this many, chosen at random.

    Returns:
        `ratios`, by statistic, the median ratio (of slants, the median difference);
        `correlations`, by statistic, over the forms (None of a constant statistic);
        `nearest`: the share of the forms whose own third line is the nearest one.
    """
    medians = np.median(lines - references, axis=0)
    medians[SLANT + 1 :] = np.exp(medians[SLANT + 1 :])
    correlations = [
        float(np.corrcoef(ours, theirs)[0, 1])
        if min(ours.std(), theirs.std()) > TINY
        else None
        for ours, theirs in zip(lines.T, references.T, strict=True)
    ]
    deviations = references.std(axis=0)
    # A constant statistic tells nobody apart.
    scale = np.where(deviations > TINY, deviations, np.inf)
    rng = np.random.default_rng(0)
    is_nearest = np.zeros((len(lines), 1))
    for form, line in enumerate(lines):
        others = np.delete(np.arange(len(lines)), form)
        others = rng.permutation(others)[: num_candidates - 1]
        distances = np.linalg.norm((references - line) / scale, axis=1)
        is_nearest[form] = distances[form] < distances[others].min()
    [nearest] = estimate_quotients(is_nearest, np.ones_like(is_nearest))
    return {
        "ratios": dict(zip(STATISTICS, medians.tolist(), strict=True)),
        "correlations": dict(zip(STATISTICS, correlations, strict=True)),
        "nearest": nearest,
    }


def evaluate_style(
    experiment: Experiment,
    root: str | Path,
    data: str | Path | Sequence[str | Path] | None = None,
    kind: str = "best",
    biases: Sequence[float] = (0.0, 0.5, 1.0),
    num_forms: int = 192,
    max_tries: int = 1,
    seed: int = 0,
    progress: bool = False,
) -> dict[str, Any]:
    """Let an experiment write in the styles of validation forms.

    Args:
        experiment: the model that writes; with text.
        root: the folder of all experiments, where its ancestors are looked for.
        data: the corpus, see `find_corpus_of`; None finds it.
        kind: "best" or "latest" checkpoint.
        biases: all texts are written with each of them.
        num_forms: forms of three lines or more, evenly spread over all of them.
        max_tries, seed, progress: see `evaluate_legibility`.

    Returns:
        The report.

    Raises:
        FileNotFoundError: there is no corpus.
        ValueError: no checkpoint; a model without text; fewer than three such forms.
    """
    experiment.require_text()
    with open_shards(require_corpus(experiment, data)) as corpus:
        lines, notes = spellable_lines(corpus, "valid", [experiment.alphabet])
    forms = spread(_group(lines), num_forms)
    if len(forms) < MIN_FORMS:
        raise ValueError(
            f"{corpus.path} has {counted(len(forms), 'validation form')} of "
            f"{LINES_OF_FORM} lines or more that the model can spell; {MIN_FORMS} are "
            "needed"
        )
    is_own = corpus.digest == experiment.data_digest
    std = experiment.offset_std if is_own else corpus.offset_std
    scale = np.float32([unit_ratio(experiment.offset_std, std)] * 2 + [1])
    network, weights = load_trained(experiment, kind)
    subject, own_notes = describe_subject(experiment, root, weights, corpus)
    loop = SamplingLoop(network)
    first, second, third = zip(*forms, strict=True)
    primes = [
        as_prime(experiment, line.strokes * scale, line.transcript) for line in first
    ]
    texts = [line.transcript for line in second]
    own, references = (
        np.stack([measure_style(line.strokes, line.transcript) for line in lines])
        for lines in (second, third)
    )
    num_candidates = min(NUM_CANDIDATES, len(forms))
    written = []
    total = len(biases) * len(forms)
    with progress_bar("writing", total, "line", progress) as bar:
        for bias in biases:
            done, _ = write_all(
                experiment,
                loop,
                texts,
                bias=bias,
                seed=seed,
                max_tries=max_tries,
                primes=primes,
                bar=bar,
            )
            measured = np.stack(
                [
                    measure_style(line_in_units(experiment, line) / scale, text)
                    for line, text in zip(done, texts, strict=True)
                ]
            )
            written.append(
                {
                    "bias": float(bias),
                    "failures": sum(bool(line.faults) for line in done),
                    **summarise_style(measured, references, num_candidates),
                }
            )
    others = np.roll(own, 1, axis=0)
    report = {
        "format": FORMAT,
        **subject,
        "num_forms": len(forms),
        "num_candidates": num_candidates,
        "own": summarise_style(own, references, num_candidates),
        "others": summarise_style(others, references, num_candidates),
        "written": written,
        "notes": [*notes, *own_notes],
    }
    return with_text(report, _rows(report))


def _rows(report: Mapping[str, Any]) -> list[str]:
    written = {f"bias {one['bias']:g}": one for one in report["written"]}
    columns = {"own line": report["own"], "another's": report["others"], **written}
    failed = ", ".join(f"{one['failures']} at {name}" for name, one in written.items())
    rows = [
        f"{counted(report['num_forms'], 'form')}; failed lines: {failed}",
        "",
        f"{'':12}" + "".join(f"{name:>16}" for name in columns),
        f"{'':12}" + f"{'ratio  corr.':>16}" * len(columns),
    ]
    for number, (name, explanation) in enumerate(STATISTICS.items()):
        cells = ""
        for one in columns.values():
            sign = "+" if number == SLANT else ""
            correlation = one["correlations"][name]
            cell = "-" if correlation is None else f"{correlation:.2f}"
            cells += f"{one['ratios'][name]:{sign}.2f}{cell:>7}".rjust(16)
        rows.append(f"{name:12}{cells}  {explanation}")
    shares = (one["nearest"]["value"] for one in columns.values())
    shares = "".join(f"{share:>16.0%}" for share in shares)
    label = f"1 of {report['num_candidates']}"
    return [*rows, f"{label:12}{shares}  the form's own is nearest"]


def _group(lines: Sequence[Line]) -> list[list[Line]]:
    """Prime, text and reference of each form that has them: its longest lines."""
    forms: dict[str, list[Line]] = {}
    for line in lines:
        forms.setdefault(form_of(line.line_id), []).append(line)
    return [
        sorted(of_form, key=lambda line: -len(line.transcript))[:LINES_OF_FORM]
        for of_form in forms.values()
        if len(of_form) >= LINES_OF_FORM
    ]

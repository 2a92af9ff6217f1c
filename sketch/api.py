"""`sketch` from Python: a pen that writes, and the ink that it leaves.

    import sketch

    pen = sketch.load("experiments/handwriting-3X400-…-text-K10")
    ink = pen.write("hello", bias=1, seed=1)
    ink.save("hello.svg")

`load`, `Pen`, `Ink` and `Layout` are names of the package itself: `sketch.load` and so
on. They import what they need when they are first used.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sketch.evaluation import MAX_ERROR_RATE
from sketch.ink.lines import InkLine
from sketch.ink.page import lay_out
from sketch.ink.paper import Layout, sheet
from sketch.ink.prose import fit_text, split_paragraphs
from sketch.ink.strokes import normalise
from sketch.ink.written import Ink

__all__ = ["Ink", "Layout", "Pen", "load"]

if TYPE_CHECKING:
    from sketch.experiment.directory import Experiment
    from sketch.generation.sampling import SamplingLoop
    from sketch.generation.writing import Prime


class Pen:
    """An experiment that writes, with its best weights; made by `load`.

    The weights are read when it first writes, which takes some seconds, and then kept.

    Attributes:
        experiment: its directory, opened.
    """

    def __init__(
        self,
        experiment: "Experiment",
        backend: str | None = None,
        root: str | Path = "experiments",
    ):
        self.experiment = experiment
        self._backend = backend
        self._root = root

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.experiment.name

    @property
    def alphabet(self) -> str:
        """The characters that it can write; none if it writes freely."""
        if not self.experiment.hyperparameters.text:
            return ""
        return "".join(self.experiment.alphabet.characters)

    def write(
        self,
        text: str,
        *,
        bias: float = 0.0,
        seed: int = 0,
        prime: "Ink | str | Path | None" = None,
        prime_text: str | None = None,
        data: str | Path | None = None,
        tries: int = 5,
        replace_unknown: str | None = None,
        check: str | Path | None = None,
        max_error_rate: float = MAX_ERROR_RATE,
    ) -> Ink:
        """Writes a text, each line of it a line of ink, however long.

        Args:
            text: what to write.
            bias: tidiness; 0 writes as the model learned it, 1 and more tidier.
            seed: the same seed writes the same ink.
            prime: write on in this hand: other ink of a pen, an .inkml, .svg or .json
                file, or the name of a line of the corpus.
            prime_text: what the prime says, where it does not tell itself.
            data: the corpus of a prime that is a line's name, as of `sketch train`.
            tries: how often a piece that went wrong is written at the most.
            replace_unknown: written for characters that the model has not learned, ""
                leaves them out; None: they are an error.
            check: a reader, of `sketch train-reader`: what it cannot read back is
                written again.
            max_error_rate: the share of characters that it may misread.

        Raises:
            ValueError: an unknown character or prime; nothing to write; an experiment
                that writes freely.
        """
        _check(bias, seed, tries)
        paragraphs = self._fit(text, True, replace_unknown)
        lines = [line for part in paragraphs for line in part.split("\n")]
        from sketch.experiment.pen import in_units, write_experiment

        start = self._prime(prime, prime_text, data)
        written = write_experiment(
            self.experiment,
            lines,
            bias,
            seed,
            start,
            tries,
            loop=self._loop,
            check=self._check(check, max_error_rate),
        )
        own = [in_units(self.experiment, line.trace.strokes) for line in written]
        faults = [f"{line.text!r}: {f}" for line in written for f in line.faults]
        return _as_written(list(map(InkLine, own, lines)), faults)

    def write_page(
        self,
        text: str,
        *,
        layout: Layout | None = None,
        bias: float = 1.0,
        seed: int = 0,
        prime: "Ink | str | Path | None" = None,
        prime_text: str | None = None,
        data: str | Path | None = None,
        tries: int = 5,
        replace_unknown: str | None = None,
        keep_lines: bool = False,
        check: str | Path | None = None,
        max_error_rate: float = MAX_ERROR_RATE,
    ) -> Ink:
        """Writes a whole text on paper, in one hand, on as many pages as it takes.

        Lines are wrapped at blanks by the width of the ink.

        Args:
            text: blank lines part its paragraphs.
            layout: paper, margins, size and so on; None: A4.
            bias, seed, prime, prime_text, data, tries, replace_unknown, check,
                max_error_rate: as of `write`. Without a prime, the first words
                written set the hand of the rest.
            keep_lines: the line ends of the text are kept: verses, addresses.

        Raises:
            ValueError: as of `write`.
        """
        _check(bias, seed, tries)
        paragraphs = self._fit(text, keep_lines, replace_unknown)
        from sketch.experiment.letter import write_letter

        letter = write_letter(
            self.experiment,
            paragraphs,
            bias,
            seed,
            self._prime(prime, prime_text, data),
            tries,
            self._loop,
            self._check(check, max_error_rate),
        )
        pages = lay_out(letter.paragraphs, layout)
        lines = [line for page in pages for line in page.lines]
        return Ink(lines, pages, letter.faults, is_page=True)

    def sample(
        self, count: int = 1, *, steps: int = 700, bias: float = 0.0, seed: int = 0
    ) -> Ink:
        """Writes freely: lines of handwriting that say nothing.

        Args:
            count: how many lines.
            steps: pen points of each.
            bias: as of `write`.
            seed: the same seed writes the same ink.

        Raises:
            ValueError: the experiment writes texts.
        """
        if self.experiment.hyperparameters.text:
            raise ValueError(f"{self.name} writes texts: use write")
        _check(bias, seed, count, steps)
        loop = self._loop
        from sketch.experiment.pen import free_lines

        lines = free_lines(loop, self.experiment, count, steps, bias, seed)
        return _as_written(list(map(InkLine, lines)), [])

    @cached_property
    def _loop(self) -> "SamplingLoop":
        from sketch.experiment import devices

        devices.set_up(self._backend, "float32")

        from sketch.experiment.building import load_network
        from sketch.generation.sampling import SamplingLoop

        return SamplingLoop(load_network(self.experiment))

    def _fit(self, text: str, keep_lines: bool, replace_unknown: str | None):
        """The paragraphs, checked; then the weights, read before keras is used."""
        if not self.experiment.hyperparameters.text:
            raise ValueError(f"{self.name} knows no text: it writes freely, use sample")
        text = fit_text(text, self.experiment.alphabet, replace_unknown)
        paragraphs = split_paragraphs(text, keep_lines)
        if not paragraphs:
            raise ValueError("there is no text to write")
        _ = self._loop
        return paragraphs

    def _check(self, reader: str | Path | None, max_error_rate: float):
        if reader is None:
            return None
        from sketch.experiment.checking import load_check

        return load_check(reader, self._root, max_error_rate)

    def _prime(self, prime, text, data) -> "Prime | None":
        if prime is None:
            return None
        from sketch.experiment.data import find_corpus_of
        from sketch.experiment.pen import load_prime
        from sketch.generation.writing import Prime

        if not isinstance(prime, Ink):
            corpus_path = find_corpus_of(self.experiment, data)
            return load_prime(self.experiment, str(prime), text, corpus_path)
        if prime.is_page:
            raise ValueError("a page is no prime: take ink of `write`")
        line = prime.lines[0]
        if not (text or line.text):
            raise ValueError("say what the prime reads, by prime_text")
        mean, std = self.experiment.offset_mean, self.experiment.offset_std
        return Prime(normalise(line.strokes, mean, std), text or line.text)

    def __repr__(self) -> str:
        return f"<Pen: {self.name}>"


def load(
    experiment: str | Path | None = None,
    *,
    experiments: str | Path | None = None,
    backend: str | None = None,
) -> Pen:
    """Opens an experiment to write with.

    Args:
        experiment: the path of its directory, or its name; None: the hand that comes
            with sketch.
        experiments: the folder in which a name is looked for; None:
            `$SKETCH_EXPERIMENTS`, or `experiments` here.
        backend: jax, tensorflow or torch; None: `$KERAS_BACKEND`, or jax.

    Raises:
        FileNotFoundError: no such experiment; names the nearest ones.
        ValueError: it is damaged, or not trained yet.
    """
    from sketch.experiment.directory import Experiment
    from sketch.experiment.hands import default_hand

    root = experiments or os.environ.get("SKETCH_EXPERIMENTS") or "experiments"
    opened = Experiment.load(experiment or default_hand(), root)
    if not any(opened.load_checkpoint(kind) for kind in ("best", "latest")):
        raise ValueError(
            f"{opened.name} has no checkpoint yet: train it with --model {opened.name}"
        )
    return Pen(opened, backend, root)


def _check(bias: float, seed: int, *counts: int) -> None:
    if not 0 <= bias < float("inf"):
        raise ValueError(f"bias must be a number of at least 0, not {bias!r}")
    if not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise ValueError(
            f"seed must be a whole number from 0 to 2**31 - 1, not {seed!r}"
        )
    for count in counts:
        if not isinstance(count, int) or count < 1:
            raise ValueError(f"expected a whole number of at least 1, not {count!r}")


def _as_written(lines: list[InkLine], faults: list[str]) -> Ink:
    return Ink(lines, [sheet(lines, fit=True)], faults)

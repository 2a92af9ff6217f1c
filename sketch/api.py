"""`sketch` from Python: a pen that writes, and the ink that it leaves.

    import sketch

    pen = sketch.load()  # or load("experiments/NAME")
    ink = pen.write("hello", bias=1, seed=1)
    ink.save("hello.svg")

`load`, `Pen`, `Ink` and `Layout` are names of the package itself: `sketch.load` and so
on. They import what they need when they are first used.
"""

import os
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sketch.ink.line_of_ink import InkLine
from sketch.page.layout import lay_out, number_pages
from sketch.page.markdown import Paragraph, read_paragraphs
from sketch.page.paper import Layout, sheet
from sketch.page.typing import describe_rare, describe_unmarked, fit_text
from sketch.page.written import Ink
from sketch.writing import MAX_ERROR_RATE
from sketch.writing.arguments import require_share, whole_numbers

__all__ = ["Ink", "Layout", "Pen", "load"]

if TYPE_CHECKING:
    from sketch.experiment.experiment import Experiment
    from sketch.generation.sampling import SamplingLoop
    from sketch.generation.terms import Prime
    from sketch.model.network import Network
    from sketch.writing.check import ReadingCheck
    from sketch.writing.letter import Letter
    from sketch.writing.loaded_recogniser import LoadedRecogniser


class Pen:
    """An experiment that writes, with its best weights; made by `load`.

    The weights are read when it first writes, which takes some seconds, and then kept;
    so are those of the recogniser that checked last.

    Args:
        experiment: its directory, opened.
        backend: jax, tensorflow or torch; None: `$KERAS_BACKEND`, or the
            one that keras runs on already, or jax.
        root: the folder of all experiments, where recognisers are looked for.

    Attributes:
        experiment: as above.
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
        self._last_recogniser: tuple[str | Path, LoadedRecogniser] | None = None

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.experiment.name

    @property
    def alphabet(self) -> str:
        """The characters that it can write; "" if it writes freely."""
        if not self.experiment.hyperparameters.text:
            return ""
        return "".join(self.experiment.alphabet.characters)

    @property
    def styles(self) -> list[str]:
        """The names of its styles, for `prime`; often none."""
        from sketch.experiment.styles import load_styles

        return list(load_styles(self.experiment))

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
        steps_per_character: int | None = None,
        replace_unknown: str | None = None,
        check: str | Path | None = None,
        max_error_rate: float = MAX_ERROR_RATE,
        figures: str | Path | None = None,
    ) -> Ink:
        """Writes a text, each line of it a line of ink, however long.

        Args:
            text: what to write.
            bias: tidiness; 0 writes as the model learned it, 1 and more tidier.
            seed: the same seed writes the same ink.
            prime: the ink to continue, in its style: one of `styles`, other ink of this
                pen, an .inkml, .svg or .json file, or the name of a corpus line.
            prime_text: what the prime says, if its source does not tell.
            data: the corpus of a prime that is a line's name, as in `sketch train`.
            tries: at most, for a piece that went wrong or has uneven attention.
            steps_per_character: pen points a character after which a piece is given
                up; None: 2.25 times the corpus' points per character.
            replace_unknown: written for characters that the model cannot write, ""
                leaves them out; None: they are an error.
            check: a recogniser (`sketch train-recogniser`): pieces that it misreads are
                written again, and the try with the fewest errors is kept.
            max_error_rate: the share of a piece's characters that it may misread; with
                more, the piece is written in halves.
            figures: also draw how each line was written, in files with this beginning:
                `hello` makes `hello-01-line.png`, `hello-01-window.png` and more.

        Raises:
            ValueError: an unknown character or prime; nothing to write; an experiment
                that writes freely.
        """
        steps = 1 if steps_per_character is None else steps_per_character
        counts = {"tries": tries, "steps_per_character": steps}
        seed, tries, steps = whole_numbers(bias, seed, **counts)
        require_share(max_error_rate)
        paragraphs, notes = self.fit(text, True, replace_unknown)
        lines = [line for part in paragraphs for line in part.text.split("\n")]
        has_blank = self.experiment.alphabet.has_blank
        if not has_blank and any(" " in line for line in lines):
            raise ValueError(
                f"{self.name} has learned words without blanks: write a line for each, "
                "or a page"
            )
        loop = self._loop if figures is None else self._detailed_loop
        from sketch.writing.pen import line_in_units, sampling_options, write_experiment

        loaded_prime = self._prime(prime, prime_text, data)
        reading_check = self._check(check, max_error_rate)
        options = sampling_options(
            self.experiment,
            steps_per_character and steps,
            probability_bias=bias,
            seed=seed,
            max_tries=tries,
        )
        written = write_experiment(
            self.experiment, lines, options, loaded_prime, loop, reading_check
        )
        if figures is not None:
            from sketch.writing.line_figures import draw_line_figures

            for number, line in enumerate(written, start=1):
                stem = f"{figures}-{number:02d}"
                draw_line_figures(self.experiment, line, stem)
        own = [line_in_units(self.experiment, line) for line in written]
        return _as_written(
            list(map(InkLine, own, lines)),
            faults=[fault for line in written for fault in line.faults],
            tries=[count for line in written for count in line.tries],
            notes=notes + self._describe(text, loaded_prime, reading_check),
        )

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
        markdown: bool = False,
        page_numbers: bool = False,
        check: str | Path | None = None,
        max_error_rate: float = MAX_ERROR_RATE,
        progress: bool = False,
    ) -> Ink:
        """Writes a whole text on paper, in one style, on as many pages as it takes.

        Lines are wrapped at blanks by the width of the ink.

        Args:
            text: blank lines part its paragraphs.
            layout: paper, margins, size and so on; None: A4.
            bias, seed, prime, prime_text, data, tries, replace_unknown, check,
                max_error_rate: as in `write`. Without a prime, some words of the text,
                written first, set the style of the rest.
            keep_lines: keep the line ends of the text (verses, addresses).
            markdown: the text has headings, lists and so on, see
                `sketch.page.markdown`.
            page_numbers: write a number below each page.
            progress: whether to show a bar on stderr.

        Raises:
            ValueError: as in `write`.
        """
        seed, tries = whole_numbers(bias, seed, tries=tries)
        require_share(max_error_rate)
        layout = layout or Layout()
        paragraphs, notes = self.fit(text, keep_lines, replace_unknown, markdown)
        if page_numbers:
            layout.require_number_room()
            fit_text("0123456789", self.experiment.alphabet)
        loop = self._loop
        from sketch.writing.letter import write_letter
        from sketch.writing.pen import sampling_options

        loaded_prime = self._prime(prime, prime_text, data)
        reading_check = self._check(check, max_error_rate)
        options = sampling_options(
            self.experiment, probability_bias=bias, seed=seed, max_tries=tries
        )

        def write(texts: list[str], prime: "Prime | None") -> "Letter":
            return write_letter(
                self.experiment, texts, options, prime, loop, reading_check, progress
            )

        letters = [write([part.text for part in paragraphs], loaded_prime)]
        pieces, x_height = letters[0].paragraphs, letters[0].x_height
        pages = lay_out(pieces, layout, x_height, paragraphs)
        if page_numbers:
            numbers = [str(number) for number in range(1, len(pages) + 1)]
            letters.append(write(numbers, loaded_prime or letters[0].lead))
            number_pages(pages, letters[1].paragraphs, layout)
        return Ink(
            [line for page in pages for line in page.lines],
            pages,
            [fault for letter in letters for fault in letter.faults],
            is_page=True,
            tries=[
                n for letter in letters for line in letter.written for n in line.tries
            ],
            notes=notes + self._describe(text, loaded_prime, reading_check),
        )

    def tidy(
        self,
        path: str | Path,
        text: str | None = None,
        *,
        layout: Layout | None = None,
        bias: float = 1.0,
        seed: int = 0,
        tries: int = 5,
        replace_unknown: str | None = None,
        check: str | Path | None = None,
        max_error_rate: float = MAX_ERROR_RATE,
        progress: bool = False,
    ) -> Ink:
        """Writes somebody's own notes again: in their hand, line for line, but neater.

        Args:
            path: the notes, a file of ink.
            text: what they say, a line for each of theirs; None: what the file tells,
                or the text beside it, or what `check` reads in them.
            layout: its size, jitter and margin count: the sheet is as large as the ink.
            bias, seed, tries, replace_unknown, check, max_error_rate, progress: as in
                `write_page`.

        Raises:
            ValueError: as in `write`, or nothing tells what the ink says.
        """
        seed, tries = whole_numbers(bias, seed, tries=tries)
        require_share(max_error_rate)
        self.experiment.require_text()
        from sketch.writing.tidy import read_notes, tidy_notes

        lines = read_notes(path, text)
        loop = self._loop
        from sketch.writing.pen import sampling_options

        options = sampling_options(
            self.experiment, probability_bias=bias, seed=seed, max_tries=tries
        )
        return tidy_notes(
            self.experiment,
            lines,
            options,
            loop,
            self._check(check, max_error_rate),
            layout,
            replace_unknown,
            progress,
        )

    def sample(
        self, count: int = 1, *, steps: int = 700, bias: float = 0.0, seed: int = 0
    ) -> Ink:
        """Writes freely: lines of handwriting that say nothing.

        Args:
            count: number of lines.
            steps: pen points of each.
            bias: as in `write`.
            seed: the same seed writes the same ink.

        Raises:
            ValueError: the experiment writes texts.
        """
        if self.experiment.hyperparameters.text:
            raise ValueError(f"{self.name} writes texts: use write")
        seed, count, steps = whole_numbers(bias, seed, count=count, steps=steps)
        loop = self._loop
        from sketch.writing.pen import free_lines

        lines = free_lines(loop, self.experiment, count, steps, bias, seed)
        return _as_written(list(map(InkLine, lines)))

    def fit(
        self, text: str, keep_lines: bool, replace: str | None, markdown: bool = False
    ) -> tuple[list[Paragraph], list[str]]:
        """The paragraphs of a text in the model's characters, and notes on them.

        Needs no weights.

        Raises:
            ValueError: as in `write`.
        """
        if not self.experiment.hyperparameters.text:
            raise ValueError(f"{self.name} writes freely, without a text: use sample")
        fit = partial(
            fit_text, alphabet=self.experiment.alphabet, replace_unknown=replace
        )
        paragraphs, notes = read_paragraphs(text, fit, keep_lines, markdown)
        if not paragraphs:
            raise ValueError("there is no text to write")
        written = "".join(part.text for part in paragraphs)
        return paragraphs, notes + describe_rare(
            written, self.experiment.character_counts
        )

    def _describe(
        self, text: str, prime: "Prime | None", check: "ReadingCheck | None"
    ) -> list[str]:
        from sketch.writing.prime import describe_prime

        notes = describe_unmarked(text, self.experiment.alphabet)
        notes += describe_prime(prime, check, self.experiment)
        return notes + (check.describe_recogniser() if check else [])

    def _check(
        self, recogniser: str | Path | None, max_error_rate: float
    ) -> "ReadingCheck | None":
        if recogniser is None:
            return None
        from sketch.writing.check import ReadingCheck

        return ReadingCheck(self._recogniser(recogniser), max_error_rate)

    def _prime(
        self,
        prime: "Ink | str | Path | None",
        text: str | None,
        data: str | Path | None,
    ) -> "Prime | None":
        if prime is None:
            return None
        from sketch.writing.prime import as_prime, load_prime

        if not isinstance(prime, Ink):
            return load_prime(self.experiment, str(prime), text, data)
        if prime.is_page:
            raise ValueError("a page cannot be a prime: use ink of `write`")
        line = prime.lines[0]
        if not (text or line.text):
            raise ValueError("say what the prime reads, by prime_text")
        return as_prime(self.experiment, line.strokes, text or line.text)

    @cached_property
    def _network(self) -> "Network":
        from sketch.backend import devices

        devices.set_up(self._backend, precision=None)  # before keras is imported
        from sketch.experiment.weights import load_network

        # A program's own precision of keras stays as it was.
        with devices.in_float32():
            return load_network(self.experiment)

    @cached_property
    def _loop(self) -> "SamplingLoop":
        return self._make_loop(details=False)

    @cached_property
    def _detailed_loop(self) -> "SamplingLoop":
        return self._make_loop(details=True)

    def _make_loop(self, details: bool) -> "SamplingLoop":
        network = self._network
        from sketch.backend import devices
        from sketch.generation.sampling import SamplingLoop

        with devices.in_float32():
            return SamplingLoop(network, details)

    def _recogniser(self, path_or_name: str | Path) -> "LoadedRecogniser":
        """The recogniser of this name; the last one is kept."""
        if self._last_recogniser is None or self._last_recogniser[0] != path_or_name:
            from sketch.backend import devices
            from sketch.experiment.recogniser_directory import RecogniserDirectory
            from sketch.writing.loaded_recogniser import LoadedRecogniser

            directory = RecogniserDirectory.load(path_or_name, self._root)
            with devices.in_float32():
                recogniser = LoadedRecogniser(directory)
            self._last_recogniser = (path_or_name, recogniser)
        return self._last_recogniser[1]

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
        experiment: the path of its directory, or its name; None: the pretrained model.
        experiments: the folder in which a name is looked for; None:
            `$SKETCH_EXPERIMENTS`, or `experiments` here.
        backend: jax, tensorflow or torch; None: `$KERAS_BACKEND`, or the
            one that keras runs on already, or jax.

    Raises:
        FileNotFoundError: no such experiment; names the nearest ones.
        ValueError: it is damaged, or not trained yet; its name is empty.
    """
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.places import default_model

    root = experiments
    if root is None:
        root = os.environ.get("SKETCH_EXPERIMENTS") or "experiments"
    opened = Experiment.load(
        default_model() if experiment is None else experiment, root
    )
    if not opened.has_checkpoint():
        raise ValueError(
            f"{opened.name} has no checkpoint yet: train it with --model {opened.name}"
        )
    return Pen(opened, backend, root)


def _as_written(lines: list[InkLine], **details: Sequence[str] | Sequence[int]) -> Ink:
    return Ink(lines, [sheet(lines, fit=True)], **details)

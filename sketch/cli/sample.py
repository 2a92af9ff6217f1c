"""`sketch sample`."""

import hashlib
import re
from pathlib import Path

import click

from sketch.cli.options import (
    backend_option,
    debug_option,
    experiments_option,
    hand_option,
    writing_options,
)

FORMATS = ("png", "svg")
FREE_LINES = 64
FREE_STEPS = 700


@click.command()
@hand_option
@click.option(
    "--text",
    "texts",
    multiple=True,
    help="Write this, a line of ink; give it several times for several lines.",
)
@click.option(
    "--text-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write the lines of this UTF-8 file.",
)
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1, 10_000),
    show_default=f"{FREE_LINES} free lines, each text once",
    help="Free lines to write, or how often to write each text.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 100_000),
    default=FREE_STEPS,
    show_default=True,
    help="Pen points of a free line.",
)
@writing_options(bias=0.0)
@click.option(
    "--steps-per-character",
    type=click.IntRange(1, 10_000),
    show_default="3 times the pace of the corpus",
    help="Give a text up after so many pen points a character.",
)
@click.option(
    "--figures",
    is_flag=True,
    help="Draw beside each text: line, window, soft window, mixture weights, density.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    show_default="the ending of --output, or png",
    help="A picture, or lines in millimetres.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    show_default="in samples/ of the experiment; of sketch's own hand, here",
    help="The file to write; other files of the same call begin with its name.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@backend_option
@experiments_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str | None,
    texts: tuple[str, ...],
    text_file: Path | None,
    number: int | None,
    steps: int,
    bias: float,
    seed: int,
    prime: str | None,
    prime_text: str | None,
    data: Path | None,
    tries: int,
    steps_per_character: int | None,
    replace_unknown: str | None,
    check: str | None,
    max_error_rate: float,
    figures: bool,
    file_format: str | None,
    output: Path | None,
    force: bool,
    backend: str | None,
    experiments: Path,
) -> None:
    """Write with the best weights of an experiment.

    An experiment trained with --text writes the texts it is given, of any length; any
    other writes freely.
    """
    if file_format is None:
        file_format = output.suffix.lstrip(".").lower() if output else "png"
        if file_format not in FORMATS:
            raise click.UsageError(
                f"--output must end with .png or .svg, or say --format; "
                f"received {output}",
                ctx,
            )
    if text_file is not None:
        texts += tuple(filter(None, map(str.strip, _read_text(text_file).splitlines())))
        if not texts:
            raise click.ClickException(f"{text_file} has no text to write")
    if not texts and (prime or figures or check or replace_unknown is not None):
        raise click.UsageError(
            "--prime, --figures, --reader, --replace-unknown need --text", ctx
        )

    from sketch.experiment.directory import Experiment
    from sketch.experiment.hands import default_hand, is_hand
    from sketch.experiment.names import shortest_float

    if model is None and not texts:
        raise click.UsageError("Missing option '--model'.", ctx)
    experiment = Experiment.load(model or default_hand(), experiments)
    if model is None:
        click.echo(f"the hand is {experiment.name}, which comes with sketch", err=True)
    if experiment.hyperparameters.text and not texts:
        raise click.UsageError(
            f"{experiment.name} writes texts: give it one by --text", ctx
        )
    texts = texts * (number or 1)
    if output is None:
        settings = f"bias{shortest_float(bias)}-seed{seed}"
        name = (
            f"text-{_slug(texts, prime, prime_text)}-{settings}"
            if texts
            else f"sample-n{number or FREE_LINES}-steps{steps}-{settings}"
        )
        folder = Path() if is_hand(experiment.path) else experiment.samples_dir
        output = folder / f"{name}.{file_format}"
    pen_path = output.with_name(f"{output.stem}-pen.png")
    for path in (output, pen_path):
        if path.exists() and not force:
            raise click.ClickException(f"{path} is there already; --force overwrites")

    from sketch.experiment import devices

    devices.set_up(backend, "float32")

    from sketch.experiment import pen
    from sketch.ink.figures import draw_pen, draw_sketch

    written = []
    if texts:
        if prime is not None:
            from sketch.experiment.data import find_corpus_of

            corpus_path = find_corpus_of(experiment, data)
            prime = pen.load_prime(experiment, prime, prime_text, corpus_path)
        reader = None
        if check is not None:
            from sketch.experiment.checking import load_check

            reader = load_check(check, experiments, max_error_rate)
        written = pen.write_experiment(
            experiment,
            texts,
            bias,
            seed,
            prime,
            tries,
            steps_per_character,
            replace_unknown,
            check=reader,
        )
        lines = [pen.in_units(experiment, line.trace.strokes) for line in written]
        _report(written)
    else:
        count = number or FREE_LINES
        lines = pen.sample_experiment(experiment, count, steps, bias, seed)
    if file_format == "png":
        draw_sketch(output, lines)
    else:
        from sketch.ink.vector import InkLine, write_svg

        named = [line.text for line in written] or [""] * len(lines)
        write_svg(output, list(map(InkLine, lines, named)))
    draw_pen(pen_path, lines)
    click.echo(output)
    click.echo(pen_path)
    if figures:
        for index, line in enumerate(written, start=1):
            stem = f"{output.stem}-{index:02d}"
            for path in pen.draw_line_figures(
                experiment, line, bias, output.parent, stem
            ):
                click.echo(path)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is not UTF-8 text: {error}") from error


def _slug(texts: tuple[str, ...], *more: str | None) -> str:
    """A file name of what is written: readable, and never that of another text."""
    digest = hashlib.sha256(repr((texts, more)).encode()).hexdigest()[:6]
    words = re.sub(r"[^a-z0-9]+", "-", texts[0].lower()).strip("-")[:40].strip("-")
    return f"{words}-{digest}" if words else digest


def _report(written) -> None:
    """On stderr: how often a text had to be written again, and what is still wrong."""
    again = sum(tries - 1 for line in written for tries in line.tries)
    pieces = sum(len(line.tries) for line in written)
    click.echo(f"{pieces} pieces of text, {again} written again", err=True)
    for line in written:
        for fault in line.faults:
            click.echo(
                f"{line.text!r}: {fault}, after {max(line.tries)} tries", err=True
            )

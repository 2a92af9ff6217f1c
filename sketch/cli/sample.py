"""`sketch sample`."""

import hashlib
import itertools
import re
from pathlib import Path
from typing import Any

import click

from sketch.cli.options import (
    backend_option,
    check_writing,
    debug_option,
    echo_writing,
    experiments_option,
    refuse_existing,
    refuse_unused,
    writing_model_option,
    writing_options,
)

PICTURES = ("png", "pdf")
FORMATS = (*PICTURES, "svg", "inkml", "json")
FREE_LINES = 64
FREE_STEPS = 700
LONG_ROW = 100  # characters
OF_TEXTS = (
    *("prime", "prime_text", "data", "tries", "steps_per_character", "figures"),
    *("replace_unknown", "check", "max_error_rate"),
)


@click.command()
@writing_model_option("a hand that comes with sketch, for texts or for free lines")
@click.option(
    "--text",
    "texts",
    multiple=True,
    help="Write this, a line of ink; give it several times for several lines, all "
    "of them in one file.",
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
    show_default="2.25 times the pace of the corpus",
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
    help="A picture, lines in millimetres (SVG), or the points as they are.",
)
@click.option(
    "-o",
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
    figures: bool,
    file_format: str | None,
    output: Path | None,
    force: bool,
    backend: str | None,
    experiments: Path,
    **writing: Any,
) -> None:
    """Write with the best weights of an experiment.

    An experiment trained with --text writes the texts it is given, of any length; any
    other writes freely. Without --model, a hand that comes with sketch does either.
    Every sampled point is drawn, joined by straight lines; `sketch write` draws curves,
    on paper.
    """
    file_format = _format_of(ctx, output, file_format)
    if text_file is not None:
        texts += (_read_text(text_file),)
    if texts:
        refuse_unused(ctx, ("steps",), "does not go with --text")
        check_writing(ctx)
        if writing["check"] is None:
            refuse_unused(ctx, ("max_error_rate",), "goes only with --check")
    else:
        refuse_unused(ctx, OF_TEXTS, "goes only with --text")

    from sketch.api import load
    from sketch.experiment.places import is_pretrained

    hand = _free_model(ctx) if model is None and not texts else model
    pen = load(hand, experiments=experiments, backend=backend)
    if model is None:
        click.echo(f"the hand is {pen.name}, which comes with sketch", err=True)
    if pen.alphabet and not texts:
        raise click.UsageError(f"{pen.name} writes texts: give it one by --text", ctx)
    if texts and not pen.alphabet:
        raise click.UsageError(f"{pen.name} writes no texts: leave out --text", ctx)
    rows = [row for text in texts for row in text.splitlines()] * (number or 1)
    lines = [row for row in rows if row.strip()]
    if output is None:
        name = _name(lines, number, steps, bias, seed, writing)
        is_own = not is_pretrained(pen.experiment.path)
        folder = pen.experiment.samples_dir if is_own else Path()
        output = folder / f"{name}.{file_format}"
    stem = output.with_suffix("")
    pen_path = Path(f"{stem}-pen.png")

    from sketch.figures.pictures import draw_pen, draw_sketch, line_figure_paths

    def paths_of(num_lines: int) -> list[Path]:
        places = range(1, num_lines + 1) if figures else ()
        stems = [f"{stem}-{place:02d}" for place in places]
        return [output, pen_path, *itertools.chain(*map(line_figure_paths, stems))]

    refuse_existing(paths_of(len(lines)), force)
    if texts:
        ink = pen.write(
            "\n".join(rows),
            bias=bias,
            seed=seed,
            figures=stem if figures else None,
            **writing,
        )
    else:
        ink = pen.sample(number or FREE_LINES, steps=steps, bias=bias, seed=seed)
    echo_writing(ink)
    longest = max(map(len, lines), default=0)
    if longest > LONG_ROW:
        click.echo(
            f"note: {longest} characters are one row here, however small; `sketch "
            "write` parts a text into lines",
            err=True,
        )
    strokes = [line.strokes for line in ink.lines]
    if file_format in PICTURES:
        draw_sketch(output, strokes, file_format=file_format)
    else:
        from sketch.ink.ink_files import write_json
        from sketch.ink.inkml import write_inkml
        from sketch.page.svg_writer import write_svg

        writers = {"json": write_json, "inkml": write_inkml, "svg": write_svg}
        writers[file_format](output, ink.lines)
    draw_pen(pen_path, strokes)
    for path in paths_of(len(ink.lines)):  # fewer, where all of a line is left out
        click.echo(path)


def _free_model(ctx: click.Context) -> Path:
    """The pretrained model that writes without a text."""
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.places import find_pretrained

    for path in find_pretrained().values():
        if not Experiment.load(path, path.parent).hyperparameters.text:
            return path
    raise click.UsageError(
        "give it a --text to write; or, for free lines, the --model of an experiment "
        "without text; `sketch list` shows all",
        ctx,
    )


def _format_of(ctx: click.Context, output: Path | None, file_format: str | None) -> str:
    """What `--format` says, or else the ending of `--output`; they may not differ."""
    ending = output.suffix.lstrip(".").lower() if output else ""
    if file_format and ending not in ("", file_format):
        raise click.UsageError(
            f"--output must end with .{file_format}, or have no ending, with --format "
            f"{file_format}; received {output}",
            ctx,
        )
    if output and not file_format and ending not in FORMATS:
        raise click.UsageError(
            f"--output must end with .{', .'.join(FORMATS)}, or say --format; "
            f"received {output}",
            ctx,
        )
    return file_format or ending or "png"


def _read_text(path: Path) -> str:
    from sketch.page.typing import decode_text

    try:
        return decode_text(path.read_bytes(), str(path))
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _name(
    lines: list[str],
    number: int | None,
    steps: int,
    bias: float,
    seed: int,
    writing: dict[str, Any],
) -> str:
    """A file name of what is written: readable, and never that of another text."""
    from sketch.settings.names import shortest_float

    settings = f"bias{shortest_float(bias)}-seed{seed}"
    if not lines:
        return f"sample-n{number or FREE_LINES}-steps{steps}-{settings}"
    digest = hashlib.sha256(repr((lines, sorted(writing.items()))).encode())
    words = re.sub(r"[^a-z0-9]+", "-", lines[0].lower()).strip("-")[:40].strip("-")
    return "-".join(filter(None, ("text", words, digest.hexdigest()[:6], settings)))

"""`sketch sample`."""

import hashlib
import itertools
import os
import re
from pathlib import Path
from typing import Any

import click

from sketch.cli.options import (
    STDOUT,
    check_writing,
    common_options,
    echo_writing,
    force_option,
    lend_output,
    model_option,
    output_format,
    output_option,
    refuse_unused,
    require_faultless,
    require_writable,
    writing_options,
)
from sketch.system.messages import echo

PICTURES = ("png", "pdf")
FORMATS = (*PICTURES, "svg", "inkml", "json")
FREE_LINES = 64
FREE_STEPS = 700
LONG_ROW = 100  # characters
OF_TEXTS = (
    *("prime", "prime_text", "data", "tries", "steps_per_character"),
    *("replace_unknown", "check", "max_error_rate", "strict"),
)


@click.command()
@model_option("a pretrained model, for texts or for free lines")
@click.option(
    "--text",
    "texts",
    multiple=True,
    help="The text of a line of ink; repeat it for several lines in one file.",
)
@click.option(
    "--text-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A UTF-8 file, each line of which is the text of a line of ink.",
)
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1, 10_000),
    show_default=f"{FREE_LINES} free lines, each text once",
    help="Number of free lines, or of times that each text is written.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 100_000),
    default=FREE_STEPS,
    help="Pen points of a free line.",
)
@writing_options(bias=0.0)
@click.option(
    "--steps-per-character",
    type=click.IntRange(1, 10_000),
    show_default="2.25 times that of the corpus",
    help="Give up on a text after this many pen points per character.",
)
@click.option(
    "--figures",
    is_flag=True,
    help="Also draw when the pen is lifted, and for each text its line, window, soft "
    "window, mixture weights and density.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    show_default="the ending of --output, or png",
    help="A picture, lines in millimetres (SVG), or the points as they are.",
)
@output_option(
    "The file to write; - is standard output. Files of --figures begin with its name.",
    show_default="a file in samples/ of the experiment, or here if it is read-only",
)
@force_option
@common_options(backend=True)
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
    strict: bool,
    force: bool,
    backend: str | None,
    experiments: Path,
    **writing: Any,
) -> None:
    """Sample from the best weights of an experiment.

    An experiment trained with --text writes the texts that it is given, of any length;
    any other writes free lines. Without --model, a pretrained model is used. Straight
    lines join the sampled points.

    Unlike `sketch write`, it shows the model as it is: --bias 0, no --check, no paper.
    """
    file_format = output_format(ctx, output, file_format, FORMATS, "png")
    if text_file is not None:
        from sketch.page.typing import decode_text

        texts += (decode_text(text_file.read_bytes(), str(text_file)),)
    if texts:
        refuse_unused(ctx, ("steps",), "does not go with --text")
        check_writing(ctx)
        if writing["check"] is None:
            refuse_unused(ctx, ("max_error_rate",), "goes only with --check")
    else:
        refuse_unused(ctx, OF_TEXTS, "goes only with --text")
    if output == STDOUT:
        refuse_unused(ctx, ("figures",), "does not go with --output -")

    from sketch.api import load
    from sketch.experiment.places import is_pretrained

    named = _free_model(ctx) if model is None and not texts else model
    pen = load(named, experiments=experiments, backend=backend)
    if model is None:
        echo(f"the model is {pen.name}", err=True)
    if pen.alphabet and not texts:
        raise click.UsageError(f"{pen.name} writes texts: give it one by --text", ctx)
    if texts and not pen.alphabet:
        raise click.UsageError(f"{pen.name} writes no texts: leave out --text", ctx)
    rows = [row for text in texts for row in text.splitlines()] * (number or 1)
    lines = [row for row in rows if row.strip()]
    if output is None:
        name = _name(lines, number, steps, bias, seed, writing)
        path = pen.experiment.path
        is_own = not is_pretrained(path) and os.access(path, os.W_OK)
        folder = pen.experiment.samples_dir if is_own else Path()
        output = folder / f"{name}.{file_format}"
    stem = output.with_suffix("")

    from sketch.figures.model_figures import line_figure_paths
    from sketch.figures.pictures import draw_pen, draw_sketch

    def paths_of(num_lines: int) -> list[Path]:
        if not figures:
            return [output]
        stems = [f"{stem}-{number:02d}" for number in range(1, num_lines + 1)]
        of_lines = map(line_figure_paths, stems if texts else ())
        return [output, Path(f"{stem}-pen.png"), *itertools.chain(*of_lines)]

    require_writable(paths_of(len(lines)), force)
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
        echo(
            f"note: {longest} characters are one row here, however small; `sketch "
            "write` breaks a text into lines",
            err=True,
        )
    strokes = [line.strokes for line in ink.lines]
    with lend_output(output, file_format) as path:
        if file_format in PICTURES:
            draw_sketch(path, strokes, file_format=file_format)
        else:
            from sketch.ink.ink_files import write_json
            from sketch.ink.inkml import write_inkml
            from sketch.page.svg_writer import write_svg

            writers = {"json": write_json, "inkml": write_inkml, "svg": write_svg}
            writers[file_format](path, ink.lines)
    if output == STDOUT:
        return require_faultless(ink.faults, strict)
    paths = paths_of(len(ink.lines))  # fewer, if nothing of a line could be written
    if figures:
        draw_pen(paths[1], strokes)
    for path in paths:
        echo(path)
    require_faultless(ink.faults, strict)


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


def _name(
    lines: list[str],
    number: int | None,
    steps: int,
    bias: float,
    seed: int,
    writing: dict[str, Any],
) -> str:
    """A file name that is readable, and different for different texts or settings."""
    from sketch.settings.names import shortest_float

    settings = f"bias{shortest_float(bias)}-seed{seed}"
    if not lines:
        return f"sample-n{number or FREE_LINES}-steps{steps}-{settings}"
    digest = hashlib.sha256(repr((lines, sorted(writing.items()))).encode())
    words = re.sub(r"[^a-z0-9]+", "-", lines[0].lower()).strip("-")[:40].strip("-")
    return "-".join(filter(None, ("text", words, digest.hexdigest()[:6], settings)))

"""`sketch write`."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from sketch.cli.options import (
    backend_option,
    check_writing,
    debug_option,
    echo_writing,
    experiments_option,
    progress_option,
    refuse_existing,
    refuse_unused,
    shows_progress,
    writing_model_option,
    writing_options,
)
from sketch.cli.param_types import FiniteRange

# A word that ends so is a file's name, and no text.
FILE_SUFFIXES = (
    *(".txt", ".text", ".md", ".rst", ".tex"),
    *(".doc", ".docx", ".odt", ".rtf", ".pdf", ".html"),
)


@click.command()
@click.argument("text", metavar="LETTER.txt|TEXT|-")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to: .svg, .png, .pdf, .gif (the pen at work), .inkml or .json. More "
    "than one page makes numbered files, or a PDF of several pages.",
)
@writing_model_option("the hand that comes with sketch")
@click.option(
    "--paper",
    default="a4",
    show_default=True,
    metavar="a4|a5|letter|WxH",
    help="The sheet; W and H in mm.",
)
@click.option("--margin", type=float, default=22, show_default=True, help="White, mm.")
@click.option(
    "--size",
    type=float,
    default=2.5,
    show_default=True,
    help="Height of a small letter such as x, mm.",
)
@click.option(
    "--line-spacing",
    type=float,
    show_default="3.8 times --size",
    help="From line to line, mm.",
)
@click.option(
    "--align",
    type=click.Choice(("left", "right", "center", "justify")),
    default="left",
    show_default=True,
    help="Where the lines stand.",
)
@click.option(
    "--jitter",
    type=FiniteRange(0, 3),
    default=0.3,
    show_default=True,
    help="Unsteadiness of lines and gaps: 0 is as along a ruler, 1 a bumpy ride.",
)
@click.option(
    "--keep-lines",
    is_flag=True,
    help="Keep the line ends of the text (verses, addresses), not only its paragraphs.",
)
@click.option(
    "--ink",
    "colour",
    default="#1b2440",
    show_default=True,
    help="Colour: a name, or #rrggbb.",
)
@click.option(
    "--width",
    "pen_mm",
    type=FiniteRange(0, 100, min_open=True),
    show_default="suits --size",
    help="Width of the pen, mm.",
)
@click.option(
    "--smooth/--no-smooth",
    default=True,
    show_default=True,
    help="Curves through the points, or straight lines between them.",
)
@click.option("--animate", is_flag=True, help="An SVG that writes itself.")
@click.option(
    "--seconds",
    type=FiniteRange(0, 86_400, min_open=True),
    show_default="the hand's own time, 30 at the most",
    help="How long an SVG or GIF (up to 600) takes to write itself, a page.",
)
@writing_options(bias=1.0)
@click.option(
    "--no-check",
    is_flag=True,
    help="Read nothing back. By default the reader that comes with sketch does, if it "
    "has learned from the same corpus as the hand.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@progress_option
@backend_option
@experiments_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    text: str,
    output: Path,
    model: str | None,
    paper: str,
    margin: float,
    size: float,
    line_spacing: float | None,
    align: str,
    jitter: float,
    keep_lines: bool,
    colour: str,
    pen_mm: float | None,
    smooth: bool,
    animate: bool,
    seconds: float | None,
    check: str | None,
    no_check: bool,
    force: bool,
    progress: bool | None,
    backend: str | None,
    experiments: Path,
    **writing: Any,
) -> None:
    """Write a letter: whole pages, on paper of your size.

    The text comes from a UTF-8 file, from the command line, or with - from standard
    input. Blank lines part its paragraphs; lines are wrapped by the width of the ink.
    Without --prime all pages are in the hand of a few of its words, written first.
    """
    check_writing(ctx)
    if no_check:
        refuse_unused(ctx, ("check",), "does not go with --no-check")
    if output.suffix.lower() in (".inkml", ".json"):
        unused = ("colour", "pen_mm", "smooth")
        refuse_unused(ctx, unused, f"does not go with {output.suffix}: it holds points")
    if not animate and output.suffix.lower() != ".gif":
        refuse_unused(ctx, ("seconds",), "goes only with --animate or a .gif")
    from sketch.page.page_files import (
        check_format,
        find_numbered,
        ink_colour,
        page_paths,
    )
    from sketch.page.paper import Layout, parse_paper

    try:
        layout = Layout(
            paper=parse_paper(paper),
            margin=margin,
            size=size,
            line_spacing=line_spacing,
            align=align,
            jitter=jitter,
            seed=writing["seed"],
        )
        check_format(output, animate, seconds, layout.paper)
        colour = ink_colour(colour)
    except ValueError as error:
        raise click.UsageError(str(error), ctx) from error
    text = _read(text)
    refuse_existing([output, *find_numbered(output)], force)

    from sketch.api import load

    pen = load(model, experiments=experiments, backend=backend)
    if model is None:
        click.echo(f"the hand is {pen.name}, which comes with sketch", err=True)
    if check is None and not no_check:
        from sketch.writing.check import find_recogniser_of

        check = find_recogniser_of(pen.experiment)
    if check is None:
        refuse_unused(ctx, ("max_error_rate",), "goes only with --check")
    ink = pen.write_page(
        text,
        layout=layout,
        keep_lines=keep_lines,
        check=check,
        progress=shows_progress(progress),
        **writing,
    )
    refuse_existing(page_paths(output, len(ink.pages)), force)
    echo_writing(ink)
    paths = ink.save(
        output,
        colour=colour,
        pen_mm=pen_mm,
        animate=animate,
        seconds=seconds,
        smooth=smooth,
    )
    for path in paths:
        click.echo(path)
    if others := [path for path in find_numbered(output) if path not in paths]:
        named = ", ".join(map(str, others[:3])) + (" …" if len(others) > 3 else "")
        click.echo(f"note: left as they were, of another letter: {named}", err=True)


def _read(text: str) -> str:
    """The text of a file or of standard input, or the argument itself."""
    if text == "-":
        content, name = sys.stdin.buffer.read(), "standard input"
    elif os.path.isfile(text):  # Path.is_file raises for what is too long for a name
        content, name = Path(text).read_bytes(), text
    elif os.path.isdir(text):
        raise click.ClickException(f"{text} is a folder: name a file in it")
    elif text.lower().endswith(FILE_SUFFIXES) and not any(map(str.isspace, text)):
        raise click.ClickException(f"there is no file {text}")
    else:
        return text
    from sketch.page.typing import decode_text

    try:
        return decode_text(content, name)
    except ValueError as error:
        raise click.ClickException(str(error)) from error

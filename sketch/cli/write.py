"""`sketch write`."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sketch.cli.options import (
    STDOUT,
    GroupedCommand,
    check_writing,
    common_options,
    echo_writing,
    force_option,
    in_order,
    lend_output,
    model_option,
    output_format,
    output_option,
    refuse_unused,
    require_faultless,
    require_writable,
    shows_progress,
    writing_options,
)
from sketch.cli.param_types import FiniteRange, NamedPath
from sketch.system.messages import echo

if TYPE_CHECKING:
    from sketch.page.written import Ink

# A word with such an ending is a file's name, not a text.
FILE_SUFFIXES = (
    *(".txt", ".text", ".md", ".rst", ".tex"),
    *(".doc", ".docx", ".odt", ".rtf", ".pdf", ".html"),
)
PLACES = {
    "ruled": "Draw lines at this distance, in mm, and write on them.",
    "squared": "Draw squares of this size, in mm, and write on them.",
    "dotted": "Draw dots at this distance, in mm, and write on them.",
    "first_line": "Height of the first baseline below the paper's upper edge, in mm.",
    "left": "Where lines begin, in mm from the paper's left edge.",
}
OF_LAYOUT = ("paper", "margin", "size", "line_spacing", "align", "jitter", *PLACES)
OF_DRAWING = ("colour", "pen_mm", "nib", "smooth", "animate", "seconds", "background")
OF_TIDY = ("bias", "seed", "tries", "replace_unknown", "max_error_rate")
NOT_OF_TIDY = (
    *("fields", "paper", "line_spacing", "align", *PLACES, "background"),
    *("keep_lines", "markdown", "page_numbers", "prime", "prime_text", "data"),
)
FORMATS = ("svg", "png", "pdf", "gif", "inkml", "json")
GROUPS = {
    "Files": ("output", "file_format", "fields", "tidy", "force"),
    "Text": ("keep_lines", "markdown", "page_numbers", "replace_unknown"),
    "Writing": ("model", "bias", "seed", "prime", "prime_text", "data"),
    "Paper": (*OF_LAYOUT, "background"),
    "Pen": OF_DRAWING[:-1],
    "Check": ("tries", "check", "max_error_rate", "strict", "no_check"),
    "Run": (),
}
LONG_TEXT = 1000  # characters, about half a page


@click.command(cls=GroupedCommand, groups=GROUPS)
@click.argument("text", metavar="LETTER.txt|TEXT|-", required=False)
@output_option(
    "The file to write: .svg, .png, .pdf, .gif (the pen at work), .inkml or .json; - "
    "is standard output. Several pages make numbered files, or one PDF.",
    required=True,
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    show_default="svg",
    help="The format of standard output.",
)
@model_option("the pretrained model for texts")
@click.option(
    "--fields",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="TABLE.csv",
    help="Write the text once for each row of this CSV file, with the row's cells for "
    "{COLUMN} in the text and in --output. Each row has its own seed, from --seed up.",
)
@click.option(
    "--tidy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="NOTES",
    help="Write these notes (.inkml, .svg, .json, .xopp) again, in their own hand but "
    "neater. TEXT says what they say, a line for each of theirs; or the file, or the "
    ".txt file beside it does; or else the recogniser reads them.",
)
@click.option(
    "--paper",
    default="a4",
    metavar="a4|a5|letter|WxH",
    help="The sheet; W and H in mm.",
)
@click.option(
    "--margin",
    type=float,
    default=22,
    help="Margin on all sides, in mm.",
)
@click.option(
    "--size",
    type=float,
    show_default="2.5, or less on narrow rules",
    help="Height of a small letter such as x, in mm.",
)
@click.option(
    "--line-spacing",
    type=float,
    show_default="3.8 times --size, or whole rules",
    help="Distance between lines, in mm.",
)
@in_order(
    click.option(f"--{name.replace('_', '-')}", type=float, help=text)
    for name, text in PLACES.items()
)
@click.option(
    "--background",
    type=NamedPath(dir_okay=False, path_type=Path),
    help="A PNG or JPEG to show below the ink, such as a scanned form; in .png, .pdf.",
)
@click.option(
    "--align",
    type=click.Choice(("left", "right", "center")),
    default="left",
    help="Alignment of the lines.",
)
@click.option(
    "--jitter",
    type=FiniteRange(0, 3),
    default=0.3,
    help="Unsteadiness of lines and gaps: 0 is ruler-straight, 1 very uneven.",
)
@click.option(
    "--keep-lines",
    is_flag=True,
    help="Keep the line breaks of the text, as in verses and addresses.",
)
@click.option(
    "--markdown",
    is_flag=True,
    help="Read headings, lists, ~~struck~~ and __underlined__ words, and -> lines at "
    "the right.",
)
@click.option("--page-numbers", is_flag=True, help="Write a number below each page.")
@click.option(
    "--ink",
    "colour",
    default="#1b2440",
    help="Colour: a name, or #rrggbb.",
)
@click.option(
    "--width",
    "pen_mm",
    type=FiniteRange(0, 100, min_open=True),
    show_default="suits --size",
    help="Width of the pen, in mm.",
)
@click.option(
    "--nib",
    is_flag=True,
    help="A pen that is wider than --width where it is slow, thinner where it is fast, "
    "as a fountain pen; in .png, .pdf and .gif.",
)
@click.option(
    "--smooth/--no-smooth",
    default=True,
    help="Draw curves through the points, or straight lines.",
)
@click.option("--animate", is_flag=True, help="Make an SVG that writes itself.")
@click.option(
    "--seconds",
    type=FiniteRange(0, 86_400, min_open=True),
    show_default="the pen's own time, at most 30",
    help="Time that a page of an animated SVG or a GIF takes; in a GIF at most 600.",
)
@writing_options(bias=1.0)
@click.option(
    "--no-check",
    is_flag=True,
    help="Do not read the ink back. By default the pretrained recogniser does, if it "
    "was trained on the same corpus as the model.",
)
@force_option
@common_options(backend=True, progress=True)
@click.pass_context
def command(
    ctx: click.Context,
    text: str | None,
    output: Path,
    file_format: str | None,
    model: str | None,
    fields: Path | None,
    tidy: Path | None,
    check: str | None,
    no_check: bool,
    strict: bool,
    force: bool,
    progress: bool | None,
    backend: str | None,
    experiments: Path,
    **options: Any,
) -> None:
    """Write a letter: whole pages, on paper of your size.

    The text comes from a UTF-8 file, from the command line, or with - from standard
    input. Blank lines separate paragraphs; other line breaks become blanks unless
    --keep-lines is given. Without --prime, a few words written first set the style.

    Unlike `sketch sample`, it writes tidily (--bias 1) and reads the ink back
    (--check).
    """
    if tidy is not None:
        refuse_unused(ctx, NOT_OF_TIDY, "does not go with --tidy")
    elif text is None:
        raise click.MissingParameter(None, ctx, ctx.command.params[0])
    check_writing(ctx)
    if no_check:
        refuse_unused(ctx, ("check",), "does not go with --no-check")
    if output != STDOUT:
        refuse_unused(ctx, ("file_format",), "goes only with --output -")
    else:
        refuse_unused(ctx, ("fields",), "does not go with --output -")
    file_format = output_format(ctx, output, file_format, FORMATS, "svg")
    suffix = f".{file_format}"
    drawing = {name: options.pop(name) for name in OF_DRAWING}
    if file_format in ("inkml", "json"):
        unused = ("colour", "pen_mm", "smooth")
        refuse_unused(ctx, unused, f"does not go with {suffix}: it holds points")
    if not drawing["animate"] and file_format != "gif":
        refuse_unused(ctx, ("seconds",), "goes only with --animate or a .gif")

    from sketch.page import page_files
    from sketch.page.fields import FilledIn, fill_in
    from sketch.page.paper import Layout

    try:
        layout = {name: options.pop(name) for name in OF_LAYOUT}
        layout = Layout(**layout, seed=options["seed"])
        moving = drawing["animate"], drawing["seconds"]
        background = drawing["background"]
        named = f"{output.stem}{suffix}"
        page_files.check_format(
            named, *moving, layout.paper, drawing["nib"], background
        )
        drawing["colour"] = page_files.ink_colour(drawing["colour"])
    except ValueError as error:
        raise click.UsageError(str(error), ctx) from error
    if background is not None:
        page_files.read_background(background, *layout.paper)
    text = text and _read(text, options["markdown"])
    letters = [FilledIn("", text or "", output)]
    if fields is not None:
        letters = fill_in(text, output, fields)
    for letter in letters:
        numbered = page_files.find_numbered(letter.output)
        require_writable([letter.output, *numbered], force)

    from sketch.api import load

    pen = load(model, experiments=experiments, backend=backend)
    if model is None:
        echo(f"the model is {pen.name}", err=True)
    if check is None and not no_check:
        from sketch.writing.check import find_recogniser_of

        check = find_recogniser_of(pen.experiment)
    if check is None:
        refuse_unused(ctx, ("max_error_rate",), "goes only with --check")
    progress = shows_progress(progress)
    if tidy is not None:
        options = {name: options[name] for name in OF_TIDY}
        how = {"layout": layout, "check": check, "progress": progress}
        ink = pen.tidy(tidy, text, **how, **options)
        _save(ink, output, file_format, force, drawing)
        return require_faultless(ink.faults, strict)
    if sum(len(letter.text) for letter in letters) > LONG_TEXT and not progress:
        echo("a long text takes minutes; --progress shows how far it is", err=True)
    fitting = ("keep_lines", "replace_unknown", "markdown")
    told: set[str] = set()
    for letter in letters:
        try:
            notes = pen.fit(letter.text, *(options[name] for name in fitting))[1]
        except ValueError as error:
            raise click.ClickException(f"{letter.where}{error}") from error
        for note in sorted({*notes} - told):
            echo(f"note: {note}", err=True)
        told.update(notes)
    if fields is not None and options["prime"] is None:
        echo("note: each row has a hand of its own; --prime keeps one", err=True)
    seed = options.pop("seed")
    faults: list[str] = []
    for number, letter in enumerate(letters):
        options["seed"] = (seed + number) % 2**31
        ink = pen.write_page(
            letter.text,
            layout=replace(layout, seed=options["seed"]),
            check=check,
            progress=progress,
            **options,
        )
        ink.notes = [note for note in ink.notes if note not in told]
        ink.faults = [f"{letter.where}{fault}" for fault in ink.faults]
        told.update(ink.notes)
        _save(ink, letter.output, file_format, force, drawing)
        faults += ink.faults
    require_faultless(faults, strict)


def _save(
    ink: "Ink", output: Path, file_format: str, force: bool, drawing: dict[str, Any]
) -> None:
    """Writes the pages of a letter, and tells what there is to tell of them."""
    from sketch.page.page_files import find_numbered, page_paths

    if output != STDOUT:
        require_writable(page_paths(output, len(ink.pages)), force)
    echo_writing(ink)
    with lend_output(output, file_format) as path:
        paths = ink.save(path, **drawing)
    if output == STDOUT:
        return
    for path in paths:
        echo(path)
    if others := [path for path in find_numbered(output) if path not in paths]:
        named = ", ".join(map(str, others[:3])) + (" …" if len(others) > 3 else "")
        echo(f"note: left as they were, of another letter: {named}", err=True)


def _read(text: str, markdown: bool) -> str:
    """The text of a file or of standard input, or the argument itself."""
    if text == "-":
        content, name = sys.stdin.buffer.read(), "standard input"
    elif os.path.isfile(text):  # Path.is_file raises if the text is too long for a name
        content, name = Path(text).read_bytes(), text
        echo(f"the text is that of the file {text}", err=True)
        if text.lower().endswith(".md") and not markdown:
            echo("note: --markdown reads headings, lists and so on", err=True)
    elif os.path.isdir(text):
        raise click.ClickException(f"{text} is a folder: name a file in it")
    elif text.lower().endswith(FILE_SUFFIXES) and not any(map(str.isspace, text)):
        raise click.ClickException(f"there is no file {text}")
    else:
        return text
    from sketch.page.typing import decode_text

    return decode_text(content, name)

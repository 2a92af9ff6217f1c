"""`sketch convert`, and the script `handwriting_to_hdf5.py`."""

import shlex
import sys
from pathlib import Path

import click

from sketch.cli.options import debug_option, typed
from sketch.corpus import SPLITS

FORMATS = ("iam",)


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    default="data/handwriting.hdf5",
    show_default=True,
    help="The file to write. One that comes from the same sources is replaced.",
)
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    show_default="iam if the lists are there, else form",
    help="iam: the task IAM-OnDB-t1. graves: testset_v against all the rest. "
    "form: 90/5/5 % of the forms. random: 90/10 % of the lines.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="Of the splits form and random.",
)
@click.option(
    "--max-jump",
    type=click.FloatRange(0, min_open=True),
    show_default="keep all",
    help="Take out steps longer than this many tablet units: recording errors.",
)
@click.option(
    "--strict", is_flag=True, help="Fail if any ink or text has to be left out."
)
@click.option("--force", is_flag=True, help="Replace any file at --output.")
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    expose_value=False,
    help="What the sources are.",
)
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[Path, ...],
    output: Path,
    split: str | None,
    seed: int,
    max_jump: float | None,
    strict: bool,
    force: bool,
) -> None:
    """Convert pen files (IAM-OnDB) to the file that trains.

    SOURCES are folders or archives (.tar, .tar.gz, .tar.bz2, .tar.xz), read without
    unpacking: lineStrokes/, ascii/ and the split lists (trainset.txt, testset_v.txt,
    testset_t.txt, testset_f.txt) are found at any depth, in one source or several.
    Prints what it read, what it left out and why.
    """
    from sketch.corpus.convert import convert

    report = convert(
        sources,
        output,
        split=split,
        seed=seed,
        max_jump=max_jump,
        strict=strict,
        force=force,
        command=_command_line(ctx),
        show_progress=sys.stderr.isatty(),
    )
    click.echo(report)


def _command_line(ctx: click.Context) -> str:
    """The command, without the options that say nothing about what is in the file."""
    words = ["sketch", "convert", *map(str, ctx.params["sources"])]
    for name, value in typed(ctx, ctx.params).items():
        if name not in ("sources", "output", "force"):
            words.append("--" + name.replace("_", "-"))
            words += [] if value is True else [str(value)]
    return shlex.join(words)

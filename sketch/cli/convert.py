"""`sketch convert`, and the script `handwriting_to_hdf5.py`."""

import sys
from pathlib import Path

import click

from sketch.cli.options import common_options, output_option, refuse_unused, typed
from sketch.cli.param_types import ExperimentName, FiniteRange, NamedPath
from sketch.convert import FORMATS, LIMITED, SPLITS
from sketch.system.messages import command_line, echo

NOT_CONTENT = {"sources", "output", "force", "experiments"}


@click.command()
@click.argument("sources", nargs=-1, required=True, type=NamedPath(path_type=Path))
@output_option("The file to write.", default="data/handwriting.hdf5")
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    show_default="iam if its lists are there; else form, or random for few files",
    help="iam: the task IAM-OnDB-t1. graves: hold out testset_v, train on all other "
    "lines. form: 90/5/5 % of the forms, that is pages, files or drawings. random: "
    "90/10 % of the lines.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    show_default="0",
    help="Seed of the splits form and random.",
)
@click.option(
    "--max-jump",
    type=FiniteRange(0, min_open=True),
    show_default="keep all",
    help="Take out steps longer than this, in the ink's units: recording errors.",
)
@click.option(
    "--like",
    type=ExperimentName(),
    help="Resample the ink to this experiment's points per character if they differ by "
    "more than 1.5 times. Use it before fine-tuning that experiment.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000_000),
    show_default="all",
    help="Take only the first N drawings of each file of Quick, Draw! or sketch-rnn.",
)
@click.option(
    "--join/--no-join",
    default=True,
    help="Join a piece of a drawing to the one before if it begins exactly where that "
    "ended: drawing programs cut pen strokes.",
)
@click.option(
    "--strict", is_flag=True, help="Fail if any ink or text has to be left out."
)
@click.option("--force", is_flag=True, help="Replace what --output holds.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    show_default="by the files in the sources",
    help="Format of the sources.",
)
@common_options()
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[Path, ...],
    output: Path,
    split: str | None,
    seed: int | None,
    max_jump: float | None,
    like: str | None,
    limit: int | None,
    join: bool,
    strict: bool,
    force: bool,
    file_format: str | None,
    experiments: Path,
) -> None:
    """Convert pen files to a corpus file for training.

    SOURCES are files, folders or archives (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz).
    Archives need not be unpacked, and files are found at any depth. It prints what it
    read and what it left out, and why.

    IAM-OnDB: name lineStrokes/, ascii/ and the split lists (trainset.txt,
    testset_v.txt, testset_t.txt, testset_f.txt). Your own ink: .inkml, .svg, .json and
    .xopp files, with their texts in them or in a .txt file of the same name, one line
    of text for each line of ink. Drawings: .ndjson files of Quick, Draw! and .npz files
    of sketch-rnn.
    """
    points_per_character = None
    if like is not None:
        from sketch.experiment.experiment import Experiment

        points_per_character = Experiment.load(like, experiments).points_per_character
        if not points_per_character:
            raise click.ClickException(f"--like: {like} was trained without texts")

    from sketch.convert.conversion import convert
    from sketch.convert.formats import detect_format

    file_format = file_format or detect_format(sources)
    if file_format not in LIMITED:
        refuse_unused(ctx, ["limit"], "goes only with files of many drawings")
    if split not in (None, "form", "random"):
        refuse_unused(ctx, ["seed"], "goes only with --split form and random")
    report = convert(
        sources,
        output,
        file_format=file_format,
        split=split,
        seed=seed,
        max_jump=max_jump,
        points_per_character=points_per_character,
        limit=limit,
        join=join,
        strict=strict,
        force=force,
        command=_command_line(ctx),
        show_progress=sys.stderr.isatty(),
    )
    for row in str(report).splitlines():
        echo(row)


def _command_line(ctx: click.Context) -> str:
    """The command, without the options that change nothing in the file."""
    words = ["sketch", "convert", *ctx.params["sources"]]
    for name, value in typed(ctx, ctx.params).items():
        if name not in NOT_CONTENT:
            flag = "format" if name == "file_format" else name.replace("_", "-")
            words.append(f"--no-{flag}" if value is False else f"--{flag}")
            words += [] if isinstance(value, bool) else [value]
    return command_line(words)

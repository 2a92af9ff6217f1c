"""`sketch publish`."""

from pathlib import Path

import click

from sketch.cli.options import (
    data_option,
    debug_option,
    experiments_option,
    model_option,
)


@click.command()
@model_option
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    show_default="in a checkout of sketch, sketch/hands: it then comes with it",
    help="Folder for the published directory.",
)
@click.option(
    "--condition",
    show_default="what the corpus says",
    help="Under which condition what it learned from may be used, a sentence.",
)
@data_option("that it learned from, which the card names")
@click.option(
    "--evaluation",
    "evaluations",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A report of `sketch evaluate --json` for the card; may be repeated.",
)
@click.option(
    "--default",
    "is_default",
    is_flag=True,
    help="Make it the hand that writes where none is named; the first one is anyway.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Replace what is published by this name, and nothing else.",
)
@experiments_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    output: Path | None,
    condition: str | None,
    data: tuple[Path, ...],
    evaluations: tuple[Path, ...],
    is_default: bool,
    force: bool,
    experiments: Path,
) -> None:
    """Make an experiment or a reader fit to be given away.

    Settings, history, pictures, the best weights in half precision without the
    optimizer's state, and a card that says what it is, at most 8 MB in all. It writes
    and is scored like any experiment; training derives others from it.
    """
    from sketch.experiment.directory import Experiment
    from sketch.experiment.hands import hands_dir, is_checkout
    from sketch.experiment.publishing import publish
    from sketch.experiment.reader import Reader, is_reader

    if output is None and not is_checkout():
        raise click.UsageError("Missing option '--output': the folder to write to", ctx)
    kind = Reader if is_reader(model, experiments) else Experiment
    source = kind.load(model, experiments)
    folder = output or hands_dir()
    click.echo(publish(source, folder, condition, data, evaluations, is_default, force))

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
    required=True,
    help="The published directory; its last part is the name that others will type.",
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
    "--force",
    is_flag=True,
    help="Replace what is published by this name, and nothing else.",
)
@experiments_option
@debug_option
def command(
    model: str,
    output: Path,
    condition: str | None,
    data: tuple[Path, ...],
    evaluations: tuple[Path, ...],
    force: bool,
    experiments: Path,
) -> None:
    """Make an experiment fit to be given away.

    Settings, history, pictures, the best weights in half precision without the
    optimizer's state, and a card that says what it is, at most 8 MB in all. It writes
    and is scored like any experiment; training derives others from it.
    """
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.places import is_recogniser
    from sketch.experiment.publishing import publish
    from sketch.experiment.recogniser_directory import RecogniserDirectory

    kind = RecogniserDirectory if is_recogniser(model, experiments) else Experiment
    source = kind.load(model, experiments)
    click.echo(publish(source, output, condition, data, evaluations, force))

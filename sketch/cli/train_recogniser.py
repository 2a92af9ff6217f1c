"""`sketch train-recogniser`."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from sketch.cli.options import (
    common_options,
    settings_options,
    shows_progress,
    typed,
)
from sketch.settings.recogniser_settings import RecogniserOptions, RecogniserSettings


@click.command()
@click.option(
    "--recogniser",
    metavar="READER",
    help="Go on with this reader: its name, or the path of its directory.",
)
@settings_options(RecogniserSettings, RecogniserOptions)
@common_options(progress=True)
@click.pass_context
def command(
    ctx: click.Context,
    recogniser: str | None,
    experiments: Path,
    progress: bool | None,
    **values: Any,
) -> None:
    """Train a reader: it tells whether ink is legible.

    It learns to read the lines of the corpus, and tells after each epoch how many of
    100 characters it gets wrong on the validation lines. `sketch evaluate
    --legibility` has it read what a model writes, and `--check` of `sketch sample`
    and `sketch write` what they are about to hand out.
    """
    given = typed(
        ctx,
        {field.name: values.pop(field.name) for field in fields(RecogniserSettings)},
    )
    try:
        options = RecogniserOptions(**values)
        RecogniserSettings(**given)
    except ValueError as error:
        raise click.UsageError(str(error), ctx) from error

    from sketch.backend import devices
    from sketch.training.plan_data import plan_recogniser_with_data

    settings, opened, options, notice = plan_recogniser_with_data(
        given, recogniser, options, experiments
    )
    if notice:
        click.echo(notice, err=True)

    devices.set_up(options.backend, options.precision, trains=True)

    from sketch.training.recogniser_run import train_recogniser

    progress = shows_progress(progress)
    done = train_recogniser(settings, opened, options, experiments, progress)
    click.echo(done.path)

"""`sketch train-recogniser`."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from sketch.cli.options import (
    GroupedCommand,
    common_options,
    settings_options,
    shows_progress,
    typed,
)
from sketch.cli.train import exit_after
from sketch.settings.recogniser_settings import RecogniserOptions, RecogniserSettings
from sketch.system.messages import echo


@click.command(cls=GroupedCommand)
@click.option(
    "--recogniser",
    metavar="RECOGNISER",
    help="Resume this recogniser, by its name or directory; with another --lr and so "
    "on, start a new one from its best weights.",
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
    """Train a recogniser, which measures legibility.

    It learns to read the lines of the corpus. After each epoch it prints the share of
    the validation lines' characters that it misreads. `sketch evaluate --legibility`
    uses it to read what a model writes. With `--check`, `sketch sample` and `sketch
    write` use it to read each piece before they return it.
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

    settings, directory, options, notice = plan_recogniser_with_data(
        given, recogniser, options, experiments
    )
    if notice:
        echo(notice, err=True)

    devices.set_up(options.backend, options.precision, trains=True)

    from sketch.training.recogniser_run import train_recogniser

    progress = shows_progress(progress)
    end = train_recogniser(settings, directory, options, experiments, progress)
    exit_after(ctx, end, options.data)
    echo(end.directory.path)

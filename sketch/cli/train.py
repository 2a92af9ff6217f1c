"""`sketch train`."""

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
from sketch.cli.param_types import ExperimentName
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.run_options import RunOptions


@click.command()
@click.option(
    "--model",
    type=ExperimentName(),
    help="Go on with this experiment; with another --lr, --bs and so on, begin a new "
    "one with its best weights. `continue` means the one that the other options name.",
)
@settings_options(Hyperparameters, RunOptions)
@common_options(progress=True)
@click.pass_context
def command(
    ctx: click.Context,
    model: str | None,
    experiments: Path,
    progress: bool | None,
    **values: Any,
) -> None:
    """Train an experiment, go on with one, or derive one.

    The options make the name of the experiment, and --experiments holds a folder of
    that name with everything that comes of it. Ctrl-C saves and stops; --model goes on
    as if nothing had been.
    """
    settings = [field.name for field in fields(Hyperparameters)]
    given = typed(ctx, {name: values.pop(name) for name in settings})
    try:
        options = RunOptions(**values)
        if model is None or model == "continue":
            Hyperparameters(**given)
    except ValueError as error:
        raise click.UsageError(str(error), ctx) from error

    from sketch.backend import join
    from sketch.training.plan_data import plan_with_data

    with join.join(options) as group:
        plan, options, notice = plan_with_data(
            given, model, options, experiments, group
        )
        if notice:
            click.echo(notice, err=True)

        from sketch.backend import devices

        devices.set_up(options.backend, options.precision, trains=True)

        from sketch.training.network_run import train

        progress = shows_progress(progress) and group.is_first
        experiment = train(plan, options, experiments, progress, group)
        if group.is_first:
            click.echo(experiment.sketch_path)

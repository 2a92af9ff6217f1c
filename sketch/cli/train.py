"""`sketch train`."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sketch.cli.options import (
    GroupedCommand,
    common_options,
    settings_options,
    shows_progress,
    typed,
)
from sketch.cli.param_types import ExperimentName
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.run_options import RunOptions
from sketch.system.messages import echo

if TYPE_CHECKING:
    from sketch.backend.processes import Processes
    from sketch.training.loop import RunEnd


@click.command(cls=GroupedCommand)
@click.option(
    "--model",
    type=ExperimentName(),
    help="Resume this experiment; with another --lr, --bs and so on, start a new one "
    "from its best weights. `continue` is the experiment that the other options name.",
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
    """Start, resume or fine-tune a training run.

    The options make the name of the experiment: a folder in --experiments that holds
    all files of the run. Ctrl-C saves and stops; --model resumes exactly where it
    stopped. If no corpus is found, the run is on the built-in one.
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
            echo(notice, err=True)

        from sketch.backend import devices

        devices.set_up(options.backend, options.precision, trains=True)

        from sketch.training.network_run import train

        progress = shows_progress(progress) and group.is_first
        end = train(plan, options, experiments, progress, group)
        exit_after(ctx, end, options.data, group)
        if group.is_first:
            echo(end.directory.path / "sketch.png")


def exit_after(
    ctx: click.Context,
    end: "RunEnd",
    data: Sequence[str],
    processes: "Processes | None" = None,
) -> None:
    """If a signal stopped a run: says how to go on, exits with the signal's code.

    Args:
        ctx: of the command.
        end: of the run.
        data: the files of its corpus.
        processes: those of the run; None: there is one.
    """
    if not end.signal_number:
        return
    from sketch.experiment.corpora import resume_command
    from sketch.training.stop import output_may_be_lost

    if processes is None or processes.is_first:
        how = "the same command"
        if processes is None or processes.count == 1:
            how = resume_command(end.directory, data)
        with output_may_be_lost():
            echo(f"stopped at step {end.step}, all saved; to go on: {how}")
    ctx.exit(128 + end.signal_number)

"""`sketch plot`."""

from pathlib import Path

import click

from sketch.cli.options import debug_option, experiments_option, refuse_existing
from sketch.cli.param_types import ExperimentName
from sketch.system.messages import echo

PICTURES = (".png", ".svg", ".pdf")


@click.command()
@click.argument("names", metavar="[EXPERIMENT]...", nargs=-1, type=ExperimentName())
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="history.png",
    show_default=True,
    help="The picture: .png, .svg or .pdf.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@experiments_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    output: Path,
    force: bool,
    experiments: Path,
) -> None:
    """Draw the histories of experiments in one figure.

    EXPERIMENT is a name, or the path of a directory; without one, all experiments are
    drawn that have finished an epoch.
    """
    if output.suffix.lower() not in PICTURES:
        raise click.UsageError(
            f"--output must end with {', '.join(PICTURES)}; received {output}", ctx
        )
    refuse_existing([output], force)

    from sketch.cli.main import describe
    from sketch.experiment.experiment import Experiment, find_experiments

    histories = {}
    for name in names or find_experiments(experiments):
        try:
            experiment = Experiment.load(name, experiments)
            rows = experiment.history()
        except (ValueError, OSError) as error:
            if names:
                raise
            echo(f"damaged: {describe(error)}", err=True)
            continue
        if rows:
            histories[experiment.path] = rows
        elif names:
            raise click.ClickException(f"{experiment.name} has finished no epoch yet")
    if not histories:
        raise click.ClickException(
            f"no experiment in {experiments} has finished an epoch yet"
        )

    from sketch.figures.pictures import draw_history

    if len(histories) == 1:
        draw_history(output, *histories.values())
    else:
        draw_history(output, _by_name(histories))
    click.echo(output)


def _by_name(histories: dict[Path, list]) -> dict[str, list]:
    """Histories by the experiments' names; by their paths where names are the same."""
    names = [path.name for path in histories]
    return {
        str(path) if names.count(path.name) > 1 else path.name: rows
        for path, rows in histories.items()
    }

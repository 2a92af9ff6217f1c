"""`sketch plot`."""

from pathlib import Path

import click

from sketch.cli.options import (
    common_options,
    force_option,
    output_option,
    require_writable,
)
from sketch.cli.param_types import ExperimentName
from sketch.system.messages import echo

PICTURES = (".png", ".svg", ".pdf")


@click.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1, type=ExperimentName())
@click.option(
    "--model",
    "named",
    multiple=True,
    type=ExperimentName(),
    help="Same as the argument MODEL; may be repeated.",
)
@output_option("The picture: .png, .svg or .pdf.", default="history.png")
@force_option
@common_options()
@click.pass_context
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    named: tuple[str, ...],
    output: Path,
    force: bool,
    experiments: Path,
) -> None:
    """Draw the histories of experiments in one figure.

    MODEL is the name of an experiment, the beginning of its name, or its directory.
    Without one, all experiments that have finished an epoch are drawn.
    """
    names += named
    if output.suffix.lower() not in PICTURES:
        raise click.UsageError(
            f"--output must end with {', '.join(PICTURES)}; received {output}", ctx
        )
    require_writable([output], force)

    from sketch.cli.main import describe
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.places import find_own

    histories = {}
    for name in names or find_own(experiments):
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
    echo(output)


def _by_name(histories: dict[Path, list]) -> dict[str, list]:
    """Histories by the experiments' names, or by their paths if names are equal."""
    names = [path.name for path in histories]
    return {
        str(path) if names.count(path.name) > 1 else path.name: rows
        for path, rows in histories.items()
    }

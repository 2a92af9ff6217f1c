"""`sketch publish`."""

from pathlib import Path

import click

from sketch.cli.options import common_options, data_option, model_argument
from sketch.experiment.places import RECOGNISER_NAME, SETTINGS_NAME, is_recogniser
from sketch.system.messages import echo


@click.command()
@model_argument(SETTINGS_NAME, RECOGNISER_NAME)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The published directory; its last part is the name that others will type.",
)
@click.option(
    "--condition",
    show_default="that of the corpus",
    help="A sentence that says under which condition the training data, and so the "
    "weights, may be used.",
)
@data_option("that it was trained on, which the card names")
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
    help="Replace a published directory at --output; nothing else is replaced.",
)
@common_options()
def command(
    model: str,
    output: Path,
    condition: str | None,
    data: tuple[Path, ...],
    evaluations: tuple[Path, ...],
    force: bool,
    experiments: Path,
) -> None:
    """Make a copy of an experiment to give away.

    The copy holds settings, history, pictures, the best weights in half precision
    without the optimizer's state, and a card that describes the model. It writes and is
    scored like any experiment, and other experiments can start from its weights.

    MODEL is an experiment or a recogniser: its name, the beginning of its name, or its
    directory.
    """
    from sketch.experiment.experiment import Experiment
    from sketch.experiment.publishing import publish
    from sketch.experiment.recogniser_directory import RecogniserDirectory

    kind = RecogniserDirectory if is_recogniser(model, experiments) else Experiment
    source = kind.load(model, experiments)
    echo(publish(source, output, condition, data, evaluations, force))

"""`sketch evaluate`."""

import json
import sys
from pathlib import Path

import click

from sketch.cli.options import (
    backend_option,
    debug_option,
    experiments_option,
    model_option,
)
from sketch.evaluation import BATCH_SIZE, PROTOCOL_NAMES


@click.command()
@model_option
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOL_NAMES),
    default=PROTOCOL_NAMES[0],
    show_default=True,
    help="Whose conventions: which lines are scored, in which units.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    show_default="as of `sketch train`",
    help="The corpus: handwriting.hdf5, or a folder that holds it.",
)
@click.option(
    "--checkpoint",
    type=click.Choice(("best", "latest")),
    default="best",
    show_default=True,
    help="Which weights.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 4096),
    default=BATCH_SIZE,
    show_default=True,
    help="Lines at a time; changes speed and memory alone.",
)
@click.option("--json", "as_json", is_flag=True, help="Everything, for machines.")
@click.option(
    "--progress/--no-progress",
    default=None,
    help="Show a progress bar.  [default: on a terminal]",
)
@backend_option
@experiments_option
@debug_option
def command(
    model: str,
    protocol: str,
    data: Path | None,
    checkpoint: str,
    batch_size: int,
    as_json: bool,
    progress: bool | None,
    backend: str | None,
    experiments: Path,
) -> None:
    """Score an experiment on lines that it has not learned.

    Log-likelihood in nats, ink and pen apart, with 95 % intervals; and dequantised,
    which no density that sits on the grid of the tablet can buy. The protocols are
    those of published figures: Graves 2013 (graves), HyperNetworks (graves300), Chung
    et al. 2015 (vrnn), udibr/sketch (udibr); writer scores the test set of a corpus
    converted with --split iam.
    """
    from sketch.experiment.directory import Experiment

    experiment = Experiment.load(model, experiments)

    from sketch.experiment import devices

    devices.set_up(backend, "float32")

    from sketch.experiment.scoring import evaluate_experiment

    if progress is None:
        progress = sys.stderr.isatty()
    report = evaluate_experiment(
        experiment, experiments, protocol, data, checkpoint, batch_size, progress
    )
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2, allow_nan=False))
    else:
        click.echo(report)

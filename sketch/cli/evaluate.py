"""`sketch evaluate`."""

from pathlib import Path

import click

from sketch.cli.options import (
    common_options,
    data_option,
    echo_json,
    model_argument,
    refuse_unused,
    seed_option,
    shows_progress,
    tries_option,
)
from sketch.cli.param_types import ExperimentName, FiniteRange
from sketch.evaluation import BATCH_SIZE, PROTOCOL_NAMES
from sketch.experiment.places import RECOGNISER_NAME
from sketch.system.messages import echo

OF_READING = ("recogniser", "biases", "num_lines", "tries", "seed")
NOT_OF_READING = ("protocol", "batch_size")


@click.command()
@model_argument()
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOL_NAMES),
    default=PROTOCOL_NAMES[0],
    show_default=True,
    help="Whose conventions: which lines are scored, in which units.",
)
@data_option("whose lines are scored")
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
@click.option(
    "--legibility",
    is_flag=True,
    help="Measure legibility instead: the model writes texts and a recogniser reads "
    "them back.",
)
@click.option(
    "--recogniser",
    type=ExperimentName(RECOGNISER_NAME),
    show_default="<--name of the experiment>-recogniser",
    help="A recogniser, made by `sketch train-recogniser`.",
)
@click.option(
    "--bias",
    "biases",
    type=FiniteRange(0, 100),
    multiple=True,
    default=(0.0, 0.5, 1.0),
    show_default=True,
    help="Tidiness of what is written to be read; several times for several.",
)
@click.option(
    "-n",
    "--number",
    "num_lines",
    type=click.IntRange(1),
    default=192,
    show_default=True,
    help="Validation texts to write and lines to read, spread over all of them.",
)
@tries_option(default=1)
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Everything, for machines.")
@common_options(backend=True, progress=True)
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    protocol: str,
    data: tuple[Path, ...],
    checkpoint: str,
    batch_size: int,
    legibility: bool,
    recogniser: str | None,
    biases: tuple[float, ...],
    num_lines: int,
    tries: int,
    seed: int,
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

    With --legibility it writes validation texts and sentences that no corpus holds, and
    a reader reads them, and real lines beside them; --recogniser, --bias, --number,
    --tries and --seed say how.
    """
    if legibility:
        refuse_unused(ctx, NOT_OF_READING, "does not go with --legibility")
    else:
        refuse_unused(ctx, OF_READING, "goes only with --legibility")

    from sketch.experiment.experiment import Experiment

    experiment = Experiment.load(model, experiments)

    if legibility:
        from sketch.experiment.recogniser_directory import RecogniserDirectory

        experiment.require_text()
        if recogniser is None:
            recogniser = f"{experiment.hyperparameters.name}-recogniser"
        eyes = RecogniserDirectory.load(recogniser, experiments)

    from sketch.backend import devices

    devices.set_up(backend, "float32")
    progress = shows_progress(progress)
    if legibility:
        from sketch.evaluation.read_back import evaluate_legibility

        report = evaluate_legibility(
            experiment,
            experiments,
            eyes,
            data,
            checkpoint,
            biases,
            num_lines,
            tries,
            seed,
            progress,
        )
    else:
        from sketch.evaluation.score import evaluate_experiment

        report = evaluate_experiment(
            experiment, experiments, protocol, data, checkpoint, batch_size, progress
        )
    if as_json:
        echo_json(report.to_json())
    else:
        for row in str(report).splitlines():
            echo(row)

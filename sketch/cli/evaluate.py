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

OF_SCORES = ("protocol", "batch_size", "compare")
OF_WRITING = ("biases", "number", "tries", "seed")


@click.command()
@model_argument()
@click.option(
    "--protocol",
    type=click.Choice(PROTOCOL_NAMES),
    default=PROTOCOL_NAMES[0],
    help="Published conventions to follow: which lines are scored, in which units.",
)
@data_option("whose lines are scored")
@click.option(
    "--checkpoint",
    type=click.Choice(("best", "latest")),
    default="best",
    help="The weights to score.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 4096),
    default=BATCH_SIZE,
    help="Lines at a time; changes only speed and memory.",
)
@click.option(
    "--compare",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A --json report of another model: print the paired difference, too.",
)
@click.option(
    "--legibility",
    is_flag=True,
    help="Measure legibility instead: the model writes texts and a recogniser reads "
    "them back.",
)
@click.option(
    "--style",
    is_flag=True,
    help="Measure instead how well the model keeps the style of a prime.",
)
@click.option(
    "--recogniser",
    type=ExperimentName(RECOGNISER_NAME),
    show_default="<--name of the experiment>-recogniser",
    help="A recogniser, made by `sketch train-recogniser`, for --legibility.",
)
@click.option(
    "--check",
    type=ExperimentName(RECOGNISER_NAME),
    help="With --legibility: choose among --tries with this recogniser, which must not "
    "be the one that reads.",
)
@click.option(
    "--bias",
    "biases",
    type=FiniteRange(0, 100),
    multiple=True,
    default=(0.0, 0.5, 1.0),
    help="Tidiness of the written lines; may be repeated.",
)
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1),
    default=192,
    help="Number of validation lines, or for --style of forms, spread evenly.",
)
@tries_option(default=1)
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Print everything, as JSON.")
@common_options(backend=True, progress=True)
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    protocol: str,
    data: tuple[Path, ...],
    checkpoint: str,
    batch_size: int,
    compare: Path | None,
    legibility: bool,
    style: bool,
    recogniser: str | None,
    check: str | None,
    biases: tuple[float, ...],
    number: int,
    tries: int,
    seed: int,
    as_json: bool,
    progress: bool | None,
    backend: str | None,
    experiments: Path,
) -> None:
    """Score an experiment on lines that it was not trained on.

    It prints log-likelihoods in nats with 95 % intervals, also of ink and pen
    separately. It also prints the dequantised score, which a density concentrated on
    the tablet's grid cannot raise. The protocols are those of published figures: Graves
    2013 (graves), HyperNetworks (graves300), Chung et al. 2015 (vrnn) and udibr/sketch
    (udibr). The protocol writer scores the test set of a corpus converted with --split
    iam.

    --legibility and --style let the model write and measure that; --bias, --number,
    --tries and --seed say how it writes.
    """
    if legibility and style:
        raise click.UsageError("--legibility and --style are two measurements", ctx)
    if legibility or style:
        mode = "--legibility" if legibility else "--style"
        refuse_unused(ctx, OF_SCORES, f"does not go with {mode}")
    else:
        refuse_unused(ctx, OF_WRITING, "goes only with --legibility or --style")
    if not legibility:
        refuse_unused(ctx, ("recogniser", "check"), "goes only with --legibility")

    from sketch.experiment.experiment import Experiment

    experiment = Experiment.load(model, experiments)
    if legibility:
        from sketch.experiment.recogniser_directory import RecogniserDirectory

        experiment.require_text()
        if recogniser is None:
            recogniser = f"{experiment.hyperparameters.name}-recogniser"
        loaded = RecogniserDirectory.load(recogniser, experiments)
        chooser = check and RecogniserDirectory.load(check, experiments)
        if chooser and chooser.path.samefile(loaded.path):
            raise click.UsageError("--check and --recogniser must be two", ctx)

    from sketch.backend import devices

    devices.set_up(backend, "float32")
    progress = shows_progress(progress)
    writing = (data, checkpoint, biases, number, tries, seed, progress)
    if legibility:
        from sketch.evaluation.legibility import evaluate_legibility

        report = evaluate_legibility(
            experiment, experiments, loaded, *writing, check=chooser
        )
    elif style:
        from sketch.evaluation.style import evaluate_style

        report = evaluate_style(experiment, experiments, *writing)
    else:
        from sketch.evaluation.score import evaluate_experiment

        scoring = (protocol, data, checkpoint, batch_size, progress, compare)
        report = evaluate_experiment(experiment, experiments, *scoring)
    if as_json:
        echo_json(report)
    else:
        for row in report["text"].splitlines():
            echo(row)

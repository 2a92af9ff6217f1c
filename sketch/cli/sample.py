"""`sketch sample`."""

from pathlib import Path

import click

from sketch.cli.options import (
    ExperimentName,
    backend_option,
    debug_option,
    experiments_option,
)

FORMATS = ("png", "svg")


@click.command()
@click.option(
    "--model",
    type=ExperimentName(),
    required=True,
    help="The experiment: its name, or the path of its directory.",
)
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1, 10_000),
    default=64,
    show_default=True,
    help="Lines to write.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 100_000),
    default=700,
    show_default=True,
    help="Pen points of each line.",
)
@click.option(
    "--bias",
    type=click.FloatRange(0, 100),
    default=0.0,
    show_default=True,
    help="Tidiness: 0 writes as the model learned it, 1 and above more regularly.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    default=0,
    show_default=True,
    help="The same seed writes the same ink.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    show_default="the ending of --output, or png",
    help="A picture, or lines in millimetres.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    show_default="in samples/ of the experiment",
    help="The file to write; the pen states go to a file ending with -pen.png.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@backend_option
@experiments_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    model: str,
    number: int,
    steps: int,
    bias: float,
    seed: int,
    file_format: str | None,
    output: Path | None,
    force: bool,
    backend: str | None,
    experiments: Path,
) -> None:
    """Write free lines with the best weights of an experiment."""
    if file_format is None:
        file_format = output.suffix.lstrip(".").lower() if output else "png"
        if file_format not in FORMATS:
            raise click.UsageError(
                f"--output must end with .png or .svg, or say --format; "
                f"received {output}",
                ctx,
            )

    from sketch.experiment.directory import Experiment
    from sketch.experiment.names import shortest_float

    experiment = Experiment.load(model, experiments)
    if output is None:
        name = f"sample-n{number}-steps{steps}-bias{shortest_float(bias)}-seed{seed}"
        output = experiment.samples_dir / f"{name}.{file_format}"
    pen_path = output.with_name(f"{output.stem}-pen.png")
    for path in (output, pen_path):
        if path.exists() and not force:
            raise click.ClickException(f"{path} is there already; --force overwrites")

    from sketch.experiment import devices

    devices.set_up(backend, "float32")

    from sketch.experiment.pen import sample_experiment
    from sketch.ink.figures import draw_pen, draw_sketch

    lines = sample_experiment(experiment, number, steps, bias, seed)
    if file_format == "png":
        draw_sketch(output, lines)
    else:
        from sketch.ink.svg import write_svg

        write_svg(output, lines, columns=None)
    draw_pen(pen_path, lines)
    click.echo(output)
    click.echo(pen_path)

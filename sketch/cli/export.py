"""`sketch export`."""

from pathlib import Path

import click

from sketch.cli.options import (
    common_options,
    force_option,
    lend_output,
    model_argument,
    output_format,
    output_option,
    require_writable,
)
from sketch.experiment.places import SETTINGS_NAME
from sketch.system.messages import echo


@click.command()
@model_argument(SETTINGS_NAME)
@output_option("The ONNX file to write: one step of the pen; - is standard output.")
@click.option(
    "--page",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write: a web page that needs no server of its own.",
)
@force_option
@common_options(backend=True)
def command(
    model: str,
    output: Path | None,
    page: Path | None,
    force: bool,
    backend: str | None,
    experiments: Path,
) -> None:
    """Export an experiment to write without sketch.

    --page makes a web page of an experiment with text, for any host of files. It writes
    in the browser: nothing is installed, and nothing is sent.

    --output makes an ONNX file. It has one step of the pen: the last point, the states,
    the text, bias and random numbers in; the next point and the new states out. ONNX
    Runtime runs it from many languages. The alphabet and all else that a writer must
    know are in its metadata. docs/export.md has a whole program of 40 lines.

    MODEL is an experiment: its name, the beginning of its name, or its directory.
    """
    if not (output or page):
        raise click.UsageError("say what to make: --output FILE.onnx or --page FOLDER")
    output_format(click.get_current_context(), output, None, ("onnx",), "onnx")
    require_writable([output] if output else [], force)

    from sketch.backend.devices import set_up
    from sketch.backend.packages import needing
    from sketch.experiment.experiment import Experiment

    if output:
        with needing("onnx"):
            import onnx  # noqa: F401
            import onnxruntime  # noqa: F401
    experiment = Experiment.load(model, experiments)
    set_up(backend)
    if page:
        from sketch.web.site import export_page

        export_page(experiment, page, force)
        echo(page)
    if not output:
        return
    from sketch.writing.onnx_file import write_onnx

    with lend_output(output, "onnx") as path:
        write_onnx(experiment, path)
    if str(output) != "-":
        echo(output)

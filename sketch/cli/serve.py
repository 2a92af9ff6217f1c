"""`sketch serve`."""

from pathlib import Path

import click

from sketch.cli.options import common_options
from sketch.cli.param_types import ExperimentName


@click.command()
@click.option(
    "--model",
    "models",
    type=ExperimentName(),
    multiple=True,
    help="An experiment to offer, by name or path; may be repeated.  "
    "[default: all that write text]",
)
@click.option(
    "--host",
    default="127.0.0.1",
    help="Address to listen at. 0.0.0.0 lets other machines in.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    help="Port to listen at; 0 takes any free one.",
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Also answer requests for this host name, such as that of a proxy; may be "
    "repeated.",
)
@common_options(backend=True)
def command(
    models: tuple[str, ...],
    host: str,
    port: int,
    allowed: tuple[str, ...],
    backend: str | None,
    experiments: Path,
) -> None:
    """Serve a web page that writes handwriting.

    It prints the address; Ctrl-C stops it. Nothing is loaded from elsewhere, and
    nothing leaves this machine. The page also records your own handwriting, and saves
    it as InkML, which `sketch convert` reads.
    """
    from sketch.backend.packages import needing

    with needing("web"):
        from sketch.web.server import serve

    serve(host, port, experiments, models, backend, allowed)

"""Options that several commands share, and options made from a settings dataclass."""

import dataclasses
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from sketch.cli.param_types import ExperimentName, FiniteRange, NamedPath, PrimeName
from sketch.settings.option import get_option
from sketch.settings.run_options import RunOptions
from sketch.system.messages import echo
from sketch.writing import MAX_ERROR_RATE

BACKEND = get_option("backend", RunOptions)


def experiments_option(function: Callable) -> Callable:
    """`--experiments`: the folder of all experiments, a `Path`."""
    return click.option(
        "--experiments",
        type=NamedPath(file_okay=False, path_type=Path),
        envvar="SKETCH_EXPERIMENTS",
        default="experiments",
        show_default=True,
        show_envvar=True,
        help="Folder of all experiments.",
    )(function)


def debug_option(function: Callable) -> Callable:
    """`--debug`: seen by `main`, not by the command."""

    def remember(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            ctx.ensure_object(dict)["debug"] = True

    return click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=remember,
        help="Show the traceback of an error.",
    )(function)


def field_option(field: dataclasses.Field) -> Callable:
    """The click option of a settings field; its value goes by the field's name."""
    rule = field.metadata["option"]
    if rule.type is bool:
        flags = [f"{flag}/--no-{flag.lstrip('-')}" for flag in rule.flags]
        return click.option(*flags, field.name, default=False, help=rule.help)
    if rule.choices:
        kind: click.ParamType = click.Choice(rule.choices)
    elif rule.type is int:
        kind = click.IntRange(rule.minimum, rule.maximum)
    elif rule.type is float:
        lower = rule.minimum if rule.above is None else rule.above
        kind = FiniteRange(lower, rule.maximum, min_open=rule.above is not None)
    else:
        kind = click.STRING
    return click.option(
        *rule.flags,
        field.name,
        type=kind,
        multiple=rule.multiple,
        default=field.default,
        show_default=rule.unset or True,
        help=rule.help,
    )


def settings_options(*classes: type) -> Callable[[Callable], Callable]:
    """Decorates a command with the options of settings dataclasses, in their order."""

    def decorate(function: Callable) -> Callable:
        fields = [field for cls in classes for field in dataclasses.fields(cls)]
        for field in reversed(fields):  # click shows the last decorator first
            function = field_option(field)(function)
        return function

    return decorate


def model_option(function: Callable) -> Callable:
    """`--model`: the experiment that writes or is scored; it must be given."""
    return click.option(
        "--model",
        type=ExperimentName(),
        required=True,
        multiple=True,
        callback=once("name one experiment"),
        help="The experiment: its name, or the path of its directory.",
    )(function)


def writing_model_option(unset: str) -> Callable[[Callable], Callable]:
    """`--model` of commands that write texts.

    Args:
        unset: which hand it is where the user names none.
    """
    return click.option(
        "--model",
        type=ExperimentName(),
        multiple=True,
        callback=once("name one experiment"),
        show_default=unset,
        help="The experiment: its name, or the path of its directory.",
    )


def seed_option(function: Callable) -> Callable:
    """`--seed` of commands that write."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        default=0,
        show_default=True,
        help="The same seed writes the same ink.",
    )(function)


def tries_option(default: int) -> Callable[[Callable], Callable]:
    """`--tries` of commands that write texts."""
    return click.option(
        "--tries",
        type=click.IntRange(1, 100),
        default=default,
        show_default=True,
        help="Write a piece up to so many times in all, while it is wrong or uneven.",
    )


def data_option(purpose: str) -> Callable[[Callable], Callable]:
    """`--data`: the files of the corpus; `purpose` says of which use it is."""
    return click.option(
        "--data",
        type=NamedPath(path_type=Path),
        multiple=True,
        show_default="as of `sketch train`",
        help=f"The corpus {purpose}: handwriting.hdf5, or a folder that holds it; may "
        "be given several times, for a corpus of several files.",
    )


def once(remedy: str) -> Callable:
    """A callback for `multiple`: by it a second value is seen, and refused."""

    def callback(ctx: click.Context, param: click.Parameter, values: tuple) -> Any:
        if len(values) > 1:
            raise click.UsageError(f"{param.opts[0]} goes once: {remedy}", ctx)
        return next(iter(values), None)

    return callback


def progress_option(function: Callable) -> Callable:
    """`--progress`: None where the user does not say; see `shows_progress`."""
    return click.option(
        "--progress/--no-progress",
        default=None,
        help="Show a progress bar.  [default: on a terminal]",
    )(function)


def shows_progress(progress: bool | None) -> bool:
    """Whether to show a bar on stderr: as the user says, or else on a terminal."""
    return sys.stderr.isatty() if progress is None else progress


def writing_options(bias: float) -> Callable[[Callable], Callable]:
    """Decorates a command with all that says how a text is written, and in which hand.

    Args:
        bias: the default of `--bias`.
    """
    options = [
        click.option(
            "--bias",
            type=FiniteRange(0, 100),
            default=bias,
            show_default=True,
            help="Tidiness: 0 writes as the model learned it, 1 and above more "
            "regularly.",
        ),
        seed_option,
        click.option(
            "--prime",
            type=PrimeName(),
            metavar="STYLE|FILE|LINE",
            help="Go on from this ink, in its style: a style of the hand, as `sketch "
            "list` and `show` name them, an .inkml, .svg or .json file, or a line of "
            "the corpus by its name.",
        ),
        click.option(
            "--prime-text",
            help="What the prime says, where its file does not tell, or wrongly.",
        ),
        click.option(
            "--data",
            type=NamedPath(path_type=Path),
            multiple=True,
            callback=once("name the file that has the line"),
            show_default="as of `sketch train`",
            help="The corpus of --prime LINE: handwriting.hdf5, or a folder that holds "
            "it.",
        ),
        tries_option(default=5),
        click.option(
            "--replace-unknown",
            metavar="CHARACTER",
            help="Write this for a character that the model has not learned; "
            '"" leaves it out.  [default: an error]',
        ),
        click.option(
            "--check",
            metavar="READER",
            help="Have this reader, of those that `sketch list` names, read it back: "
            "what it misreads is written again, and the try with the fewest errors "
            "kept.",
        ),
        click.option(
            "--max-error-rate",
            type=FiniteRange(0, 1),
            default=MAX_ERROR_RATE,
            show_default=True,
            help="The share of the characters that --check may misread; with more, a "
            "piece is written in halves.",
        ),
    ]

    def decorate(function: Callable) -> Callable:
        for option in reversed(options):  # click shows the last decorator first
            function = option(function)
        return function

    return decorate


def check_writing(ctx: click.Context) -> None:
    """Refuses those of `writing_options` that others of them leave without use."""
    from sketch.ink.ink_files import is_ink_file

    prime = ctx.params["prime"]
    if prime is None:
        refuse_unused(ctx, ("prime_text", "data"), "goes only with --prime")
    elif is_ink_file(prime):
        refuse_unused(ctx, ("data",), "goes only with a --prime that is no file")


def refuse_existing(paths: Iterable[Path], force: bool) -> None:
    """Overwrites nothing.

    Raises:
        ClickException: a file is there, and no `--force`.
    """
    for path in paths:
        if path.exists() and not force:
            raise click.ClickException(f"{path} is there already; --force overwrites")


def backend_option(function: Callable) -> Callable:
    """`--backend`, as of a training run."""
    return click.option(
        "--backend",
        type=click.Choice(BACKEND.choices),
        show_default=BACKEND.unset,
        help=BACKEND.help,
    )(function)


def typed(ctx: click.Context, values: dict[str, Any]) -> dict[str, Any]:
    """Of `values`, those that the user gave and did not leave to their default."""
    given = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    return {
        name: value
        for name, value in values.items()
        if ctx.get_parameter_source(name) in given
    }


def refuse_unused(ctx: click.Context, names: Iterable[str], why: str) -> None:
    """Refuses options that would change nothing, so that none is silently ignored.

    Args:
        ctx: of the command.
        names: the parameters that this call has no use for.
        why: ends the sentence that begins with their flags: "goes only with --text".

    Raises:
        UsageError: the user gave one of them; names all that were given.
    """
    unused = typed(ctx, dict.fromkeys(names))
    if unused:
        params = [one for one in ctx.command.params if one.name in unused]
        flags = [max(one.opts, key=len) for one in params]
        raise click.UsageError(f"{', '.join(flags)} {why}", ctx)


def echo_writing(ink) -> None:
    """Tells on stderr how the writing of a text went."""
    for note in ink.notes:
        echo(f"note: {note}", err=True)
    again = sum(count - 1 for count in ink.tries)
    if again:
        echo(f"pieces of text: {len(ink.tries)}, written again: {again}", err=True)
    for fault in ink.faults:
        echo(fault, err=True)

"""Options that several commands share, and options made from a settings dataclass."""

import contextlib
import dataclasses
import functools
import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from sketch.cli.param_types import (
    ExperimentName,
    FiniteRange,
    NamedPath,
    PrimeName,
)
from sketch.experiment.places import RECOGNISER_NAME
from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.option import get_option
from sketch.settings.run_options import RunOptions
from sketch.system.atomic import naming, temporary_beside
from sketch.system.messages import counted, echo
from sketch.writing import MAX_ERROR_RATE

Decorator = Callable[[Callable], Callable]
BACKEND = get_option("backend", RunOptions)
MODEL_HELP = "The experiment: its name, the beginning of its name, or its directory."
STDOUT = Path("-")


def common_options(backend: bool = False, progress: bool = False) -> Decorator:
    """`--experiments` (a `Path`) and `--debug`; if asked, `--backend`, `--progress`.

    `main` sees `--debug`, the command does not. `--progress` is None unless the user
    gives it, see `shows_progress`.
    """

    def remember(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            ctx.ensure_object(dict)["debug"] = True

    options = [
        click.option(
            "--progress/--no-progress",
            default=None,
            help="Show a progress bar.  [default: on a terminal]",
        ),
        click.option(
            "--backend",
            type=click.Choice(BACKEND.choices),
            show_default=BACKEND.unset,
            help=BACKEND.help,
        ),
        click.option(
            "--experiments",
            type=NamedPath(file_okay=False, path_type=Path),
            envvar="SKETCH_EXPERIMENTS",
            default="experiments",
            show_envvar=True,
            help="Folder of all experiments.",
        ),
        click.option(
            "--debug",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=remember,
            help="Show the traceback of an error.",
        ),
    ]
    is_wanted = (progress, backend, True, True)
    return in_order(itertools.compress(options, is_wanted))


def in_order(options: Iterable[Decorator]) -> Decorator:
    """Decorates a command with several options, shown by `--help` in this order."""
    # A decorator applied later is shown earlier.
    return lambda function: functools.reduce(
        lambda made, option: option(made), reversed(list(options)), function
    )


def settings_options(*classes: type) -> Decorator:
    """Decorates a command with the options of settings dataclasses, in their order."""
    return in_order(
        field_option(field) for cls in classes for field in dataclasses.fields(cls)
    )


def field_option(field: dataclasses.Field) -> Decorator:
    """The click option of a settings field; the parameter has the field's name."""
    rule = field.metadata["option"]
    if rule.type is bool:
        flags = [f"{flag}/--no-{flag.lstrip('-')}" for flag in rule.flags]
        return click.option(
            *flags, field.name, default=False, show_default=False, help=rule.help
        )
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
        show_default=rule.unset,
        help=rule.help,
    )


class GroupedCommand(click.Command):
    """A command whose `--help` lists its options in groups.

    Args:
        groups: the names of the parameters in each group, in order of the groups; None:
            those of the settings. All other options are in the group `Run`.
    """

    def __init__(
        self, *args: Any, groups: dict[str, Sequence[str]] | None = None, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.groups = _groups_of_settings() if groups is None else groups

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        group_of = {name: group for group in self.groups for name in self.groups[group]}
        rows: dict[str, list] = {group: [] for group in self.groups}
        for param in self.get_params(ctx):
            row = param.get_help_record(ctx)
            if row and isinstance(param, click.Option):
                rows.setdefault(group_of.get(param.name, "Run"), []).append(row)
        for group, shown in rows.items():
            with formatter.section(group):
                formatter.write_dl(shown)


def _groups_of_settings() -> dict[str, list[str]]:
    # A recogniser's settings have the same names.
    known = Hyperparameters.__dataclass_fields__ | RunOptions.__dataclass_fields__
    order = ("Model", "Optimisation", "Data", "Run", "Machines")
    rules = {name: field.metadata.get("option") for name, field in known.items()}
    return {
        group: [name for name, rule in rules.items() if rule and rule.group == group]
        for group in order
    }


def model_option(unset: str) -> Decorator:
    """An optional `--model`.

    Args:
        unset: says which model it is without the option.
    """
    return click.option(
        "--model", type=ExperimentName(), show_default=unset, help=MODEL_HELP
    )


def model_argument(*settings_names: str) -> Decorator:
    """The argument MODEL, which may be given as `--model MODEL` instead.

    Args:
        settings_names: of what it may be, see `ExperimentName`.
    """
    kind = ExperimentName(*settings_names)

    def decorate(function: Callable) -> Callable:
        @click.argument("model", required=False, type=kind)
        @click.option("--model", "named", type=kind, help=MODEL_HELP)
        @functools.wraps(function)
        def command(*args, model: str | None, named: str | None, **kwargs):
            if (model is None) == (named is None):
                raise click.UsageError("name one experiment: MODEL, or --model MODEL")
            return function(*args, model=named if model is None else model, **kwargs)

        return command

    return decorate


def seed_option(function: Callable) -> Callable:
    """`--seed` of commands that write."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**31 - 1),
        default=0,
        help="The same seed writes the same ink.",
    )(function)


def tries_option(default: int) -> Decorator:
    """`--tries` of commands that write texts."""
    return click.option(
        "--tries",
        type=click.IntRange(1, 100),
        default=default,
        help="Write a piece at most N times, until no fault is found in it.",
    )


def data_option(purpose: str) -> Decorator:
    """`--data`: the files of the corpus.

    Args:
        purpose: ends the help's first clause, "The corpus …".
    """
    return click.option(
        "--data",
        type=NamedPath(path_type=Path),
        multiple=True,
        show_default="as for `sketch train`",
        help=f"The corpus {purpose}: handwriting.hdf5, or the folder that holds it. "
        "Repeat it for a corpus of several files.",
    )


def shows_progress(progress: bool | None) -> bool:
    """Whether to show a bar on stderr: as the user says, or else on a terminal."""
    return sys.stderr.isatty() if progress is None else progress


def writing_options(bias: float) -> Decorator:
    """Decorates a command with the options of how a text is written, and its style.

    Args:
        bias: the default of `--bias`.
    """
    return in_order(
        [
            click.option(
                "--bias",
                type=FiniteRange(0, 100),
                default=bias,
                help="Tidiness: 0 writes as the model learned it, 1 and above more "
                "regularly.",
            ),
            seed_option,
            click.option(
                "--prime",
                type=PrimeName(),
                metavar="STYLE|FILE|LINE",
                help="Continue this ink, in its style: a style of the model (`sketch "
                "show` names them), an .inkml, .svg, .json or .xopp file, or a line of "
                "the corpus by its name.",
            ),
            click.option(
                "--prime-text",
                help="The text of the prime, if its file does not hold it or is wrong.",
            ),
            click.option(
                "--data",
                type=NamedPath(path_type=Path),
                show_default="as for `sketch train`",
                help="The corpus of --prime LINE: handwriting.hdf5, or the folder that "
                "holds it.",
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
                type=ExperimentName(RECOGNISER_NAME),
                help="Read the ink back with this recogniser: what it misreads is "
                "written again, and the try with the fewest errors is kept.",
            ),
            click.option(
                "--max-error-rate",
                type=FiniteRange(0, 1),
                default=MAX_ERROR_RATE,
                help="The share of characters that --check may misread; a piece with "
                "more errors is written in halves.",
            ),
            click.option(
                "--strict",
                is_flag=True,
                help="Exit with 1 if a text has a fault after all tries. The file is "
                "written all the same.",
            ),
        ]
    )


def check_writing(ctx: click.Context) -> None:
    """Refuses those of `writing_options` that have no effect beside the others."""
    from sketch.ink.ink_files import is_ink_file

    prime = ctx.params["prime"]
    if prime is None:
        refuse_unused(ctx, ("prime_text", "data"), "goes only with --prime")
    elif is_ink_file(prime):
        refuse_unused(ctx, ("data",), "goes only with --prime LINE or STYLE")


def output_option(help: str, **how: Any) -> Decorator:
    """`-o`, `--output`: a file, see `require_writable`; `how` as of `click.option`."""
    kind = click.Path(dir_okay=False, path_type=Path)
    return click.option("-o", "--output", type=kind, help=help, **how)


def force_option(function: Callable) -> Callable:
    """`--force`, see `require_writable`."""
    return click.option(
        "--force", is_flag=True, help="Overwrite files that exist already."
    )(function)


def require_writable(paths: Iterable[Path], force: bool) -> None:
    """Checks before any work that files can be written, and would replace nothing.

    Raises:
        ClickException: a file exists, and `force` is off.
        OSError: a folder cannot be written to; names the file.
    """
    for path in paths:
        if path == STDOUT:
            continue
        if path.exists() and not force:
            raise click.ClickException(f"{path} is there already; --force overwrites")
        with naming(path, "cannot write"):
            folder = next(one for one in path.absolute().parents if one.exists())
            probe = temporary_beside(folder / path.name)
            probe.touch()
            probe.unlink()


def output_format(
    ctx: click.Context,
    output: Path | None,
    file_format: str | None,
    formats: Sequence[str],
    default: str,
) -> str:
    """The file format of `--output`: that of `--format`, or of the ending.

    Args:
        ctx: of the command.
        output: a file, `STDOUT` or None.
        file_format: of `--format`, or None.
        formats: those that the command knows.
        default: that of an output without a name.

    Raises:
        UsageError: the two differ, or the ending is of no known format.
    """
    if output is None or output == STDOUT:
        return file_format or default
    ending = output.suffix.lstrip(".").lower()
    if file_format and ending not in ("", file_format):
        raise click.UsageError(
            f"--output must end with .{file_format}, or have no ending, with --format "
            f"{file_format}; received {output}",
            ctx,
        )
    if not file_format and ending not in formats:
        raise click.UsageError(
            f"--output must end with .{', .'.join(formats)}; received {output}", ctx
        )
    return file_format or ending


@contextlib.contextmanager
def lend_output(output: Path, file_format: str) -> Iterator[Path]:
    """Lends the path of the output; for `-` a temporary one, printed to stdout after.

    Raises:
        ClickException: the block made other files beside the temporary one.
    """
    if output != STDOUT:
        yield output
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"ink.{file_format}"
        yield path
        made = list(Path(folder).iterdir())
        if made != [path]:
            raise click.ClickException(
                f"standard output takes one file, not {counted(len(made), 'page')} as "
                f".{file_format}: use --format pdf, or name a file with --output"
            )
        with open(path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)


def echo_json(facts: dict[str, Any]) -> None:
    """Prints plain values as JSON."""
    for row in json.dumps(facts, indent=2, allow_nan=False).splitlines():
        echo(row)


def typed(ctx: click.Context, values: dict[str, Any]) -> dict[str, Any]:
    """Those of `values` that the user gave, by option or by environment variable."""
    given = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    return {
        name: value
        for name, value in values.items()
        if ctx.get_parameter_source(name) in given
    }


def refuse_unused(ctx: click.Context, names: Iterable[str], why: str) -> None:
    """Refuses options that would have no effect, so that none is silently ignored.

    Args:
        ctx: of the command.
        names: the parameters that have no effect in this call.
        why: ends the message, which begins with the flags: "goes only with --text".

    Raises:
        UsageError: the user gave one of them; names all that were given.
    """
    unused = typed(ctx, dict.fromkeys(names))
    if unused:
        params = [one for one in ctx.command.params if one.name in unused]
        flags = [max(one.opts, key=len) for one in params]
        raise click.UsageError(f"{', '.join(flags)} {why}", ctx)


def echo_writing(ink) -> None:
    """Prints on stderr the notes, tries and faults of written ink."""
    for note in ink.notes:
        echo(f"note: {note}", err=True)
    if sum(ink.tries) > len(ink.tries):
        pieces, tries = counted(len(ink.tries), "piece"), sum(ink.tries)
        echo(f"{pieces} of text, {tries:,} tries", err=True)
    for fault in ink.faults:
        echo(fault, err=True)


def require_faultless(faults: Sequence[str], strict: bool) -> None:
    """Fails for `--strict` if written ink has faults, which `echo_writing` has named.

    Raises:
        ClickException: it has.
    """
    if strict and faults:
        raise click.ClickException(f"--strict: {counted(len(faults), 'fault')}")

"""Prints the page of all hyperparameters:

    python docs/make_hyperparameters.py > docs/hyperparameters.md

It comes from the options as `sketch/settings/hyperparameters.py` declares them.
"""

import dataclasses

from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.names import experiment_name, shortest_float
from sketch.settings.run_options import RunOptions

HEAD = """\
# Hyperparameters

This page lists every option of `sketch train`. `docs/make_hyperparameters.py` makes it
from the declarations of the options.

## What is learned, and how

These options make the name of the experiment. Six are always in it:
`<name>-<depth>X<dim>-G<mixtures>-bs<batch size>-lr<learning rate>`; the defaults give
`{default}`. Each of the others is in the name only if it differs from its
default. It then appears in the order of this table, as its tag and its value; an option
that is on or off appears as its tag alone. Different settings have different names, so
the name tells the settings. The name of an experiment that began with another's weights
ends with `-from-` and six characters for the parent and its step.

| option | meaning | values | default | in the name |
|---|---|---|---|---|
"""
RUN = """
## How long, where and on what

These options are not in the name, and may change when an experiment is resumed.

| option | meaning | values | default |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [HEAD.format(default=experiment_name(Hyperparameters()))]
    rows += [_row([*_cells(f), _tag(f)]) for f in dataclasses.fields(Hyperparameters)]
    rows.append(RUN)
    rows += [_row(_cells(field)) for field in dataclasses.fields(RunOptions)]
    return "".join(rows)


def _cells(field: dataclasses.Field) -> list[str]:
    option = field.metadata["option"]
    flags = option.flags
    default = option.unset or field.default
    if option.type is bool:
        flags, default = (*flags, f"--no-{flags[0].lstrip('-')}"), "off"
    elif isinstance(default, float):
        default = shortest_float(default)
    flags = ", ".join(f"`{flag}`" for flag in flags)
    return [flags, option.help, _values(option), str(default)]


def _values(option) -> str:
    if option.type is bool:
        return "on, off"
    if option.choices:
        return ", ".join(option.choices)
    if option.type is str:
        return "text"
    kind = "whole" if option.type is int else "number"
    lowest = f"> {option.above:g}" if option.above is not None else ""
    if option.minimum is not None:
        lowest = f"≥ {option.minimum:g}"
    highest = f"≤ {option.maximum:,}" if option.maximum is not None else ""
    return ", ".join(filter(None, [kind, lowest, highest]))


def _tag(field: dataclasses.Field) -> str:
    option = field.metadata["option"]
    if option.in_name == "always":
        return "always"
    if option.tag is None:  # the word itself
        return ", ".join(
            f"`-{word}`" for word in option.choices if word != field.default
        )
    value = "" if option.type is bool else "…"
    return f"`-{option.tag}{value}`"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    print(page(), end="")

"""The name of an experiment, made of its settings.

`<dataset>-<depth>X<dim>-G<mixtures>-bs<batch>-lr<rate>`, then a tag for every other
setting that differs from its default, in the order of the fields: the option and the
value (`-dropout0.2`, `-gru`, `-seed7`), or, if the value is a word, that word alone
(`-graves`, `-one-cycle`), then `-from-<6 hex>` if the run started from another
experiment's weights.

The name is injective and parses back, even where file names ignore case: the data set
name is lower case, so the capitals X and G cannot be part of it. It is a valid file
name on every system: at most 200 letters, digits, `-`, `_` and `.`, no dot at an end.
"""

import dataclasses
import re
from decimal import Decimal
from typing import Any

from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.option import Option, Settings

MAX_NAME_LENGTH = 200

_PARENT = re.compile(r"[0-9a-f]{6}")


def experiment_name(
    hyperparameters: Hyperparameters, parent_digest: str | None = None
) -> str:
    """The directory name of an experiment; see the module's docstring.

    `parent_digest` is six lower-case hexadecimal digits if the run started from another
    experiment's weights, else None.

    Raises:
        ValueError: the name would be longer than 200 characters.
    """
    if parent_digest is not None and not _PARENT.fullmatch(parent_digest):
        raise ValueError(
            f"a parent's digest is six hexadecimal digits, received {parent_digest!r}"
        )
    h = hyperparameters
    rate = shortest_float(h.learning_rate)
    name = f"{h.name}-{h.depth}X{h.dim}-G{h.mixtures}-bs{h.batch_size}-lr{rate}"
    name += tags(h)
    if parent_digest is not None:
        name += f"-from-{parent_digest}"
    if len(name) > MAX_NAME_LENGTH:
        raise ValueError(
            f"the experiment's name would have {len(name)} characters, the limit is "
            f"{MAX_NAME_LENGTH}: choose a shorter --name or rounder numbers ({name})"
        )
    return name


def shortest_float(value: float) -> str:
    """The shortest text that reads back as this non-negative float.

    `1e-3`, `3.5e-4`, `0.2`, `10`: exponents have no padding and no plus sign; of two
    texts of equal length, the one without exponent.
    """
    number = Decimal(repr(value)).normalize()  # repr has the fewest digits
    first, *others = map(str, number.as_tuple().digits)
    mantissa = f"{first}.{''.join(others)}" if others else first
    return min(f"{number:f}", f"{mantissa}e{number.adjusted()}", key=len)


def tags(settings: Settings) -> str:
    """`-<tag>` for every tagged setting that differs from its default."""
    changed = [
        (field.metadata["option"], getattr(settings, field.name))
        for field in tagged_fields(type(settings))
        if getattr(settings, field.name) != field.default
    ]
    return "".join(f"-{_tag(rule, value)}" for rule, value in changed)


def tagged_fields(kind: type) -> list[dataclasses.Field]:
    """The settings that may have a tag in the name, in order."""
    fields = dataclasses.fields(kind)
    return [f for f in fields if f.metadata["option"].in_name == "tag"]


def _tag(rule: Option, value: Any) -> str:
    if rule.choices:
        return value
    if rule.type is bool:
        return rule.tag
    return rule.tag + (shortest_float(value) if rule.type is float else str(value))

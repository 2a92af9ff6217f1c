"""The way back from an experiment's name: what shows that no two settings share one."""

import dataclasses
import re
from typing import Any

from sketch.settings.hyperparameters import Hyperparameters
from sketch.settings.names import MAX_NAME_LENGTH, experiment_name, tagged_fields


def parse_name(name: str) -> tuple[Hyperparameters, str | None]:
    """The settings that a name stands for, and its parent's six digits or None.

    Raises:
        ValueError: no setting has this name.
    """
    match = _name_pattern().fullmatch(name) if len(name) <= MAX_NAME_LENGTH else None
    if match is not None:
        values: dict[str, Any] = {}
        for field in dataclasses.fields(Hyperparameters):
            text = match[field.name]
            if text is not None:
                kind = field.metadata["option"].type
                values[field.name] = True if kind is bool else kind(text)
        hyperparameters, parent = Hyperparameters(**values), match["parent"]
        # Only the canonical spelling: 1e-3, never 0.001 or 1E-3.
        if experiment_name(hyperparameters, parent) == name:
            return hyperparameters, parent
    raise ValueError(
        f"{name[: MAX_NAME_LENGTH + 1]!r} is not the name of an experiment, which is "
        "<dataset>-<depth>X<dim>-G<mixtures>-bs<batch>-lr<rate> and tags"
    )


def _name_pattern() -> re.Pattern[str]:
    number = {int: "[0-9]{1,20}", float: "[0-9.]{1,25}(?:e-?[0-9]{1,3})?"}
    pattern = (
        "(?P<name>[a-z0-9_-]+)-(?P<depth>I)X(?P<dim>I)-G(?P<mixtures>I)"
        "-bs(?P<batch_size>I)-lr(?P<learning_rate>F)"
    )
    pattern = pattern.replace("I)", number[int] + ")")
    pattern = pattern.replace("F)", number[float] + ")")
    for field in tagged_fields(Hyperparameters):
        rule = field.metadata["option"]
        if rule.choices:
            value = f"(?P<{field.name}>{'|'.join(map(re.escape, rule.choices))})"
        elif rule.type is bool:
            value = f"(?P<{field.name}>{rule.tag})"
        else:
            value = f"{rule.tag}(?P<{field.name}>{number[rule.type]})"
        pattern += f"(?:-{value})?"
    return re.compile(pattern + "(?:-from-(?P<parent>[0-9a-f]{6}))?")

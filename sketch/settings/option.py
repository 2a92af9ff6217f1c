"""A setting with its flags, help, type, range and tag.

The command line, the JSON file and the experiment's name are derived from these.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """A setting on the command line and in an experiment's name."""

    flags: tuple[str, ...]  # as typed; messages use the first one
    help: str  # one sentence with the unit, without range and default
    type: type  # int, float, str or bool. If the default is None, the value may be None
    group: str = "Run"  # the heading of `--help` that it stands under
    minimum: float | None = None  # the range, both ends included; None: no limit
    maximum: float | None = None
    # The value must be greater than this (an open lower end).
    above: float | None = None
    choices: tuple[str, ...] = ()  # the allowed words; empty: any
    unset: str | None = None  # the meaning of the default None, in words
    # The text before the value in the name; None: the word of `choices` alone.
    tag: str | None = None
    # Whether it may be given several times; then the value is a tuple.
    multiple: bool = False
    # "tag": in the name if it differs from its default; "always"; "never".
    in_name: str = "tag"

    def check(self, value: Any, default: Any) -> Any:
        """Returns the checked value: a float for a whole number, 0.0 for -0.0.

        Raises:
            ValueError: wrong type, out of range, or not one of the choices.
        """
        if value is None and default is None:
            return None
        if self.multiple:
            values = (value,) if isinstance(value, self.type) else value or ()
            one = dataclasses.replace(self, multiple=False)
            return tuple(one.check(each, "") for each in values)
        flag = self.flags[0]
        if self.type is float and type(value) is int:
            value = float(value)
        is_number = self.type in (int, float)
        is_fit = type(value) is self.type and value in (self.choices or (value,))
        if is_fit and is_number:
            is_fit = (
                (self.type is int or math.isfinite(value))
                and (self.minimum is None or value >= self.minimum)
                and (self.maximum is None or value <= self.maximum)
                and (self.above is None or value > self.above)
            )
        if not is_fit:
            raise ValueError(f"{flag} must be {self._words()}, received {value!r}")
        return value + 0 if is_number else value  # -0.0 becomes 0.0

    def _words(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        kind = {int: "a whole number", float: "a number", str: "text"}
        words = [kind.get(self.type, "true or false")]
        words += [f"at least {self.minimum:g}"] if self.minimum is not None else []
        words += [f"above {self.above:g}"] if self.above is not None else []
        words += [f"at most {self.maximum:.10g}"] if self.maximum is not None else []
        return ", ".join(words)


def option(
    default: Any,
    flags: str,
    help: str,
    between: tuple[float | None, float | None] = (None, None),
    **rules: Any,
) -> Any:
    """A dataclass field with its command-line option.

    Args:
        default: the default; the option has its type, unless it is None.
        flags: separated by blanks, such as `"--bs --batch-size"`.
        help: one sentence with the unit.
        between: minimum and maximum.
        **rules: other fields of `Option`.
    """
    names = tuple(flags.split())
    minimum, maximum = between
    rules = {"minimum": minimum, "maximum": maximum} | rules
    rules.setdefault("type", type(default))
    if not rules.get("choices"):
        rules.setdefault("tag", names[0].lstrip("-"))
    rule = Option(flags=names, help=help, **rules)
    return dataclasses.field(default=default, metadata={"option": rule})


def get_option(field: str, *kinds: type) -> Option:
    """The option of a field, by its name, in the first dataclass that has it."""
    for kind in kinds:
        if field in kind.__dataclass_fields__:
            return kind.__dataclass_fields__[field].metadata["option"]
    raise ValueError(f"there is no setting called {field!r}")


class Settings:
    """The base of the settings dataclasses: checks every field against its option."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            value = field.metadata["option"].check(value, field.default)
            object.__setattr__(self, field.name, value)

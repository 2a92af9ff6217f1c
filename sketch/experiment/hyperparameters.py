"""Every setting of a run, declared once.

A field of `Hyperparameters` (what is learned and how: they make the experiment's name)
or of `RunOptions` (how long, where, on what: they do not) carries its default, its
range, its help and its command-line flags; the command line, the JSON file and the name
are all derived from that, by the code below.

The name, `<dataset>-<depth>X<dim>-G<mixtures>-bs<batch>-lr<rate>` and then a tag for
every other setting that differs from its default, in the order of the fields, ends with
`-from-<6 hex>` where the run started from another experiment's weights. It is injective
(also where upper and lower case are one: the dataset's name is lower case, so the
capital letters mark nothing that small ones could), it parses back to the same
settings, and it is a file name on every system: letters, digits, `-`, `_`, `.`, at most
200 of them, no dot or blank at the end.
"""

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_NAME_LENGTH = 200
DEMO_NAME = "demo"  # the dataset name of the built-in corpus

_DATASET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9_])?")
_PARENT = re.compile(r"[0-9a-f]{6}")


@dataclass(frozen=True)
class Option:
    """What a setting is on the command line and in the name.

    Attributes:
        flags: as typed, the first one is what messages call it.
        help: one sentence with the unit, without the range and the default.
        type: int, float, str or bool; where the default is None, so may the value be.
        minimum, maximum: the range, both ends included; None is no limit.
        above: the value must be greater than this (an open lower end).
        choices: the words allowed; empty is any.
        tag: what stands before the value in the name; None where the word of `choices`
            itself is the tag.
        in_name: "tag" if it stands there where it differs from its default, "always",
            or "never".
    """

    flags: tuple[str, ...]
    help: str
    type: type
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    tag: str | None = None
    in_name: str = "tag"

    def check(self, value: Any, default: Any) -> Any:
        """Returns `value` in its one form: a float for a float, never minus zero.

        Raises:
            ValueError: wrong type, out of range, or not one of the choices.
        """
        if value is None and default is None:
            return None
        flag = self.flags[0]
        if self.type is float and type(value) is int:
            value = float(value)
        if type(value) is not self.type:
            raise ValueError(f"{flag} must be {self._words()}, received {value!r}")
        if self.choices and value not in self.choices:
            raise ValueError(f"{flag} must be {self._words()}, received {value!r}")
        if self.type in (int, float):
            if not math.isfinite(value) or not self._in_range(value):
                raise ValueError(f"{flag} must be {self._words()}, received {value}")
            value = value + 0  # -0.0 becomes 0.0
        return value

    def _in_range(self, value: float) -> bool:
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.maximum is None or value <= self.maximum)
            and (self.above is None or value > self.above)
        )

    def _words(self) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        kind = {int: "a whole number", float: "a number", str: "text"}
        words = [kind.get(self.type, "true or false")]
        words += [f"at least {self.minimum:g}"] if self.minimum is not None else []
        words += [f"above {self.above:g}"] if self.above is not None else []
        words += [f"at most {self.maximum:.10g}"] if self.maximum is not None else []
        return ", ".join(words)


def option(default: Any, flags: str, help: str, **rules: Any) -> Any:
    """A dataclass field that knows its command-line option.

    Args:
        default: the default; its type is the option's, unless it is None.
        flags: as typed, parted by blanks, e.g. `"--bs --batch-size"`.
        help: one sentence with the unit.
        **rules: further fields of `Option`.
    """
    names = tuple(flags.split())
    rules.setdefault("type", type(default))
    if not rules.get("choices"):
        rules.setdefault("tag", names[0].lstrip("-"))
    rule = Option(flags=names, help=help, **rules)
    return dataclasses.field(default=default, metadata={"option": rule})


class _Settings:
    """Checks every field against its option; shared by the two dataclasses."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            value = field.metadata["option"].check(value, field.default)
            object.__setattr__(self, field.name, value)


@dataclass(frozen=True)
class Hyperparameters(_Settings):
    """What is learned and how; two runs with equal fields are the same experiment.

    Raises:
        ValueError: a value out of range, or two that exclude each other; names the
            options.
    """

    # A name, not a path; "demo" is the built-in corpus.
    name: str = option(
        "handwriting",
        "--name",
        "Name of the data set: lower-case letters, digits, - and _.",
        in_name="always",
    )
    # udibr's defaults, down to learning_rate.
    depth: int = option(
        3,
        "--depth",
        "Number of recurrent layers.",
        minimum=1,
        maximum=100,
        in_name="always",
    )
    dim: int = option(
        700,
        "--dim",
        "Cells in each recurrent layer.",
        minimum=1,
        maximum=100_000,
        in_name="always",
    )
    mixtures: int = option(
        20,
        "-G --mixtures",
        "Gaussians in the mixture (the gradient limit is --max-grad).",
        minimum=1,
        maximum=1000,
        in_name="always",
    )
    batch_size: int = option(
        56,
        "--bs --batch-size",
        "Lines in a batch.",
        minimum=1,
        maximum=1_000_000,
        in_name="always",
    )
    learning_rate: float = option(
        1e-4,
        "--lr --learning-rate",
        "Step size of the optimizer; the peak of a one-cycle schedule.",
        above=0,
        in_name="always",
    )
    # A state is dropped with this probability between layers, never in time.
    dropout: float = option(
        0.0,
        "--dropout -d",
        "Share of the layers' outputs that is dropped while training.",
        minimum=0,
        maximum=0.99,
    )
    # Graves clips derivatives one by one; the norm keeps their direction.
    max_grad: float = option(
        10.0,
        "--max-grad",
        "Limit of the gradient's global norm; 0 sets none.",
        minimum=0,
    )
    step_method: str = option(
        "adam",
        "--step-method",
        "The optimizer; graves is centred RMSprop with momentum, as in his paper.",
        choices=("adam", "rmsprop", "graves", "adagrad", "adadelta", "scale"),
    )
    # In normalised units: the tablet's grid is coarser than 1e-2 of them.
    epsilon: float = option(
        1e-5,
        "--epsilon",
        "Floor of the mixture's standard deviations, in those of the data.",
        minimum=0,
    )
    gru: bool = option(False, "--gru", "GRU layers in place of LSTM layers.")
    skip: bool = option(
        False,
        "--skip",
        "Input to every layer and every layer to the output; needs --depth > 1.",
    )
    top: bool = option(
        False,
        "--top",
        "Input to every layer, the top one to the output; needs --depth > 1.",
    )
    # 0 is orthogonal for recurrent and Glorot for other weights.
    uniform: float = option(
        0.0,
        "--uniform -u",
        "Draw initial weights from [-U, U]; 0 takes orthogonal and Glorot ones.",
        minimum=0,
    )
    # None is whole lines; udibr cut them at 600.
    max_length: int | None = option(
        None,
        "--max-length",
        "Train on the first N points of each line.  [default: whole lines]",
        type=int,
        minimum=1,
        maximum=1_000_000,
    )
    # The highest seed that every backend takes.
    seed: int = option(
        0,
        "--seed",
        "Seed of the initial weights, the order of the lines and the noise.",
        minimum=0,
        maximum=2**31 - 1,
    )
    text: bool = option(False, "--text", "Learn to write a given text.")
    # Graves used 10.
    window_mixtures: int = option(
        10,
        "-K --window-mixtures",
        "Gaussians in the window over the text; needs --text.",
        minimum=1,
        maximum=1000,
    )
    # Graves' LSTM has them, Keras' has not.
    peepholes: bool = option(
        False, "--peepholes", "LSTM gates that see the cell, as Graves had them."
    )
    schedule: str = option(
        "constant",
        "--schedule",
        "Learning rate over all --epochs: constant, or one rise and fall.",
        choices=("constant", "one-cycle"),
    )
    # Graves: 0.075.
    weight_noise: float = option(
        0.0,
        "--weight-noise",
        "Standard deviation of the noise added to the weights while training.",
        minimum=0,
    )
    augment: float = option(
        0.0,
        "--augment",
        "Strength of the random slant, size and stretch of each training line.",
        minimum=0,
        maximum=1,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _DATASET_NAME.fullmatch(self.name):
            raise ValueError(
                "--name must be 1 to 64 of the characters a-z, 0-9, - and _, beginning "
                f"with a letter or digit and not ending with -; received {self.name!r}"
            )
        for flag, is_set in (("--skip", self.skip), ("--top", self.top)):
            if is_set and self.depth == 1:
                raise ValueError(f"{flag} needs --depth of at least 2, received 1")
        if self.skip and self.top:
            raise ValueError("--skip and --top exclude each other; choose one")
        if self.peepholes and self.gru:
            raise ValueError("--peepholes are part of an LSTM; leave out --gru")
        if self.window_mixtures != _default("window_mixtures") and not self.text:
            raise ValueError("-K needs --text")


@dataclass(frozen=True)
class RunOptions(_Settings):
    """How long and on what a run goes; may change when it is resumed.

    Raises:
        ValueError: a value out of range; names the option.
    """

    epochs: int = option(
        500,
        "--epochs",
        "Passes over the training lines, those before a resume included.",
        minimum=1,
        in_name="never",
    )
    precision: str = option(
        "float32",
        "--precision",
        "Arithmetic of the layers; the mixture and the loss are always float32.",
        choices=("float32", "mixed_bfloat16"),
        in_name="never",
    )
    backend: str | None = option(
        None,
        "--backend",
        "Keras backend.  [default: $KERAS_BACKEND, or jax]",
        type=str,
        choices=("jax", "tensorflow", "torch"),
        in_name="never",
    )
    data: str | None = option(
        None,
        "--data",
        "The corpus: handwriting.hdf5, or a folder that holds it.  [default: looked "
        "for in $SKETCH_DATA, $FUEL_DATA_PATH/handwriting/ and ./data/]",
        type=str,
        in_name="never",
    )
    patience: int | None = option(
        None,
        "--patience",
        "Stop after N epochs without a better validation.  [default: never]",
        type=int,
        minimum=1,
        in_name="never",
    )
    # What a power cut may cost.
    checkpoint_minutes: float = option(
        5.0,
        "--checkpoint-minutes",
        "Minutes between checkpoints within an epoch; 0 is after each step.",
        minimum=0,
        in_name="never",
    )


# A network's weights fit another exactly if all of these are equal.
SHAPE_FIELDS = (
    "depth",
    "dim",
    "mixtures",
    "gru",
    "skip",
    "top",
    "text",
    "window_mixtures",
    "peepholes",
)


def get_option(field: str) -> Option:
    """The option of a field of either dataclass, by the field's name."""
    for settings in (Hyperparameters, RunOptions):
        if field in settings.__dataclass_fields__:
            return settings.__dataclass_fields__[field].metadata["option"]
    raise ValueError(f"there is no setting called {field!r}")


def experiment_name(
    hyperparameters: Hyperparameters, parent_digest: str | None = None
) -> str:
    """The directory name of an experiment; see the module's docstring.

    Args:
        hyperparameters: the settings.
        parent_digest: six lower-case hexadecimal digits where the run started from
            another experiment's weights, else None.

    Raises:
        ValueError: the name would be longer than 200 characters.
    """
    if parent_digest is not None and not _PARENT.fullmatch(parent_digest):
        raise ValueError(
            f"a parent is six hexadecimal digits, received {parent_digest!r}"
        )
    h = hyperparameters
    rate = shortest_float(h.learning_rate)
    name = f"{h.name}-{h.depth}X{h.dim}-G{h.mixtures}-bs{h.batch_size}-lr{rate}"
    for field in _tagged_fields():
        value = getattr(h, field.name)
        if value != field.default:
            name += f"-{_tag(field.metadata['option'], value)}"
    if parent_digest is not None:
        name += f"-from-{parent_digest}"
    if len(name) > MAX_NAME_LENGTH:
        raise ValueError(
            f"the experiment's name would have {len(name)} characters, the limit is "
            f"{MAX_NAME_LENGTH}: choose a shorter --name or rounder numbers ({name})"
        )
    return name


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


def to_json(hyperparameters: Hyperparameters) -> dict[str, Any]:
    """All settings, ready for `json.dumps`."""
    return dataclasses.asdict(hyperparameters)


def from_json(values: Mapping[str, Any]) -> Hyperparameters:
    """The settings in a mapping made by `to_json`, perhaps by an older version.

    A setting that is missing was not known when the file was written; it takes its
    default, which is always what programs without the setting did.

    Raises:
        ValueError: an unknown setting (lists the valid ones), or a value out of range.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"settings must be a JSON object, received {values!r:.80}")
    known = [field.name for field in dataclasses.fields(Hyperparameters)]
    unknown = sorted(str(key) for key in values if key not in known)
    if unknown:
        raise ValueError(
            f"unknown settings {', '.join(unknown)[:200]}; the valid ones are "
            + ", ".join(known)
        )
    return Hyperparameters(**values)


def shortest_float(value: float) -> str:
    """The shortest way to write a non-negative float that reads back as the same.

    `1e-3`, `3.5e-4`, `0.2`, `10`: exponents without padding or plus sign; of two
    spellings of one length the one without exponent.
    """
    mantissa, _, exponent = f"{value!r}e0".partition("e")
    whole, _, fraction = mantissa.partition(".")
    shift = int(exponent.partition("e")[0]) - len(fraction)  # value = digits * 10^shift
    digits = (whole + fraction).lstrip("0")
    shift += len(digits) - len(digits.rstrip("0"))
    digits = digits.rstrip("0")
    if not digits:
        return "0"
    point = len(digits) + shift  # digits before the decimal point
    if abs(point) > 20:
        plain = None
    elif shift >= 0:
        plain = digits + "0" * shift
    elif point > 0:
        plain = f"{digits[:point]}.{digits[point:]}"
    else:
        plain = "0." + "0" * -point + digits
    scientific = digits[:1] + ("." + digits[1:] if digits[1:] else "")
    scientific += f"e{point - 1}"
    if plain is None or len(scientific) < len(plain):
        return scientific
    return plain


def _default(field: str) -> Any:
    return Hyperparameters.__dataclass_fields__[field].default


def _tagged_fields() -> list[dataclasses.Field]:
    fields = dataclasses.fields(Hyperparameters)
    return [f for f in fields if f.metadata["option"].in_name == "tag"]


def _tag(rule: Option, value: Any) -> str:
    if rule.choices:
        return value
    if rule.type is bool:
        return rule.tag
    return rule.tag + (shortest_float(value) if rule.type is float else str(value))


def _name_pattern() -> re.Pattern[str]:
    number = {int: "[0-9]{1,20}", float: "[0-9.]{1,25}(?:e-?[0-9]{1,3})?"}
    pattern = (
        "(?P<name>[a-z0-9_-]+)-(?P<depth>I)X(?P<dim>I)-G(?P<mixtures>I)"
        "-bs(?P<batch_size>I)-lr(?P<learning_rate>F)"
    )
    pattern = pattern.replace("I)", number[int] + ")")
    pattern = pattern.replace("F)", number[float] + ")")
    for field in _tagged_fields():
        rule = field.metadata["option"]
        if rule.choices:
            value = f"(?P<{field.name}>{'|'.join(map(re.escape, rule.choices))})"
        elif rule.type is bool:
            value = f"(?P<{field.name}>{rule.tag})"
        else:
            value = f"{rule.tag}(?P<{field.name}>{number[rule.type]})"
        pattern += f"(?:-{value})?"
    return re.compile(pattern + "(?:-from-(?P<parent>[0-9a-f]{6}))?")

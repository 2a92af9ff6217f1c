"""Every setting of a reader, declared once, as those of a writer are."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sketch.settings.hyperparameters import Hyperparameters, check_dataset_name
from sketch.settings.names import tags
from sketch.settings.option import Settings, option
from sketch.settings.run_options import CommonOptions


def _same_as_writers(field: str) -> Any:
    """The option of a writer's setting, where a reader's means the same."""
    original = Hyperparameters.__dataclass_fields__[field]
    return dataclasses.field(default=original.default, metadata=original.metadata)


@dataclass(frozen=True)
class RecogniserSettings(Settings):
    """What a reader is; two with equal settings and data are the same reader.

    Raises:
        ValueError: a value out of range; names the option.
    """

    name: str = _same_as_writers("name")
    # 2 x 128 reads about as fast on a processor as a small network writes.
    depth: int = option(
        2,
        "--depth",
        "Number of two-way recurrent layers.",
        minimum=1,
        maximum=20,
    )
    dim: int = option(
        128,
        "--dim",
        "Cells of each layer, each way.",
        minimum=1,
        maximum=10_000,
    )
    batch_size: int = option(
        32,
        "--bs --batch-size",
        "Lines in a batch.",
        minimum=1,
        maximum=1_000_000,
    )
    learning_rate: float = option(
        4e-3,
        "--lr --learning-rate",
        "Peak of the learning rate, which rises and falls once over all --epochs.",
        above=0,
    )
    dropout: float = option(
        0.2,
        "--dropout -d",
        "Share of the layers' inputs that is dropped while training.",
        minimum=0,
        maximum=0.99,
    )
    # Pens that write again what they learned vary it: so must what the reader sees.
    augment: float = option(
        0.2,
        "--augment",
        "Strength of the random slant, size and stretch of each training line.",
        minimum=0,
        maximum=1,
    )
    seed: int = _same_as_writers("seed")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dataset_name(self.name)


@dataclass(frozen=True)
class RecogniserOptions(CommonOptions):
    """How long and on what a reader's training goes; may change on a resume."""

    DEFAULTS: ClassVar[Mapping[str, Any]] = CommonOptions.DEFAULTS | {"epochs": 20}

    epochs: int | None = option(
        None,
        "--epochs",
        "Passes over the training lines, those before a resume included.",
        unset="as the training was begun with; 20",
        type=int,
        minimum=1,
        in_name="never",
    )


def recogniser_name(settings: RecogniserSettings) -> str:
    """A recogniser's directory: `<dataset>-recogniser` and a tag for each setting
    that differs from its default. No tag is `-recogniser`: the name is injective.
    """
    return f"{settings.name}-recogniser{tags(settings)}"

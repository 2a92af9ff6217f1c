"""The settings of a recogniser and its training, each declared once."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sketch.settings.hyperparameters import Hyperparameters, check_dataset_name
from sketch.settings.names import tags
from sketch.settings.option import Settings, option
from sketch.settings.run_options import CommonOptions


def _shared(field: str) -> Any:
    """A setting with the same meaning as in `Hyperparameters`."""
    original = Hyperparameters.__dataclass_fields__[field]
    return dataclasses.field(default=original.default, metadata=original.metadata)


@dataclass(frozen=True)
class RecogniserSettings(Settings):
    """A recogniser: two with equal settings and data are the same.

    Raises:
        ValueError: a value is out of range; names the option.
    """

    name: str = _shared("name")
    # 2 x 128 reads about as fast on a CPU as a small network writes.
    depth: int = option(
        2,
        "--depth",
        "Number of bidirectional recurrent layers.",
        minimum=1,
        maximum=20,
    )
    dim: int = option(
        128,
        "--dim",
        "Cells of each layer, in each direction.",
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
        "Share of each layer's inputs that is dropped in training.",
        minimum=0,
        maximum=0.99,
    )
    # Models vary what they write, so the training lines must vary too.
    augment: float = option(
        0.2,
        "--augment",
        "Strength of the random slant, size and stretch of each training line.",
        minimum=0,
        maximum=1,
    )
    seed: int = _shared("seed")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dataset_name(self.name)


@dataclass(frozen=True)
class RecogniserOptions(CommonOptions):
    """How long and on what a recogniser trains; may change on a resume."""

    DEFAULTS: ClassVar[Mapping[str, Any]] = CommonOptions.DEFAULTS | {"epochs": 20}

    epochs: int | None = option(
        None,
        "--epochs",
        "Passes over the training lines, including those before a resume.",
        unset="as before; in a new run 20",
        type=int,
        minimum=1,
        in_name="never",
    )


def recogniser_name(settings: RecogniserSettings) -> str:
    """A recogniser's directory: `<dataset>-recogniser` and a tag for each setting
    that differs from its default. No tag is `-recogniser`: the name is injective.
    """
    return f"{settings.name}-recogniser{tags(settings)}"

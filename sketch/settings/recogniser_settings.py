"""The settings of a recogniser and its training, each declared once."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from sketch.settings.hyperparameters import Hyperparameters, check_dataset_name
from sketch.settings.names import tags
from sketch.settings.option import Settings
from sketch.settings.run_options import CommonOptions


def _shared(kind: type, field: str, default: Any = None, **changes: Any) -> Any:
    """A setting of another dataclass, with another default and other rules."""
    original = kind.__dataclass_fields__[field]
    rule = dataclasses.replace(original.metadata["option"], **changes)
    default = original.default if default is None else default
    return dataclasses.field(default=default, metadata={"option": rule})


_setting = partial(_shared, Hyperparameters, in_name="tag")


@dataclass(frozen=True)
class RecogniserSettings(Settings):
    """A recogniser: two with equal settings and data are the same.

    Raises:
        ValueError: a value is out of range; names the option.
    """

    name: str = _shared(Hyperparameters, "name")
    # 2 x 128 reads about as fast on a CPU as a small network writes.
    depth: int = _setting(
        "depth", 2, help="Number of bidirectional recurrent layers.", maximum=20
    )
    dim: int = _setting(
        "dim", 128, help="Cells of each layer, in each direction.", maximum=10_000
    )
    batch_size: int = _setting("batch_size", 32)
    learning_rate: float = _setting(
        "learning_rate",
        4e-3,
        help="Peak of the learning rate, which rises and falls once over all --epochs.",
    )
    dropout: float = _setting(
        "dropout", 0.2, help="Share of each layer's inputs that is dropped in training."
    )
    # Models vary what they write, so the training lines must vary too.
    augment: float = _setting("augment", 0.2)
    seed: int = _setting("seed")
    recombine: float = _setting("recombine")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_dataset_name(self.name)


@dataclass(frozen=True)
class RecogniserOptions(CommonOptions):
    """How long and on what a recogniser trains; may change on a resume."""

    DEFAULTS: ClassVar[Mapping[str, Any]] = CommonOptions.DEFAULTS | {"epochs": 20}

    epochs: int | None = _shared(
        CommonOptions, "epochs", unset="as before; in a new run 20"
    )


def recogniser_name(settings: RecogniserSettings, parent: str | None = None) -> str:
    """A recogniser's directory: `<dataset>-recogniser`, a tag for each setting that
    differs from its default, and `-from-<6 hex>` if it began with another's weights. No
    tag is `-recogniser`: the name is injective.
    """
    origin = f"-from-{parent}" if parent else ""
    return f"{settings.name}-recogniser{tags(settings)}{origin}"

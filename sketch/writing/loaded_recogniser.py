"""A recogniser with its weights: ink in, text out."""

from collections.abc import Sequence

import numpy as np

from sketch.experiment import checkpoint
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import build_recogniser, load_weights
from sketch.ink.fit import unit_ratio
from sketch.model.recogniser import read_lines


class LoadedRecogniser:
    """A recogniser with its best weights.

    Attributes:
        directory: opened.
        state: of the checkpoint.

    Raises:
        ValueError: there is no checkpoint yet, or it does not fit the settings.
    """

    def __init__(self, directory: RecogniserDirectory):
        self.directory = directory
        self.recogniser = build_recogniser(directory)
        found = checkpoint.read_weights(
            directory.load_checkpoint,
            ("best", "latest"),
            lambda path: load_weights(self.recogniser, path),
        )
        if found is None:
            raise ValueError(
                f"{directory.name} has no checkpoint yet: go on with it by `sketch "
                f"train-recogniser --recogniser {directory.name}`"
            )
        _, _, self.state = found

    @property
    def error_rate(self) -> float:
        """The share of the validation lines' characters that these weights misread.

        It comes from the history; NaN where that is missing or damaged.
        """
        try:
            rows = {row["epoch"]: row for row in self.directory.history()}
        except (OSError, ValueError):  # damaged: reading does not need it
            rows = {}
        row = rows.get(self.state.get("epoch"), {})
        return row.get("valid_error_rate", float("nan"))

    def read(
        self, strokes: Sequence[np.ndarray], offset_std: np.ndarray | None = None
    ) -> list[str]:
        """The texts of lines of ink.

        Args:
            strokes: lines `[time, 3]`, in the units of their recordings.
            offset_std: `[2]`, of these recordings, so that ink of another tablet is
                scaled to the recogniser's units. None: it is in those already.
        """
        scale = 1.0
        if offset_std is not None:
            scale = unit_ratio(offset_std, self.directory.offset_std)
        return read_lines(
            self.recogniser,
            strokes,
            self.directory.offset_mean * scale,
            self.directory.offset_std * scale,
            self.directory.alphabet,
        )

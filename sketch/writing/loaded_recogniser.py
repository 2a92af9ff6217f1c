"""A recogniser with its weights: ink in, text out."""

from collections.abc import Sequence

import numpy as np

from sketch.experiment import checkpoint
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.weights import build_recogniser, load_weights
from sketch.ink.fit import unit_ratio
from sketch.model.recogniser import read_lines


class LoadedRecogniser:
    """A reader with its best weights: ink in, text out.

    Attributes:
        reader: its directory, opened.
        state: of the checkpoint.

    Raises:
        ValueError: there is no checkpoint yet, or it does not fit the settings.
    """

    def __init__(self, reader: RecogniserDirectory):
        self.reader = reader
        self.recogniser = build_recogniser(reader)
        found = checkpoint.read_weights(
            reader.load_checkpoint,
            ("best", "latest"),
            lambda path: load_weights(self.recogniser, path),
        )
        if found is None:
            raise ValueError(
                f"{reader.name} has no checkpoint yet: go on with it by `sketch "
                f"train-recogniser --recogniser {reader.name}`"
            )
        _, _, self.state = found

    @property
    def error_rate(self) -> float:
        """The share of the validation lines' characters that these weights misread.

        As their history has it; NaN where that does not tell.
        """
        try:
            rows = {row["epoch"]: row for row in self.reader.history()}
        except (OSError, ValueError):  # damaged: nothing that reading needs
            rows = {}
        row = rows.get(self.state.get("epoch"), {})
        return row.get("valid_error_rate", float("nan"))

    def read(
        self, strokes: Sequence[np.ndarray], offset_std: np.ndarray | None = None
    ) -> list[str]:
        """The texts of lines of ink.

        Args:
            strokes: lines `[time, 3]`, in the units of their recordings.
            offset_std: `[2]`, of these recordings: another tablet's ink is seen in its
                own units, as `units.py` has it. None: they are those of the reader.
        """
        scale = 1.0
        if offset_std is not None:
            scale = unit_ratio(offset_std, self.reader.offset_std)
        return read_lines(
            self.recogniser,
            strokes,
            self.reader.offset_mean * scale,
            self.reader.offset_std * scale,
            self.reader.alphabet,
        )

"""A run's history for TensorBoard, through Keras' own callback.

The callback needs TensorFlow, whatever the backend. TensorFlow is kept off the GPU,
whose memory it would take in whole.
"""

import importlib.util
from pathlib import Path

import keras

from sketch.backend.packages import PACKAGES, how_to_install

PREFIXES = {"train": "", "valid": "val_"}  # of names that the callback expects


def require_tensorboard() -> None:
    """Raises ImportError if a package of the callback is missing."""
    missing = [
        name
        for name in PACKAGES["tensorboard"]
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise ImportError(
            f"--tensorboard needs {' and '.join(missing)}: "
            f"{how_to_install('tensorboard')}, or leave it out: history.csv and "
            "`sketch plot` have the same"
        )


class Board:
    """Writes rows of the history as event files.

    Args:
        folder: for its folders `train/` and `validation/`.
        network: compiled; its optimizer has the learning rate.
    """

    def __init__(self, folder: Path, network: keras.Model):
        if keras.backend.backend() != "tensorflow":
            import tensorflow

            tensorflow.config.set_visible_devices([], "GPU")
        # Only TensorFlow has a graph to write.
        self._callback = keras.callbacks.TensorBoard(folder, write_graph=False)
        self._callback.set_model(network)
        self._callback.on_train_begin()

    def write(self, row: dict[str, float]) -> None:
        """Writes a row of `history.csv`, at its epoch."""
        logs = {name: row[name] for name in ("gradient_norm", "points_per_second")}
        for name, prefix in PREFIXES.items():
            for end in ("log_likelihood", "log_likelihood_per_point"):
                logs[prefix + end] = row[f"{name}_{end}"]
        self._callback.on_epoch_end(row["epoch"], logs)

    def close(self) -> None:
        """Writes what is still in memory."""
        self._callback.on_train_end()

"""A run's history for TensorBoard, through Keras' own callback.

The callback writes by TensorFlow, whatever the backend. Nothing else of TensorFlow is
wanted then, so it is kept off the GPU, all of whose memory it would take.
"""

import importlib.util
from pathlib import Path

import keras

from sketch.backend.packages import PACKAGES, how_to_install

PREFIXES = {"train": "", "valid": "val_"}  # as the callback tells the two apart


def require_tensorboard() -> None:
    """Raises ImportError where the callback could not write."""
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
        folder: where to; `train/` and `validation/` come to be in it.
        network: whose optimizer tells the learning rate.
    """

    def __init__(self, folder: Path, network: keras.Model):
        if keras.backend.backend() != "tensorflow":
            import tensorflow

            tensorflow.config.set_visible_devices([], "GPU")
        # The graph is TensorFlow's alone.
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

"""TensorBoard: Keras' callback gets what the history has, or its lack is one line."""

import importlib.util
import sys
from types import SimpleNamespace

import keras
import pytest

from sketch.settings.run_options import RunOptions
from sketch.training import board_tensorflow
from sketch.training.board_tensorflow import Board
from sketch.training.network_run import train
from sketch.training.plan import plan_run

ROW = {
    "epoch": 7,
    "step": 70,
    "learning_rate": 0.5,
    "gradient_norm": 1.5,
    "points_per_second": 1e4,
    "train_log_likelihood": 107.0,
    "train_log_likelihood_per_point": 1.0,
    "valid_log_likelihood": 97.0,
    "valid_log_likelihood_per_point": 0.5,
    "test_log_likelihood": 87.0,
}
LOGS = {
    "gradient_norm": 1.5,
    "points_per_second": 1e4,
    "log_likelihood": 107.0,
    "log_likelihood_per_point": 1.0,
    "val_log_likelihood": 97.0,
    "val_log_likelihood_per_point": 0.5,
}


def write_row(folder):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile(optimizer=keras.optimizers.SGD(0.5))
    board = Board(folder, network)
    board.write(ROW)
    board.close()


def test_board_passes_the_history_to_the_callback(monkeypatch, tmp_path):
    calls, hidden = [], []

    class Callback(keras.callbacks.Callback):
        def __init__(self, folder, write_graph):
            calls.append(folder)

        def on_epoch_end(self, epoch, logs):
            calls.append((epoch, logs))

        def on_train_end(self):
            calls.append("end")

    config = SimpleNamespace(set_visible_devices=lambda *a: hidden.append(a))
    monkeypatch.setattr(keras.callbacks, "TensorBoard", Callback)
    if keras.backend.backend() != "tensorflow":
        monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
        hidden.append(([], "GPU"))
    write_row(tmp_path)
    assert calls == [tmp_path, (7, LOGS), "end"]
    assert hidden in ([], [([], "GPU")] * 2)


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, board_tensorflow.PACKAGES["tensorboard"])),
    reason="needs the extra tensorboard",
)
def test_board_writes_event_files_of_the_history(tmp_path):
    import tensorflow

    write_row(tmp_path)
    found = {}
    for path in tmp_path.glob("*/*"):
        for event in tensorflow.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                number = float(tensorflow.make_ndarray(value.tensor))
                found[path.parent.name, value.tag, event.step] = number
    expected = {("train", "epoch_learning_rate", 7): 0.5}
    for name, value in LOGS.items():
        folder = "validation" if name.startswith("val_") else "train"
        expected[folder, f"epoch_{name.removeprefix('val_')}", 7] = value
    assert found == pytest.approx(expected)


def test_tensorboard_without_its_package_is_refused_before_anything_is_made(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(board_tensorflow.importlib.util, "find_spec", lambda name: None)
    options = RunOptions(tensorboard=True, data=str(tmp_path / "none.hdf5"))
    with pytest.raises(ImportError, match=r"pip install tensorflow tensorb"):
        train(plan_run({"dim": 4}, None, tmp_path), options, tmp_path)
    assert not list(tmp_path.iterdir())

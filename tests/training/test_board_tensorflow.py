"""TensorBoard: Keras' callback writes what the history has, or its lack is one line."""

import contextlib
import importlib.util
import sys
from types import ModuleType, SimpleNamespace

import keras
import pytest

from sketch.training import board_tensorflow
from sketch.training.board_tensorflow import Board

ROWS = [
    {
        "epoch": epoch,
        "step": 10 * epoch,
        "learning_rate": 0.5,
        "gradient_norm": 1.5 * epoch,
        "points_per_second": 1e4,
        "train_log_likelihood": 100.0 + epoch,
        "train_log_likelihood_per_point": 1.0,
        "valid_log_likelihood": 90.0 + epoch,
        "valid_log_likelihood_per_point": 0.5,
        "test_log_likelihood": 80.0 + epoch,
    }
    for epoch in (1, 2, 7)
]
EXPECTED = {
    "train": {
        "epoch_gradient_norm": lambda row: row["gradient_norm"],
        "epoch_learning_rate": lambda row: 0.5,
        "epoch_log_likelihood": lambda row: row["train_log_likelihood"],
        "epoch_log_likelihood_per_point": lambda row: 1.0,
        "epoch_points_per_second": lambda row: 1e4,
    },
    "validation": {
        "epoch_log_likelihood": lambda row: row["valid_log_likelihood"],
        "epoch_log_likelihood_per_point": lambda row: 0.5,
    },
}


def write_rows(folder):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile(optimizer=keras.optimizers.SGD(0.5))
    board = Board(folder, network)
    for row in ROWS:
        board.write(row)
    board.close()


def expected_values(name):
    rows = EXPECTED[name].items()
    return {(key, row["epoch"]): value(row) for key, value in rows for row in ROWS}


@pytest.fixture
def written(monkeypatch):
    """What Keras' callback writes by a stand-in of TensorFlow: {folder: {tag: …}}."""
    written, current = {}, []

    @contextlib.contextmanager
    def as_default(path):
        current.append(written.setdefault(path, {}))
        yield
        current.pop()

    def writer(path):
        return SimpleNamespace(
            as_default=lambda: as_default(path), close=lambda: closed.append(path)
        )

    def scalar(name, value, step):
        current[-1][name, step] = value

    closed = []
    tensorflow, summary = ModuleType("tensorflow"), ModuleType("tensorflow.summary")
    summary.create_file_writer, summary.scalar = writer, scalar
    hidden = []
    tensorflow.config = SimpleNamespace(set_visible_devices=lambda *a: hidden.append(a))
    tensorflow.summary = summary
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    monkeypatch.setitem(sys.modules, "tensorflow.summary", summary)
    yield written
    assert sorted(closed) == sorted(written)
    if keras.backend.backend() != "tensorflow":
        assert hidden == [([], "GPU")]


def test_board_passes_the_history_to_the_callback(written, tmp_path):
    write_rows(tmp_path / "tensorboard")
    for name in EXPECTED:
        values = written.pop(str(tmp_path / "tensorboard" / name))
        assert values == expected_values(name)
        written[str(tmp_path / "tensorboard" / name)] = values
    assert len(written) == len(EXPECTED)


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, board_tensorflow.PACKAGES["tensorboard"])),
    reason="needs the extra tensorboard",
)
def test_board_writes_event_files_of_the_history(tmp_path):
    import tensorflow

    write_rows(tmp_path)
    for name in EXPECTED:
        [path] = (tmp_path / name).iterdir()
        values = {
            (value.tag, event.step): float(tensorflow.make_ndarray(value.tensor))
            for event in tensorflow.compat.v1.train.summary_iterator(str(path))
            for value in event.summary.value
        }
        assert values == pytest.approx(expected_values(name))


def test_tensorboard_without_its_package_is_refused_before_anything_is_made(
    tmp_path, monkeypatch
):
    from sketch.settings.run_options import RunOptions
    from sketch.training.network_run import train
    from sketch.training.plan import plan_run

    monkeypatch.setattr(board_tensorflow.importlib.util, "find_spec", lambda name: None)
    options = RunOptions(tensorboard=True, data=str(tmp_path / "none.hdf5"))
    with pytest.raises(ImportError, match=r"pip install tensorflow tensorb"):
        train(plan_run({"dim": 4}, None, tmp_path), options, tmp_path)
    assert not list(tmp_path.iterdir())

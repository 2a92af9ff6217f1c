"""A recogniser with its weights: which fit, and in which units it reads."""

import json

import numpy as np
import pytest

from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.writing.check import ReadingCheck
from sketch.writing.loaded_recogniser import LoadedRecogniser


@pytest.mark.parametrize(
    ("dim", "message"),
    [(5, "does not hold"), (300, r"bytes, at least [\d,]+ are needed")],
)
def test_weights_of_another_shape_are_refused(recogniser, tmp_path, dim, message):
    content = json.loads((recogniser.path / "recogniser.json").read_text())
    content["settings"]["dim"] = dim
    (tmp_path / "recogniser.json").write_text(json.dumps(content))
    (tmp_path / "checkpoints").mkdir()
    best = recogniser.path / "checkpoints" / "best"
    best_copy = tmp_path / "checkpoints" / "best"
    best_copy.mkdir()
    for path in best.iterdir():
        (best_copy / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match=f"model.weights.h5 .*{message}"):
        LoadedRecogniser(RecogniserDirectory.load(tmp_path, tmp_path))


@pytest.mark.parametrize("ratio", [0.1, 1.0, 1.4, 10.0])
def test_ink_of_another_tablet_is_read_in_its_own_units(recogniser, ratio):
    class Recorder:
        def predict_on_batch(self, inputs):
            seen.append(inputs["strokes"])
            rows, time, _ = seen[-1].shape
            return np.zeros((rows, time // 4, recogniser.alphabet.size))

    seen = []
    eyes = LoadedRecogniser(recogniser)
    eyes.recogniser = Recorder()
    normalised = np.float32([[0, 0, 0], [1, -2, 1]])
    mean, std = recogniser.offset_mean * ratio, recogniser.offset_std * ratio
    ReadingCheck(eyes).of_pen(mean, std)(["big"], [normalised])
    # Within a factor of 1.5 it is another writer's size: read as it is.
    ink = normalised[:, :2] * std + mean
    due = (ink - recogniser.offset_mean) / recogniser.offset_std
    if ratio in (0.1, 10.0):
        due = normalised[:, :2]
    np.testing.assert_allclose(seen[0][0, :2, :2], due, rtol=1e-5, atol=1e-5)

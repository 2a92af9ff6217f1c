"""Weights files: plain arrays in one file, and as many as the settings need."""

import json

import h5py
import numpy as np
import pytest

from sketch.experiment.experiment import Experiment
from sketch.experiment.weights import build_network, load_network


@pytest.fixture
def trained(experiment):
    """An experiment with the weights that its settings begin with."""
    network = build_network(experiment)
    experiment.save_checkpoint("best", network.save_weights, {"step": 1})
    return experiment


def change(experiment, edit):
    """Edits the weights; the digest is made to fit, as somebody who means ill would."""
    path, state = experiment.load_checkpoint("best")
    content = path.read_bytes()

    def write(new):
        new.write_bytes(content)
        edit(new)

    experiment.save_checkpoint("best", write, state)


def in_hdf5(act):
    def edit(path):
        with h5py.File(path, "r+") as file:
            act(file)

    return edit


def first_array(file):
    def is_array(name, item):
        return name if isinstance(item, h5py.Dataset) else None

    return file.visititems(is_array)


def external_link(file):
    with h5py.File(f"{file.filename}.other", "w") as other:
        file.copy("layers", other)
    del file["layers"]
    file["layers"] = h5py.ExternalLink(f"{file.filename}.other", "/layers")


def soft_link(file):
    file["more"] = h5py.SoftLink("/layers")


def loop(file):
    file["layers/again"] = file["layers"]


def replaced(**how):
    def act(file):
        name = first_array(file)
        shape = file[name].shape
        del file[name]
        file.create_dataset(name, **{"shape": shape, "dtype": "<f4"} | how)

    return act


HOSTILE = {
    "external link": (external_link, "'layers' is a link"),
    "soft link": (soft_link, "'more' is a link"),
    "loop": (loop, "groups without end"),
    "other file": (
        replaced(external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)]),
        "one piece",
    ),
    "in pieces": (replaced(shape=(10**6, 10**6), chunks=(1000, 1000)), "one piece"),
    "claims": (replaced(shape=(10**6, 10**6)), "1,000,000,000,000 values in 0 bytes"),
    "texts": (replaced(dtype=h5py.string_dtype()), "not numbers"),
    "references": (replaced(dtype=h5py.ref_dtype), "not numbers"),
    "another shape": (
        replaced(data=np.zeros((2, 2), "<f4"), shape=(2, 2)),
        "could not",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_weights_are_refused(trained, name):
    act, message = HOSTILE[name]
    change(trained, in_hdf5(act))
    with pytest.raises(ValueError, match=message) as caught:
        load_network(trained)
    assert (
        "model.weights.h5 does not hold the weights that hyperparameters.json, or a"
        in str(caught.value)
    )
    assert "restore both from the same run" in str(caught.value)


def test_weights_that_are_no_hdf5(trained):
    change(trained, lambda path: path.write_bytes(b"weights" * 9999))
    with pytest.raises(ValueError, match="model.weights.h5 does not hold"):
        load_network(trained)


@pytest.mark.parametrize(
    "large",
    [{"dim": 20_000}, {"depth": 100}, {"mixtures": 1000}],
    ids=["dim", "depth", "mixtures"],
)
def test_settings_that_ask_for_more_than_there_is_build_nothing(trained, root, large):
    path = trained.path / "hyperparameters.json"
    content = json.loads(path.read_text())
    content["hyperparameters"] |= large
    path.write_text(json.dumps(content))
    (best,) = trained.checkpoints_dir.iterdir()
    for place in (best, best.with_name("best.next"), best.with_name("best.previous")):
        best = best.rename(place)  # a swap that was cut off is loaded, too
        with pytest.raises(ValueError, match=r"bytes, of [\d,]+ at the least"):
            load_network(Experiment.load(trained.name, root))

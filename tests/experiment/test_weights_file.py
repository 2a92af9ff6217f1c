"""Weights files: plain arrays in one file, and as many as the settings need."""

import json
import subprocess
import sys

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
    "loop": (loop, "too many groups"),
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
def test_load_network_of_hostile_weights_is_refused(trained, name):
    act, message = HOSTILE[name]
    change(trained, in_hdf5(act))
    with pytest.raises(ValueError, match=message) as caught:
        load_network(trained)
    assert (
        "model.weights.h5 does not hold the weights that hyperparameters.json or "
        in str(caught.value)
    )
    assert "restore both from the same run" in str(caught.value)


def test_load_network_of_another_file_is_refused(trained):
    change(trained, lambda path: path.write_bytes(b"weights" * 9999))
    with pytest.raises(ValueError, match="model.weights.h5 does not hold"):
        load_network(trained)


@pytest.mark.parametrize(
    "large",
    [{"dim": 20_000}, {"depth": 100}, {"mixtures": 1000}],
    ids=["dim", "depth", "mixtures"],
)
def test_build_network_larger_than_its_weights_is_refused(trained, root, large):
    path = trained.path / "hyperparameters.json"
    content = json.loads(path.read_text())
    content["hyperparameters"] |= large
    path.write_text(json.dumps(content))
    (best,) = trained.checkpoints_dir.iterdir()
    for place in (best, best.with_name("best.next"), best.with_name("best.previous")):
        best = best.rename(place)  # a swap that was cut off is loaded, too
        with pytest.raises(ValueError, match=r"bytes, at least [\d,]+ are needed"):
            load_network(Experiment.load(trained.name, root))


def spoil_heap(path):
    """Makes the first object of each heap one of size 0: reading it never ends."""
    data, place = bytearray(path.read_bytes()), -1
    while (place := data.find(b"GCOL", place + 1)) >= 0:
        data[place + 16 : place + 32] = bytes(16)
    path.write_bytes(data)


def attribute_on_the_heap(file):
    file[first_array(file)].attrs["dtype"] = "bfloat16"  # which Keras would read


# The library is deaf to signals there: only the end of the process stops it.
LOADS = (
    "import sys; from pathlib import Path; "
    "from sketch.experiment.publishing import write_half; "
    "from sketch.experiment.weights import load_network as load; "
    "from sketch.experiment.experiment import Experiment; "
    "experiment = Experiment.load(sys.argv[1], '.'); load(experiment); "
    "write_half(experiment.load_checkpoint('best')[0], Path(sys.argv[2]))"
)


def load_in_time(experiment, half):
    return subprocess.run(
        [sys.executable, "-c", LOADS, str(experiment.path), str(half)],
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_array_with_an_attribute_is_refused_unread(trained, tmp_path):
    change(trained, in_hdf5(attribute_on_the_heap))
    change(trained, spoil_heap)
    done = load_in_time(trained, tmp_path / "half.h5")
    assert "'0' has attributes" in done.stderr


def test_attributes_of_groups_are_never_read(trained, tmp_path):
    """Keras writes names there, and nobody needs them."""
    change(trained, spoil_heap)
    assert b"GCOL" in trained.load_checkpoint("best")[0].read_bytes()
    done = load_in_time(trained, tmp_path / "half.h5")
    assert done.returncode == 0, done.stderr
    assert b"GCOL" not in (tmp_path / "half.h5").read_bytes()

"""The experiment directory: complete, and read as if a stranger had written it."""

import json
import os

import numpy as np
import pytest

from sketch.experiment.experiment import Experiment, Lineage, find_experiments
from sketch.settings.hyperparameters import Hyperparameters

NAME = "handwriting-1X8-G20-bs56-lr1e-3"


def change(experiment, **values):
    path = experiment.path / "hyperparameters.json"
    content = json.loads(path.read_text()) | values
    path.write_text(json.dumps(content))


def test_load_of_a_created_experiment_is_equal(experiment, root, facts):
    assert experiment.path == root / NAME
    for loaded in (
        experiment,
        Experiment.load(NAME, root),
        Experiment.load(root / NAME, "elsewhere"),
        Experiment.load(f"{root}/{NAME}/", "elsewhere"),
    ):
        assert loaded.name == NAME
        assert loaded.hyperparameters == Hyperparameters(
            depth=1, dim=8, learning_rate=1e-3
        )
        assert loaded.alphabet == facts["alphabet"]
        np.testing.assert_array_equal(loaded.offset_mean, facts["offset_mean"])
        np.testing.assert_array_equal(loaded.offset_std, facts["offset_std"])
        assert loaded.offset_std.dtype == np.float64
        assert loaded.data_digest == "0123abcd"
        assert loaded.lineage is None


def test_slow_speeds_are_kept_and_those_of_iam_in_old_experiments(root, facts):
    facts["slow_speeds"] = (0.15, 0.25)
    experiment = Experiment.create(root, Hyperparameters(depth=1, dim=8), facts)
    path = experiment.path / "hyperparameters.json"
    assert Experiment.load(path.parent, root).slow_speeds == (0.15, 0.25)
    content = json.loads(path.read_text())
    del content["slow_speeds"]
    path.write_text(json.dumps(content))
    assert Experiment.load(path.parent, root).slow_speeds == (0.2, 0.3)


def test_create_with_a_lineage_has_it_in_the_name(root, facts):
    lineage = Lineage("handwriting-1X8-G20-bs56-lr1e-3", 12)
    facts["lineage"] = lineage
    derived = Experiment.create(root, Hyperparameters(depth=1, dim=8), facts)
    assert derived.name == f"handwriting-1X8-G20-bs56-lr1e-4-from-{lineage.digest}"
    assert Experiment.load(derived.name, root).lineage == lineage
    assert lineage.digest != Lineage(lineage.parent, 13).digest


def test_create_again_tells_the_two_ways_on(experiment, root, facts):
    with pytest.raises(FileExistsError, match="by --model .*another --seed or --name"):
        Experiment.create(root, experiment.hyperparameters, facts)
    assert [path.name for path in root.iterdir()] == [NAME]
    link = root / "handwriting-1X9-G20-bs56-lr1e-4"
    link.symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        Experiment.create(root, Hyperparameters(depth=1, dim=9), facts)
    assert link.is_symlink()


def test_create_with_facts_out_of_range_is_refused(root, facts):
    with pytest.raises(ValueError, match="`offset_std` must be above zero"):
        Experiment.create(root, Hyperparameters(), facts | {"offset_std": [0, 1]})
    assert not root.exists()


def test_load_of_a_misspelt_name_suggests_the_nearest(experiment, root):
    with pytest.raises(FileNotFoundError, match=f"did you mean {NAME}"):
        Experiment.load("handwriting-1X9-G20-bs56-lr1e-3", root)
    with pytest.raises(FileNotFoundError, match="sketch list"):
        Experiment.load("zzz", root)
    with pytest.raises(
        FileNotFoundError, match="in .*nowhere and the pretrained models"
    ):
        Experiment.load("zzz", root / "nowhere")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": 2}, "its format is 2, 1 is expected: .* newer sketch"),
        ({"format": None}, "its format is None"),
        ({"hyperparameters": {"dimm": 3}}, "unknown settings dimm; the valid ones"),
        ({"hyperparameters": {"dim": -3}}, "--dim must be a whole number"),
        ({"hyperparameters": {"name": "../../x"}}, "--name must be"),
        ({"hyperparameters": []}, "must be a JSON object"),
        ({"alphabet": "abc"}, "`alphabet` must be a list"),
        ({"alphabet": [1]}, "`alphabet` must be a list"),
        ({"alphabet": ["ab"]}, "single characters"),
        ({"alphabet": ["b", "a"]}, "sorted"),
        ({"alphabet": ["\ud800"]}, "surrogates"),
        ({"offset_mean": [1.0]}, "`offset_mean` must be two finite numbers"),
        ({"offset_mean": "12"}, "`offset_mean` must be two finite numbers"),
        ({"offset_mean": [True, False]}, "`offset_mean` must be two finite numbers"),
        ({"offset_mean": [float("nan"), 0]}, "`offset_mean` must be two finite"),
        ({"offset_std": [0.0, 1.0]}, "`offset_std` must be above zero"),
        ({"data_digest": 3}, "`data_digest` must be text"),
        ({"slow_speeds": [0.3, 0.2]}, "`slow_speeds` must rise"),
        ({"slow_speeds": [0.3]}, "`slow_speeds` must be two"),
        ({"character_counts": {"a": -1}}, "`character_counts` must give"),
        ({"lineage": "a"}, "`lineage` must have a parent"),
    ],
)
def test_load_of_invalid_settings_names_the_file(experiment, root, values, message):
    change(experiment, **values)
    with pytest.raises(ValueError, match=message) as caught:
        Experiment.load(NAME, root)
    assert str(experiment.path / "hyperparameters.json") in str(caught.value)
    assert str(caught.value).endswith("restore the file")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"[]", b"[" * 1_000_000, b'{"format": 1}', b"9" * 5000],
)
def test_load_of_other_content_names_the_file(experiment, root, content):
    (experiment.path / "hyperparameters.json").write_bytes(content)
    with pytest.raises(ValueError, match="hyperparameters.json") as caught:
        Experiment.load(NAME, root)
    assert len(str(caught.value)) < 500


def test_load_of_a_link_or_a_pipe_is_refused(experiment, root, tmp_path):
    path = experiment.path / "hyperparameters.json"
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ValueError, match="is a link, pipe or device"):
        Experiment.load(NAME, root)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ValueError, match="is a link, pipe or device"):
        Experiment.load(NAME, root)
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match="is a folder"):
        Experiment.load(NAME, root)


def test_samples_dir_that_is_a_link_is_refused(experiment, tmp_path):
    assert experiment.samples_dir == experiment.path / "samples"
    assert not experiment.samples_dir.exists()  # reading makes nothing
    (experiment.path / "samples").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="is a link: remove it"):
        _ = experiment.samples_dir


def test_find_experiments(experiment, root):
    (root / "notes").mkdir()
    (root / ".hidden").mkdir()
    (root / ".hidden" / "hyperparameters.json").write_text("{}")
    (root / "file").write_text("")
    assert find_experiments(root) == [experiment.path]
    assert find_experiments(root / "nowhere") == []

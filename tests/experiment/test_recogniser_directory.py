"""The directory of a recogniser: what is in it, and what is refused."""

import json
from types import SimpleNamespace

import pytest
from toy_recogniser import SMALL, make_recogniser

from sketch.experiment import run_directory
from sketch.experiment.experiment import find_experiments
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.settings.recogniser_settings import RecogniserSettings, recogniser_name
from sketch.system import lock


def test_directory_after_a_run_has_these_files(recogniser, toy_root, capsys):
    assert recogniser.name == "toy-recogniser-depth1-dim4-bs4"
    there = {path.name for path in recogniser.path.iterdir()}
    assert there == {
        "recogniser.json",
        "environment.json",
        "history.csv",
        "checkpoints",
        "lock",
    }
    content = json.loads((recogniser.path / "recogniser.json").read_text())
    assert content["settings"] == {**content["settings"], **SMALL}
    assert recogniser.path not in find_experiments(toy_root)
    again = RecogniserDirectory.load(recogniser.path, "elsewhere")
    assert (
        again.settings == recogniser.settings and again.alphabet == recogniser.alphabet
    )


def test_second_recogniser_of_a_name_is_refused(toy_corpus, toy_root, recogniser):
    with pytest.raises(FileExistsError, match=f"--recogniser {recogniser.name}"):
        make_recogniser(toy_corpus, toy_root)


def test_slower_of_two_that_begin_at_once_is_refused(toy_corpus, tmp_path, monkeypatch):
    """Both have seen that there is none; the other makes it meanwhile."""

    def overtaken(path):
        made = tmp_path / recogniser_name(RecogniserSettings(**SMALL))
        made.mkdir()
        (made / "recogniser.json").touch()
        return lock.hold(path)

    monkeypatch.setattr(run_directory, "lock", SimpleNamespace(hold=overtaken))
    with pytest.raises(
        FileExistsError, match="by --recogniser toy-recogniser.* another recogniser"
    ):
        make_recogniser(toy_corpus, tmp_path)


def test_weights_fit_settings_of_the_same_shape_alone(recogniser):
    assert recogniser.derive({"dim": 4}) == recogniser.settings
    assert recogniser.derive({"dropout": 0.5}).dropout == 0.5
    with pytest.raises(ValueError, match="--dim is 4 there and 9 here"):
        recogniser.derive({"dim": 9})


def test_load_of_an_unknown_recogniser_suggests_the_nearest(recogniser, toy_root):
    with pytest.raises(FileNotFoundError, match=f"did you mean {recogniser.name}"):
        RecogniserDirectory.load("toy-recogniser-depth2", toy_root)
    with pytest.raises(FileNotFoundError, match="no recogniser 'zz'; `sketch list`"):
        RecogniserDirectory.load("zz", toy_root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "its format is 2"),
        ({"settings": {"dim": 0}}, "--dim must be"),
        ({"offset_std": [0, 1]}, "above zero"),
    ],
)
def test_damaged_settings_are_named(recogniser, tmp_path, change, message):
    content = json.loads((recogniser.path / "recogniser.json").read_text()) | change
    (tmp_path / "recogniser.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"recogniser.json: .*{message}.*restore"):
        RecogniserDirectory.load(tmp_path, tmp_path)

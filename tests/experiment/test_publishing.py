"""Published experiments: small, true to the original, loaded like any other."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from toy_recogniser import make_corpus, make_recogniser

import sketch
from sketch.corpus.shards import open_shards
from sketch.experiment import places, publishing
from sketch.experiment.experiment import Experiment, Lineage
from sketch.experiment.publishing import publish, write_half
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.styles import load_styles
from sketch.experiment.weights import load_network
from sketch.ink.ink_files import write_json
from sketch.ink.line_of_ink import InkLine
from sketch.settings.run_options import RunOptions
from sketch.training.plan import plan_run
from sketch.training.prepare import prepare
from sketch.writing.loaded_recogniser import LoadedRecogniser

CONDITION = "Anybody may use it."
NAME = "short"  # of what is published


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stands in for the folder of the pretrained models."""
    path = tmp_path / "pretrained"
    monkeypatch.setattr(places, "pretrained_dir", lambda: path)
    return path


@pytest.fixture
def published(pen, folder, toy_corpus):
    return publish(pen, folder / NAME, CONDITION, toy_corpus)


@pytest.fixture
def copy(pen, tmp_path):
    """The pen in a directory that tests may change."""
    return replace(pen, path=shutil.copytree(pen.path, tmp_path / "runs" / pen.name))


def card_of(path):
    return (path / "README.md").read_text()


def test_publish_writes_what_reading_and_writing_need(pen, published):
    files = {str(path.relative_to(published)) for path in published.rglob("*.*")}
    assert files == {
        "README.md",
        "hyperparameters.json",
        "history.csv",
        "checkpoints/best/model.weights.h5",
        "checkpoints/best/state.json",
    }
    again = Experiment.load(NAME, "nowhere")
    assert again.path == published
    assert again.name == NAME and again.full_name == pen.name
    assert again.hyperparameters == pen.hyperparameters
    assert again.history() == pen.history()


def values(path):
    found = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[...]

    with h5py.File(path) as file:
        file.visititems(keep)
    return found


def test_published_weights_are_those_in_half_precision(pen, published):
    old = values(pen.load_checkpoint("best")[0])
    new = values(published / "checkpoints" / "best" / "model.weights.h5")
    assert set(new) == {name for name in old if not name.startswith("optimizer")}
    assert len(new) < len(old)
    for name, value in new.items():
        if old[name].dtype.kind == "f":
            assert value.dtype == np.float16
            # 11 significant bits, and the least number that is no fraction of them
            np.testing.assert_allclose(value, old[name], rtol=2**-11, atol=2**-25)
        else:
            np.testing.assert_array_equal(value, old[name])
    loaded = load_network(Experiment.load(published, "nowhere"))
    for mine, theirs in zip(
        loaded.trainable_variables, load_network(pen).trainable_variables, strict=True
    ):
        assert mine.dtype == "float32"
        np.testing.assert_allclose(mine, theirs, rtol=2**-11, atol=2**-25)


def test_write_half_of_large_weights_is_refused(tmp_path):
    with h5py.File(tmp_path / "big.h5", "w") as file:
        file["layer/vars/0"] = np.float32([1, 1e6])
    with pytest.raises(ValueError, match="/layer/vars/0 has weights"):
        write_half(tmp_path / "big.h5", tmp_path / "half.h5")


def test_publish_keeps_styles_and_pictures(copy, folder, toy_corpus):
    styles, picture = copy.path / "styles.json", copy.path / "sketch.png"
    write_json(
        styles, [InkLine(np.float32([[1, 2, 0], [3, 0, 1]]), "ab", writer="round")]
    )
    logo = next((Path(__file__).parents[2] / "experiments").glob("*/sketch.png"))
    shutil.copy(logo, picture)
    made = publish(copy, folder / NAME, CONDITION, toy_corpus)
    assert list(load_styles(Experiment.load(made, "nowhere"))) == ["round"]
    assert "| styles | `--prime` round |" in card_of(made)
    assert "![sketch](sketch.png)" in card_of(made)
    assert (made / "sketch.png").read_bytes().startswith(b"\x89PNG")
    for damaged in (styles, picture):
        whole = damaged.read_bytes()
        damaged.write_bytes(b"{")
        with pytest.raises(ValueError, match=damaged.name):
            publish(copy, folder / NAME, CONDITION, toy_corpus, force=True)
        damaged.write_bytes(whole)
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_published_experiment_cannot_go_on_but_has_children(
    pen, published, toy_corpus, tmp_path
):
    with pytest.raises(ValueError, match="is published: .* derive an experiment"):
        plan_run({}, NAME, tmp_path / "runs")
    plan = plan_run({"learning_rate": 0.5}, NAME, tmp_path / "runs")
    assert (plan.action, plan.lineage.parent) == ("derive", pen.name)
    child, _ = prepare(plan, RunOptions(data=str(toy_corpus)), tmp_path / "runs")
    # Its ancestor is found by its full name.
    assert publishing.trained_elsewhere(child, tmp_path, pen.data_digest) == []


def test_load_without_a_name_takes_the_default_model(pen, folder, toy_corpus):
    with pytest.raises(FileNotFoundError, match="iam-text is missing"):
        sketch.load()
    publish(pen, folder / places.DEFAULT_MODEL, CONDITION, toy_corpus)
    assert sketch.load().name == places.DEFAULT_MODEL


def test_publish_again_needs_force(pen, published, folder, toy_corpus, monkeypatch):
    with pytest.raises(FileExistsError, match="--force"):
        publish(pen, folder / NAME, CONDITION, toy_corpus)
    publish(pen, folder / NAME, "Nobody may.", toy_corpus, force=True)
    assert "Nobody may." in card_of(published)
    # One that fails leaves what was there.
    rename, calls = os.rename, []

    def fail_once(old, new):
        if Path(new) == published and not calls:
            calls.append(old)
            raise OSError(errno.EIO, "broken")
        rename(old, new)

    monkeypatch.setattr(os, "rename", fail_once)
    with pytest.raises(OSError, match="broken"):
        publish(pen, folder / NAME, CONDITION, toy_corpus, force=True)
    assert calls and "Nobody may." in card_of(published)
    assert sorted(path.name for path in folder.iterdir()) == [NAME]


def test_publish_by_force_replaces_only_published_directories(
    copy, folder, toy_corpus, tmp_path
):
    other = shutil.copytree(copy.path, folder / NAME)  # of the same settings
    (tmp_path / "link").symlink_to(copy.path)
    before = sorted(copy.path.rglob("*"))
    for path, words in (
        (copy.path, "is the experiment itself"),
        (tmp_path / "link", "is the experiment itself"),
        (other, "is not a published directory, and --force"),
    ):
        with pytest.raises(FileExistsError, match=words):
            publish(copy, path, CONDITION, toy_corpus, force=True)
    assert sorted(copy.path.rglob("*")) == before
    assert Experiment.load(other, tmp_path).load_checkpoint("latest") is not None


def test_publish_while_training_saves_writes_the_state_of_its_weights(
    copy, folder, toy_corpus, monkeypatch
):
    """The run saves better weights while the first ones are being copied."""
    weights = copy.load_checkpoint("best")[0].read_bytes()
    copied = []

    def write_and_save(source, target):
        write_half(source, target)
        if not copied:
            copy.save_checkpoint(
                "best", lambda to: to.write_bytes(weights), {"epoch": 2, "step": 6}
            )
        copied.append(source)

    monkeypatch.setattr(publishing, "write_half", write_and_save)
    copy.history_path.unlink()  # somebody moved it away
    made = publish(copy, folder / NAME, CONDITION, toy_corpus)
    assert len(copied) == 2
    state = Experiment.load(made, "nowhere").load_checkpoint("best")[1]
    assert state == {"epoch": 2, "step": 6, "inference_only": True}
    assert "| training | 2 epochs, 6 steps, of unknown length |" in card_of(made)
    assert "The history has no row for these weights." in card_of(made)


def test_the_corpus_names_the_condition(pen, folder, toy_corpus, tmp_path):
    with pytest.raises(ValueError, match="by --condition, or name its corpus"):
        publish(pen, folder / NAME, None, toy_corpus)
    assert not folder.exists()
    files = [toy_corpus, make_corpus(tmp_path / "other.hdf5", seed=1)]
    with open_shards(files) as joined:
        of_both = replace(pen, data_digest=joined.digest)
    assert publishing._find_sources(of_both, files) == ["made up"]
    with pytest.raises(ValueError, match="learned from other data"):
        publishing._find_sources(of_both, files[::-1])
    sources = ["IAM-OnDB: a", "IAM-OnDB: b"]
    iam = publishing._find_condition(pen, sources, None)
    assert iam == publishing.IAM_CONDITION
    with pytest.raises(ValueError, match="by --condition, or name its corpus"):
        publishing._find_condition(pen, [*sources, "mine"], None)


def make_child(pen, root, parent, name):
    facts = {
        field: getattr(pen, field)
        for field in ("alphabet", "offset_mean", "offset_std", "data_digest")
    }
    settings = replace(pen.hyperparameters, name=name)
    return Experiment.create(root, settings, facts | {"lineage": Lineage(parent, 1)})


def test_condition_is_inherited_or_must_be_given(pen, folder, toy_corpus, tmp_path):
    demo, condition = publishing.DEMO_CONDITION, "Research only | no trade."
    orphan = make_child(pen, tmp_path, "gone", "demo")
    with pytest.raises(ValueError, match="may have learned from other data .gone."):
        publishing._find_condition(orphan, [], None)
    assert publishing._find_condition(orphan, [], "Mine.") == "Mine."
    publish(pen, folder / NAME, condition, toy_corpus)
    child = make_child(pen, tmp_path, pen.name, "demo")
    grandchild = make_child(pen, tmp_path, child.name, "mine")
    inherited = f"It began with the weights of {pen.name}: {condition}"
    for one, given, found in (
        (child, None, f"{demo} {inherited}"),
        (grandchild, "Own ink.", f"Own ink. {inherited}"),
        (child, f"{condition} And mine.", f"{condition} And mine."),  # says so already
    ):
        assert publishing._find_condition(one, [], given) == found
    shutil.copytree(pen.path, tmp_path / pen.name)  # a parent that is not published
    assert publishing._find_condition(child, [], None) == demo


def test_publish_too_large_is_refused_only_among_the_pretrained_models(
    pen, folder, toy_corpus, monkeypatch, tmp_path
):
    monkeypatch.setattr(publishing, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="the limit there is 1,000"):
        publish(pen, folder / NAME, CONDITION, toy_corpus)
    assert list(folder.iterdir()) == []
    assert publish(pen, tmp_path / NAME, CONDITION, toy_corpus).is_dir()


def test_publish_of_a_recogniser(recogniser, toy_corpus, tmp_path, folder):
    made = publish(recogniser, folder / NAME, CONDITION, toy_corpus)
    assert "of the characters of the validation lines misread" in card_of(made)
    eyes = LoadedRecogniser(RecogniserDirectory.load(NAME, "nowhere"))
    assert eyes.directory.path == made and eyes.state["inference_only"]
    assert eyes.read([np.zeros((0, 3))]) == [""]
    with pytest.raises(ValueError, match="is published: .* another one from it"):
        make_recogniser(toy_corpus, tmp_path, directory=eyes.directory)

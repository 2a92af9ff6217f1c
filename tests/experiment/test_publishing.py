"""Published experiments: small, true to the original, loaded like any other."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from toy_recogniser import make_corpus, make_pen, make_recogniser
from untrained import make_experiment

import sketch
from sketch.corpus.shards import open_shards
from sketch.evaluation.score import evaluate_experiment
from sketch.experiment import places, publishing
from sketch.experiment.experiment import Experiment, Lineage
from sketch.experiment.lineage import trained_elsewhere
from sketch.experiment.publishing import publish, write_half
from sketch.experiment.recogniser_directory import RecogniserDirectory
from sketch.experiment.styles import load_styles
from sketch.experiment.weights import load_network
from sketch.ink.ink_files import write_json
from sketch.ink.line_of_ink import InkLine
from sketch.settings.run_options import RunOptions
from sketch.training.network_run import train
from sketch.training.plan import plan_run
from sketch.training.prepare import prepare
from sketch.training.record import ExperimentRecord
from sketch.writing.loaded_recogniser import LoadedRecogniser

CONDITION = "Anybody may use it."
NAME = "short"  # of what is published


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("data") / "toy.hdf5")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def pen(corpus, root):
    with pytest.MonkeyPatch.context() as patch:
        return make_pen(corpus, root, patch)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stands in for the folder of the pretrained models."""
    path = tmp_path / "pretrained"
    monkeypatch.setattr(places, "pretrained_dir", lambda: path)
    return path


@pytest.fixture
def published(pen, folder, corpus):
    return publish(pen, folder / NAME, CONDITION, corpus)


def values(path):
    found = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = item[...]

    with h5py.File(path) as file:
        file.visititems(keep)
    return found


def test_publish_writes_what_reading_and_writing_need(pen, published, folder):
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


def test_publish_keeps_styles(pen, folder, corpus):
    line = InkLine(np.float32([[1, 2, 0], [3, 0, 1]]), "ab", writer="round")
    path = pen.path / "styles.json"
    write_json(path, [line])
    try:
        made = publish(pen, folder / NAME, CONDITION, corpus)
        assert list(load_styles(Experiment.load(made, "nowhere"))) == ["round"]
        assert "| styles | `--prime` round |" in (made / "README.md").read_text()
        path.write_text("{")
        with pytest.raises(ValueError, match="styles.json"):
            publish(pen, folder / NAME, CONDITION, corpus, force=True)
    finally:
        path.unlink()
    assert list(load_styles(Experiment.load(made, "nowhere"))) == ["round"]


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


def test_published_experiment_scores_alike(pen, published, corpus):
    """Half precision moves the score of these small weights by less than 1 %."""
    own = evaluate_experiment(pen, "nowhere", "graves", corpus)
    half = evaluate_experiment(
        Experiment.load(NAME, "nowhere"), "nowhere", "graves", corpus
    )
    one, other = (
        report.evaluation.log_likelihood.nats_per_point.value for report in (own, half)
    )
    assert one != other and one == pytest.approx(other, rel=1e-2)


def test_published_experiment_cannot_go_on_but_has_children(
    pen, published, corpus, tmp_path
):
    with pytest.raises(ValueError, match="is published: .* derive an experiment"):
        plan_run({}, NAME, tmp_path / "runs")
    plan = plan_run({"learning_rate": 0.5}, NAME, tmp_path / "runs")
    assert plan.action == "derive"
    assert plan.lineage.parent == pen.name
    options = RunOptions(data=str(corpus))
    child, _ = prepare(plan, options, tmp_path / "runs")
    strangers = trained_elsewhere(child, tmp_path / "runs", pen.data_digest)
    assert strangers == []  # its ancestor is found by its full name


def test_children_of_published_weights_train_in_float32(
    pen, published, corpus, tmp_path, monkeypatch
):
    monkeypatch.setattr(ExperimentRecord, "draw", lambda self, epoch: None)
    plan = plan_run({"learning_rate": 1e-3}, NAME, tmp_path / "runs")
    end = train(plan, RunOptions(epochs=1, data=str(corpus)), tmp_path / "runs")
    child = end.directory
    weights = values(child.load_checkpoint("latest")[0])
    kinds = {value.dtype for value in weights.values() if value.dtype.kind == "f"}
    assert kinds == {np.dtype("float32")}


def test_load_without_a_name_takes_the_default_model(pen, folder, corpus):
    with pytest.raises(FileNotFoundError, match="iam-text is missing"):
        sketch.load()
    publish(pen, folder / places.DEFAULT_MODEL, CONDITION, corpus)
    assert sketch.load().name == places.DEFAULT_MODEL


def test_publish_again_needs_force(pen, published, folder, corpus):
    with pytest.raises(FileExistsError, match="--force"):
        publish(pen, folder / NAME, CONDITION, corpus)
    publish(pen, folder / NAME, "Nobody may.", corpus, force=True)
    assert "Nobody may." in (published / "README.md").read_text()
    assert sorted(path.name for path in folder.iterdir()) == [NAME]


def test_publish_by_force_replaces_only_published_directories(
    pen, folder, corpus, root
):
    before = sorted(pen.path.rglob("*"))
    with pytest.raises(FileExistsError, match="is the experiment itself"):
        publish(pen, pen.path, CONDITION, corpus, force=True)
    other = folder / NAME
    shutil.copytree(pen.path, other)  # another experiment of the same settings
    (folder / "link").mkdir()
    (folder / "link" / NAME).symlink_to(pen.path)
    with pytest.raises(FileExistsError, match="is the experiment itself"):
        publish(pen, folder / "link" / NAME, CONDITION, corpus, force=True)
    with pytest.raises(
        FileExistsError, match="is not a published directory, and --force"
    ):
        publish(pen, folder / NAME, CONDITION, corpus, force=True)
    assert sorted(pen.path.rglob("*")) == before
    assert Experiment.load(other, root).load_checkpoint("latest") is not None


def test_publish_that_fails_leaves_the_former_directory(
    pen, published, folder, corpus, monkeypatch
):
    rename = os.rename
    card = (published / "README.md").read_text()
    calls = []

    def fail_once(old, new):
        if Path(new) == published and not calls:
            calls.append(old)
            raise OSError(errno.EIO, "broken")
        rename(old, new)

    monkeypatch.setattr(os, "rename", fail_once)
    with pytest.raises(OSError, match="broken"):
        publish(pen, folder / NAME, "Nobody may.", corpus, force=True)
    assert len(calls) == 1
    assert (published / "README.md").read_text() == card
    assert sorted(path.name for path in folder.iterdir()) == [NAME]


def test_publish_while_training_saves_writes_the_state_of_its_weights(
    pen, folder, corpus, monkeypatch, tmp_path
):
    """The run saves better weights while the first ones are being copied."""
    copy = shutil.copytree(pen.path, tmp_path / "running" / pen.name)
    running = Experiment.load(copy, tmp_path)
    weights = running.load_checkpoint("best")[0].read_bytes()
    copied = []

    def write_and_save(source, target):
        write_half(source, target)
        if not copied:
            running.save_checkpoint(
                "best", lambda to: to.write_bytes(weights), {"epoch": 2, "step": 6}
            )
        copied.append(source)

    monkeypatch.setattr(publishing, "write_half", write_and_save)
    made = publish(running, folder / NAME, CONDITION, corpus)
    assert len(copied) == 2
    state = Experiment.load(made, "nowhere").load_checkpoint("best")[1]
    assert state == {"epoch": 2, "step": 6, "inference_only": True}
    assert "| training | 2 epochs, 6 steps" in (made / "README.md").read_text()


def test_publish_without_a_known_condition_asks_for_one(pen, folder, corpus, tmp_path):
    with pytest.raises(ValueError, match="--condition"):
        publish(pen, folder / NAME, None, corpus)
    files = [corpus, make_corpus(tmp_path / "other.hdf5", seed=1)]
    with open_shards(files) as joined:
        of_both = replace(pen, data_digest=joined.digest)
    assert publishing._find_sources(of_both, files) == ["made up"]
    for data in (files[:1], files[::-1]):
        with pytest.raises(ValueError, match="learned from other data"):
            publishing._find_sources(of_both, data)
    assert publishing._find_condition(pen, ["IAM-OnDB: a", "IAM-OnDB: b"], None) == (
        publishing.IAM_CONDITION
    )
    with pytest.raises(ValueError, match="by --condition, or name its corpus"):
        publishing._find_condition(pen, ["IAM-OnDB: a", "mine"], None)
    assert not folder.exists()


def make_child(pen, root, parent, name):
    facts = {
        field: getattr(pen, field)
        for field in ("alphabet", "offset_mean", "offset_std", "data_digest")
    }
    settings = replace(pen.hyperparameters, name=name)
    return Experiment.create(root, settings, facts | {"lineage": Lineage(parent, 1)})


def test_condition_of_weights_that_learned_elsewhere_must_be_given(pen, tmp_path):
    shutil.copytree(pen.path, tmp_path / pen.name)
    known = make_child(pen, tmp_path, pen.name, "demo")
    assert publishing._find_condition(known, [], None) == publishing.DEMO_CONDITION
    orphan = make_child(pen, tmp_path, "gone", "demo")
    with pytest.raises(ValueError, match="may have learned from other data .gone."):
        publishing._find_condition(orphan, [], None)
    assert publishing._find_condition(orphan, [], "Mine.") == "Mine."


def test_condition_is_inherited_from_a_published_ancestor(
    pen, folder, corpus, tmp_path
):
    publish(pen, folder / NAME, "Research only | no trade.", corpus)
    child = make_child(pen, tmp_path, pen.name, "demo")
    grandchild = make_child(pen, tmp_path, child.name, "mine")
    inherited = f"It began with the weights of {pen.name}: Research only | no trade."
    assert publishing._find_condition(child, [], None) == (
        f"{publishing.DEMO_CONDITION} {inherited}"
    )
    assert publishing._find_condition(grandchild, [], "Own ink.") == (
        f"Own ink. {inherited}"
    )
    both = "Research only | no trade. And mine."  # it says so already
    assert publishing._find_condition(child, [], both) == both


def test_default_network_can_be_published_elsewhere(tmp_path, folder):
    """3 layers of 700 cells are 20 MB: too large to be shipped, and for no one else."""
    source = make_experiment(tmp_path, with_weights=False, depth=3, dim=700, text=False)

    def write(path):
        with h5py.File(path, "w") as file:
            file["layers/lstm/vars/0"] = np.zeros(10_000_000, np.float32)

    source.save_checkpoint("best", write, {"step": 1})
    assert publish(source, tmp_path / "mine", CONDITION).is_dir()
    with pytest.raises(ValueError, match="the limit there is 8,000,000"):
        publish(source, folder / "mine", CONDITION)


def test_publish_without_a_history(pen, folder, corpus, tmp_path):
    moved = pen.history_path.rename(tmp_path / "history.csv")
    try:
        made = publish(pen, folder / NAME, CONDITION, corpus)
    finally:
        moved.rename(pen.history_path)
    assert not (made / "history.csv").exists()
    assert (
        "The history has no row for these weights." in (made / "README.md").read_text()
    )


def test_publish_too_large_is_refused_only_among_the_pretrained_models(
    pen, folder, corpus, monkeypatch, tmp_path
):
    monkeypatch.setattr(publishing, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="the limit there is 1,000"):
        publish(pen, folder / NAME, CONDITION, corpus)
    assert list(folder.iterdir()) == []
    assert publish(pen, tmp_path / NAME, CONDITION, corpus).is_dir()


def test_write_half_of_large_weights_is_refused(tmp_path):
    with h5py.File(tmp_path / "big.h5", "w") as file:
        file["layer/vars/0"] = np.float32([1, 1e6])
    with pytest.raises(ValueError, match="/layer/vars/0 has weights"):
        write_half(tmp_path / "big.h5", tmp_path / "half.h5")


def test_publish_of_a_recogniser(corpus, tmp_path, folder):
    recogniser = make_recogniser(corpus, tmp_path / "runs")
    made = publish(recogniser, folder / NAME, CONDITION, corpus)
    assert "of the characters of the validation lines misread" in (
        (made / "README.md").read_text()
    )
    eyes = LoadedRecogniser(RecogniserDirectory.load(NAME, "nowhere"))
    assert eyes.directory.path == made and eyes.state["inference_only"]
    assert eyes.read([np.zeros((0, 3))]) == [""]
    with pytest.raises(ValueError, match="is published: .* another one, without"):
        make_recogniser(corpus, tmp_path, directory=eyes.directory)


def test_publish_of_a_damaged_picture_names_it(pen, folder, corpus):
    picture = pen.path / "sketch.png"
    whole = picture.read_bytes() if picture.exists() else None
    picture.write_bytes(b"no picture")
    try:
        with pytest.raises(ValueError, match=r"sketch\.png is not a picture"):
            publish(pen, folder / NAME, CONDITION, corpus)
    finally:
        picture.unlink()
        if whole is not None:
            picture.write_bytes(whole)
    assert not list(folder.glob("*"))

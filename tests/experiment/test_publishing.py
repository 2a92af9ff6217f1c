"""Published experiments: small, true to the original, loaded wherever one is."""

import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from toy_recogniser import make_corpus, make_pen, make_reader

import sketch
from sketch.corpus.shards import open_shards
from sketch.evaluation.score import evaluate_experiment
from sketch.experiment import places, publishing
from sketch.experiment.experiment import Experiment, Lineage
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


def test_what_is_published(pen, published, folder):
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


def test_styles_come_along(pen, folder, corpus):
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


def test_weights_are_the_same_to_half_precision(pen, published):
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


def test_the_card(pen, published):
    card = (published / "README.md").read_text()
    row = pen.history()[0]
    assert card.startswith(f"# {pen.name}\n")
    assert "| data | made up, digest " + pen.data_digest[:12] in card
    assert f"| condition | {CONDITION} |" in card
    assert "| training | 1 epoch, 3 steps, 0.0" in card
    assert f"| valid | {row['valid_log_likelihood']:.1f} | " in card
    assert "processors, " in card
    assert str(Path.home()) not in card and os.sep + "tmp" not in card


def test_scores_of_reports_are_on_the_card(pen, folder, corpus, tmp_path):
    report = evaluate_experiment(pen, "nowhere", "graves", corpus).to_json()
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    made = publish(pen, folder / NAME, CONDITION, corpus, evaluations=[path])
    value = report["log_likelihood"]["nats_per_line"]["value"]
    assert f"--protocol graves`: {value:.1f} nats/line" in (
        (made / "README.md").read_text()
    )
    assert "another corpus" not in (made / "README.md").read_text()
    other = {"corpus": {"source": "their ink", "digest": "another"}}
    path.write_text(json.dumps(report | other))
    publish(pen, folder / NAME, CONDITION, corpus, evaluations=[path], force=True)
    assert f"lines (of another corpus than {pen.name} learned from: their ink)." in (
        (made / "README.md").read_text()
    )
    path.write_text(json.dumps(report | {"model": "another"}))
    with pytest.raises(ValueError, match="report.json is no report .* of another"):
        publish(pen, folder / NAME, CONDITION, corpus, evaluations=[path], force=True)
    before = report | {"checkpoint": report["checkpoint"] | {"epoch": 0, "step": 2}}
    path.write_text(json.dumps(before))
    weights = "it is of epoch 0, step 2, not of epoch 1, step 3; evaluate again"
    with pytest.raises(ValueError, match=f"report.json is no report .*{weights}"):
        publish(pen, folder / NAME, CONDITION, corpus, evaluations=[path], force=True)
    assert (made / "README.md").exists()  # what was there is there


def test_it_is_scored(pen, published, corpus):
    """Half precision moves the score of these small weights by less than 1 %."""
    own = evaluate_experiment(pen, "nowhere", "graves", corpus)
    half = evaluate_experiment(
        Experiment.load(NAME, "nowhere"), "nowhere", "graves", corpus
    )
    one, other = (
        report.evaluation.log_likelihood.nats_per_point.value for report in (own, half)
    )
    assert one != other and one == pytest.approx(other, rel=1e-2)


def test_it_cannot_go_on_but_others_come_of_it(pen, published, corpus, tmp_path):
    with pytest.raises(ValueError, match="is published: .* derive an experiment"):
        plan_run({}, NAME, tmp_path / "runs")
    plan = plan_run({"learning_rate": 0.5}, NAME, tmp_path / "runs")
    assert plan.action == "derive"
    assert plan.lineage.parent == pen.name
    options = RunOptions(data=str(corpus))
    child, _ = prepare(plan, options, tmp_path / "runs")
    report = evaluate_experiment_of(child, published, corpus, tmp_path / "runs")
    assert report.is_trained_on_corpus  # its ancestor is found by its name


def evaluate_experiment_of(child, parent, corpus, root):
    weights = parent / "checkpoints" / "best" / "model.weights.h5"
    child.save_checkpoint(
        "best", lambda to: to.write_bytes(weights.read_bytes()), {"epoch": 0, "step": 0}
    )
    return evaluate_experiment(child, root, "graves", corpus)


def test_others_train_in_full_precision(pen, published, corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(ExperimentRecord, "draw", lambda self, epoch: None)
    plan = plan_run({"learning_rate": 1e-3}, NAME, tmp_path / "runs")
    child = train(plan, RunOptions(epochs=1, data=str(corpus)), tmp_path / "runs")
    weights = values(child.load_checkpoint("latest")[0])
    kinds = {value.dtype for value in weights.values() if value.dtype.kind == "f"}
    assert kinds == {np.dtype("float32")}


def test_the_default_model_writes_where_no_other_is_named(pen, folder, corpus):
    with pytest.raises(FileNotFoundError, match="iam-text is missing"):
        sketch.load()
    publish(pen, folder / places.DEFAULT_MODEL, CONDITION, corpus)
    assert sketch.load().name == places.DEFAULT_MODEL


def test_what_is_there_is_replaced_only_by_force(pen, published, folder, corpus):
    with pytest.raises(FileExistsError, match="--force"):
        publish(pen, folder / NAME, CONDITION, corpus)
    publish(pen, folder / NAME, "Nobody may.", corpus, force=True)
    assert "Nobody may." in (published / "README.md").read_text()
    assert sorted(path.name for path in folder.iterdir()) == [NAME]


def test_force_replaces_nothing_but_what_is_published(pen, folder, corpus, root):
    before = sorted(pen.path.rglob("*"))
    with pytest.raises(FileExistsError, match="is what is to be published"):
        publish(pen, pen.path, CONDITION, corpus, force=True)
    other = folder / NAME
    shutil.copytree(pen.path, other)  # another experiment of the same settings
    (folder / "link").mkdir()
    (folder / "link" / NAME).symlink_to(pen.path)
    with pytest.raises(FileExistsError, match="is what is to be published"):
        publish(pen, folder / "link" / NAME, CONDITION, corpus, force=True)
    with pytest.raises(FileExistsError, match="is not published, and --force"):
        publish(pen, folder / NAME, CONDITION, corpus, force=True)
    assert sorted(pen.path.rglob("*")) == before
    assert Experiment.load(other, root).load_checkpoint("latest") is not None


def test_what_is_replaced_stays_until_the_new_one_is_there(
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


def test_the_state_is_that_of_the_weights(pen, folder, corpus, monkeypatch, tmp_path):
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


def test_a_condition_is_asked_for_where_the_corpus_tells_none(
    pen, folder, corpus, tmp_path
):
    with pytest.raises(ValueError, match="--condition"):
        publish(pen, folder / NAME, None, corpus)
    files = [corpus, make_corpus(tmp_path / "other.hdf5", seed=1)]
    with open_shards(files) as joined:
        of_both = replace(pen, data_digest=joined.digest)
    assert publishing._find_sources(of_both, files) == ["made up"]
    for data in (files[:1], files[::-1]):
        with pytest.raises(ValueError, match="learned from other data"):
            publishing._find_sources(of_both, data)
    assert publishing._find_condition(pen, ["IAM-OnDB: a", "IAM-OnDB: b"]) == (
        publishing.IAM_CONDITION
    )
    with pytest.raises(ValueError, match="say by --condition"):
        publishing._find_condition(pen, ["IAM-OnDB: a", "mine"])
    assert not folder.exists()


def test_what_began_elsewhere_needs_a_condition_of_all(pen, folder, corpus, tmp_path):
    """Weights that learned from IAM-OnDB are not free for going on in another."""
    facts = {
        field: getattr(pen, field)
        for field in ("alphabet", "offset_mean", "offset_std", "data_digest")
    }
    for parent, is_known in ((pen.name, True), ("gone", False)):
        lineage = {"lineage": Lineage(parent, 1)}
        settings = replace(pen.hyperparameters, name="demo")
        child = Experiment.create(pen.path.parent, settings, facts | lineage)
        try:
            if is_known:
                assert publishing._find_condition(child, []).startswith("Free")
                continue
            with pytest.raises(ValueError, match="began with what gone learned"):
                publishing._find_condition(child, [])
        finally:
            shutil.rmtree(child.path)


def test_a_history_that_was_moved_away_is_not_needed(pen, folder, corpus, tmp_path):
    moved = pen.history_path.rename(tmp_path / "history.csv")
    try:
        made = publish(pen, folder / NAME, CONDITION, corpus)
    finally:
        moved.rename(pen.history_path)
    assert not (made / "history.csv").exists()
    assert (
        "Its history has no row of these weights." in (made / "README.md").read_text()
    )


def test_publish_too_large_is_refused_only_among_the_pretrained_models(
    pen, folder, corpus, monkeypatch, tmp_path
):
    monkeypatch.setattr(publishing, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="the limit there is 1,000"):
        publish(pen, folder / NAME, CONDITION, corpus)
    assert list(folder.iterdir()) == []
    assert publish(pen, tmp_path / NAME, CONDITION, corpus).is_dir()


def test_weights_beyond_half_precision_are_refused(tmp_path):
    with h5py.File(tmp_path / "big.h5", "w") as file:
        file["layer/vars/0"] = np.float32([1, 1e6])
    with pytest.raises(ValueError, match="/layer/vars/0 has weights"):
        write_half(tmp_path / "big.h5", tmp_path / "half.h5")


def test_a_reader_is_published_too(corpus, tmp_path, folder):
    reader = make_reader(corpus, tmp_path / "runs")
    made = publish(reader, folder / NAME, CONDITION, corpus)
    assert "of the characters of the validation lines wrong" in (
        (made / "README.md").read_text()
    )
    eyes = LoadedRecogniser(RecogniserDirectory.load(NAME, "nowhere"))
    assert eyes.reader.path == made and eyes.state["inference_only"]
    assert eyes.read([np.zeros((0, 3))]) == [""]
    with pytest.raises(ValueError, match="is published: .* begin another"):
        make_reader(corpus, tmp_path, reader=eyes.reader)


def test_the_command_on_the_card_names_no_folders():
    from sketch.experiment.card import _command

    words = ["/somewhere/bin/sketch", "train", "--data", "/home/me/ink.hdf5", "--dim"]
    words += ["--lr=1e-3", "--experiments=/home/me/mine", "/home/me=you/ink.hdf5"]
    assert _command(words) == (
        "sketch train --data ink.hdf5 --dim --lr=1e-3 --experiments=mine ink.hdf5"
    )


def test_the_card_tells_how_it_began_and_went_on(pen, folder, corpus):
    """And of an older experiment, whose runs left one command alone, no more."""
    path = pen.path / "environment.json"
    kept = path.read_text()
    try:
        last = {
            "command": ["sketch", "train", "--model", pen.name],
            "commit": "ab" * 20,
        }
        for first, name in (
            ({"commit": None}, "first command"),
            ({}, "earliest known command"),
        ):
            first = {"command": ["sketch", "train", "--dim", "4"]} | first
            path.write_text(json.dumps(last | {"first": first}))
            card = (
                publish(pen, folder / NAME, CONDITION, corpus, force=True) / "README.md"
            )
            rows = card.read_text().splitlines()
            assert f"| {name} | `sketch train --dim 4` |" in rows
            assert f"| last command | `sketch train --model {pen.name}` |" in rows
            assert "commit abababababab |" in card.read_text()
        path.write_text(json.dumps(last | {"first": last}))
        publish(pen, folder / NAME, CONDITION, corpus, force=True)
        assert "first command" not in card.read_text()
        assert "earliest" not in card.read_text()
    finally:
        path.write_text(kept)


def test_a_damaged_picture_is_named(pen, folder, corpus):
    picture = pen.path / "sketch.png"
    whole = picture.read_bytes() if picture.exists() else None
    picture.write_bytes(b"no picture")
    try:
        with pytest.raises(ValueError, match=r"sketch\.png is no picture"):
            publish(pen, folder / NAME, CONDITION, corpus)
    finally:
        picture.unlink()
        if whole is not None:
            picture.write_bytes(whole)
    assert not list(folder.glob("*"))
